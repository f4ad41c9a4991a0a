// eckart/ratings.hpp - who rated what, and how: triples with the names of users and items.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// Values that never change and that copies share: a vector, or a part of a mapped file.
template <class X>
struct Shared {
  std::span<const X> values;
  std::shared_ptr<const void> owner;  // keeps values alive

  Shared() = default;
  Shared(std::span<const X> span, std::shared_ptr<const void> keeper)
      : values(span), owner(std::move(keeper)) {}
  Shared(std::vector<X> vector) {  // NOLINT: a vector is as good as values to be shared
    const auto kept = std::make_shared<const std::vector<X>>(std::move(vector));
    values = *kept;
    owner = kept;
  }

  index_t size() const { return static_cast<index_t>(values.size()); }
  const X* data() const { return values.data(); }
  const X& operator[](index_t i) const { return values[static_cast<std::size_t>(i)]; }
  std::span<const X> part(index_t first, index_t last) const {
    return values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
  }
};

// Distinct names, numbered from 0, as they stood in a file: "0104257" is not "104257".
// Three arrays hold them, so that a mapped file can: name i is the text from offsets[i] to
// offsets[i + 1], and by_name lists the numbers in the order of the names.
class Names {
 public:
  Names() = default;
  // Throws InvalidArgument if a name occurs twice.
  explicit Names(const std::vector<std::string>& names);
  // Throws InvalidArgument naming the first broken place: offsets that do not rise from 0 to the
  // end of the text, numbers that are no permutation, names that are not in order or not distinct.
  Names(Shared<index_t> offsets, Shared<char> text, Shared<std::int32_t> by_name);

  index_t size() const { return by_name_.size(); }
  std::string_view operator[](index_t i) const {
    return {text_.data() + offsets_[i], static_cast<std::size_t>(offsets_[i + 1] - offsets_[i])};
  }
  // Returns the number of the name. Cost: O(log size).
  std::optional<index_t> find(std::string_view name) const;

  const Shared<index_t>& offsets() const { return offsets_; }
  const Shared<char>& text() const { return text_; }
  const Shared<std::int32_t>& by_name() const { return by_name_; }

 private:
  Shared<index_t> offsets_ = std::vector<index_t>{0};
  Shared<char> text_;
  Shared<std::int32_t> by_name_;
};

struct Rating {
  std::int32_t user = 0;
  std::int32_t item = 0;
  double value = 1;
  std::int64_t time = 0;
};

struct RatingScale {
  double low = 0;
  double high = 0;

  // Throws InvalidArgument unless low <= high, both finite.
  void validate() const;
  double clip(double value) const { return value < low ? low : value > high ? high : value; }
};

// Ratings in the order of their file. Subsets (of a split) keep the names, and so the numbers, of
// the whole.
struct Ratings {
  Names users;
  Names items;
  std::vector<Rating> entries;
  bool timed = false;  // their times mean something

  index_t count() const { return static_cast<index_t>(entries.size()); }
  // The least and the largest value; zeros if there is none.
  RatingScale scale() const;
  // The mean value; 0 if there is none.
  double mean() const;
};

// Returns the ratings with the numbers that their users and items have among other names; -1 stands
// for those that are not there.
Ratings renumbered(const Ratings& ratings, const Names& users, const Names& items);

// Returns old and then more: the names of old keep their numbers, new ones follow. Of a pair that
// is in both, the rating in more counts.
Ratings joined(const Ratings& old, const Ratings& more);

// The ratings of every user together: user u rated items[p] with values[p] for
// offsets[u] <= p < offsets[u + 1].
// INVARIANT (checked by validate): as of SparseMatrix; within a user the items rise strictly.
struct RatingRows {
  Shared<index_t> offsets = std::vector<index_t>{0};
  Shared<std::int32_t> items;
  Shared<float> values;

  index_t rows() const { return offsets.size() - 1; }
  std::span<const std::int32_t> items_of(index_t u) const {
    return items.part(offsets[u], offsets[u + 1]);
  }
  std::span<const float> values_of(index_t u) const {
    return values.part(offsets[u], offsets[u + 1]);
  }
};

// Of a pair that occurs several times the last rating counts.
RatingRows by_user(const Ratings& ratings);
// The same with users and items exchanged: row i holds the users who rated item i.
RatingRows transpose(const RatingRows& rows, index_t columns);
// Throws InvalidArgument naming the first broken place, or a value that is not finite.
void validate(const RatingRows& rows, index_t columns);

}  // namespace eckart
