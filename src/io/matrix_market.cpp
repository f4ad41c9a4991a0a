// MatrixMarket exchange format: a banner, comments, sizes, one entry per line.
// Source: Boisvert, Pozo, Remington, The Matrix Market Exchange Formats, NISTIR 5935, 1996.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "io/entry_stream.hpp"
#include "io/number.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

enum class Field { real, integer, pattern, complex };
enum class Symmetry { general, symmetric, skew, hermitian };

struct Banner {
  bool coordinate = true;
  Field field = Field::real;
  Symmetry symmetry = Symmetry::general;
};

// Walks over the lines that hold data, word by word.
class Lines {
 public:
  explicit Lines(const Input& input)
      : name_(input.name), p_(input.bytes.data()), last_(p_ + input.bytes.size()) {}
  explicit Lines(TextStream& stream) : name_(stream.name()), stream_(&stream) {}

  // Goes to the next line; false at the end of the file.
  bool next_line() {
    if (stream_ != nullptr) {
      if (!stream_->line(line_)) return false;
      word_ = line_.data();
      line_end_ = word_ + line_.size();
      ++number_;
      return true;
    }
    if (p_ == last_) return false;
    const auto* newline =
        static_cast<const char*>(std::memchr(p_, '\n', static_cast<std::size_t>(last_ - p_)));
    word_ = p_;
    line_end_ = newline != nullptr ? newline : last_;
    p_ = newline != nullptr ? newline + 1 : last_;
    ++number_;
    return true;
  }

  // Goes to the next line that is neither blank nor a comment; false at the end of the file.
  bool next() {
    while (next_line()) {
      skip_blanks();
      if (word_ != line_end_ && *word_ != '%') return true;
    }
    return false;
  }

  index_t number() const { return number_; }
  // Infinite where that is not known.
  double bytes_left() const {
    return stream_ != nullptr ? HUGE_VAL : static_cast<double>(last_ - p_);
  }

  // Returns the next word of the line; empty if there is none.
  std::string_view take_word() {
    skip_blanks();
    const char* start = word_;
    word_ = std::find_if(start, line_end_, is_blank);
    return {start, static_cast<std::size_t>(word_ - start)};
  }

  // Returns the whole number that comes next and is at least smallest.
  index_t take_integer(const char* what, index_t smallest, index_t largest) {
    skip_blanks();
    const char* start = word_ + (word_ != line_end_ && *word_ == '+');
    index_t value = 0;
    const auto [end, error] = std::from_chars(start, line_end_, value);
    if (error == std::errc::invalid_argument || !at_boundary(end)) {
      const std::string_view word = take_word();
      fail(word.empty() ? fmt::format("{} is missing", what)
                        : fmt::format("{} must be a whole number, found {}", what, quote(word)));
    }
    if (error != std::errc() || value < smallest || value > largest) {
      const std::string word = quote(take_word());
      fail(largest == any ? fmt::format("{} cannot be {}", what, word)
                          : fmt::format("{} {} is outside {}..{}", what, word, smallest, largest));
    }
    word_ = end;
    return value;
  }

  double take_real(const char* what) {
    skip_blanks();
    const ParsedReal parsed = parse_real(word_, line_end_);
    if (parsed.end == word_ || parsed.too_large || !at_boundary(parsed.end)) {
      const std::string_view word = take_word();
      fail(word.empty() ? fmt::format("{} is missing", what)
                        : fmt::format("{}: {}", what, explain_not_a_number(word)));
    }
    word_ = parsed.end;
    return parsed.value;
  }

  void expect_end(const char* what) {
    const std::string_view word = take_word();
    if (!word.empty()) fail(fmt::format("unexpected {} behind {}", quote(word), what));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(name_, fmt::format("line {}", number_), what);
  }

  static constexpr index_t any = INT64_MAX;

 private:
  void skip_blanks() {
    while (word_ != line_end_ && is_blank(*word_)) ++word_;
  }
  bool at_boundary(const char* p) const { return p == line_end_ || is_blank(*p); }

  const std::string& name_;
  TextStream* stream_ = nullptr;
  std::string line_;         // of the stream
  const char* p_ = nullptr;  // else: start of the next line
  const char* last_ = nullptr;
  const char* word_ = nullptr;
  const char* line_end_ = nullptr;
  index_t number_ = 0;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

template <class Enum, std::size_t count>
Enum take_choice(Lines& lines, const std::array<std::pair<const char*, Enum>, count>& choices) {
  const std::string_view word = lines.take_word();
  std::string names;
  for (const auto& [name, value] : choices) {
    if (lower(word) == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  lines.fail(fmt::format("the banner says {} where one of {} is expected",
                         word.empty() ? "nothing" : quote(word), names));
}

Banner take_banner(Lines& lines) {
  lines.next_line();
  std::string_view magic = lines.take_word();
  if (magic.starts_with("\xEF\xBB\xBF")) magic.remove_prefix(3);
  if (lower(magic) != "%%matrixmarket") {
    lines.fail(
        "expected a banner such as \"%%MatrixMarket matrix coordinate real general\", found " +
        quote(magic));
  }
  const std::string_view object = lines.take_word();
  if (lower(object) != "matrix") {
    lines.fail(fmt::format("the banner announces {}; only a matrix can be read", quote(object)));
  }
  Banner banner;
  banner.coordinate = take_choice<bool>(
      lines, std::array<std::pair<const char*, bool>, 2>{{{"coordinate", true}, {"array", false}}});
  banner.field = take_choice<Field>(
      lines, std::array<std::pair<const char*, Field>, 5>{{{"real", Field::real},
                                                           {"double", Field::real},
                                                           {"integer", Field::integer},
                                                           {"pattern", Field::pattern},
                                                           {"complex", Field::complex}}});
  banner.symmetry = take_choice<Symmetry>(
      lines, std::array<std::pair<const char*, Symmetry>, 4>{{{"general", Symmetry::general},
                                                              {"symmetric", Symmetry::symmetric},
                                                              {"skew-symmetric", Symmetry::skew},
                                                              {"hermitian", Symmetry::hermitian}}});
  lines.expect_end("the banner");
  if (banner.field == Field::pattern && !banner.coordinate) {
    lines.fail("an array has values, so it cannot be a pattern");
  }
  if (banner.field == Field::pattern && banner.symmetry == Symmetry::skew) {
    lines.fail("a pattern has no signs, so it cannot be skew-symmetric");
  }
  if (banner.field != Field::complex && banner.symmetry == Symmetry::hermitian) {
    lines.fail("a hermitian matrix has complex entries; call a real one symmetric");
  }
  return banner;
}

template <Scalar T>
T take_value(Lines& lines, Field field) {
  if (field == Field::pattern) return T(1);
  const double real = lines.take_real("the value");
  if (field == Field::integer && real != std::trunc(real)) {
    lines.fail(fmt::format("the value {} is not whole, but the banner says integer", real));
  }
  if constexpr (is_complex<T>) {
    return {real, lines.take_real("the imaginary part")};
  } else {
    return real;
  }
}

// Returns entry (j, i) of a matrix whose entry (i, j) is value.
template <Scalar T>
T mirrored(T value, Symmetry symmetry) {
  if (symmetry == Symmetry::skew) return -value;
  return symmetry == Symmetry::hermitian ? conjugate(value) : value;
}

// Fails if an entry on the diagonal contradicts the symmetry.
template <Scalar T>
void check_diagonal(const Lines& lines, T value, Symmetry symmetry) {
  if (symmetry == Symmetry::skew && value != T(0)) {
    lines.fail("the diagonal of a skew-symmetric matrix is zero");
  }
  if (symmetry == Symmetry::hermitian && value != conjugate(value)) {
    lines.fail("the diagonal of a hermitian matrix is real");
  }
}

std::uint64_t to_bytes(double bytes) {
  constexpr double largest = 1e19;
  return static_cast<std::uint64_t>(std::min(bytes, largest));
}

// Refuses a matrix that needs more than the cap, and, without a cap, one whose sizes alone would
// take gigabytes for next to nothing: few bytes of text must not exhaust the machine.
void check_memory(const Lines& lines,
                  const Input& input,
                  const ReadOptions& options,
                  index_t rows,
                  index_t cols,
                  double entry_bytes) {
  const double index_bytes = 16.0 * (static_cast<double>(rows) + static_cast<double>(cols));
  const double bytes = index_bytes + entry_bytes;
  if (options.max_bytes != 0) {
    if (bytes > static_cast<double>(options.max_bytes)) {
      throw MemoryLimit(fmt::format("{}: the {} x {} matrix", input.name, rows, cols),
                        to_bytes(bytes), options.max_bytes);
    }
    return;
  }
  constexpr double harmless = 1024.0 * 1024 * 1024;
  if (index_bytes > harmless && index_bytes > 1000.0 * static_cast<double>(input.bytes.size())) {
    lines.fail(fmt::format(
        "a {} x {} matrix needs {} for its empty rows and columns alone, but the file has only {}; "
        "number only the rows and columns in use, or set a memory limit that allows it",
        rows, cols, format_bytes(to_bytes(index_bytes)), format_bytes(input.bytes.size())));
  }
}

void require_square(const Lines& lines, const Banner& banner, index_t rows, index_t cols) {
  if (banner.symmetry == Symmetry::general || rows == cols) return;
  lines.fail(
      fmt::format("a {} x {} matrix is not square, so it cannot have the symmetry of the "
                  "banner",
                  rows, cols));
}

// What the line behind the banner says.
struct Sizes {
  index_t rows = 0;
  index_t cols = 0;
  index_t count = 0;  // lines of entries
  index_t line = 0;   // where it says so
};

Sizes take_sizes(Lines& lines, const Banner& banner) {
  if (!lines.next()) lines.fail("the file ends before the line with the sizes");
  Sizes sizes;
  sizes.rows = lines.take_integer("the number of rows", 0, Lines::any);
  sizes.cols = lines.take_integer("the number of columns", 0, Lines::any);
  if (banner.coordinate) sizes.count = lines.take_integer("the number of entries", 0, Lines::any);
  lines.expect_end(banner.coordinate ? "rows, columns, entries" : "rows, columns");
  require_square(lines, banner, sizes.rows, sizes.cols);
  sizes.line = lines.number();
  if (banner.coordinate) return sizes;

  const double all = static_cast<double>(sizes.rows) * static_cast<double>(sizes.cols);
  const double skipped = banner.symmetry == Symmetry::general ? 0
                         : banner.symmetry == Symmetry::skew
                             ? (all + static_cast<double>(sizes.rows)) / 2
                             : (all - static_cast<double>(sizes.rows)) / 2;
  // No entry is shorter than "0" and its line end.
  const double most = std::min(lines.bytes_left() / 2 + 1, 9e18);
  if (all - skipped > most) {
    lines.fail(fmt::format(
        "announces {} x {} with {:.0f} entries, more than the rest of the file "
        "({}) can hold; the file is incomplete",
        sizes.rows, sizes.cols, all - skipped, format_bytes(to_bytes(lines.bytes_left()))));
  }
  sizes.count = static_cast<index_t>(all - skipped);
  return sizes;
}

// Calls take(i, j, value) for every entry, those included that follow from the symmetry.
template <Scalar T, class Take>
void take_coordinates(Lines& lines, const Banner& banner, const Sizes& sizes, const Take& take) {
  const bool general = banner.symmetry == Symmetry::general;
  index_t lower_line = 0;  // where an entry of each strict triangle was seen first
  index_t upper_line = 0;
  for (index_t entry = 0; entry < sizes.count; ++entry) {
    if (!lines.next()) {
      lines.fail(fmt::format("the file ends after {} of the {} entries that line {} announces",
                             entry, sizes.count, sizes.line));
    }
    const index_t i = lines.take_integer("row", 1, sizes.rows) - 1;
    const index_t j = lines.take_integer("column", 1, sizes.cols) - 1;
    const T value = take_value<T>(lines, banner.field);
    lines.expect_end("the entry");
    take(i, j, value);
    if (general) continue;
    if (i == j) {
      check_diagonal(lines, value, banner.symmetry);
      continue;
    }
    index_t& seen = i > j ? lower_line : upper_line;
    if (seen == 0) seen = lines.number();
    if (lower_line != 0 && upper_line != 0) {
      lines.fail(fmt::format(
          "entry ({}, {}) is {} the diagonal, but that of line {} is {} it; with a symmetry in the "
          "banner only one triangle is stored",
          i + 1, j + 1, i > j ? "below" : "above", i > j ? upper_line : lower_line,
          i > j ? "above" : "below"));
    }
    take(j, i, mirrored(value, banner.symmetry));
  }
  if (lines.next()) {
    lines.fail(
        fmt::format("more entries than the {} that line {} announces", sizes.count, sizes.line));
  }
}

// The same of an array, column by column.
template <Scalar T, class Take>
void take_array(Lines& lines, const Banner& banner, const Sizes& sizes, const Take& take) {
  // One column holds the entries from this row on; the rest follows from the symmetry.
  const auto first_row = [&](index_t j) {
    if (banner.symmetry == Symmetry::general) return index_t{0};
    return banner.symmetry == Symmetry::skew ? j + 1 : j;
  };
  for (index_t j = 0; j < sizes.cols; ++j) {
    for (index_t i = first_row(j); i < sizes.rows; ++i) {
      if (!lines.next()) {
        lines.fail(
            fmt::format("the file ends before entry ({}, {}) of the {} x {} that line {} announces",
                        i + 1, j + 1, sizes.rows, sizes.cols, sizes.line));
      }
      const T value = take_value<T>(lines, banner.field);
      lines.expect_end("the entry");
      take(i, j, value);
      if (banner.symmetry == Symmetry::general) continue;
      if (i == j) {
        check_diagonal(lines, value, banner.symmetry);
      } else {
        take(j, i, mirrored(value, banner.symmetry));
      }
    }
  }
  if (lines.next()) {
    lines.fail(fmt::format("more entries than the {} x {} that line {} announces", sizes.rows,
                           sizes.cols, sizes.line));
  }
}

template <Scalar T>
AnyMatrix read_entries(Lines& lines,
                       const Banner& banner,
                       const Input& input,
                       const ReadOptions& options) {
  const Sizes sizes = take_sizes(lines, banner);
  if (!banner.coordinate) {
    const double all = static_cast<double>(sizes.rows) * static_cast<double>(sizes.cols);
    check_memory(lines, input, options, sizes.rows, sizes.cols, all * sizeof(T));
    Matrix<T> A(sizes.rows, sizes.cols);
    take_array<T>(lines, banner, sizes, [&](index_t i, index_t j, T value) { A(i, j) = value; });
    return own(std::move(A));
  }
  // The count may lie: no entry is shorter than "1 1" and its line end.
  const double plausible = std::min(static_cast<double>(sizes.count), lines.bytes_left() / 4 + 1) *
                           (banner.symmetry == Symmetry::general ? 1 : 2);
  check_memory(lines, input, options, sizes.rows, sizes.cols,
               plausible * (sizeof(Triplet<T>) + sizeof(index_t) + sizeof(T)));
  std::vector<Triplet<T>> triplets;
  triplets.reserve(static_cast<std::size_t>(plausible));
  take_coordinates<T>(lines, banner, sizes, [&](index_t i, index_t j, T value) {
    triplets.push_back({i, j, value});
  });
  return from_triplets(sizes.rows, sizes.cols, std::move(triplets));
}

}  // namespace

AnyMatrix read_matrix_market(const Input& input, const ReadOptions& options) {
  Lines lines(input);
  const Banner banner = take_banner(lines);
  return banner.field == Field::complex
             ? read_entries<std::complex<double>>(lines, banner, input, options)
             : read_entries<double>(lines, banner, input, options);
}

bool stream_matrix_market(TextStream& text, EntryStream& to) {
  Lines lines(text);
  const Banner banner = take_banner(lines);
  if (banner.field == Field::complex) return false;
  const Sizes sizes = take_sizes(lines, banner);
  const double mirrored = banner.symmetry == Symmetry::general ? 1 : 2;
  to.begin(sizes.rows, sizes.cols, mirrored * static_cast<double>(sizes.count));
  const auto take = [&](index_t i, index_t j, double value) { to.entry(i, j, value); };
  if (banner.coordinate) {
    take_coordinates<double>(lines, banner, sizes, take);
  } else {
    // Zeros of an array are not stored.
    take_array<double>(lines, banner, sizes, [&](index_t i, index_t j, double value) {
      if (value != 0) take(i, j, value);
    });
  }
  return true;
}

}  // namespace eckart::io
