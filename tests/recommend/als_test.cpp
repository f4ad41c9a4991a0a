#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/evaluate.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

// sum e^2 + lambda (sum_u n_u |(b_u, p_u)|^2 + sum_i n_i |(b_i, q_i)|^2)
double objective(const Model& m, const Ratings& r, double lambda) {
  double sum = 0;
  const auto square = [&](float b, std::span<const float> x) {
    double s = double{b} * b;
    for (const float v : x) s += double{v} * v;
    return s;
  };
  for (const Rating& e : r.entries) {
    const auto p = m.factors_of_user(e.user), q = m.factors_of_item(e.item);
    double error = e.value - m.mean - m.user_bias[e.user] - m.item_bias[e.item];
    for (std::size_t j = 0; j < p.size(); ++j) error -= double{p[j]} * q[j];
    sum +=
        error * error + lambda * (square(m.user_bias[e.user], p) + square(m.item_bias[e.item], q));
  }
  return sum;
}

TEST(Als, TheItemsOfTheLastStepMinimiseTheObjective) {
  const Ratings r = sample(40, 30);
  const Model m = fit_als(r, {.rank = 4, .epochs = 3, .regularization = 0.05});
  validate(m);
  const double least = objective(m, r, 0.05);
  for (const std::size_t at : {0u, 7u, 50u, 119u}) {
    for (const float step : {-0.01F, 0.01F}) {
      Model moved = m;
      std::vector<float> q(m.item_factors.values.begin(), m.item_factors.values.end());
      q[at] += step;
      moved.item_factors = q;
      EXPECT_TRUE(objective(moved, r, 0.05) > least);
      std::vector<float> b(m.item_bias.values.begin(), m.item_bias.values.end());
      b[at % b.size()] += step;
      Model tilted = m;
      tilted.item_bias = b;
      EXPECT_TRUE(objective(tilted, r, 0.05) > least);
    }
  }
}

TEST(Als, EveryEpochLowersTheObjective) {
  const Ratings r = sample(40, 30);
  double before = 1e300;
  for (const index_t epochs : {1, 2, 4, 8}) {
    const double now =
        objective(fit_als(r, {.rank = 4, .epochs = epochs, .regularization = 0.05}), r, 0.05);
    EXPECT_TRUE(now < before) << epochs;
    before = now;
  }
}

TEST(Als, SameSeedGivesSameBitsForAnyThreadCount) {
  const Ratings r = sample(80, 60);
  Context one(1);
  const Model reference = fit_als(r, {.rank = 5, .epochs = 3}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    const Model m = fit_als(r, {.rank = 5, .epochs = 3}, context);
    EXPECT_TRUE(same_bits(m.user_factors, reference.user_factors));
    EXPECT_TRUE(same_bits(m.item_bias, reference.item_bias));
  }
}

TEST(Als, EveryOptionMatters) {
  const Ratings r = sample(30, 20);
  const AlsOptions base{.rank = 3, .epochs = 2};
  const Model reference = fit_als(r, base);
  const auto differs = [&](auto change) {
    AlsOptions o = base;
    change(o);
    EXPECT_FALSE(same_bits(fit_als(r, o).user_factors, reference.user_factors));
  };
  differs([](auto& o) { o.rank = 4; });
  differs([](auto& o) { o.epochs = 3; });
  differs([](auto& o) { o.regularization = 1; });
  differs([](auto& o) { o.deviation = 0.5; });
  differs([](auto& o) { o.seed = 2; });
  EXPECT_THROW(static_cast<void>(fit_als(r, {.rank = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_als(r, {.epochs = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_als(r, {.regularization = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_als(r, {.deviation = 0})), InvalidArgument);
}

}  // namespace
}  // namespace eckart::recommend
