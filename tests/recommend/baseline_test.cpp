#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/evaluate.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

TEST(Baseline, ConvergesToTheMinimumOfItsObjective) {
  const Ratings r = sample(30, 20);
  const Model m =
      fit_baseline(r, {.epochs = 200, .item_regularization = 3, .user_regularization = 7});
  std::vector<double> user(30), item(20);  // gradients: sum of e, minus lambda b
  for (const Rating& e : r.entries) {
    const double error = e.value - m.mean - m.user_bias[e.user] - m.item_bias[e.item];
    user[static_cast<std::size_t>(e.user)] += error;
    item[static_cast<std::size_t>(e.item)] += error;
  }
  for (index_t u = 0; u < 30; ++u) {
    EXPECT_TRUE(std::abs(user[static_cast<std::size_t>(u)] - 7 * m.user_bias[u]) <= 1e-5);
  }
  for (index_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(std::abs(item[static_cast<std::size_t>(i)] - 3 * m.item_bias[i]) <= 1e-5);
  }
}

TEST(Baseline, OneEpochIsItemsThenUsers) {
  const Ratings r{Names({"a", "b"}), Names({"x"}), {{0, 0, 5}, {1, 0, 2}}, false};
  const Model m =
      fit_baseline(r, {.epochs = 1, .item_regularization = 0, .user_regularization = 1});
  EXPECT_EQ(m.item_bias[0], 0.0F);
  EXPECT_EQ(m.user_bias[0], 0.75F);
  EXPECT_EQ(m.user_bias[1], -0.75F);
}

TEST(Baseline, RefusesWhatCannotBe) {
  const Ratings r = sample(5, 5);
  EXPECT_THROW(static_cast<void>(fit_baseline(r, {.epochs = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_baseline(r, {.item_regularization = -1})), InvalidArgument);
}

// A baseline whose items count for nothing and whose users are not held back is the mean of every
// user; MyMediaLite prints its errors on the split u1.
TEST(Baseline, ReproducesThePublishedErrorsOfUserAverages) {
  const std::string base = data_file("ml-100k/u1.base.gz"), test = data_file("ml-100k/u1.test.gz");
  if (base.empty()) GTEST_SKIP() << "needs ECKART_DATA with ratings/ml-100k/u1.base.gz";
  const Ratings train = io::read_ratings(base);
  const Model m =
      fit_baseline(train, {.epochs = 1, .item_regularization = 1e30, .user_regularization = 0});
  const RatingErrors e = rating_errors(m, renumbered(io::read_ratings(test), m.users, m.items));
  EXPECT_TRUE(std::abs(e.rmse - 1.06300) <= 0.000006) << e.rmse;
  EXPECT_TRUE(std::abs(e.mae - 0.85019) <= 0.000006) << e.mae;
  EXPECT_EQ(e.ratings, 20000);
}

}  // namespace
}  // namespace eckart::recommend
