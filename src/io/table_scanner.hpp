// The fields of a table as text, one after the other.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "eckart/error.hpp"
#include "eckart/types.hpp"
#include "io/number.hpp"

namespace eckart::io {

enum class Kind { number, missing, text };

struct Field {
  std::string_view text;  // without quotes and surrounding blanks
  index_t line = 0;       // where it starts
  bool quoted = false;
  bool last = false;  // of its record
  Kind kind = Kind::text;
  double value = 0;  // of a number
};

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline bool equals_ignoring_case(std::string_view text, std::string_view in_lower_case) {
  return text.size() == in_lower_case.size() &&
         std::equal(text.begin(), text.end(), in_lower_case.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

inline void classify(Field& field) {
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

// A record reaches beyond the text that is there, and more of it follows.
struct Unfinished {};

// Walks over a table field by field. Copy it to look ahead.
class Scanner {
 public:
  // more: the table goes on behind the bytes; every member throws Unfinished where what it would
  // tell depends on that.
  Scanner(const std::string& name, std::string_view bytes, index_t line, char delimiter, bool more)
      : name_(&name),
        p_(bytes.data()),
        last_(p_ + bytes.size()),
        delimiter_(delimiter),
        line_(line),
        more_(more) {}

  index_t line() const { return line_; }
  std::string_view rest() const { return {p_, static_cast<std::size_t>(last_ - p_)}; }

  // The same place, when the rest of the text is now at the beginning of these bytes.
  void move_to(std::string_view bytes, bool more) {
    p_ = bytes.data();
    last_ = p_ + bytes.size();
    more_ = more;
  }

  // Goes to the next record, past blank lines; false at the end of the file.
  bool next_record() {
    for (;;) {
      skip_blanks();
      require_more();
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
    require_more();
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
  void require_more() const {
    if (p_ == last_ && more_) throw Unfinished();
  }
  void take_line_end() {
    if (p_ == last_) return;
    if (*p_ == '\r' && p_ + 1 == last_ && more_) throw Unfinished();
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
      require_more();
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
  bool more_;
};

}  // namespace eckart::io
