// Bytes of a file that need not fit into memory, and its lines.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "eckart/types.hpp"

namespace eckart::io {

// Reads a source from its beginning to its end. gzip data is inflated; a byte-order mark is
// dropped, and UTF-16 behind its mark becomes UTF-8.
class TextStream {
 public:
  // Fills the buffer and returns how many bytes it got; 0 at the end.
  using Read = std::function<std::size_t(char* buffer, std::size_t size)>;

  // longest: of a line or of the whole, whichever is asked for; a longer one is an IoError.
  TextStream(std::string name, Read read, std::uint64_t longest);
  ~TextStream();
  TextStream(TextStream&&) noexcept;

  // Throws IoError if the path cannot be opened. "-" is standard input.
  static TextStream open(const std::string& path, std::uint64_t longest);
  // The bytes must outlive the stream.
  static TextStream over(std::string name, std::string_view bytes, std::uint64_t longest);

  const std::string& name() const { return name_; }

  // Gets the next line without its end ("\n" or "\r\n") and returns true, or false at the end.
  bool line(std::string& line);
  // The line that line() returned last, from 1.
  index_t line_number() const { return line_number_; }
  // The next line comes once more.
  void unread_line(std::string line);

  // Whether the text begins so. Before the first line is read.
  bool starts_with(std::string_view text);

  // Appends the next piece, of some 256 KiB, and returns true, or false at the end.
  bool append_block(std::string& text);

  // So many bytes of the source were read, compressed ones as they are.
  std::uint64_t bytes_read() const { return bytes_read_; }

  // Gets everything that is left.
  void rest(std::string& text);

  // Throws IoError of a place in this source.
  [[noreturn]] void fail(index_t line, const std::string& what) const;

 private:
  struct Inflater;
  bool refill();
  std::size_t read_block(char* buffer, std::size_t size);
  void decode_utf16(std::string_view bytes, bool at_end);
  void check_length(std::size_t length) const;

  std::string name_;
  Read read_;
  std::uint64_t longest_;
  std::unique_ptr<Inflater> inflater_;
  std::string raw_;     // a block of the source
  std::string block_;   // text
  std::size_t at_ = 0;  // of block_
  bool started_ = false, ended_ = false;
  enum class Order { none, little, big } utf16_ = Order::none;
  std::string pending_;  // the beginning of a character of UTF-16
  std::uint64_t bytes_read_ = 0;
  index_t line_number_ = 0;
  std::string unread_;
  bool has_unread_ = false;
};

}  // namespace eckart::io
