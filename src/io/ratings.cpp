// Ratings as text: one user, item, rating and time to a line.
#include "eckart/io/ratings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <deque>
#include <numeric>

#include "eckart/error.hpp"
#include "io/input.hpp"
#include "io/number.hpp"
#include "io/ratings_text.hpp"

namespace eckart::io {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_missing(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > 4) return false;
  const std::string word = lower(text);
  return word == "na" || word == "n/a" || word == "#n/a" || word == "nan" || word == "null";
}

bool is_number(std::string_view text) {
  double value = 0;
  return is_real(text, value);
}

// Numbers names in the order of their first appearance. The texts must outlive it.
class Numbering {
 public:
  Numbering() : slots_(1024, -1) {}

  // Throws InvalidArgument beyond 2^31 - 1 names.
  std::int32_t number_of(std::string_view name) {
    if (last_ >= 0 && names_[at(last_)] == name) return last_;  // files go user by user
    std::size_t slot = slot_of(name);
    if (slots_[slot] < 0) {
      require(names_.size() < std::size_t{0x7fffffff}, "more than 2147483647 different names");
      if (2 * names_.size() >= slots_.size()) {
        grow();
        slot = slot_of(name);
      }
      slots_[slot] = static_cast<std::int32_t>(names_.size());
      names_.push_back(name);
    }
    return last_ = slots_[slot];
  }

  Names names() const { return Names(std::vector<std::string>(names_.begin(), names_.end())); }

 private:
  // The slot that holds the name, or the empty one where it belongs.
  std::size_t slot_of(std::string_view name) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>()(name) & mask;
    while (slots_[slot] >= 0 && names_[at(slots_[slot])] != name) slot = (slot + 1) & mask;
    return slot;
  }
  void grow() {
    slots_.assign(2 * slots_.size(), -1);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      slots_[slot_of(names_[i])] = static_cast<std::int32_t>(i);
    }
  }

  std::vector<std::int32_t> slots_;  // a power of two of them, at most half of them taken
  std::vector<std::string_view> names_;
  std::int32_t last_ = -1;
};

// The separators that are looked for, in this order.
struct Separator {
  std::string_view text;
  std::string_view name;
};
constexpr std::array separators = {Separator{"::", "::"},    Separator{"\t", "tabs"},
                                   Separator{"|", "bars"},   Separator{";", "semicolons"},
                                   Separator{",", "commas"}, Separator{" ", "blanks"}};

// Walks over the lines of a text and cuts them into fields.
class Lines {
 public:
  explicit Lines(const Input& input) : name_(input.name), rest_(input.bytes) {
    if (rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF")) {
      throw IoError(name_, "line 1",
                    "the text is UTF-16; save it as UTF-8, for example with iconv -f UTF-16 -t "
                    "UTF-8");
    }
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  index_t line() const { return line_; }
  const Separator& separator() const { return *separator_; }
  const std::vector<std::string_view>& fields() const { return fields_; }
  std::string_view field(index_t i) const { return fields_[at(i)]; }

  // Goes to the next line that is neither blank nor a comment; false at the end.
  bool next() {
    while (!rest_.empty()) {
      const void* end = std::memchr(rest_.data(), '\n', rest_.size());
      const std::size_t length =
          end == nullptr ? rest_.size()
                         : static_cast<std::size_t>(static_cast<const char*>(end) - rest_.data());
      std::string_view text = rest_.substr(0, length);
      rest_.remove_prefix(std::min(length + 1, rest_.size()));
      ++line_;
      if (text.ends_with('\r')) text.remove_suffix(1);
      const std::size_t start = text.find_first_not_of(" \t");
      if (start == std::string_view::npos || text[start] == '#' || text[start] == '%') continue;
      if (std::memchr(text.data(), '\0', text.size()) != nullptr) {
        fail("holds a NUL byte, so this is no text");
      }
      if (separator_ == nullptr) choose_separator(text);
      cut(text);
      return true;
    }
    return false;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(name_, fmt::format("line {}", line_), what);
  }

 private:
  void choose_separator(std::string_view text) {
    for (const Separator& candidate : separators) {
      separator_ = &candidate;
      if (text.find(candidate.text) != std::string_view::npos) return;
    }
  }

  void cut(std::string_view text) {
    fields_.clear();
    const std::string_view separator = separator_->text;
    const bool blanks = separator == " ";
    for (;;) {
      while (!text.empty() && (text[0] == ' ' || (blanks && text[0] == '\t'))) {
        text.remove_prefix(1);
      }
      if (blanks && text.empty()) return;
      if (text.starts_with('"') && separator != "::") {
        fields_.push_back(take_quoted(text));
        if (text.empty()) return;
        if (!text.starts_with(separator)) fail("there is text behind the quotes of a field");
        text.remove_prefix(separator.size());
        continue;
      }
      const std::size_t end = blanks ? text.find_first_of(" \t") : text.find(separator);
      std::string_view field = text.substr(0, end);
      while (field.ends_with(' ')) field.remove_suffix(1);
      fields_.push_back(field);
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + separator.size());
    }
  }

  // Returns the text in quotes at the start of text and goes behind them.
  std::string_view take_quoted(std::string_view& text) {
    bool doubled = false;
    std::size_t end = 1;
    for (;; ++end) {
      end = text.find('"', end);
      if (end == std::string_view::npos) fail("the quote that opens here is not closed");
      if (text.substr(end + 1, 1) != "\"") break;
      doubled = true;
      ++end;
    }
    std::string_view inside = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    while (text.starts_with(' ') && separator_->text != " ") text.remove_prefix(1);
    if (!doubled) return inside;
    std::string& plain = unescaped_.emplace_back();
    for (std::size_t i = 0; i < inside.size(); ++i) {
      plain += inside[i];
      i += inside[i] == '"';
    }
    return plain;
  }

  std::string name_;
  std::string_view rest_;
  index_t line_ = 0;
  const Separator* separator_ = nullptr;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;
};

// Where the four columns are; -1: nowhere.
struct Columns {
  index_t user = 0, item = 1, rating = -1, time = -1;
  index_t fields = 0;  // of every line
  bool header = false;
};

constexpr std::array user_names = {"user", "userid", "user_id", "uid", "username", "u"};
constexpr std::array item_names = {"item",       "itemid",   "item_id",   "iid",     "movie",
                                   "movieid",    "movie_id", "book",      "bookid",  "book_id",
                                   "artist",     "artistid", "artist_id", "product", "productid",
                                   "product_id", "isbn",     "i"};
constexpr std::array rating_names = {"rating", "ratings", "stars", "score", "value",
                                     "weight", "count",   "plays", "r",     "book-rating"};
constexpr std::array time_names = {"timestamp", "time", "unixtime", "t"};

template <class Known>
index_t find_usual(const std::vector<std::string_view>& names, const Known& known) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = lower(names[i]);
    if (std::find(known.begin(), known.end(), name) != known.end()) return static_cast<index_t>(i);
  }
  return -1;
}

bool is_column_number(const std::string& wanted) {
  return !wanted.empty() && wanted.size() < 10 &&
         wanted.find_first_not_of("0123456789") == std::string::npos;
}

// Returns the column that was asked for by number, or by its name in the header.
index_t find_wanted(const Lines& lines, const std::string& wanted, bool header) {
  const auto& names = lines.fields();
  if (header) {
    const auto found = std::find(names.begin(), names.end(), wanted);
    if (found != names.end()) return found - names.begin();
  }
  if (is_column_number(wanted)) {
    const index_t number = std::stoll(wanted);
    if (number >= 1 && number <= static_cast<index_t>(names.size())) return number - 1;
    lines.fail(fmt::format("has {} columns; there is no column {}", names.size(), wanted));
  }
  std::string known;
  for (const std::string_view name : names) known += (known.empty() ? "" : ", ") + quote(name);
  lines.fail(fmt::format("no column is called {}; the header has {}", quote(wanted), known));
}

// Looks at the first line.
Columns find_columns(const Lines& lines, const RatingsOptions& o) {
  const auto& fields = lines.fields();
  Columns c;
  c.fields = static_cast<index_t>(fields.size());
  if (c.fields < 2) {
    lines.fail(
        fmt::format("{} is one field; expected a user, an item and a rating, separated by "
                    "::, tabs, semicolons, commas or blanks",
                    quote(fields.empty() ? std::string_view() : fields[0])));
  }
  const index_t usual_user = find_usual(fields, user_names);
  const index_t usual_item = find_usual(fields, item_names);
  const auto is_name = [](const std::string& w) { return !w.empty() && !is_column_number(w); };
  const bool named = is_name(o.user) || is_name(o.item) || is_name(o.rating) || is_name(o.time);
  const std::string_view third = c.fields > 2 ? fields[2] : std::string_view("1");
  c.header =
      named || (usual_user >= 0 && usual_item >= 0) ||
      (o.rating.empty() && !is_number(third) && !is_missing(third)) ||
      (is_column_number(o.rating) && !is_number(lines.field(find_wanted(lines, o.rating, false))));
  // By position, unless the header has the usual names.
  const bool usual = c.header && usual_user >= 0 && usual_item >= 0;
  const bool chosen = !o.user.empty() && !o.item.empty();
  if (usual) {
    c.user = usual_user;
    c.item = usual_item;
    c.rating = find_usual(fields, rating_names);
    c.time = find_usual(fields, time_names);
  } else if (c.fields <= 4 || chosen) {
    c.rating = c.fields > 2 && !(chosen && o.rating.empty() && c.header) ? 2 : -1;
    c.time = c.fields == 4 && !chosen ? 3 : -1;
  }
  if (!o.user.empty()) c.user = find_wanted(lines, o.user, c.header);
  if (!o.item.empty()) c.item = find_wanted(lines, o.item, c.header);
  if (!o.rating.empty()) c.rating = find_wanted(lines, o.rating, c.header);
  if (!o.time.empty()) c.time = find_wanted(lines, o.time, c.header);
  if (c.rating < 0 && c.fields > 2) {
    lines.fail(
        fmt::format("has {} columns, and it is not clear which are user, item, rating and "
                    "time; name them (by header or by number from 1)",
                    c.fields));
  }
  std::array<index_t, 4> all{c.user, c.item, c.rating, c.time};
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (all[a] >= 0 && all[a] == all[b]) {
        lines.fail(
            fmt::format("column {} cannot be two of user, item, rating and time", all[a] + 1));
      }
    }
  }
  return c;
}

double parse_rating(const Lines& lines, std::string_view text) {
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') return text[0] - '0';
  double value = 0;
  if (!is_real(text, value)) lines.fail("the rating: " + explain_not_a_number(text));
  if (!std::isfinite(value)) {
    lines.fail(fmt::format("the rating is {}; expected a finite number", quote(text)));
  }
  if (std::abs(value) > 1e30) {  // its square must be a float
    lines.fail(fmt::format("the rating {} is beyond 1e30 in size", quote(text)));
  }
  return value;
}

std::int64_t parse_time(const Lines& lines, std::string_view text) {
  std::int64_t time = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, time);
  if (error == std::errc() && end == last) return time;
  double value = 0;  // 964982703.0, 1.3e9
  if (is_real(text, value) && std::abs(value) < 0x1p53 && value == std::floor(value)) {
    return static_cast<std::int64_t>(value);
  }
  lines.fail(fmt::format("the time {} is no whole number of 64 bits", quote(text)));
}

// Applies the rule for pairs that occur several times; lines[p] is where entry p stood.
void settle_duplicates(Ratings& ratings,
                       const std::vector<index_t>& lines,
                       const std::string& name,
                       RatingsOptions::Duplicates rule,
                       RatingsReport& report) {
  using Rule = RatingsOptions::Duplicates;
  std::vector<Rating>& entries = ratings.entries;
  // Entries by user, in the order of the file.
  std::vector<index_t> start(at(ratings.users.size() + 1));
  for (const Rating& r : entries) ++start[at(r.user) + 1];
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<index_t> order(entries.size());
  for (std::size_t p = 0; p < entries.size(); ++p) {
    order[at(start[at(entries[p].user)]++)] = static_cast<index_t>(p);
  }
  std::vector<index_t> kept(at(ratings.items.size()), -1);  // of the pair with this item
  std::vector<index_t> times(entries.size(), 1);            // that the pair of a kept entry occurs
  std::vector<bool> dropped(entries.size());
  for (const index_t p : order) {
    Rating& now = entries[at(p)];
    index_t& before = kept[at(now.item)];
    if (before < 0 || entries[at(before)].user != now.user) {
      before = p;
      continue;
    }
    if (rule == Rule::error) {
      throw IoError(name, fmt::format("line {}", lines[at(p)]),
                    fmt::format("user {} rated item {} on line {} already; choose which counts",
                                quote(ratings.users[now.user]), quote(ratings.items[now.item]),
                                lines[at(before)]));
    }
    ++report.duplicates;
    if (report.first_duplicate_line == 0 || lines[at(p)] < report.first_duplicate_line) {
      report.first_duplicate_line = lines[at(p)];
    }
    if (rule == Rule::all) continue;
    Rating& old = entries[at(before)];
    if (rule == Rule::mean) {
      const auto n = static_cast<double>(++times[at(before)]);
      old.value += (now.value - old.value) / n;
      dropped[at(p)] = true;
    } else if (rule == Rule::last && (!ratings.timed || now.time >= old.time)) {
      dropped[at(before)] = true;
      before = p;
    } else {
      dropped[at(p)] = true;
    }
  }
  if (report.duplicates == 0 || rule == Rule::all) return;
  std::size_t next = 0;
  for (std::size_t p = 0; p < entries.size(); ++p) {
    if (!dropped[p]) entries[next++] = entries[p];
  }
  entries.resize(next);
}

}  // namespace

Ratings read_ratings_text(const Input& input,
                          const RatingsOptions& options,
                          RatingsReport& report) {
  Lines lines(input);
  if (!lines.next()) throw IoError(input.name, "holds no ratings");
  const Columns c = find_columns(lines, options);
  if (c.header && !lines.next()) {
    throw IoError(input.name, "line 1", "a header, but no rating follows it");
  }
  report = {};
  report.format = fmt::format("{}{}", lines.separator().name, c.header ? ", with a header" : "");
  Ratings ratings;
  ratings.timed = c.time >= 0;
  std::vector<index_t> line_of;
  Numbering users, items;
  do {
    if (static_cast<index_t>(lines.fields().size()) != c.fields) {
      lines.fail(fmt::format("has {} fields; expected {} as on the first line",
                             lines.fields().size(), c.fields));
    }
    const std::string_view user = lines.field(c.user), item = lines.field(c.item);
    if (user.empty() || item.empty()) {
      lines.fail(fmt::format("the name of the {} is empty", user.empty() ? "user" : "item"));
    }
    Rating rating;
    if (c.rating >= 0) {
      const std::string_view text = lines.field(c.rating);
      if (is_missing(text)) {
        if (options.missing == RatingsOptions::Missing::error) {
          lines.fail(fmt::format("the rating {}; fill it in, or choose to skip such lines",
                                 text.empty() ? "is empty" : "says " + quote(text)));
        }
        if (report.missing++ == 0) report.first_missing_line = lines.line();
        continue;
      }
      rating.value = parse_rating(lines, text);
    }
    if (c.time >= 0) rating.time = parse_time(lines, lines.field(c.time));
    rating.user = users.number_of(user);
    rating.item = items.number_of(item);
    ratings.entries.push_back(rating);
    line_of.push_back(lines.line());
    const std::uint64_t bytes = line_of.size() * (sizeof(Rating) + sizeof(index_t));
    if (options.max_bytes != 0 && bytes > options.max_bytes) {
      throw MemoryLimit(input.name + ": the ratings", bytes, options.max_bytes);
    }
  } while (lines.next());
  if (ratings.entries.empty()) throw IoError(input.name, "every rating is missing");
  report.lines = static_cast<index_t>(line_of.size());
  ratings.users = users.names();
  ratings.items = items.names();
  settle_duplicates(ratings, line_of, input.name, options.duplicates, report);
  return ratings;
}

Ratings read_ratings(const std::string& path,
                     const RatingsOptions& options,
                     RatingsReport* report) {
  const Input input = Input::open(path, options.max_bytes);
  RatingsReport own;
  return read_ratings_text(input, options, report != nullptr ? *report : own);
}

std::vector<std::string> read_titles(const std::string& path, const Names& names) {
  const Input input = Input::open(path, 0);
  std::vector<std::string> titles(at(names.size()));
  Lines lines(input);
  while (lines.next()) {
    if (lines.fields().size() < 2) lines.fail("has one field; expected an item and its title");
    if (const auto number = names.find(lines.field(0))) titles[at(*number)] = lines.field(1);
  }
  return titles;
}

}  // namespace eckart::io
