// A file in memory, page by page.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

namespace eckart::io {

struct MappedFile;  // what the handler of SIGBUS knows of it

// Read-only and private. Where guard_mapped_files() was called, the file stays open as long, and
// its changes are seen.
class Mapping {
 public:
  // REQUIRES: the file is open for reading and has size > 0 bytes
  // Throws IoError with the name if it cannot be mapped, or has another size by then.
  Mapping(int file, std::size_t size, const std::string& name);
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  const char* data() const { return static_cast<const char*>(data_); }

 private:
  void watch(int file, const struct stat& as_opened, const std::string& name);

  void* data_ = nullptr;
  std::size_t size_ = 0;
  MappedFile* record_ = nullptr;  // none without guard_mapped_files()
};

}  // namespace eckart::io
