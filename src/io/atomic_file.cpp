#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/io/mapped_files.hpp"

namespace eckart::io {

namespace fs = std::filesystem;

std::string error_text(int error) { return std::generic_category().message(error); }

std::string resolve(const std::string& path) {
  if (path.empty()) throw IoError("", "the output path is empty; expected the name of a file");
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  fs::path resolved = fs::weakly_canonical(absolute, error);
  if (error) resolved = absolute.lexically_normal();  // the next system call says what is wrong
  if (!resolved.has_filename()) resolved = resolved.parent_path();
  return resolved.string();
}

std::string parent_folder(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

void require_folder(const std::string& folder, const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (fs::is_directory(status)) return;
  if (fs::exists(status)) {
    throw IoError(path, fmt::format("{} is not a folder; choose another place", folder));
  }
  throw IoError(path, fmt::format("the folder {} does not exist; create it first", folder));
}

std::string temporary_name(const std::string& folder) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}/.eckart-{}-{}.tmp", folder, getpid(), counter++);
}

void sync_folder(const std::string& folder, const std::string& path) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int error = descriptor < 0 ? errno : 0;
  if (descriptor >= 0) {
    // Some file systems cannot sync a folder (EINVAL): they then promise what they promise.
    if (fsync(descriptor) != 0 && errno != EINVAL) error = errno;
    close(descriptor);
  }
  if (error != 0) {
    throw IoError(path,
                  fmt::format("cannot make its folder {} durable: {}", folder, error_text(error)));
  }
}

AtomicFile::AtomicFile(const std::string& path,
                       std::uint64_t expected_bytes,
                       const std::string& shown)
    : shown_(shown.empty() ? path : shown),
      target_(resolve(path)),
      expected_bytes_(expected_bytes) {
  struct stat info {};
  const bool exists = stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) fail("write", EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    file_ = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (file_ < 0) fail("open", errno);
    return;
  }
  // A rename needs no permission on the file itself: respect a read-only one all the same.
  if (exists && faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) fail("replace", errno);
  open_temporary();
  // Not every file system can reserve; only a refusal for lack of room counts.
  const auto bytes = static_cast<off_t>(std::min<std::uint64_t>(expected_bytes, INT64_MAX));
  if (bytes > 0 && fallocate(file_, 0, 0, bytes) != 0) {
    const int error = errno;
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) fail("write", error);
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary() {
  do {
    temporary_ = temporary_name(parent_folder(target_));
    // Mode 0666 less the umask, as for any new file.
    file_ = open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (file_ < 0 && (errno == EEXIST || errno == EINTR));  // left over by a killed process
  if (file_ >= 0) return;
  const int error = errno;
  temporary_.clear();
  const std::string folder = parent_folder(target_);
  require_folder(folder, shown_);
  throw IoError(shown_, fmt::format("cannot create a file in the folder {}: {}; choose a folder "
                                    "that you may write to",
                                    folder, error_text(error)));
}

void AtomicFile::write(std::string_view bytes) {
  constexpr std::size_t largest_step = std::size_t{1} << 30;  // Linux writes less than 2 GiB a call
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), std::min(bytes.size(), largest_step));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::require_file() {
  if (!temporary_.empty()) return;
  throw IoError(shown_,
                "is a device or a pipe, and its parts are not written in order; expected "
                "the name of a file");
}

void AtomicFile::write_at(std::uint64_t offset, std::string_view bytes) {
  require_file();
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", errno);
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::move_end(std::uint64_t from, std::uint64_t to) {
  require_file();
  if (from == to) return;
  std::string piece(std::size_t{1} << 20, '\0');
  for (;;) {
    const ssize_t got = ::pread(file_, piece.data(), piece.size(), static_cast<off_t>(from));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read back", errno);
    if (got == 0) break;
    write_at(to, {piece.data(), static_cast<std::size_t>(got)});
    from += static_cast<std::uint64_t>(got);
    to += static_cast<std::uint64_t>(got);
  }
}

void AtomicFile::resize(std::uint64_t bytes) {
  require_file();
  if (ftruncate(file_, static_cast<off_t>(bytes)) != 0) fail("write", errno);
}

void AtomicFile::commit() {
  require_mapped_files_unchanged();
  const bool direct = temporary_.empty();
  // A device need not support syncing.
  if (fsync(file_) != 0 && !(direct && (errno == EINVAL || errno == ENOTSUP || errno == EROFS))) {
    fail("write", errno);
  }
  const int file = file_;
  file_ = -1;  // closed, even when close reports an error
  if (close(file) != 0 && errno != EINTR) fail("write", errno);
  if (direct) return;
  if (rename(temporary_.c_str(), target_.c_str()) != 0) fail("replace", errno);
  temporary_.clear();
  sync_folder(parent_folder(target_), shown_);
}

void AtomicFile::discard() noexcept {
  if (file_ >= 0) close(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
  file_ = -1;
  temporary_.clear();
}

void AtomicFile::fail(const std::string& doing, int error) {
  discard();
  std::string remedy = "nothing was changed";
  if (error == ENOSPC || error == EDQUOT) remedy = "free some space or choose another folder";
  if (error == EFBIG) remedy = "the limit on file sizes is too small (ulimit -f)";
  if (error == EISDIR) remedy = "expected the name of a file";
  const std::string size =
      expected_bytes_ > 0 ? fmt::format(" ({} needed)", format_bytes(expected_bytes_)) : "";
  throw IoError(shown_,
                fmt::format("cannot {} it{}: {}; {}", doing, size, error_text(error), remedy));
}

ScratchFile::ScratchFile(const std::string& path) : path_(path) {
  const std::string folder = parent_folder(resolve(path));
  require_folder(folder, path);
  std::string name;
  do {
    name = temporary_name(folder);
    file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  } while (file_ < 0 && (errno == EEXIST || errno == EINTR));
  if (file_ < 0) fail("create a file beside it", errno);
  ::unlink(name.c_str());
}

ScratchFile::~ScratchFile() {
  if (file_ >= 0) ::close(file_);
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      bytes_(std::exchange(other.bytes_, 0)) {}

ScratchFile& ScratchFile::operator=(ScratchFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void ScratchFile::append(const void* from, std::size_t count) {
  const auto* next = static_cast<const char*>(from);
  while (count > 0) {
    const ssize_t written = ::pwrite(file_, next, count, static_cast<off_t>(bytes_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write a temporary file beside it", errno);
    next += written;
    bytes_ += static_cast<std::uint64_t>(written);
    count -= static_cast<std::size_t>(written);
  }
}

void ScratchFile::read(std::uint64_t offset, std::size_t count, void* to) const {
  auto* next = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t got = ::pread(file_, next, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("read the temporary file beside it", got < 0 ? errno : EIO);
    next += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

void ScratchFile::fail(const char* doing, int error) const {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw IoError(path_,
                fmt::format("cannot {}: {}; {}", doing, error_text(error),
                            full             ? "free some space or choose another folder"
                            : error == EFBIG ? "the limit on file sizes is too small (ulimit -f)"
                                             : "nothing was changed"));
}

void require_room(const std::string& path, std::uint64_t bytes) {
  struct statvfs status {};
  if (::statvfs(parent_folder(resolve(path)).c_str(), &status) != 0) return;
  const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
  if (free >= bytes) return;
  throw IoError(path, fmt::format("takes {} of disk space on the way, and its file system has {}; "
                                  "free some, or choose another folder",
                                  format_bytes(bytes), format_bytes(free)));
}

}  // namespace eckart::io
