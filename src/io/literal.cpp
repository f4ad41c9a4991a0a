// A matrix typed on the command line: [[3,2],[2,3]].
#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "io/number.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

class Parser {
 public:
  explicit Parser(const std::string& text)
      : first_(text.data()), p_(first_), last_(first_ + text.size()) {}

  void parse() {
    expect('[', "[ at the start");
    if (peek() == '[') {
      do {
        expect('[', "[ at the start of a row");
        take_row();
      } while (take(','));
      expect(']', ", or ] behind the row");
    } else if (peek() == ']') {
      ++p_;
    } else {
      take_row();
    }
    if (peek() != '\0' || p_ != last_) fail("expected nothing behind the last ]");
  }

  // The matrix: complex if an entry was.
  AnyMatrix matrix() const {
    if (complex_) return fill<std::complex<double>>();
    return fill<double>();
  }

 private:
  // Returns the next character that is not a blank; '\0' at the end.
  char peek() {
    while (p_ != last_ && (is_blank(*p_) || *p_ == '\n')) ++p_;
    return p_ == last_ ? '\0' : *p_;
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++p_;
    return true;
  }
  void expect(char c, const char* what) {
    if (!take(c)) fail(fmt::format("expected {}", what));
  }

  // The rest of a row, behind its [.
  void take_row() {
    const char* start = p_;
    index_t count = 0;
    if (!take(']')) {
      do {
        take_entry();
        ++count;
      } while (take(','));
      expect(']', ", or ] behind the entry");
    }
    if (rows_ > 0 && count != cols_) {
      p_ = start;
      fail(fmt::format("row {} has {} {}, the rows before it have {}", rows_ + 1, count,
                       count == 1 ? "entry" : "entries", cols_));
    }
    cols_ = count;
    ++rows_;
  }

  // A real number, an imaginary one (2j), or their sum without blanks inside (1-2j).
  void take_entry() {
    if (peek() == '[') fail("a matrix has two levels of brackets, this is a third");
    double real = take_real();
    double imaginary = 0;
    if (take_unit()) {
      imaginary = std::exchange(real, 0.0);
    } else if (p_ != last_ && (*p_ == '+' || *p_ == '-')) {
      imaginary = take_real();
      if (!take_unit()) fail("expected j behind the imaginary part");
    }
    entries_.emplace_back(real, imaginary);
  }

  bool take_unit() {
    if (p_ == last_ || (*p_ != 'j' && *p_ != 'i')) return false;
    complex_ = true;
    ++p_;
    return true;
  }

  double take_real() {
    const ParsedReal parsed = parse_real(p_, last_);
    if (parsed.end == p_ || parsed.too_large) {
      const char* end = std::find_if(p_, last_, [](char c) {
        return is_blank(c) || c == '\n' || c == ',' || c == ']' || c == '[';
      });
      fail("expected a number: " + explain_not_a_number({p_, static_cast<std::size_t>(end - p_)}));
    }
    p_ = parsed.end;
    return parsed.value;
  }

  [[noreturn]] void fail(const std::string& what) const {
    std::string found;
    if (p_ == last_) {
      found = " (the text ends here)";
    } else if (what.starts_with("expected") && what.find(':') == std::string::npos) {
      found = fmt::format(", found {}", quote({p_, 1}));
    }
    throw IoError("inline matrix", fmt::format("character {}", p_ - first_ + 1),
                  what + found + "; write it as [[3,2],[2,3]]");
  }

  template <class T>
  AnyMatrix fill() const {
    Matrix<T> by_row(cols_, rows_);
    T* entry = by_row.data();
    for (const std::complex<double>& value : entries_) {
      if constexpr (is_complex<T>) {
        *entry++ = value;
      } else {
        *entry++ = value.real();
      }
    }
    return own(std::move(by_row), true);
  }

  const char* first_;
  const char* p_;
  const char* last_;
  index_t rows_ = 0;
  index_t cols_ = 0;
  bool complex_ = false;
  std::vector<std::complex<double>> entries_;
};

}  // namespace

AnyMatrix read_literal(const std::string& text) {
  Parser parser(text);
  parser.parse();
  return parser.matrix();
}

}  // namespace eckart::io
