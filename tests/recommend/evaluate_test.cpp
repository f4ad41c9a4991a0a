#include "eckart/apps/recommend/evaluate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

// Five items that are ranked e, d, c, b, a for everyone; nobody rated anything but f.
Model ranked() {
  Ratings r{Names({"u", "v", "w"}),
            Names({"a", "b", "c", "d", "e", "f"}),
            {{0, 5, 1}, {1, 5, 5}, {2, 5, 3}},
            false};
  Model m = fit_baseline(r);
  m.item_bias = std::vector<float>{0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F};
  m.user_bias = std::vector<float>{0, 0, 0};
  m.mean = 3;
  return m;
}

TEST(Evaluate, RatingErrorsAreOverAllRatingsAndClipped) {
  const Model m = ranked();  // predicts 3.1 ... 3.6
  const Ratings test{m.users, m.items, {{0, 0, 4}, {1, 4, 2}, {-1, -1, 5}, {2, -1, 3}}, false};
  const RatingErrors e = rating_errors(m, test);
  EXPECT_TRUE(std::abs(e.mae - (0.9 + 1.5 + 2 + 0) / 4) <= 1e-6);
  EXPECT_TRUE(std::abs(e.rmse - std::sqrt((0.81 + 2.25 + 4) / 4)) <= 1e-6);
  EXPECT_EQ(e.ratings, 4);
  EXPECT_EQ(e.unknown_users, 1);
  EXPECT_EQ(e.unknown_items, 4);  // only f was rated in the training
  EXPECT_EQ(rating_errors(m, {m.users, m.items, {}, false}).ratings, 0);
  EXPECT_THROW(rating_errors(fit_ease(sample(5, 5)), test), InvalidArgument);
}

TEST(Evaluate, RankingFollowsItsDefinitions) {
  const Model m = ranked();
  // u wants d and a (ranks 2 and 5), v wants e (rank 1), w wants nothing.
  const Ratings test{m.users, m.items, {{0, 3, 5}, {0, 0, 4}, {1, 4, 2}}, false};
  const Ranking r = ranking(m, test, {.count = 3});
  EXPECT_EQ(r.users, 2);
  EXPECT_EQ(r.skipped, 1);
  const double log3 = std::log2(3.0);
  EXPECT_TRUE(std::abs(r.precision - (1.0 / 3 + 1.0 / 3) / 2) <= 1e-12);
  EXPECT_TRUE(std::abs(r.recall - (0.5 + 1) / 2) <= 1e-12);
  EXPECT_TRUE(std::abs(r.map - (0.5 / 2 + 1) / 2) <= 1e-12);
  EXPECT_TRUE(std::abs(r.ndcg - (1 / log3 / (1 + 1 / log3) + 1) / 2) <= 1e-12);
  EXPECT_TRUE(std::abs(r.hit_rate - 1) <= 1e-12);
  EXPECT_TRUE(std::abs(r.mrr - (0.5 + 1) / 2) <= 1e-12);
  EXPECT_TRUE(std::abs(r.coverage - 0.5) <= 1e-12);
  EXPECT_EQ(r.popularity, 0);  // f, which three rated, is in no list
  const Ranking all = ranking(m, test, {.count = 10});
  EXPECT_TRUE(std::abs(all.precision - (0.2 + 0.1) / 2) <= 1e-12);
  EXPECT_TRUE(std::abs(all.recall - 1) <= 1e-12);
}

TEST(Evaluate, RelevanceCanAskForAGoodRating) {
  const Model m = ranked();
  const Ratings test{m.users, m.items, {{0, 3, 5}, {0, 0, 4}, {1, 4, 2}}, false};
  EXPECT_EQ(ranking(m, test, {.relevant_from = 4.5}).users, 1);
  EXPECT_EQ(ranking(m, test, {.relevant_from = 2.0}).users, 2);
  EXPECT_EQ(ranking(m, test, {.relevant_from = 9.0}).users, 0);
}

TEST(Evaluate, AnItemThatTheModelDoesNotKnowIsMissed) {
  const Model m = ranked();
  const Ratings test{m.users, m.items, {{1, 4, 5}, {1, -1, 5}, {1, -1, 5}, {1, 4, 5}}, false};
  EXPECT_TRUE(std::abs(ranking(m, test).recall - 1.0 / 3) <= 1e-12);
  const Ratings twice{m.users, m.items, {{1, 0, 5}, {1, 0, 4}, {1, 4, 5}}, false};
  EXPECT_TRUE(std::abs(ranking(m, twice, {.count = 3}).recall - 1.0 / 2) <= 1e-12);
}

TEST(Evaluate, CrossValidationIsTheSameForAnyThreadCount) {
  const Ratings r = sample(60, 40);
  const auto folds = assign_folds(r, 4, 1);
  const Fit fit = [](const Ratings& train, Context& context) {
    return fit_svd(train, {.rank = 5, .epochs = 3}, context);
  };
  const RankingOptions lists;
  Context one(1), two(2);
  const CrossValidation a = cross_validate(r, folds, fit, &lists, one);
  const CrossValidation b = cross_validate(r, folds, fit, &lists, two);
  ASSERT_EQ(a.errors.size(), 4u);
  ASSERT_EQ(b.rankings.size(), 4u);
  for (std::size_t f = 0; f < 4; ++f) {
    EXPECT_EQ(a.errors[f].rmse, b.errors[f].rmse);
    EXPECT_EQ(a.rankings[f].ndcg, b.rankings[f].ndcg);
    const Split split = split_fold(r, folds, static_cast<index_t>(f));
    EXPECT_EQ(a.errors[f].rmse, rating_errors(fit(split.train, one), split.test).rmse);
  }
  const Fit order = [](const Ratings& train, Context& context) {
    return fit_ease(train, {}, context);
  };
  EXPECT_TRUE(cross_validate(r, folds, order, &lists, two).errors.empty());
}

TEST(Evaluate, SpreadIsMeanAndDeviation) {
  EXPECT_EQ(spread_of({1, 2, 3, 6}).mean, 3);
  EXPECT_TRUE(std::abs(spread_of({1, 2, 3, 6}).deviation - std::sqrt(14.0 / 3)) <= 1e-12);
  EXPECT_EQ(spread_of({5}).deviation, 0);
  EXPECT_EQ(spread_of({}).mean, 0);
}

}  // namespace
}  // namespace eckart::recommend
