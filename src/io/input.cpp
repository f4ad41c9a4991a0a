#include "io/input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "eckart/error.hpp"
#include "io/mapping.hpp"

namespace eckart::io {
namespace {

// Smaller files are read: a copy costs nothing and does not depend on the file any more.
constexpr std::size_t smallest_mapping = std::size_t{1} << 20;
constexpr std::size_t smallest_buffer = std::size_t{1} << 16;

struct Descriptor {
  int number = -1;
  bool owned = true;
  explicit Descriptor(int fd, bool close_it = true) : number(fd), owned(close_it) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (owned && number >= 0) ::close(number);
  }
};

std::string reason(int error) { return std::generic_category().message(error); }

std::uint64_t machine_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PHYS_PAGES)));
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void hold(Input& input, std::string buffer) {
  auto owner = std::make_shared<const std::string>(std::move(buffer));
  input.bytes = *owner;
  input.owner = owner;
  input.mapped = false;
}

// For a source whose size shows only at its end.
void check_limit(std::size_t used, std::uint64_t limit, const std::string& name) {
  if (used <= limit) return;
  throw MemoryLimit("reading " + name + " (more follows; its size is not known)", used, limit);
}

// Makes room for more behind the used bytes, twice as much each time, one byte beyond the limit
// at most: that byte tells a source of exactly the limit from a larger one.
void grow(std::string& buffer, std::size_t used, std::uint64_t limit, const std::string& name) {
  check_limit(used, limit, name);
  if (used < buffer.size()) return;
  const std::uint64_t wanted = std::max<std::uint64_t>(smallest_buffer, std::uint64_t{used} * 2);
  buffer.resize(static_cast<std::size_t>(std::min(wanted, limit + 1)));
}

std::string read_to_end(int fd, const std::string& name, std::uint64_t limit) {
  std::string buffer;
  std::size_t used = 0;
  for (;;) {
    grow(buffer, used, limit, name);
    const ssize_t count = ::read(fd, buffer.data() + used, buffer.size() - used);
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw IoError(name, fmt::format("byte {}", used), "cannot be read: " + reason(errno));
    }
    used += static_cast<std::size_t>(count);
  }
  buffer.resize(used);
  return buffer;
}

void map(Input& input, int fd, std::size_t size) {
  const auto owner = std::make_shared<const Mapping>(fd, size, input.name);
  input.bytes = {owner->data(), size};
  input.owner = owner;
  input.mapped = true;
}

// /dev/zero and its like never end. /dev/null is only empty, as the reader says.
void refuse_device(const std::string& name, int fd, const struct stat& status) {
  const bool device = S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
  if (!device || ::isatty(fd) != 0) return;
  struct stat null {};
  if (::stat("/dev/null", &null) == 0 && status.st_rdev == null.st_rdev) return;
  throw IoError(name, "is a device, which need not end; expected a file or a pipe");
}

void read_descriptor(Input& input, int fd, std::uint64_t limit, const std::string& expected) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    throw IoError(input.name, "cannot be examined: " + reason(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    throw IoError(input.name, "is a folder; expected a file that holds " + expected);
  }
  refuse_device(input.name, fd, status);
  const auto size = static_cast<std::size_t>(std::max<off_t>(0, status.st_size));
  const bool from_start = S_ISREG(status.st_mode) && ::lseek(fd, 0, SEEK_CUR) == 0;
  if (from_start && size >= smallest_mapping) return map(input, fd, size);
  if (from_start && size > limit) throw MemoryLimit("reading " + input.name, size, limit);
  hold(input, read_to_end(fd, input.name, limit));
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Returns the number of insertions, deletions and replacements that turn a into b.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// Returns "; did you mean NAME?" for the file of the same folder with the most similar name, or
// nothing when none is similar.
std::string suggestion(const std::string& path) {
  const std::filesystem::path missing(path);
  const std::filesystem::path folder = missing.has_parent_path() ? missing.parent_path() : ".";
  const std::string wanted = lower(missing.filename().string());
  constexpr std::size_t most_files = 10000;
  std::size_t best = std::min<std::size_t>(3, (wanted.size() + 1) / 2);
  std::string found;
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (++count > most_files) break;
    const std::string name = it->path().filename().string();
    const std::size_t distance = edit_distance(wanted, lower(name));
    if (distance < best) {
      best = distance;
      found = missing.has_parent_path() ? (missing.parent_path() / name).string() : name;
    }
  }
  return found.empty() ? "" : fmt::format("; did you mean {}?", found);
}

void read_path(Input& input,
               const std::string& path,
               std::uint64_t limit,
               const std::string& expected) {
  input.name = path;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number < 0) {
    const int error = errno;
    if (error == ENOENT) throw IoError(path, "no such file" + suggestion(path));
    throw IoError(path, "cannot be opened: " + reason(error));
  }
  read_descriptor(input, file.number, limit, expected);
}

void read_standard_input(Input& input, std::uint64_t limit, const std::string& expected) {
  input.name = "standard input";
  if (::isatty(STDIN_FILENO) != 0) {
    throw IoError(input.name,
                  "is a terminal; pipe " + expected + " into it, or name a file instead of -");
  }
  read_descriptor(input, STDIN_FILENO, limit, expected);
}

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

// One inflating stream; ends it however the scope is left.
struct Inflater {
  z_stream stream{};
  Inflater() {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (::inflateInit2(&stream, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream); }
};

// Returns the inflated data of all gzip members, one behind the other. Zeros that pad the end
// (tapes, object stores) are ignored.
std::string inflate_all(std::string_view source, const std::string& name, std::uint64_t limit) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in 32 bits
  std::string buffer;
  std::size_t used = 0;
  std::size_t next = 0;
  bool inside_member = true;
  for (;;) {
    if (!inside_member) {
      if (source.find_first_not_of('\0', next) == std::string_view::npos) break;
      if (!is_gzip(source.substr(next))) {
        throw IoError(name, fmt::format("byte {}", next),
                      "something other than gzip data follows the compressed data; "
                      "the file is damaged");
      }
      ::inflateReset(&stream);
      inside_member = true;
    }
    grow(buffer, used, limit, name);
    const std::size_t given = std::min(most, source.size() - next);
    const std::size_t room = std::min(most, buffer.size() - used);
    // zlib does not write to its input, it only does not say so.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(source.data() + next));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data() + used);
    stream.avail_out = static_cast<uInt>(room);
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    next += given - stream.avail_in;
    used += room - stream.avail_out;
    if (status == Z_STREAM_END) {
      inside_member = false;
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status == Z_BUF_ERROR && next == source.size()) {
      throw IoError(name, fmt::format("byte {}", next),
                    "the gzip data ends too early; the file is incomplete, fetch it again");
    } else if (status != Z_OK) {
      throw IoError(name, fmt::format("byte {}", next),
                    fmt::format("the gzip data is damaged ({}); fetch or compress the file again",
                                stream.msg != nullptr ? stream.msg : "no progress"));
    }
  }
  check_limit(used, limit, name);
  buffer.resize(used);
  return buffer;
}

}  // namespace

Input Input::open(const std::string& path, std::uint64_t max_bytes, const std::string& expected) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 62;
  const std::uint64_t limit = std::min(largest, max_bytes != 0 ? max_bytes : machine_memory());
  Input input;
  if (path == "-") {
    read_standard_input(input, limit, expected);
  } else {
    read_path(input, path, limit, expected);
  }
  if (input.bytes.empty()) throw IoError(input.name, "is empty; expected " + expected);
  if (is_gzip(input.bytes)) {
    // The source must outlive the call.
    const std::shared_ptr<const void> compressed = input.owner;
    hold(input, inflate_all(input.bytes, input.name, limit));
    if (input.bytes.empty()) {
      throw IoError(input.name, "holds nothing once uncompressed; expected " + expected);
    }
  }
  return input;
}

}  // namespace eckart::io
