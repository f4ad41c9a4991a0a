#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Steck's formula with an inverse by Gauss and Jordan.
std::vector<double> naive_weights(const Ratings& r, double lambda, bool ones) {
  const index_t n = r.items.size();
  std::vector<double> X(at(r.users.size() * n)), G(at(n * n)), P(at(n * n));
  for (const Rating& e : r.entries) X[at(e.user * n + e.item)] = ones ? 1 : e.value;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) {
      for (index_t u = 0; u < r.users.size(); ++u)
        G[at(i * n + j)] += X[at(u * n + i)] * X[at(u * n + j)];
    }
    G[at(i * n + i)] += lambda;
    P[at(i * n + i)] = 1;
  }
  for (index_t c = 0; c < n; ++c) {
    const double pivot = G[at(c * n + c)];
    for (index_t j = 0; j < n; ++j) G[at(c * n + j)] /= pivot, P[at(c * n + j)] /= pivot;
    for (index_t i = 0; i < n; ++i) {
      const double factor = G[at(i * n + c)];
      if (i == c || factor == 0) continue;
      for (index_t j = 0; j < n; ++j) {
        G[at(i * n + j)] -= factor * G[at(c * n + j)];
        P[at(i * n + j)] -= factor * P[at(c * n + j)];
      }
    }
  }
  std::vector<double> B(at(n * n));
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) {
      if (i != j) B[at(i * n + j)] = -P[at(i * n + j)] / P[at(j * n + j)];
    }
  }
  return B;
}

TEST(Ease, IsTheClosedForm) {
  for (const index_t items : {20, 430}) {  // one tile of the inverse, and several
    const Ratings r = sample(60, items);
    for (const Values values : {Values::ones, Values::ratings}) {
      const Model m = fit_ease(r, {.regularization = 30, .values = values});
      validate(m);
      const std::vector<double> B = naive_weights(r, 30, values == Values::ones);
      double worst = 0;
      for (index_t i = 0; i < items * items; ++i) {
        worst = std::max(worst, std::abs(m.item_weights[i] - B[at(i)]));
      }
      EXPECT_TRUE(worst <= 1e-6) << worst;
      // The score of an item is the sum of the weights of what was rated.
      double score = 0;
      for (std::size_t p = 0; p < m.rated.items_of(7).size(); ++p) {
        score += B[at(m.rated.items_of(7)[p] * items + 3)] *
                 (values == Values::ones ? 1 : m.rated.values_of(7)[p]);
      }
      EXPECT_TRUE(std::abs(predict(m, 7, 3) - score) <= 1e-5);
    }
  }
}

TEST(Ease, SameBitsForAnyThreadCount) {
  const Ratings r = sample(50, 400);
  Context one(1);
  const Model reference = fit_ease(r, {}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    EXPECT_TRUE(same_bits(fit_ease(r, {}, context).item_weights, reference.item_weights));
  }
}

TEST(Ease, KeepsToTheMemoryCap) {
  Context context(1);
  context.set_memory_cap_bytes(20 * 100 * 100 - 1);
  EXPECT_THROW(static_cast<void>(fit_ease(sample(20, 100), {}, context)), MemoryLimit);
  context.set_memory_cap_bytes(20 * 100 * 100);
  EXPECT_EQ(fit_ease(sample(20, 100), {}, context).item_weights.size(), 100 * 100);
  EXPECT_THROW(static_cast<void>(fit_ease(sample(5, 5), {.regularization = 0})), InvalidArgument);
}

}  // namespace
}  // namespace eckart::recommend
