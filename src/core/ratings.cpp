#include "eckart/ratings.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eckart/error.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

}  // namespace

Names::Names(const std::vector<std::string>& names) {
  require(names.size() < std::size_t{1} << 31, "there are " + std::to_string(names.size()) +
                                                   " names; at most 2147483647 can be numbered");
  std::vector<index_t> offsets{0};
  std::vector<char> text;
  for (const std::string& name : names) {
    text.insert(text.end(), name.begin(), name.end());
    offsets.push_back(static_cast<index_t>(text.size()));
  }
  std::vector<std::int32_t> by_name(names.size());
  std::iota(by_name.begin(), by_name.end(), 0);
  std::sort(by_name.begin(), by_name.end(),
            [&](std::int32_t a, std::int32_t b) { return names[at(a)] < names[at(b)]; });
  for (std::size_t i = 1; i < by_name.size(); ++i) {
    const std::string& name = names[at(by_name[i])];
    require(names[at(by_name[i - 1])] != name, "the name \"" + name + "\" occurs twice");
  }
  offsets_ = std::move(offsets);
  text_ = std::move(text);
  by_name_ = std::move(by_name);
}

Names::Names(Shared<index_t> offsets, Shared<char> text, Shared<std::int32_t> by_name)
    : offsets_(std::move(offsets)), text_(std::move(text)), by_name_(std::move(by_name)) {
  const index_t n = by_name_.size();
  require(offsets_.size() == n + 1 && offsets_[0] == 0 && offsets_[n] == text_.size(),
          "the offsets of the names do not go from 0 to the end of their text");
  for (index_t i = 0; i < n; ++i) {
    require(offsets_[i] <= offsets_[i + 1] && offsets_[i + 1] <= text_.size(),
            "the offset of name " + std::to_string(i) + " falls");
  }
  for (index_t i = 0; i < n; ++i) {
    require(by_name_[i] >= 0 && by_name_[i] < n,
            "entry " + std::to_string(i) + " of the order of the names is outside of them");
    // Names that rise strictly cannot repeat a number.
    require(i == 0 || (*this)[by_name_[i - 1]] < (*this)[by_name_[i]],
            "the names are not in order at entry " + std::to_string(i));
  }
}

std::optional<index_t> Names::find(std::string_view name) const {
  const auto order = by_name_.values;
  const auto found = std::lower_bound(
      order.begin(), order.end(), name,
      [&](std::int32_t i, std::string_view wanted) { return (*this)[i] < wanted; });
  if (found == order.end() || (*this)[*found] != name) return {};
  return *found;
}

void RatingScale::validate() const {
  require(std::isfinite(low) && std::isfinite(high) && low <= high,
          "the rating scale must go from a number to one that is not smaller, got " +
              std::to_string(low) + " to " + std::to_string(high));
}

RatingScale Ratings::scale() const {
  if (entries.empty()) return {};
  RatingScale scale{entries[0].value, entries[0].value};
  for (const Rating& r : entries) {
    scale.low = std::min(scale.low, r.value);
    scale.high = std::max(scale.high, r.value);
  }
  return scale;
}

double Ratings::mean() const {
  double sum = 0;
  for (const Rating& r : entries) sum += r.value;
  return entries.empty() ? 0 : sum / static_cast<double>(entries.size());
}

Ratings renumbered(const Ratings& ratings, const Names& users, const Names& items) {
  const auto table = [](const Names& from, const Names& to) {
    std::vector<std::int32_t> numbers(at(from.size()));
    for (index_t i = 0; i < from.size(); ++i) {
      numbers[at(i)] = static_cast<std::int32_t>(to.find(from[i]).value_or(-1));
    }
    return numbers;
  };
  const std::vector<std::int32_t> user_numbers = table(ratings.users, users);
  const std::vector<std::int32_t> item_numbers = table(ratings.items, items);
  Ratings result{users, items, ratings.entries, ratings.timed};
  for (Rating& r : result.entries) {
    r.user = user_numbers[at(r.user)];
    r.item = item_numbers[at(r.item)];
  }
  return result;
}

Ratings joined(const Ratings& old, const Ratings& more) {
  const auto join = [](const Names& first, const Names& second) {
    std::vector<std::string> names;
    for (index_t i = 0; i < first.size(); ++i) names.emplace_back(first[i]);
    for (index_t i = 0; i < second.size(); ++i) {
      if (!first.find(second[i])) names.emplace_back(second[i]);
    }
    return Names(names);
  };
  const Ratings added = renumbered(more, join(old.users, more.users), join(old.items, more.items));
  std::vector<std::uint64_t> replaced;
  const auto key = [](const Rating& r) {
    return (static_cast<std::uint64_t>(r.user) << 32) | static_cast<std::uint64_t>(r.item);
  };
  for (const Rating& r : added.entries) replaced.push_back(key(r));
  std::sort(replaced.begin(), replaced.end());
  Ratings result{added.users, added.items, {}, old.timed && more.timed};
  for (const Rating& r : old.entries) {
    if (!std::binary_search(replaced.begin(), replaced.end(), key(r))) result.entries.push_back(r);
  }
  result.entries.insert(result.entries.end(), added.entries.begin(), added.entries.end());
  return result;
}

RatingRows by_user(const Ratings& ratings) {
  // Counting sort by item, then by user; both keep the order of what came before.
  const std::size_t n = ratings.entries.size();
  std::vector<index_t> next_of_item(at(ratings.items.size() + 1));
  std::vector<index_t> start(at(ratings.users.size() + 1));
  for (const Rating& r : ratings.entries) {
    ++next_of_item[at(r.item) + 1];
    ++start[at(r.user) + 1];
  }
  std::partial_sum(next_of_item.begin(), next_of_item.end(), next_of_item.begin());
  std::partial_sum(start.begin(), start.end(), start.begin());
  struct Entry {
    std::int32_t user, item;
    float value;
  };
  std::vector<Entry> of_items(n);
  for (const Rating& r : ratings.entries) {
    of_items[at(next_of_item[at(r.item)]++)] = {r.user, r.item, static_cast<float>(r.value)};
  }
  // Of several ratings of a pair the last one stays.
  std::vector<index_t> end(start.begin(), start.end() - 1);
  std::vector<std::int32_t> items(n);
  std::vector<float> values(n);
  for (const Entry& entry : of_items) {
    index_t& to = end[at(entry.user)];
    if (to > start[at(entry.user)] && items[at(to - 1)] == entry.item) --to;
    items[at(to)] = entry.item;
    values[at(to++)] = entry.value;
  }
  // Close the gaps that they left.
  std::vector<index_t> offsets{0};
  for (std::size_t u = 0; u < end.size(); ++u) {
    const index_t to = offsets.back(), count = end[u] - start[u];
    if (to != start[u]) {
      std::copy_n(items.begin() + start[u], count, items.begin() + to);
      std::copy_n(values.begin() + start[u], count, values.begin() + to);
    }
    offsets.push_back(to + count);
  }
  items.resize(at(offsets.back()));
  values.resize(at(offsets.back()));
  return {std::move(offsets), std::move(items), std::move(values)};
}

RatingRows transpose(const RatingRows& rows, index_t columns) {
  std::vector<index_t> offsets(at(columns + 1));
  for (const std::int32_t i : rows.items.values) ++offsets[at(i) + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<index_t> next = offsets;
  std::vector<std::int32_t> items(rows.items.values.size());
  std::vector<float> values(items.size());
  for (index_t u = 0; u < rows.rows(); ++u) {
    for (index_t p = rows.offsets[u]; p < rows.offsets[u + 1]; ++p) {
      const std::size_t to = at(next[at(rows.items[p])]++);
      items[to] = static_cast<std::int32_t>(u);
      values[to] = rows.values[p];
    }
  }
  return {std::move(offsets), std::move(items), std::move(values)};
}

void validate(const RatingRows& rows, index_t columns) {
  const index_t stored = rows.items.size();
  require(rows.values.size() == stored && rows.offsets.size() > 0 && rows.offsets[0] == 0 &&
              rows.offsets[rows.rows()] == stored,
          "the offsets of the ratings do not go from 0 to their number");
  for (index_t u = 0; u < rows.rows(); ++u) {
    require(rows.offsets[u] <= rows.offsets[u + 1] && rows.offsets[u + 1] <= stored,
            "the offset of row " + std::to_string(u) + " of the ratings falls");
    for (index_t p = rows.offsets[u]; p < rows.offsets[u + 1]; ++p) {
      require(rows.items[p] >= 0 && rows.items[p] < columns &&
                  (p == rows.offsets[u] || rows.items[p - 1] < rows.items[p]),
              "row " + std::to_string(u) + " of the ratings does not rise within its columns");
      require(std::isfinite(rows.values[p]),
              "row " + std::to_string(u) + " of the ratings holds a value that is not finite");
    }
  }
}

}  // namespace eckart
