#include "io/text_stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "eckart/error.hpp"
#include "io/atomic_file.hpp"
#include "io/encoding.hpp"

namespace eckart::io {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 18;

// Closes what it opened.
struct File {
  int descriptor;
  explicit File(int opened) : descriptor(opened) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor > STDIN_FILENO) ::close(descriptor);
  }
};

void refuse_odd(const std::string& name, int descriptor) {
  struct stat status {
  }, null{};
  if (::fstat(descriptor, &status) != 0) {
    throw IoError(name, "cannot be examined: " + error_text(errno));
  }
  if (S_ISDIR(status.st_mode)) throw IoError(name, "is a folder; expected a file");
  if (::isatty(descriptor) != 0) {
    throw IoError(name, "is a terminal; pipe text into it, or name a file instead of -");
  }
  if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) return;
  if (::stat("/dev/null", &null) == 0 && status.st_rdev == null.st_rdev) return;
  throw IoError(name, "is a device, which need not end; expected a file or a pipe");
}

}  // namespace

// All gzip members of a stream, one behind the other. Zeros may pad the end.
struct TextStream::Inflater {
  z_stream stream{};
  std::string packed = std::string(block_bytes, '\0');
  bool inside = true;
  bool exhausted = false;  // the source has no more bytes

  Inflater() {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (::inflateInit2(&stream, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream); }

  void feed(std::size_t count) {
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(count);
  }
};

TextStream::TextStream(std::string name, Read read, std::uint64_t longest)
    : name_(std::move(name)), read_(std::move(read)), longest_(longest) {}
TextStream::~TextStream() = default;
TextStream::TextStream(TextStream&&) noexcept = default;

TextStream TextStream::open(const std::string& path, std::uint64_t longest) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path;
  const int descriptor = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) throw IoError(path, "no such file or folder");
    throw IoError(path, "cannot be opened: " + error_text(errno));
  }
  auto file = std::make_shared<File>(descriptor);
  refuse_odd(name, descriptor);
  return {name,
          [file, name](char* buffer, std::size_t size) -> std::size_t {
            for (;;) {
              const ssize_t count = ::read(file->descriptor, buffer, size);
              if (count >= 0) return static_cast<std::size_t>(count);
              if (errno != EINTR) throw IoError(name, "cannot be read: " + error_text(errno));
            }
          },
          longest};
}

TextStream TextStream::over(std::string name, std::string_view bytes, std::uint64_t longest) {
  return {std::move(name),
          [bytes](char* buffer, std::size_t size) mutable {
            const std::size_t count = std::min(size, bytes.size());
            std::copy_n(bytes.data(), count, buffer);
            bytes.remove_prefix(count);
            return count;
          },
          longest};
}

void TextStream::fail(index_t line, const std::string& what) const {
  throw IoError(name_, fmt::format("line {}", line), what);
}

// Returns how many bytes of the (inflated) source it put into the buffer; 0 at the end.
std::size_t TextStream::read_block(char* buffer, std::size_t size) {
  if (!inflater_) {
    const std::size_t count = read_(buffer, size);
    bytes_read_ += count;
    return count;
  }
  z_stream& stream = inflater_->stream;
  stream.next_out = reinterpret_cast<Bytef*>(buffer);
  stream.avail_out = static_cast<uInt>(size);
  while (stream.avail_out == size) {
    if (stream.avail_in == 0 && !inflater_->exhausted) {
      const std::size_t count = read_(inflater_->packed.data(), inflater_->packed.size());
      bytes_read_ += count;
      inflater_->feed(count);
      inflater_->exhausted = count == 0;
    }
    if (!inflater_->inside) {
      while (stream.avail_in > 0 && *stream.next_in == 0) {
        ++stream.next_in;
        --stream.avail_in;
      }
      if (stream.avail_in == 0) {
        if (inflater_->exhausted) return 0;
        continue;
      }
      ::inflateReset(&stream);
      inflater_->inside = true;
    }
    const std::string where = fmt::format("byte {}", bytes_read_ - stream.avail_in);
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      inflater_->inside = false;
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status == Z_BUF_ERROR && inflater_->exhausted) {
      throw IoError(name_, where,
                    "the gzip data ends too early; the file is incomplete, fetch it again");
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw IoError(name_, where,
                    fmt::format("the gzip data is damaged ({}); fetch or compress the file again",
                                stream.msg != nullptr ? stream.msg : "no progress"));
    }
  }
  return size - stream.avail_out;
}

// Appends the characters of UTF-16 to block_; half a character at the end waits for more.
void TextStream::decode_utf16(std::string_view bytes, bool at_end) {
  pending_ += bytes;
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(pending_[i]);
    const auto b = static_cast<unsigned char>(pending_[i + 1]);
    return static_cast<char32_t>(utf16_ == Order::little ? a | b << 8 : b | a << 8);
  };
  std::size_t at = 0;
  for (; at + 2 <= pending_.size(); at += 2) {
    char32_t code = unit(at);
    if (code >= 0xD800 && code < 0xDC00) {
      if (at + 4 > pending_.size() && !at_end) break;
      const char32_t low = at + 4 <= pending_.size() ? unit(at + 2) : 0;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    // A surrogate without its other half becomes bytes that no UTF-8 has, to be counted later.
    append_utf8(block_, code);
  }
  pending_.erase(0, at);
  if (at_end && !pending_.empty()) {
    block_ += '\xFF';
    pending_.clear();
  }
}

// Puts the next text into block_; returns false at the end.
bool TextStream::refill() {
  block_.clear();
  at_ = 0;
  while (block_.empty() && !ended_) {
    raw_.resize(block_bytes);
    std::size_t count = read_block(raw_.data(), raw_.size());
    if (!started_) {
      // A pipe may deliver single bytes; the marks have three.
      while (count > 0 && count < 3) {
        const std::size_t more = read_block(raw_.data() + count, raw_.size() - count);
        if (more == 0) break;
        count += more;
      }
      if (!inflater_ && count >= 2 && raw_.starts_with("\x1f\x8b")) {
        inflater_ = std::make_unique<Inflater>();
        std::copy_n(raw_.data(), count, inflater_->packed.data());
        inflater_->feed(count);
        continue;  // and look for a mark in what comes out
      }
      started_ = true;
      const std::string_view start(raw_.data(), count);
      std::size_t mark = 0;
      if (start.starts_with("\xEF\xBB\xBF")) {
        mark = 3;
      } else if (start.starts_with("\xFF\xFE")) {
        mark = 2;
        utf16_ = Order::little;
      } else if (start.starts_with("\xFE\xFF")) {
        mark = 2;
        utf16_ = Order::big;
      }
      raw_.erase(0, mark);
      ended_ = count == 0;
      count -= mark;
    } else {
      ended_ = count == 0;
    }
    const std::string_view got(raw_.data(), count);
    if (utf16_ == Order::none) {
      block_ = got;
    } else {
      decode_utf16(got, ended_);
    }
  }
  return !block_.empty();
}

void TextStream::check_length(std::size_t length) const {
  if (length <= longest_) return;
  throw IoError(
      name_, fmt::format("line {}", line_number_),
      fmt::format("a document is longer than {}; split the file", format_bytes(longest_)));
}

bool TextStream::starts_with(std::string_view text) {
  if (at_ == block_.size()) refill();
  return std::string_view(block_).substr(at_).starts_with(text);
}

bool TextStream::line(std::string& line) {
  ++line_number_;
  if (has_unread_) {
    line = std::move(unread_);
    has_unread_ = false;
    return true;
  }
  line.clear();
  bool any = false;
  while (at_ < block_.size() || refill()) {
    any = true;
    const std::size_t end = block_.find('\n', at_);
    line.append(block_, at_, end == std::string::npos ? end : end - at_);
    check_length(line.size());
    at_ = end == std::string::npos ? block_.size() : end + 1;
    if (end != std::string::npos) break;
  }
  if (!any) return false;
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

void TextStream::unread_line(std::string line) {
  unread_ = std::move(line);
  has_unread_ = true;
  --line_number_;
}

bool TextStream::append_block(std::string& text) {
  if (at_ == block_.size() && !refill()) return false;
  text.append(block_, at_);
  at_ = block_.size();
  return true;
}

void TextStream::rest(std::string& text) {
  text.clear();
  while (at_ < block_.size() || refill()) {
    text.append(block_, at_);
    at_ = block_.size();
    check_length(text.size());
  }
}

}  // namespace eckart::io
