// A file that appears at its path complete, or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eckart::io {

// Writes go to a temporary file in the same folder; commit() syncs it and renames it to the path.
// Without commit() the destructor removes it, and what was at the path stays.
// A device or a pipe (/dev/stdout) cannot be replaced: it is written directly.
// Every failure is an IoError with the path, the system's reason and the bytes needed.
class AtomicFile {
 public:
  // expected_bytes, when known, are reserved at once: a full disk is noticed before any work.
  // shown is the path in messages, when a caller moves the file on.
  explicit AtomicFile(const std::string& path,
                      std::uint64_t expected_bytes = 0,
                      const std::string& shown = "");
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void commit();

 private:
  void open_temporary();
  void discard() noexcept;
  [[noreturn]] void fail(const std::string& doing, int error);

  std::string shown_;      // the path in messages
  std::string target_;     // symbolic links followed
  std::string temporary_;  // empty when written directly
  std::uint64_t expected_bytes_;
  int file_ = -1;
};

// Returns the path with symbolic links followed and without "." or trailing slashes.
// The last parts need not exist.
std::string resolve(const std::string& path);

// Returns the folder that holds the (resolved) path.
std::string parent_folder(const std::string& path);

// Throws IoError naming path, which was to be written there, unless the folder is one.
void require_folder(const std::string& folder, const std::string& path);

// Returns a name in the folder that no other process or earlier call uses.
std::string temporary_name(const std::string& folder);

// Makes the names in the folder survive a power loss. Throws IoError naming path.
void sync_folder(const std::string& folder, const std::string& path);

// Returns the system's text for an errno value.
std::string error_text(int error);

}  // namespace eckart::io
