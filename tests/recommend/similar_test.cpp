#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

double cosine(std::span<const float> x, std::span<const float> y, const Shared<float>& weight) {
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double w = weight.size() > 0 ? weight[static_cast<index_t>(j)] : 1;
    xy += w * x[j] * w * y[j];
    xx += w * x[j] * w * x[j];
    yy += w * y[j] * w * y[j];
  }
  return xy / std::sqrt(xx * yy);
}

TEST(Similar, ItemsAreOrderedByTheCosineOfTheirFactors) {
  const Ratings r = sample(60, 25);
  for (const Model& m : {fit_svd(r, {.rank = 6, .epochs = 4}), fit_pure_svd(r, {.rank = 5})}) {
    const auto list = similar_items(m, 4, 24);
    ASSERT_EQ(list.size(), 24u);  // all but itself
    for (std::size_t j = 0; j < list.size(); ++j) {
      const double expected =
          cosine(m.factors_of_item(4), m.factors_of_item(list[j].number), m.singular_values);
      EXPECT_TRUE(std::abs(list[j].score - expected) <= 1e-6);
      EXPECT_TRUE(j == 0 || list[j].score <= list[j - 1].score);
      EXPECT_NE(list[j].number, 4);
    }
  }
  const Model m = fit_svd(r, {.rank = 6, .epochs = 4});
  for (const Scored& s : similar_users(m, 2, 5)) {
    EXPECT_TRUE(std::abs(s.score - cosine(m.factors_of_user(2), m.factors_of_user(s.number), {})) <=
                1e-6);
  }
}

TEST(Similar, WithoutFactorsRatingsAreCompared) {
  const Ratings r{Names({"a", "b", "c"}),
                  Names({"x", "y", "z"}),
                  {{0, 0, 3}, {0, 1, 4}, {1, 0, 3}, {1, 1, 4}, {2, 1, 4}, {2, 2, 3}},
                  false};
  const Model m = fit_baseline(r);
  const auto users = similar_users(m, 0, 9);
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users[0].number, 1);
  EXPECT_TRUE(std::abs(users[0].score - 1) <= 1e-6);
  EXPECT_TRUE(std::abs(users[1].score - 16.0 / 25) <= 1e-6);
  const auto items = similar_items(m, 0, 9);  // columns (3,3,0), (4,4,4), (0,0,3)
  EXPECT_EQ(items[0].number, 1);
  EXPECT_TRUE(std::abs(items[0].score - 24 / std::sqrt(18.0 * 48)) <= 1e-6);
  EXPECT_EQ(items[1].score, 0.0F);
}

TEST(Similar, EaseNamesTheItemsThatSpeakForIt) {
  const Model m = fit_ease(sample(60, 25), {.regularization = 20});
  for (const Scored& s : similar_items(m, 3, 6)) {
    EXPECT_EQ(s.score, m.item_weights[s.number * 25 + 3]);
  }
}

TEST(Similar, ReasonsAreTheNearestOfTheRatedItems) {
  const Model m = fit_svd(sample(60, 25, 0.3), {.rank = 6, .epochs = 4});
  const auto rated = m.rated.items_of(8);
  const auto list = reasons(m, rated, 11, 3);
  ASSERT_EQ(list.size(), 3u);
  std::size_t found = 0;
  for (const Scored& s : similar_items(m, 11, 25)) {
    if (found < 3 && std::find(rated.begin(), rated.end(), s.number) != rated.end()) {
      EXPECT_EQ(s.number, list[found++].number);
    }
  }
  EXPECT_EQ(found, 3u);
}

TEST(Similar, RefusesWhoIsNotThere) {
  const Model m = fit_baseline(sample(5, 5));
  EXPECT_THROW(similar_items(m, 5, 1), InvalidArgument);
  EXPECT_THROW(similar_items(m, -1, 1), InvalidArgument);
  EXPECT_THROW(similar_users(m, 5, 1), InvalidArgument);
}

}  // namespace
}  // namespace eckart::recommend
