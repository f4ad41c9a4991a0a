// A strict parser of the .npy header.
// Source: the format description in NumPy's documentation, numpy.lib.format.

#include "io/npy_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "eckart/error.hpp"

namespace eckart::io {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr char native_order = std::endian::native == std::endian::little ? '<' : '>';

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The Python dictionary of the header. offset is the place of text in the file.
class Dictionary {
 public:
  Dictionary(std::string_view text, std::uint64_t offset, const std::string& name)
      : text_(text), offset_(offset), name_(name) {}

  // Fills kind, item_bytes, native, fortran_order and shape.
  void parse(NpyHeader& header) {
    bool has_descr = false;
    bool has_order = false;
    bool has_shape = false;
    expect('{', "'{'");
    while (!accept('}')) {
      const std::uint64_t start = position();
      const std::string key = parse_string("a quoted key");
      bool* seen = key == "descr"           ? &has_descr
                   : key == "fortran_order" ? &has_order
                   : key == "shape"         ? &has_shape
                                            : nullptr;
      if (seen == nullptr) {
        fail(start, fmt::format("the header has the key '{}'", key),
             "only descr, fortran_order and shape");
      }
      if (*seen) fail(start, fmt::format("the key '{}' appears twice", key), "each key once");
      *seen = true;
      expect(':', "':'");
      if (seen == &has_descr) parse_type(header);
      if (seen == &has_order) header.fortran_order = parse_bool();
      if (seen == &has_shape) header.shape = parse_shape();
      if (!accept(',')) {
        expect('}', "',' or '}'");
        break;
      }
    }
    if (peek() != '\0' || place_ != text_.size()) fail_here("the end of the header");
    if (!has_descr || !has_order || !has_shape) {
      fail(offset_,
           fmt::format("the header has no '{}'", !has_descr   ? "descr"
                                                 : !has_order ? "fortran_order"
                                                              : "shape"),
           "descr, fortran_order and shape");
    }
  }

 private:
  std::uint64_t position() {
    skip_space();
    return offset_ + place_;
  }
  void skip_space() {
    while (place_ < text_.size() && is_space(text_[place_])) ++place_;
  }
  // The next character that is not white space; '\0' at the end.
  char peek() {
    skip_space();
    return place_ < text_.size() ? text_[place_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || place_ == text_.size()) return false;
    ++place_;
    return true;
  }
  void expect(char c, const char* what) {
    if (!accept(c)) fail_here(what);
  }
  bool accept_word(std::string_view word) {
    skip_space();
    if (text_.substr(place_, word.size()) != word) return false;
    place_ += word.size();
    return true;
  }

  std::string parse_string(const char* what) {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail_here(what);
    const std::size_t end = text_.find(quote, place_ + 1);
    const std::string_view inside = text_.substr(place_ + 1, end - place_ - 1);
    const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
    if (end == std::string_view::npos || !std::all_of(inside.begin(), inside.end(), plain)) {
      fail_here("a quoted string of plain ASCII characters");
    }
    place_ = end + 1;
    return std::string(inside);
  }

  bool parse_bool() {
    if (accept_word("True")) return true;
    if (accept_word("False")) return false;
    fail_here("True or False");
  }

  std::vector<index_t> parse_shape() {
    std::vector<index_t> shape;
    expect('(', "'('");
    while (!accept(')')) {
      shape.push_back(parse_length());
      const bool comma = accept(',');
      if (comma) continue;
      if (shape.size() == 1) fail_here("',' (one dimension reads (n,))");
      expect(')', "',' or ')'");
      break;
    }
    return shape;
  }
  index_t parse_length() {
    if (!is_digit(peek())) fail_here("a whole number, zero or more");
    index_t value = 0;
    const char* first = text_.data() + place_;
    const auto [last, error] = std::from_chars(first, text_.data() + text_.size(), value);
    if (error != std::errc()) fail_here("a whole number below 2^63");
    place_ += static_cast<std::size_t>(last - first);
    accept_word("L");  // Python 2 wrote long integers so
    return value;
  }

  void parse_type(NpyHeader& header) {
    const std::uint64_t start = position();
    const char* wanted = "a type such as '<f8'";
    if (peek() == '[' || peek() == '(' || peek() == '{') {
      fail(start, "the array is structured: its elements are records, not numbers",
           "numbers; save one field at a time, np.save(file, a['field'])");
    }
    const std::string type = parse_string(wanted);
    std::string_view rest = type;
    char order = '=';
    if (!rest.empty() && std::string_view("<>=|").find(rest[0]) != std::string_view::npos) {
      order = rest[0];
      rest.remove_prefix(1);
    }
    if (rest.empty()) fail(start, fmt::format("the type is '{}'", type), wanted);
    header.kind = rest[0];
    rest.remove_prefix(1);
    if (header.kind == 'O') {
      fail(start, "the array holds Python objects (a pickle, which may run code when loaded)",
           "numbers; save it as np.save(file, a.astype('float64'))");
    }
    std::uint32_t size = 0;  // 32 bits: no element is larger
    const auto [last, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    if (error != std::errc() || last != rest.data() + rest.size()) {
      fail(start, fmt::format("the type is '{}'", type), wanted);
    }
    header.item_bytes = header.kind == 'U' ? 4 * std::uint64_t{size} : size;
    if (order == '|' && size != 1 && std::string_view("iufc").find(header.kind) != rest.npos) {
      fail(start, fmt::format("the type '{}' has no byte order", type), "'<' or '>' before it");
    }
    header.native = order == '=' || order == '|' || order == native_order || size == 1;
  }

  [[noreturn]] void fail_here(const std::string& expected) {
    const char c = peek();
    const std::string found = place_ == text_.size() ? std::string("the header ends")
                              : c >= ' ' && c <= '~' ? fmt::format("found '{}'", c)
                                                     : fmt::format("found the byte 0x{:02x}",
                                                                   static_cast<unsigned char>(c));
    fail(position(), found, expected);
  }
  [[noreturn]] void fail(std::uint64_t at, const std::string& found, const std::string& expected) {
    throw IoError(name_, fmt::format("byte {}", at), found + "; expected " + expected);
  }

  std::string_view text_;
  std::size_t place_ = 0;
  std::uint64_t offset_;
  const std::string& name_;
};

// Returns the product of the lengths times item_bytes if every partial product fits 63 bits.
// Zero lengths are left out of the check: (0, 2^62) of float64 has no valid strides either.
std::optional<std::uint64_t> span_bytes(const NpyHeader& header) {
  index_t bytes = std::max<index_t>(1, static_cast<index_t>(header.item_bytes));
  for (const index_t length : header.shape) {
    if (length > 0 && __builtin_mul_overflow(bytes, length, &bytes)) return std::nullopt;
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace

NpyHeader parse_npy_header(std::string_view bytes, const std::string& name) {
  const auto fail = [&](std::uint64_t at, const std::string& what) {
    throw IoError(name, fmt::format("byte {}", at), what);
  };
  if (bytes.substr(0, magic.size()) != magic) {
    fail(0, "not a .npy file; expected it to begin with \\x93NUMPY");
  }
  if (bytes.size() < 10) {
    fail(bytes.size(), "the file ends inside its header; expected at least 10 bytes");
  }
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i]));
  };
  if (byte(6) < 1 || byte(6) > 3 || byte(7) != 0) {
    fail(6, fmt::format("format version {}.{}; expected 1.0, 2.0 or 3.0", byte(6), byte(7)));
  }
  const std::uint64_t start = byte(6) == 1 ? 10 : 12;
  if (bytes.size() < start) {
    fail(bytes.size(), "the file ends inside its header; expected at least 12 bytes");
  }
  std::uint64_t length = byte(8) | byte(9) << 8;
  if (start == 12) length |= byte(10) << 16 | byte(11) << 24;
  if (length > npy_header_limit - start) {
    fail(8, fmt::format("the header claims {} bytes; expected at most {}", length,
                        npy_header_limit - start));
  }
  if (bytes.size() - start < length) {
    fail(bytes.size(),
         fmt::format("the file ends inside its header; expected {} bytes of it", start + length));
  }

  NpyHeader header;
  header.data_offset = start + length;
  Dictionary(bytes.substr(start, length), start, name).parse(header);
  const std::optional<std::uint64_t> span = span_bytes(header);
  if (!span || *span > static_cast<std::uint64_t>(INT64_MAX) - header.data_offset) {
    fail(start, fmt::format("the shape {} of {}-byte elements is larger than any file; "
                            "expected fewer than 2^63 bytes",
                            format_shape(header.shape), header.item_bytes));
  }
  header.count = 1;
  for (const index_t n : header.shape) header.count *= static_cast<std::uint64_t>(n);
  return header;
}

std::string format_npy_header(const std::string& type, const std::vector<index_t>& shape) {
  std::string dictionary = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': {}, }}",
                                       native_order, type, format_shape(shape));
  while ((10 + dictionary.size() + 1) % 64 != 0) dictionary += ' ';
  dictionary += '\n';
  std::string header(magic);
  header += '\x01';
  header += '\x00';
  header += static_cast<char>(dictionary.size() & 0xff);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

std::string type_name(const NpyHeader& header) {
  const std::uint64_t bits = 8 * header.item_bytes;
  switch (header.kind) {
    case 'b':
      return "bool";
    case 'i':
      return fmt::format("int{}", bits);
    case 'u':
      return fmt::format("uint{}", bits);
    case 'f':
      return fmt::format("float{}", bits);
    case 'c':
      return fmt::format("complex{}", bits);
    case 'S':
      return "byte string";
    case 'U':
      return "string";
    case 'M':
      return "datetime";
    case 'm':
      return "timedelta";
    case 'V':
      return "raw bytes";
    default:
      return fmt::format("'{}{}'", header.kind, header.item_bytes);
  }
}

std::string format_shape(const std::vector<index_t>& shape) {
  if (shape.size() == 1) return fmt::format("({},)", shape[0]);
  std::string text = "(";
  for (const index_t n : shape) text += fmt::format("{}{}", text.size() > 1 ? ", " : "", n);
  return text + ")";
}

}  // namespace eckart::io
