#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "eckart/error.hpp"

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
    file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
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

void AtomicFile::commit() {
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

}  // namespace eckart::io
