// Documents in the rows of tables.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "eckart/error.hpp"
#include "io/text_readers.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

class TableReader : public TextReader {
 public:
  TableReader(TextStream stream, char delimiter, const TextOptions& options, std::string prefix)
      : stream_(std::move(stream)),
        delimiter_(delimiter),
        quotes_(delimiter != '\t'),
        prefix_(std::move(prefix)) {
    if (quotes_) choose_separator();
    if (!read_row()) return;
    columns_ = fields_.size();
    text_ = places_of(options.column, "--column", options.header);
    if (text_.empty()) {
      if (columns_ != 1) {
        stream_.fail(row_line_,
                     fmt::format("has {} columns; say which is the text: --column NAME, or a "
                                 "number from 1{}",
                                 columns_, options.header ? " (they are " + names() + ")" : ""));
      }
      text_ = {0};
    }
    id_ = places_of(options.id_column, "--id-column", options.header);
    has_row_ = !options.header;
  }

  bool next(Document& document, TextDecoder& decoder) override {
    if (columns_ == 0) return false;
    if (!has_row_ && !read_row()) return false;
    has_row_ = false;
    if (fields_.size() != columns_) {
      stream_.fail(row_line_,
                   fmt::format("has {} fields; the first row has {}", fields_.size(), columns_));
    }
    document.text = joined(text_);
    decoder.decode(document.text);
    document.name = joined(id_);
    decoder.decode(document.name);
    ++documents_;
    if (id_.empty()) document.name = prefix_ + std::to_string(documents_);
    return true;
  }

 private:
  // A comma, unless the first line has more semicolons.
  void choose_separator() {
    std::string line;
    if (!stream_.line(line)) return;
    const auto count = [&](char c) { return std::count(line.begin(), line.end(), c); };
    if (count(';') > count(',')) delimiter_ = ';';
    stream_.unread_line(std::move(line));
  }

  // Fills fields_ from one row, which may take several lines; blank lines are none.
  bool read_row() {
    std::string line;
    do {
      if (!stream_.line(line)) return false;
    } while (line.empty());
    row_line_ = stream_.line_number();
    fields_.clear();
    fields_.emplace_back();
    bool quoted = false;
    for (;;) {
      quoted = add_line(line, quoted);
      if (!quoted) return true;
      fields_.back() += '\n';
      if (!stream_.line(line)) {
        stream_.fail(row_line_, "a quote that begins in this row never ends");
      }
    }
  }

  // Appends a line to the fields; returns whether it ends inside quotes.
  bool add_line(const std::string& line, bool quoted) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quoted) {
        if (c != '"') {
          fields_.back() += c;
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
          fields_.back() += line[++i];
        } else {
          quoted = false;
        }
      } else if (c == delimiter_) {
        fields_.emplace_back();
      } else if (c == '"' && quotes_ && fields_.back().empty()) {
        quoted = true;
      } else {
        // Up to what may end the field, or begin a quote in it.
        const std::size_t end = std::min(quotes_ ? i + 1 : line.find(delimiter_, i), line.size());
        fields_.back().append(line, i, end - i);
        i = end - 1;
      }
    }
    return quoted;
  }

  std::string names() const {
    std::string list;
    for (const std::string& field : fields_) list += (list.empty() ? "" : ", ") + printable(field);
    return list.size() > 200 ? list.substr(0, 200) + " ..." : list;
  }

  // Returns the places of the columns that are named, by the row in fields_.
  std::vector<std::size_t> places_of(const std::string& wanted,
                                     const char* option,
                                     bool header) const {
    std::vector<std::size_t> places;
    for (const std::string& name : split_commas(wanted)) {
      const auto found = std::find(fields_.begin(), fields_.end(), name);
      std::size_t number = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
      const bool is_number = error == std::errc() && end == name.data() + name.size();
      if (header && found != fields_.end()) {
        places.push_back(static_cast<std::size_t>(found - fields_.begin()));
      } else if (is_number && number >= 1 && number <= columns_) {
        places.push_back(number - 1);
      } else {
        stream_.fail(row_line_,
                     fmt::format("{} '{}': no such column; expected {}", option, name,
                                 header ? "one of " + names() + ", or a number"
                                        : fmt::format("a number from 1 to {}", columns_)));
      }
    }
    return places;
  }

  std::string joined(const std::vector<std::size_t>& places) const {
    std::string text;
    for (const std::size_t place : places) text += (text.empty() ? "" : " ") + fields_[place];
    return text;
  }

  TextStream stream_;
  char delimiter_;
  bool quotes_;
  std::string prefix_;
  std::vector<std::string> fields_;
  std::size_t columns_ = 0;  // 0: the table has no rows
  std::vector<std::size_t> text_, id_;
  bool has_row_ = false;  // fields_ hold a row that is not returned yet
  index_t row_line_ = 0;
  index_t documents_ = 0;
};

}  // namespace

std::vector<std::string> split_commas(const std::string& names) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    parts.push_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::unique_ptr<TextReader> make_table_reader(TextStream stream,
                                              char delimiter,
                                              const TextOptions& options,
                                              const std::string& prefix) {
  return std::make_unique<TableReader>(std::move(stream), delimiter, options, prefix);
}

}  // namespace eckart::io
