#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

std::vector<std::int32_t> everyone(const Model& m) {
  std::vector<std::int32_t> users;
  for (index_t u = 0; u < m.users.size(); ++u) users.push_back(static_cast<std::int32_t>(u));
  return users;
}

std::vector<Model> one_of_each(const Ratings& r) {
  PlainSvdOptions plain = PlainSvdOptions::surprise(true);
  plain.rank = 5;
  std::vector<Model> models;
  models.push_back(fit_baseline(r));
  models.push_back(fit_svd(r, {.rank = 9, .epochs = 5}));
  models.push_back(fit_plain_svd(r, plain));
  models.push_back(fit_als(r, {.rank = 4, .epochs = 3}));
  models.push_back(fit_implicit_als(r, {.rank = 4, .epochs = 3}));
  models.push_back(fit_pure_svd(r, {.rank = 5}));
  models.push_back(fit_ease(r, {.regularization = 10}));
  return models;
}

TEST(Top, IsTheFullSortOfThePredictions) {
  const Ratings r = sample(70, 45, 0.2);
  for (Model& m : one_of_each(r)) {
    m.scale = {-100, 100};  // so that no prediction is clipped
    const auto lists = top(m, everyone(m), {.count = 8});
    for (index_t u = 0; u < 70; ++u) {
      std::vector<double> others;
      const auto rated = m.rated.items_of(u);
      for (std::int32_t i = 0; i < 45; ++i) {
        if (!std::binary_search(rated.begin(), rated.end(), i)) others.push_back(predict(m, u, i));
      }
      std::sort(others.rbegin(), others.rend());
      const auto& list = lists[static_cast<std::size_t>(u)];
      ASSERT_EQ(list.size(), std::min<std::size_t>(8, others.size()));
      for (std::size_t j = 0; j < list.size(); ++j) {
        EXPECT_TRUE(std::abs(list[j].score - others[j]) <= 2e-5) << to_string(m.kind);
        EXPECT_TRUE(std::abs(predict(m, u, list[j].number) - list[j].score) <= 2e-5);
        EXPECT_FALSE(std::binary_search(rated.begin(), rated.end(), list[j].number));
      }
    }
  }
}

TEST(Top, OfEqualScoresTheLowerNumberComesFirst) {
  Model m = fit_baseline(sample(3, 12));
  m.item_bias = std::vector<float>{0, 1, 1, 0, 2, 1, 1, 1, 0, 0, 0, 1};
  const std::int32_t user = 0;
  const auto list = top(m, {&user, 1}, {.count = 4, .exclude_rated = false})[0];
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[0].number, 4);
  EXPECT_EQ(list[1].number, 1);
  EXPECT_EQ(list[2].number, 2);
  EXPECT_EQ(list[3].number, 5);
}

TEST(Top, SomeoneWhoRatedEverythingGetsNothing) {
  const Model m = fit_svd(sample(6, 9, 1.1), {.rank = 3, .epochs = 2});
  for (const auto& list : top(m, everyone(m))) EXPECT_TRUE(list.empty());
  for (const auto& list : top(m, everyone(m), {.exclude_rated = false})) EXPECT_EQ(list.size(), 9u);
}

TEST(Top, RareItemsCanBeLeftOut) {
  Ratings r = sample(30, 10);
  r.items = Names(numbered("i", 12));
  r.entries.push_back({0, 10, 5});
  r.entries.push_back({1, 11, 5});
  r.entries.push_back({2, 11, 5});
  const Model m = fit_baseline(r);
  const std::int32_t user = 5;
  const auto holds = [&](index_t min_ratings, std::int32_t item) {
    const auto list = top(m, {&user, 1}, {.count = 12, .min_ratings = min_ratings})[0];
    return std::any_of(list.begin(), list.end(), [&](const Scored& s) { return s.number == item; });
  };
  EXPECT_TRUE(holds(1, 10));
  EXPECT_FALSE(holds(2, 10));
  EXPECT_TRUE(holds(2, 11));
  EXPECT_FALSE(holds(3, 11));
}

TEST(Top, SameBitsForAnyThreadCount) {
  const Model m = fit_svd(sample(150, 80), {.rank = 20, .epochs = 2});
  Context one(1);
  const auto reference = top(m, everyone(m), {}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    const auto lists = top(m, everyone(m), {}, context);
    for (std::size_t u = 0; u < lists.size(); ++u) {
      ASSERT_EQ(lists[u].size(), reference[u].size());
      for (std::size_t j = 0; j < lists[u].size(); ++j) {
        EXPECT_EQ(lists[u][j].number, reference[u][j].number);
        EXPECT_EQ(lists[u][j].score, reference[u][j].score);
      }
    }
  }
}

TEST(Predict, UnknownUsersAndItemsFallBackToWhatIsKnown) {
  const Ratings r = sample(30, 20);
  const Model m = fit_baseline(r);
  EXPECT_EQ(predict(m, -1, -1), m.scale.clip(m.mean));
  EXPECT_EQ(predict(m, 4, -1), m.scale.clip(m.mean + m.user_bias[4]));
  EXPECT_EQ(predict(m, -1, 6), m.scale.clip(m.mean + m.item_bias[6]));
  EXPECT_EQ(predict(fit_pure_svd(r, {.rank = 2}), -1, 3), 0);
  EXPECT_EQ(predict(fit_ease(r), 3, -1), 0);
}

TEST(Predict, OfWhomNothingWasLearntNothingIsAdded) {
  Ratings r = sample(30, 20);
  r.users = Names(numbered("u", 31));
  r.items = Names(numbered("i", 21));
  for (Model& m : one_of_each(r)) {
    if (m.kind == Kind::ease || m.kind == Kind::pure_svd) continue;
    m.scale = {-100, 100};
    for (index_t i = 0; i < 20; ++i) {
      EXPECT_TRUE(std::abs(predict(m, 30, i) - predict(m, -1, i)) <= 1e-6) << to_string(m.kind);
    }
    EXPECT_TRUE(std::abs(predict(m, 3, 20) - predict(m, 3, -1)) <= 1e-6) << to_string(m.kind);
  }
}

TEST(Predict, StaysWithinTheScale) {
  Model m = fit_baseline(sample(30, 20));
  m.mean = 40;
  EXPECT_EQ(predict(m, 0, 0), m.scale.high);
  m.mean = -40;
  EXPECT_EQ(predict(m, 0, 0), m.scale.low);
  const std::vector<Rating> pairs{{0, 1}, {-1, 2}};
  EXPECT_EQ(predict(m, pairs), (std::vector<double>{m.scale.low, m.scale.low}));
}

TEST(Top, RefusesWhatCannotBe) {
  const Model m = fit_baseline(sample(5, 5));
  const std::int32_t stranger = 5, user = 0;
  EXPECT_THROW(top(m, {&stranger, 1}), InvalidArgument);
  EXPECT_THROW(top(m, {&user, 1}, {.count = 0}), InvalidArgument);
}

}  // namespace
}  // namespace eckart::recommend
