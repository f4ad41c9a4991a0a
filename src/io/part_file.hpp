// A file that is read piece by piece, and must not change meanwhile.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace eckart::io {

class PartFile {
 public:
  // Throws IoError if the file cannot be opened or is no regular file.
  explicit PartFile(const std::string& path);
  ~PartFile();
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }

  // Reads count bytes at offset. Throws IoError naming the byte where the file ends before.
  void read(std::uint64_t offset, std::size_t count, void* to) const;

  // Throws IoError if size or time of change are not those at the beginning.
  void require_unchanged() const;

  // Returns a hash of size, time of change, and the first, middle and last 64 KiB.
  std::uint64_t fingerprint() const;

 private:
  std::string path_;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
  std::int64_t changed_seconds_ = 0;
  std::int64_t changed_nanoseconds_ = 0;
};

}  // namespace eckart::io
