#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

// The objective of the header, summed over all pairs.
double objective(const Model& m, const Ratings& r, const ImplicitAlsOptions& o) {
  const index_t users = m.users.size(), items = m.items.size();
  std::vector<double> weight(static_cast<std::size_t>(users * items));
  std::vector<double> of_user(static_cast<std::size_t>(users)),
      of_item(static_cast<std::size_t>(items));
  for (const Rating& e : r.entries) {
    weight[static_cast<std::size_t>(e.user * items + e.item)] =
        o.values == Values::ratings ? e.value : 1;
    ++of_user[static_cast<std::size_t>(e.user)];
    ++of_item[static_cast<std::size_t>(e.item)];
  }
  const auto square = [](std::span<const float> x) {
    double s = 0;
    for (const float v : x) s += double{v} * v;
    return s;
  };
  double sum = 0;
  for (index_t u = 0; u < users; ++u) {
    const auto p = m.factors_of_user(u);
    for (index_t i = 0; i < items; ++i) {
      const auto q = m.factors_of_item(i);
      double score = 0;
      for (std::size_t j = 0; j < p.size(); ++j) score += double{p[j]} * q[j];
      const double w = weight[static_cast<std::size_t>(u * items + i)];
      sum += w * (1 - score) * (1 - score) + o.unobserved_weight * score * score;
    }
    sum += o.regularization * square(p) *
           std::pow(of_user[static_cast<std::size_t>(u)] +
                        o.unobserved_weight * static_cast<double>(items),
                    o.exponent);
  }
  for (index_t i = 0; i < items; ++i) {
    sum += o.regularization * square(m.factors_of_item(i)) *
           std::pow(of_item[static_cast<std::size_t>(i)] +
                        o.unobserved_weight * static_cast<double>(users),
                    o.exponent);
  }
  return sum;
}

TEST(ImplicitAls, TheItemsOfTheLastStepMinimiseTheObjective) {
  const Ratings r = sample(25, 18);
  for (const Values values : {Values::ones, Values::ratings}) {
    const ImplicitAlsOptions o{.rank = 4,
                               .epochs = 3,
                               .unobserved_weight = 0.3,
                               .regularization = 0.02,
                               .exponent = 0.7,
                               .values = values};
    const Model m = fit_implicit_als(r, o);
    validate(m);
    const double least = objective(m, r, o);
    for (const std::size_t at : {0u, 13u, 40u, 71u}) {
      for (const float step : {-0.01F, 0.01F}) {
        std::vector<float> q(m.item_factors.values.begin(), m.item_factors.values.end());
        q[at] += step;
        Model moved = m;
        moved.item_factors = q;
        EXPECT_TRUE(objective(moved, r, o) > least);
      }
    }
  }
}

TEST(ImplicitAls, SameSeedGivesSameBitsForAnyThreadCount) {
  const Ratings r = sample(80, 60);
  Context one(1);
  const Model reference = fit_implicit_als(r, {.rank = 5, .epochs = 2}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    EXPECT_TRUE(same_bits(fit_implicit_als(r, {.rank = 5, .epochs = 2}, context).user_factors,
                          reference.user_factors));
  }
}

TEST(ImplicitAls, EveryOptionMatters) {
  const Ratings r = sample(30, 20);
  const ImplicitAlsOptions base{.rank = 3, .epochs = 2};
  const Model reference = fit_implicit_als(r, base);
  const auto differs = [&](auto change) {
    ImplicitAlsOptions o = base;
    change(o);
    EXPECT_FALSE(same_bits(fit_implicit_als(r, o).user_factors, reference.user_factors));
  };
  differs([](auto& o) { o.rank = 4; });
  differs([](auto& o) { o.epochs = 3; });
  differs([](auto& o) { o.unobserved_weight = 1; });
  differs([](auto& o) { o.regularization = 1; });
  differs([](auto& o) { o.exponent = 0; });
  differs([](auto& o) { o.deviation = 0.5; });
  differs([](auto& o) { o.values = Values::ratings; });
  differs([](auto& o) { o.seed = 2; });
}

TEST(ImplicitAls, RefusesWhatCannotBe) {
  Ratings r = sample(10, 8);
  EXPECT_THROW(static_cast<void>(fit_implicit_als(r, {.rank = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_implicit_als(r, {.epochs = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_implicit_als(r, {.unobserved_weight = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_implicit_als(r, {.regularization = 0})), InvalidArgument);
  r.entries[3].value = -2;
  EXPECT_THROW(static_cast<void>(fit_implicit_als(r, {.values = Values::ratings})),
               InvalidArgument);
}

}  // namespace
}  // namespace eckart::recommend
