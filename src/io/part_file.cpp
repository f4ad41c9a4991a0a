#include "io/part_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "eckart/error.hpp"
#include "io/atomic_file.hpp"

namespace eckart::io {
namespace {

struct stat look_at(int file, const std::string& path) {
  struct stat status {};
  if (::fstat(file, &status) != 0) {
    throw IoError(path, "cannot be examined: " + error_text(errno));
  }
  return status;
}

}  // namespace

PartFile::PartFile(const std::string& path) : path_(path) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) {
    throw IoError(path,
                  errno == ENOENT ? "no such file" : "cannot be opened: " + error_text(errno));
  }
  const struct stat status = look_at(file_, path);
  if (!S_ISREG(status.st_mode)) {
    ::close(std::exchange(file_, -1));
    throw IoError(path, "is no regular file; a matrix that is read more than once must be one");
  }
  bytes_ = static_cast<std::uint64_t>(status.st_size);
  changed_seconds_ = status.st_mtim.tv_sec;
  changed_nanoseconds_ = status.st_mtim.tv_nsec;
  ::posix_fadvise(file_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

PartFile::~PartFile() {
  if (file_ >= 0) ::close(file_);
}

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      bytes_(other.bytes_),
      changed_seconds_(other.changed_seconds_),
      changed_nanoseconds_(other.changed_nanoseconds_) {}

void PartFile::read(std::uint64_t offset, std::size_t count, void* to) const {
  auto* next = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t got = ::pread(file_, next, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw IoError(path_, fmt::format("byte {}", offset), "cannot be read: " + error_text(errno));
    }
    if (got == 0) {
      throw IoError(
          path_, fmt::format("byte {}", offset),
          fmt::format("the file ends here; it had {} bytes when it was opened, so another "
                      "program made it shorter meanwhile; restore it and run again",
                      bytes_));
    }
    next += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

void PartFile::require_unchanged() const {
  const struct stat now = look_at(file_, path_);
  const auto size = static_cast<std::uint64_t>(now.st_size);
  const bool touched =
      now.st_mtim.tv_sec != changed_seconds_ || now.st_mtim.tv_nsec != changed_nanoseconds_;
  if (size == bytes_ && !touched) return;
  throw IoError(path_, size != bytes_
                           ? fmt::format("changed between passes: it had {} bytes and has {} now; "
                                         "run again when no program writes to it",
                                         bytes_, size)
                           : "changed between passes: another program wrote to it, and products "
                             "before and after are of different matrices; run again when no "
                             "program writes to it");
}

std::uint64_t PartFile::fingerprint() const {
  constexpr std::uint64_t sample = 65536;
  const std::uint64_t count = std::min(sample, bytes_);
  std::vector<char> buffer(count);
  const std::uint64_t facts[] = {bytes_, static_cast<std::uint64_t>(changed_seconds_),
                                 static_cast<std::uint64_t>(changed_nanoseconds_)};
  std::uint64_t hash = core::hash_bytes(facts, sizeof facts);
  for (const std::uint64_t at : {std::uint64_t{0}, (bytes_ - count) / 2, bytes_ - count}) {
    read(at, count, buffer.data());
    hash = core::hash_bytes(buffer.data(), count, hash);
  }
  return hash;
}

}  // namespace eckart::io
