// eckart/apps/recommend/split.hpp - ratings to learn from, and ratings to be judged by.
#pragma once

#include <cstdint>
#include <vector>

#include "eckart/ratings.hpp"

namespace eckart::recommend {

// Both keep the names and the order of the whole. Which rating goes where depends on the ratings,
// the arguments and the seed alone, never on threads or machine.
struct Split {
  Ratings train;
  Ratings test;
};

// Ratings are put in random order, and the first share of them is the test.
// Throws InvalidArgument unless 0 < test_share < 1.
Split split_randomly(const Ratings& ratings, double test_share, std::uint64_t seed);

// The latest ratings are the test; of several at one time, those that come later in the file.
// Throws InvalidArgument unless 0 < test_share < 1, or if the ratings have no times.
Split split_by_time(const Ratings& ratings, double test_share);

// One rating of every user is the test: the latest or, without times, a random one. Users with one
// rating keep it.
Split leave_one_out(const Ratings& ratings, std::uint64_t seed);

// Returns, for every rating, the fold in which it is tested, 0 .. folds - 1: the ratings are put in
// random order and cut into folds whose sizes differ by one at most.
// Throws InvalidArgument unless 2 <= folds <= ratings.count().
std::vector<std::int32_t> assign_folds(const Ratings& ratings, index_t folds, std::uint64_t seed);

// The ratings of one fold are the test.
Split split_fold(const Ratings& ratings, const std::vector<std::int32_t>& fold_of, index_t fold);

}  // namespace eckart::recommend
