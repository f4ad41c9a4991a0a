// Tables of numbers as text: CSV, TSV, semicolons or blanks between the fields (RFC 4180 quoting).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "io/number.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

enum class Kind { number, missing, text };

struct Field {
  std::string_view text;  // without quotes and surrounding blanks
  index_t line = 0;       // where it starts
  bool quoted = false;
  bool last = false;  // of its record
  Kind kind = Kind::text;
  double value = 0;  // of a number
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view text, std::string_view in_lower_case) {
  return text.size() == in_lower_case.size() &&
         std::equal(text.begin(), text.end(), in_lower_case.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

void classify(Field& field) {
  if (is_real(field.text, field.value)) {
    field.kind = std::isnan(field.value) ? Kind::missing : Kind::number;
    return;
  }
  constexpr std::array<std::string_view, 5> spellings = {"", "na", "n/a", "#n/a", "null"};
  const bool missing = std::any_of(spellings.begin(), spellings.end(), [&](std::string_view s) {
    return equals_ignoring_case(field.text, s);
  });
  field.kind = missing ? Kind::missing : Kind::text;
}

// Walks over a table field by field. Copy it to look ahead.
class Scanner {
 public:
  Scanner(const std::string& name, std::string_view bytes, index_t line, char delimiter)
      : name_(&name),
        p_(bytes.data()),
        last_(p_ + bytes.size()),
        delimiter_(delimiter),
        line_(line) {}

  index_t line() const { return line_; }
  std::size_t bytes_left() const { return static_cast<std::size_t>(last_ - p_); }

  // Goes to the next record, past blank lines; false at the end of the file.
  bool next_record() {
    for (;;) {
      skip_blanks();
      if (p_ == last_) return false;
      if (!at_line_end()) return true;
      take_line_end();
    }
  }

  // Returns the next field of the record.
  Field next() {
    skip_blanks();
    Field field;
    field.line = line_;
    if (p_ != last_ && *p_ == '"') {
      take_quoted(field);
    } else {
      const char* first = p_;
      while (p_ != last_ && *p_ != delimiter_ && !at_line_end()) ++p_;
      const char* end = p_;
      while (end != first && (end[-1] == ' ' || end[-1] == '\t')) --end;
      field.text = {first, static_cast<std::size_t>(end - first)};
    }
    skip_blanks();  // one run of blanks is one delimiter, and none at the end of a line
    if (p_ == last_ || at_line_end()) {
      field.last = true;
      take_line_end();
    } else if (*p_ == delimiter_) {
      ++p_;
    } else if (delimiter_ != ' ') {
      fail(line_, fmt::format("unexpected {} behind the closing quote of {}", quote({p_, 1}),
                              quote(field.text)));
    }
    classify(field);
    return field;
  }

  [[noreturn]] void fail(index_t line, const std::string& what) const {
    throw IoError(*name_, fmt::format("line {}", line), what);
  }

 private:
  bool at_line_end() const { return *p_ == '\n' || *p_ == '\r'; }
  void take_line_end() {
    if (p_ == last_) return;
    if (*p_ == '\r' && p_ + 1 != last_ && p_[1] == '\n') ++p_;
    ++p_;
    ++line_;
  }
  void skip_blanks() {
    while (p_ != last_ && (*p_ == ' ' || (*p_ == '\t' && delimiter_ != '\t'))) ++p_;
  }
  // A doubled quote inside stays doubled: it matters to no number.
  void take_quoted(Field& field) {
    const char* first = ++p_;
    for (;; ++p_) {
      if (p_ == last_) fail(field.line, "the quote that opens here is never closed");
      if (*p_ == '\n') ++line_;
      if (*p_ != '"') continue;
      if (p_ + 1 == last_ || p_[1] != '"') break;
      ++p_;
    }
    field.quoted = true;
    field.text = {first, static_cast<std::size_t>(p_ - first)};
    while (!field.text.empty() && field.text.front() == ' ') field.text.remove_prefix(1);
    while (!field.text.empty() && field.text.back() == ' ') field.text.remove_suffix(1);
    ++p_;
  }

  const std::string* name_;
  const char* p_;
  const char* last_;
  char delimiter_;
  index_t line_;
};

// Letters of any alphabet, not the signs among them such as a minus or a currency.
bool holds_letter(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    const bool latin_sign = code == 0xC2;                                   // U+0080 to U+00BF
    const bool sign = code == 0xE2 && next >= 0x80 && next < 0xB0;          // U+2000 to U+2BFF
    const bool fullwidth = code == 0xEF && (next == 0xBB || next == 0xBC);  // U+FEC0 to U+FF3F
    const bool leads = code >= 0xC3 && !sign && !fullwidth && !latin_sign;
    if ((lower(text[i]) >= 'a' && lower(text[i]) <= 'z') || leads) return true;
  }
  return false;
}

// What a field is to somebody who asks whether the first row is a header.
enum class Role {
  nothing,   // a missing value
  number,    // also one in quotes, unless quotes mean text
  misspelt,  // meant as a number: 1e400, 1,5
  symbol,    // neither letter nor digit: ? or -
  other,     // such as 2020-01-01
  name       // holds a letter
};

// Quotes mean text in a table whose numbers are not quoted: there "1990" and "?" can be headings.
Role role_of(const Field& field, bool quotes_mean_text) {
  const bool as_text = field.quoted && quotes_mean_text;
  if (field.kind == Kind::missing) return Role::nothing;
  if (field.kind == Kind::number) return as_text ? Role::other : Role::number;
  if (is_misspelt_number(field.text)) return Role::misspelt;
  if (holds_letter(field.text)) return Role::name;
  const bool digit = field.text.find_first_of("0123456789") != std::string_view::npos;
  return digit ? Role::other : as_text ? Role::name : Role::symbol;
}

// What one record consists of.
struct Record {
  Field first;
  Role first_role = Role::nothing;
  index_t line = 0;
  index_t fields = 0;
  std::array<index_t, 6> count{};  // of each role
  index_t texts = 0;
  index_t plain_numbers = 0;     // not quoted
  bool counts_from_zero = true;  // the fields behind the first are 0, 1, 2, ...
  double second = -1;            // the number in the second field

  index_t operator[](Role role) const { return count[static_cast<std::size_t>(role)]; }
};

Record look_at_record(Scanner& scanner, bool quotes_mean_text) {
  Record record;
  record.line = scanner.line();
  Field field;
  do {
    field = scanner.next();
    const index_t position = record.fields++;
    const bool number = field.kind == Kind::number;
    const Role role = role_of(field, quotes_mean_text);
    ++record.count[static_cast<std::size_t>(role)];
    record.texts += field.kind == Kind::text;
    record.plain_numbers += number && !field.quoted;
    if (position == 0) {
      record.first = field;
      record.first_role = role;
    }
    if (position == 1 && number) record.second = field.value;
    if (position > 0) {
      record.counts_from_zero &= number && field.value == static_cast<double>(position - 1);
    }
  } while (!field.last);
  return record;
}

// What the first records of a table say about it.
struct Layout {
  bool header = false;
  bool named = false;          // the header holds one name for each column
  double announced_rows = -1;  // by scikit-learn's header
  Scanner header_start;        // at the first name
  Scanner data_start;          // at the first record of numbers
  index_t fields = 0;          // of each record of numbers
  // The first field of each record is the name of the row: any_label, or text_label in which
  // case a number there is an error.
  enum { no_label, text_label, any_label } label = no_label;

  index_t columns() const { return fields - (label != no_label ? 1 : 0); }
};

// Whether the record is the first line of scikit-learn's files, in front of that data:
// rows, columns without the class, names of two classes or more.
bool announces_sizes(const Record& record, const Record& data) {
  return record.fields > 3 && record.first.kind == Kind::number && record.first.value >= 0 &&
         record.second + 1 == static_cast<double>(data.fields) &&
         record[Role::name] == record.fields - 2;
}

// Whether the record is a row name in front of nothing but missing values.
bool is_empty_row(const Record& record, const Record* next) {
  return record.fields > 1 && record.first_role == Role::name && record[Role::name] == 1 &&
         record[Role::other] == 0 && next != nullptr && next->first.kind == Kind::text;
}

// Whether the first record holds names instead of numbers. next is the record behind it, or null.
// In doubt it does not: a value that cannot be read is reported, a row taken for a header is lost.
bool is_header(const Record& record, const Record* next) {
  const bool starts_empty = record.first.text.empty() && record.fields > 1;
  // pandas numbers unnamed columns and leaves the place above the row labels empty.
  if (record.texts == 0) return starts_empty && record.counts_from_zero;
  if (next != nullptr && announces_sizes(record, *next)) return true;
  if (record[Role::number] + record[Role::misspelt] > 0 || is_empty_row(record, next)) return false;
  return record[Role::name] > 0 || (starts_empty && record[Role::other] > 0);
}

// Throws IoError unless the text in front of the first row of data can be the name of that row.
void check_first_label(const Scanner& scanner, const Record& data, const Record* next) {
  if (data.first_role == Role::misspelt) {
    scanner.fail(data.line, "column 1: " + explain_not_a_number(data.first.text));
  }
  if (data.first_role == Role::symbol && !data.first.quoted) {
    scanner.fail(data.line, fmt::format("column 1: {} is not a number; leave the field empty if "
                                        "the value is missing, or put it in quotes if it names "
                                        "the row",
                                        quote(data.first.text)));
  }
  // Only a column that is text throughout holds names of rows. A number gone wrong behind it says
  // more about the row, and is reported when it is read.
  if (data[Role::misspelt] == 0 && next != nullptr && next->first.kind == Kind::number) {
    scanner.fail(data.line,
                 fmt::format("column 1 holds text, {}, but a number on line {}; a header holds "
                             "names only (put the numbers among them in quotes), a row of data "
                             "numbers only",
                             quote(data.first.text), next->line));
  }
}

Layout find_layout(Scanner scanner) {
  scanner.next_record();
  Layout layout{.header_start = scanner, .data_start = scanner};
  Scanner ahead = scanner;
  look_at_record(ahead, false);
  const Scanner second_start = ahead;
  const bool more = ahead.next_record();
  const Record second = more ? look_at_record(ahead, false) : Record();
  const Record* next = more ? &second : nullptr;
  const Record first = look_at_record(scanner, second.plain_numbers > 0);
  layout.header = is_header(first, next);
  if (layout.header) {
    if (!more) scanner.fail(first.line, "a header, but no row of numbers follows it");
    layout.data_start = second_start;
    next = nullptr;  // the one behind the data is not looked at
  }
  const Record& data = layout.header ? second : first;
  layout.fields = data.fields;
  if (data.fields > 1) {
    const bool unnamed = layout.header && (first.first.text.empty() ||
                                           (first.fields + 1 == data.fields && data.first.quoted));
    if (unnamed) {
      layout.label = Layout::any_label;
    } else if (data.first.kind == Kind::text) {
      check_first_label(scanner, data, next);
      layout.label = Layout::text_label;
    }
  }
  // scikit-learn's files begin with "rows,columns,names of the classes".
  if (layout.header && announces_sizes(first, data)) layout.announced_rows = first.first.value;
  layout.named = layout.header && layout.announced_rows < 0;
  const bool fits = first.fields == data.fields || first.fields == layout.columns();
  if (layout.named && !fits) {
    scanner.fail(data.line, fmt::format("{} fields, but the header on line {} has {} names",
                                        data.fields, first.line, first.fields));
  }
  return layout;
}

// Reads the rows of a table into row-major order.
class TableReader {
 public:
  TableReader(const Input& input, Scanner scanner, const ReadOptions& options)
      : input_(input), options_(options), layout_(find_layout(scanner)) {}

  DenseMatrix<double> read() {
    Scanner scanner = layout_.data_start;
    reserve(scanner);
    while (scanner.next_record()) {
      take_row(scanner);
      ++rows_;
    }
    if (layout_.announced_rows >= 0 && layout_.announced_rows != static_cast<double>(rows_)) {
      scanner.fail(layout_.header_start.line(),
                   fmt::format("announces {} rows of numbers, but {} follow",
                               layout_.announced_rows, rows_));
    }
    if (missing_ > 0) fail_missing();
    const index_t cols = layout_.columns();
    auto owner = std::make_shared<const std::vector<double>>(std::move(values_));
    return {{owner->data(), cols, rows_, cols}, true, owner};
  }

 private:
  std::uint64_t row_bytes() const {
    return static_cast<std::uint64_t>(layout_.columns()) * sizeof(double);
  }

  // Makes room once: as many rows as lines, but never more numbers than the text can hold.
  void reserve(const Scanner& scanner) {
    const std::size_t bytes = scanner.bytes_left();
    const char* first = input_.bytes.data() + input_.bytes.size() - bytes;
    const auto lines =
        std::count_if(first, first + bytes, [](char c) { return c == '\n' || c == '\r'; });
    double numbers =
        std::min((static_cast<double>(lines) + 1) * static_cast<double>(layout_.columns()),
                 static_cast<double>(bytes) / 2 + 1);
    if (options_.max_bytes != 0) {
      numbers = std::min(numbers, static_cast<double>(options_.max_bytes / sizeof(double)));
    }
    values_.reserve(static_cast<std::size_t>(numbers));
  }

  void take_row(Scanner& scanner) {
    const std::uint64_t needed = (static_cast<std::uint64_t>(rows_) + 1) * row_bytes();
    if (options_.max_bytes != 0 && needed > options_.max_bytes) {
      throw MemoryLimit(fmt::format("{}: the first {} rows of the table", input_.name, rows_ + 1),
                        needed, options_.max_bytes);
    }
    index_t column = 0;
    Field field;
    do {
      field = scanner.next();
      ++column;
      if (column > layout_.fields) {
        scanner.fail(field.line, fmt::format("column {} is one too many; expected {} as on line {}",
                                             column, layout_.fields, layout_.data_start.line()));
      }
      if (column == 1 && layout_.label != Layout::no_label) {
        check_label(scanner, field);
      } else {
        values_.push_back(value_of(scanner, field, column));
      }
    } while (!field.last);
    if (column < layout_.fields) {
      scanner.fail(field.line,
                   fmt::format("the row ends after column {}; expected {} columns as on line {}",
                               column, layout_.fields, layout_.data_start.line()));
    }
  }

  void check_label(const Scanner& scanner, const Field& field) const {
    if (layout_.label == Layout::any_label) return;
    if (is_misspelt_number(field.text)) fail_text(scanner, field, 1);
    if (field.kind != Kind::number) return;
    scanner.fail(field.line,
                 fmt::format("column 1 holds {} here but text in the first row; only a column of "
                             "row names may hold text: leave its header empty if it is one",
                             quote(field.text)));
  }

  double value_of(const Scanner& scanner, const Field& field, index_t column) {
    if (field.kind == Kind::number) return field.value;
    if (field.kind == Kind::text) fail_text(scanner, field, column);
    if (options_.missing == ReadOptions::Missing::error) {
      if (missing_ == 0) first_missing_ = {field.line, column, field.text};
      ++missing_;
      missing_at_end_ += field.last;
    }
    if (options_.missing == ReadOptions::Missing::keep) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    return 0;
  }

  // Returns 'column 5 ("species")'.
  std::string describe(index_t column) const {
    std::string name;
    if (layout_.named) {
      Scanner names = layout_.header_start;
      const index_t unnamed = layout_.fields - look_at_record(names, false).fields;
      names = layout_.header_start;
      for (index_t c = unnamed; c + 1 < column; ++c) names.next();
      name = fmt::format(" ({})", quote(names.next().text));
    }
    return fmt::format("column {}{}", column, name);
  }

  [[noreturn]] void fail_text(const Scanner& scanner, const Field& field, index_t column) const {
    const bool digits = std::strchr("+-.0123456789", field.text[0]);
    if (digits || is_misspelt_number(field.text) || !holds_letter(field.text)) {
      scanner.fail(field.line, describe(column) + ": " + explain_not_a_number(field.text));
    }
    scanner.fail(field.line,
                 fmt::format("{} holds text: {}; only numbers can be read: remove the column or "
                             "replace its words by numbers",
                             describe(column), quote(field.text)));
  }

  [[noreturn]] void fail_missing() const {
    if (missing_ == rows_ && missing_at_end_ == rows_) {
      throw IoError(input_.name, fmt::format("line {}", first_missing_.line),
                    fmt::format("{} is empty in every row; remove it, or the delimiter at the "
                                "end of each line",
                                describe(first_missing_.column)));
    }
    const std::string text =
        first_missing_.text.empty() ? "is empty" : "says " + quote(first_missing_.text);
    const std::string more = missing_ == 1
                                 ? "the only missing value"
                                 : fmt::format("and {} more missing values", missing_ - 1);
    throw IoError(input_.name, fmt::format("line {}", first_missing_.line),
                  fmt::format("{} {} ({}); fill them in, or choose to read them as zero",
                              describe(first_missing_.column), text, more));
  }

  struct Place {
    index_t line = 0;
    index_t column = 0;
    std::string_view text;
  };

  const Input& input_;
  const ReadOptions& options_;
  Layout layout_;
  std::vector<double> values_;
  index_t rows_ = 0;
  index_t missing_ = 0;
  index_t missing_at_end_ = 0;  // those in the last field of a row
  Place first_missing_;
};

// Returns the delimiter that occurs equally often in the first two lines that are not blank, or
// else in the first alone; a blank if there is none. Semicolons come before commas: where both
// occur, the commas are decimal.
char find_delimiter(std::string_view bytes) {
  constexpr std::array<char, 3> candidates = {'\t', ';', ','};
  std::array<std::array<index_t, 3>, 2> counts{};
  std::size_t line = 0;
  bool in_quotes = false;
  bool blank = true;
  for (const char c : bytes) {
    if (c == '"') in_quotes = !in_quotes;
    if ((c == '\n' || c == '\r') && !in_quotes) {
      if (!blank && ++line == counts.size()) break;
      blank = true;
      continue;
    }
    blank = blank && c == ' ';
    for (std::size_t i = 0; i < candidates.size() && !in_quotes; ++i) {
      counts[line][i] += c == candidates[i];
    }
  }
  const bool second = line > 1 || (line == 1 && !blank);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (second && counts[0][i] > 0 && counts[0][i] == counts[1][i]) return candidates[i];
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (counts[0][i] > 0) return candidates[i];
  }
  return second && counts[1][2] > 0 ? ',' : ' ';
}

// Whether the line is a comment: it starts with #, which is neither a field of its own nor the
// start of an error value of a spreadsheet.
bool is_comment(std::string_view line) {
  if (!line.starts_with('#') || line.substr(1).find_first_of(",;\t") == 0) return false;
  constexpr std::array<std::string_view, 7> errors = {"#n/a",   "#div/0!", "#ref!", "#value!",
                                                      "#name?", "#num!",   "#null!"};
  return std::none_of(errors.begin(), errors.end(), [&](std::string_view error) {
    return equals_ignoring_case(line.substr(0, error.size()), error);
  });
}

// Returns the text from the first line that is neither blank nor a comment.
std::string_view behind_comments(std::string_view text) {
  for (;;) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return {};
    if (!is_comment(text.substr(start))) return text;
    const std::size_t end = text.find_first_of("\r\n", start);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end);
  }
}

// A line ends with \n, \r or both.
index_t count_lines(std::string_view text) {
  index_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    lines += text[i] == '\n' || (text[i] == '\r' && text.substr(i + 1, 1) != "\n");
  }
  return lines;
}

// Returns the text behind a byte-order mark.
std::string_view decode(const Input& input) {
  std::string_view bytes = input.bytes;
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    throw IoError(
        input.name, "line 1",
        "the text is UTF-16; save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8");
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const std::size_t null = bytes.find('\0');
  if (null != std::string_view::npos) {
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(null);
    throw IoError(input.name, fmt::format("line {}", std::count(bytes.begin(), end, '\n') + 1),
                  "holds a NUL byte, so this is not a table of text in UTF-8");
  }
  return bytes;
}

}  // namespace

AnyMatrix read_delimited(const Input& input, char delimiter, const ReadOptions& options) {
  const std::string_view bytes = decode(input);
  const std::string_view table = behind_comments(bytes);
  if (table.empty()) {
    throw IoError(input.name, "holds only blanks and comments; expected a table of numbers");
  }
  const char chosen = delimiter == '\0' ? find_delimiter(table) : delimiter;
  const index_t line = count_lines(bytes.substr(0, bytes.size() - table.size())) + 1;
  return TableReader(input, Scanner(input.name, table, line, chosen), options).read();
}

}  // namespace eckart::io
