// Files on their way: one that appears at its path complete, or not at all, and one that never has
// a path.
#pragma once

#include <cstddef>
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
  // For files whose parts are not known in their order; not for devices and pipes.
  void write_at(std::uint64_t offset, std::string_view bytes);
  // Moves the bytes from from to the end down to to. REQUIRES: to <= from
  void move_end(std::uint64_t from, std::uint64_t to);
  void resize(std::uint64_t bytes);
  void commit();

 private:
  void open_temporary();
  void require_file();
  void discard() noexcept;
  [[noreturn]] void fail(const std::string& doing, int error);

  std::string shown_;      // the path in messages
  std::string target_;     // symbolic links followed
  std::string temporary_;  // empty when written directly
  std::uint64_t expected_bytes_;
  int file_ = -1;
};

// A file without a name, for what does not fit into memory. The system removes it when it is
// closed, however the process ends.
class ScratchFile {
 public:
  // In the folder that holds the path, which messages name. Throws IoError if nothing can be
  // created there.
  explicit ScratchFile(const std::string& path);
  ~ScratchFile();
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&& other) noexcept;

  std::uint64_t bytes() const { return bytes_; }
  void append(const void* from, std::size_t count);
  // REQUIRES: offset + count <= bytes()
  void read(std::uint64_t offset, std::size_t count, void* to) const;

 private:
  [[noreturn]] void fail(const char* doing, int error) const;

  std::string path_;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
};

// Throws IoError naming the path if its file system has less room than that.
void require_room(const std::string& path, std::uint64_t bytes);

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
