#include "eckart/apps/recommend/split.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "core/philox.hpp"
#include "eckart/error.hpp"

namespace eckart::recommend {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// A number that belongs to seed, purpose and place.
std::uint64_t random_key(std::uint64_t seed, std::uint32_t purpose, index_t i) {
  const auto place = static_cast<std::uint64_t>(i);
  const auto words = core::philox(
      {static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(place >> 32), purpose, 0},
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return (std::uint64_t{words[0]} << 32) | words[1];
}

constexpr std::uint32_t split_purpose = 0x73706c74;  // different uses of one seed are independent
constexpr std::uint32_t last_purpose = 0x6c617374;

// Returns 0 .. n - 1 in random order.
std::vector<index_t> random_order(index_t n, std::uint64_t seed) {
  std::vector<std::pair<std::uint64_t, index_t>> keys(at(n));
  for (index_t i = 0; i < n; ++i) keys[at(i)] = {random_key(seed, split_purpose, i), i};
  std::sort(keys.begin(), keys.end());
  std::vector<index_t> order(at(n));
  for (index_t i = 0; i < n; ++i) order[at(i)] = keys[at(i)].second;
  return order;
}

Split divide(const Ratings& ratings, const std::vector<bool>& in_test) {
  Split split{{ratings.users, ratings.items, {}, ratings.timed},
              {ratings.users, ratings.items, {}, ratings.timed}};
  for (std::size_t p = 0; p < in_test.size(); ++p) {
    (in_test[p] ? split.test : split.train).entries.push_back(ratings.entries[p]);
  }
  return split;
}

index_t count_of_test(const Ratings& ratings, double share) {
  require(share > 0 && share < 1,
          "the share of the test must be above 0 and below 1, got " + std::to_string(share));
  return static_cast<index_t>(share * static_cast<double>(ratings.count()) + 0.5);
}

}  // namespace

Split split_randomly(const Ratings& ratings, double test_share, std::uint64_t seed) {
  const index_t count = count_of_test(ratings, test_share);
  const std::vector<index_t> order = random_order(ratings.count(), seed);
  std::vector<bool> in_test(ratings.entries.size());
  for (index_t i = 0; i < count; ++i) in_test[at(order[at(i)])] = true;
  return divide(ratings, in_test);
}

Split split_by_time(const Ratings& ratings, double test_share) {
  require(ratings.timed, "a split by time needs ratings with times");
  const index_t count = count_of_test(ratings, test_share);
  std::vector<index_t> order(ratings.entries.size());
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t a, index_t b) {
    return ratings.entries[at(a)].time < ratings.entries[at(b)].time;
  });
  std::vector<bool> in_test(ratings.entries.size());
  for (index_t i = ratings.count() - count; i < ratings.count(); ++i) {
    in_test[at(order[at(i)])] = true;
  }
  return divide(ratings, in_test);
}

Split leave_one_out(const Ratings& ratings, std::uint64_t seed) {
  std::vector<index_t> chosen(at(ratings.users.size()), -1);
  std::vector<index_t> count(at(ratings.users.size()));
  const auto later = [&](index_t p, index_t q) {
    if (ratings.timed) return ratings.entries[at(p)].time >= ratings.entries[at(q)].time;
    return random_key(seed, last_purpose, p) > random_key(seed, last_purpose, q);
  };
  for (index_t p = 0; p < ratings.count(); ++p) {
    const auto u = static_cast<std::size_t>(ratings.entries[at(p)].user);
    if (count[u]++ == 0 || later(p, chosen[u])) chosen[u] = p;
  }
  std::vector<bool> in_test(ratings.entries.size());
  for (std::size_t u = 0; u < chosen.size(); ++u) {
    if (count[u] > 1) in_test[at(chosen[u])] = true;
  }
  return divide(ratings, in_test);
}

std::vector<std::int32_t> assign_folds(const Ratings& ratings, index_t folds, std::uint64_t seed) {
  const index_t n = ratings.count();
  require(folds >= 2 && folds <= n, "folds must be from 2 to the number of ratings, " +
                                        std::to_string(n) + ", got " + std::to_string(folds));
  const std::vector<index_t> order = random_order(n, seed);
  std::vector<std::int32_t> fold_of(at(n));
  for (index_t i = 0; i < n; ++i) {
    fold_of[at(order[at(i)])] = static_cast<std::int32_t>(i % folds);
  }
  return fold_of;
}

Split split_fold(const Ratings& ratings, const std::vector<std::int32_t>& fold_of, index_t fold) {
  require(fold_of.size() == ratings.entries.size(), "every rating needs a fold");
  std::vector<bool> in_test(fold_of.size());
  for (std::size_t p = 0; p < fold_of.size(); ++p) in_test[p] = fold_of[p] == fold;
  return divide(ratings, in_test);
}

}  // namespace eckart::recommend
