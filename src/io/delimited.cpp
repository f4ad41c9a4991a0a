// Tables of numbers as text: CSV, TSV, semicolons or blanks between the fields (RFC 4180 quoting).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "io/entry_stream.hpp"
#include "io/number.hpp"
#include "io/readers.hpp"
#include "io/table_scanner.hpp"

namespace eckart::io {
namespace {

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

// Reads the rows of a table, one after the other.
class TableReader {
 public:
  TableReader(const std::string& name, Scanner scanner, ReadOptions::Missing missing)
      : name_(name), missing_policy_(missing), layout_(find_layout(scanner)) {}

  const Scanner& start() const { return layout_.data_start; }
  index_t columns() const { return layout_.columns(); }
  index_t rows() const { return rows_; }

  // Appends the numbers of the next row, and moves the scanner behind it; returns false at the end.
  // Where it throws Unfinished, the scanner is where it was, and values holds a part of the row.
  bool take_row(Scanner& scanner, std::vector<double>& values) {
    const Scanner before = scanner;
    const Gaps gaps = gaps_;
    try {
      if (!scanner.next_record()) return false;
      take_fields(scanner, values);
    } catch (const Unfinished&) {
      scanner = before;
      gaps_ = gaps;
      throw;
    }
    ++rows_;
    return true;
  }

  // Throws IoError if the table is not what it announced, or has missing values that may not be.
  void end() const {
    if (layout_.announced_rows >= 0 && layout_.announced_rows != static_cast<double>(rows_)) {
      layout_.header_start.fail(layout_.header_start.line(),
                                fmt::format("announces {} rows of numbers, but {} follow",
                                            layout_.announced_rows, rows_));
    }
    if (gaps_.count > 0) fail_missing();
  }

 private:
  void take_fields(Scanner& scanner, std::vector<double>& values) {
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
        values.push_back(value_of(scanner, field, column));
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
    if (missing_policy_ == ReadOptions::Missing::error) {
      if (gaps_.count == 0) gaps_.first = {field.line, column, quote(field.text)};
      ++gaps_.count;
      gaps_.at_end += field.last;
    }
    if (missing_policy_ == ReadOptions::Missing::keep) {
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
    const Place& first = gaps_.first;
    if (gaps_.count == rows_ && gaps_.at_end == rows_) {
      throw IoError(name_, fmt::format("line {}", first.line),
                    fmt::format("{} is empty in every row; remove it, or the delimiter at the "
                                "end of each line",
                                describe(first.column)));
    }
    const std::string text = first.quoted == quote("") ? "is empty" : "says " + first.quoted;
    const std::string more = gaps_.count == 1
                                 ? "the only missing value"
                                 : fmt::format("and {} more missing values", gaps_.count - 1);
    throw IoError(name_, fmt::format("line {}", first.line),
                  fmt::format("{} {} ({}); fill them in, or choose to read them as zero",
                              describe(first.column), text, more));
  }

  struct Place {
    index_t line = 0;
    index_t column = 0;
    std::string quoted = {};  // what is there
  };
  // Missing values that may not be.
  struct Gaps {
    index_t count = 0;
    index_t at_end = 0;  // those in the last field of a row
    Place first = {};
  };

  const std::string& name_;
  ReadOptions::Missing missing_policy_;
  Layout layout_;
  index_t rows_ = 0;
  Gaps gaps_;
};

// Returns the delimiter that occurs equally often in the first two lines that are not blank, or
// else in the first alone; a blank if there is none. Semicolons come before commas: where both
// occur, the commas are decimal. Throws Unfinished if more bytes follow and could matter.
char find_delimiter(std::string_view bytes, bool more) {
  constexpr std::array<char, 3> candidates = {'\t', ';', ','};
  std::array<std::array<index_t, 3>, 2> counts{};
  std::size_t line = 0;
  bool in_quotes = false;
  bool blank = true;
  for (const char c : bytes) {
    if (c == '"') in_quotes = !in_quotes;
    if ((c == '\n' || c == '\r') && !in_quotes) {
      if (!blank && ++line == counts.size()) {
        more = false;
        break;
      }
      blank = true;
      continue;
    }
    blank = blank && c == ' ';
    for (std::size_t i = 0; i < candidates.size() && !in_quotes; ++i) {
      counts[line][i] += c == candidates[i];
    }
  }
  if (more) throw Unfinished();
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

[[noreturn]] void fail_null(const std::string& name, index_t line) {
  throw IoError(name, fmt::format("line {}", line),
                "holds a NUL byte, so this is not a table of text in UTF-8");
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
    fail_null(input.name, std::count(bytes.begin(), end, '\n') + 1);
  }
  return bytes;
}

// Returns a scanner at the first record.
Scanner begin_table(const std::string& name, std::string_view bytes, char delimiter, bool more) {
  const std::string_view table = behind_comments(bytes);
  if (table.empty()) {
    if (more) throw Unfinished();
    throw IoError(name, "holds only blanks and comments; expected a table of numbers");
  }
  const char chosen = delimiter == '\0' ? find_delimiter(table, more) : delimiter;
  const index_t line = count_lines(bytes.substr(0, bytes.size() - table.size())) + 1;
  return {name, table, line, chosen, more};
}

// Makes room once: as many rows as lines, but never more numbers than the text can hold.
std::size_t numbers_in(std::string_view text, index_t columns, std::uint64_t max_bytes) {
  const auto lines =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  double numbers = std::min((static_cast<double>(lines) + 1) * static_cast<double>(columns),
                            static_cast<double>(text.size()) / 2 + 1);
  if (max_bytes != 0) numbers = std::min(numbers, static_cast<double>(max_bytes / sizeof(double)));
  return static_cast<std::size_t>(numbers);
}

// The text of a stream, of which a part is in memory.
class Window {
 public:
  Window(TextStream& stream, std::uint64_t memory_bytes)
      : stream_(stream), most_(std::max<std::uint64_t>(memory_bytes, 4 * least)), more_(true) {}

  std::string_view text() const { return *text_; }
  bool more() const { return more_; }
  // The text that is there stays where it is for good.
  void keep() { kept_ = std::exchange(text_, std::make_unique<std::string>()); }

  // Puts rest, which is the end of the text so far, to the beginning, and as much again behind it.
  void slide(std::string_view rest, index_t line) {
    const std::size_t wanted = 2 * std::max(rest.size(), least);
    if (wanted > most_) {
      stream_.fail(
          line, fmt::format("a row is longer than {}; give more memory", format_bytes(most_ / 2)));
    }
    auto next = std::make_unique<std::string>(rest);
    while (more_ && next->size() < wanted) {
      const std::size_t before = next->size();
      more_ = stream_.append_block(*next);
      const std::size_t null = next->find('\0', before);
      if (null != std::string::npos) {
        const auto end = next->begin() + static_cast<std::ptrdiff_t>(null);
        fail_null(stream_.name(), line + std::count(next->begin(), end, '\n'));
      }
    }
    text_ = std::move(next);
  }

 private:
  static constexpr std::size_t least = std::size_t{1} << 18;

  TextStream& stream_;
  std::uint64_t most_;
  bool more_;
  std::unique_ptr<std::string> text_ = std::make_unique<std::string>(), kept_;
};

}  // namespace

AnyMatrix read_delimited(const Input& input, char delimiter, const ReadOptions& options) {
  Scanner scanner = begin_table(input.name, decode(input), delimiter, false);
  TableReader table(input.name, scanner, options.missing);
  scanner = table.start();
  const index_t cols = table.columns();
  std::vector<double> values;
  values.reserve(numbers_in(scanner.rest(), cols, options.max_bytes));
  const std::uint64_t row_bytes = static_cast<std::uint64_t>(cols) * sizeof(double);
  while (table.take_row(scanner, values)) {
    const std::uint64_t needed = static_cast<std::uint64_t>(table.rows()) * row_bytes;
    if (options.max_bytes != 0 && needed > options.max_bytes) {
      throw MemoryLimit(fmt::format("{}: the first {} rows of the table", input.name, table.rows()),
                        needed, options.max_bytes);
    }
  }
  table.end();
  auto owner = std::make_shared<const std::vector<double>>(std::move(values));
  return DenseMatrix<double>{{owner->data(), cols, table.rows(), cols}, true, owner};
}

index_t stream_delimited(TextStream& text,
                         char delimiter,
                         ReadOptions::Missing missing,
                         std::uint64_t memory_bytes,
                         const std::function<void(std::span<const double>)>& take) {
  Window window(text, memory_bytes);
  std::optional<TableReader> table;
  while (!table) {
    window.slide(window.text(), 1);
    try {
      table.emplace(text.name(), begin_table(text.name(), window.text(), delimiter, window.more()),
                    missing);
    } catch (const Unfinished&) {
    }
  }
  window.keep();  // names of columns are read where they are, should a message need them
  Scanner scanner = table->start();
  for (std::vector<double> row;; row.clear()) {
    try {
      if (!table->take_row(scanner, row)) break;
      take(row);
    } catch (const Unfinished&) {
      window.slide(scanner.rest(), scanner.line());
      scanner.move_to(window.text(), window.more());
    }
  }
  table->end();
  return table->columns();
}

}  // namespace eckart::io
