#include "eckart/apps/recommend/split.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "eckart/error.hpp"

namespace eckart::recommend {
namespace {

Ratings sample(index_t users, index_t items, bool timed = true) {
  std::vector<std::string> user_names, item_names;
  for (index_t u = 0; u < users; ++u) user_names.push_back("u" + std::to_string(u));
  for (index_t i = 0; i < items; ++i) item_names.push_back("i" + std::to_string(i));
  Ratings r{Names(user_names), Names(item_names), {}, timed};
  for (std::int32_t u = 0; u < users; ++u) {
    for (std::int32_t i = 0; i <= u % items; ++i) {
      r.entries.push_back({u, i, 1.0 + (u + i) % 5, timed ? (i * 7919 + u * 104729) % 1000 : 0});
    }
  }
  return r;
}

using Place = std::pair<int, int>;
std::multiset<Place> places(const Ratings& r) {
  std::multiset<Place> all;
  for (const Rating& e : r.entries) all.insert({e.user, e.item});
  return all;
}

void expect_partition(const Ratings& whole, const Split& split) {
  std::multiset<Place> both = places(split.train);
  for (const Place& p : places(split.test)) both.insert(p);
  EXPECT_EQ(both, places(whole));
}

TEST(Split, RandomTakesTheShareAndDependsOnTheSeedAlone) {
  const Ratings r = sample(40, 12);
  const Split split = split_randomly(r, 0.25, 7);
  expect_partition(r, split);
  EXPECT_EQ(split.test.count(), (r.count() + 2) / 4);
  EXPECT_EQ(places(split_randomly(r, 0.25, 7).test), places(split.test));
  EXPECT_NE(places(split_randomly(r, 0.25, 8).test), places(split.test));
  EXPECT_THROW(split_randomly(r, 0, 1), InvalidArgument);
  EXPECT_THROW(split_randomly(r, 1, 1), InvalidArgument);
}

TEST(Split, RandomIsNotInFileOrder) {
  const Ratings r = sample(200, 20);
  const Split split = split_randomly(r, 0.5, 1);
  // A fair coin for each rating of the first half: 40 % to 60 % of it are in the test.
  std::set<Place> first_half;
  for (index_t p = 0; p < r.count() / 2; ++p) {
    first_half.insert(
        {r.entries[static_cast<std::size_t>(p)].user, r.entries[static_cast<std::size_t>(p)].item});
  }
  double inside = 0;
  for (const Place& p : places(split.test)) inside += first_half.contains(p);
  const double share = inside / static_cast<double>(first_half.size());
  EXPECT_TRUE(share > 0.4 && share < 0.6) << share;
}

TEST(Split, ByTimePutsNothingEarlierIntoTheTest) {
  const Ratings r = sample(30, 10);
  const Split split = split_by_time(r, 0.1);
  expect_partition(r, split);
  std::int64_t latest_train = 0, earliest_test = 1000;
  for (const Rating& e : split.train.entries) latest_train = std::max(latest_train, e.time);
  for (const Rating& e : split.test.entries) earliest_test = std::min(earliest_test, e.time);
  EXPECT_LE(latest_train, earliest_test);
  EXPECT_THROW(split_by_time(sample(30, 10, false), 0.1), InvalidArgument);
}

TEST(Split, OfEqualTimesTheLaterInTheFileIsTested) {
  Ratings r = sample(10, 5);
  for (Rating& e : r.entries) e.time = 3;
  const Split split = split_by_time(r, 0.2);
  const std::size_t kept = split.train.entries.size();
  for (std::size_t p = 0; p < split.test.entries.size(); ++p) {
    EXPECT_EQ(split.test.entries[p].user, r.entries[kept + p].user);
    EXPECT_EQ(split.test.entries[p].item, r.entries[kept + p].item);
  }
}

TEST(Split, LeaveOneOutTakesTheLatestOfEveryUserWithTwo) {
  const Ratings r = sample(25, 8);
  const Split split = leave_one_out(r, 0);
  expect_partition(r, split);
  std::map<int, std::int64_t> latest;
  std::map<int, int> count, tested;
  for (const Rating& e : r.entries) {
    latest[e.user] = std::max(latest[e.user], e.time);
    ++count[e.user];
  }
  for (const Rating& e : split.test.entries) {
    EXPECT_EQ(e.time, latest[e.user]);
    ++tested[e.user];
  }
  for (const auto& [user, n] : count) EXPECT_EQ(tested[user], n > 1 ? 1 : 0) << user;
}

TEST(Split, LeaveOneOutWithoutTimesIsRandomBySeed) {
  const Ratings r = sample(60, 9, false);
  const auto one = places(leave_one_out(r, 1).test);
  EXPECT_EQ(one, places(leave_one_out(r, 1).test));
  EXPECT_NE(one, places(leave_one_out(r, 2).test));
}

TEST(Split, FoldsAreEvenAndTestEveryRatingOnce) {
  const Ratings r = sample(33, 7);
  const auto fold_of = assign_folds(r, 5, 3);
  std::multiset<Place> tested;
  for (index_t f = 0; f < 5; ++f) {
    const Split split = split_fold(r, fold_of, f);
    expect_partition(r, split);
    EXPECT_LE(std::abs(split.test.count() * 5 - r.count()), 5);
    for (const Place& p : places(split.test)) tested.insert(p);
  }
  EXPECT_EQ(tested, places(r));
  EXPECT_NE(fold_of, assign_folds(r, 5, 4));
  EXPECT_THROW(assign_folds(r, 1, 0), InvalidArgument);
  EXPECT_THROW(assign_folds(r, r.count() + 1, 0), InvalidArgument);
}

}  // namespace
}  // namespace eckart::recommend
