#include "recommend/fitting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

TEST(Fitting, RowsHaveTheDeviationAskedForAndDependOnTheirPlaceAlone) {
  Context one(1), three(3);
  std::vector<float> a(at(2000 * 24)), b(a.size());
  fill_rows(2000, 21, 24, 0.3, 7, user_purpose, a.data(), one);
  fill_rows(2000, 21, 24, 0.3, 7, user_purpose, b.data(), three);
  EXPECT_EQ(a, b);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(i % 24 < 21 || a[i] == 0) << i;
    sum += a[i];
    squares += double{a[i]} * a[i];
  }
  EXPECT_TRUE(std::abs(sum / 42000) <= 0.006);  // four standard errors
  EXPECT_TRUE(std::abs(std::sqrt(squares / 42000) - 0.3) <= 0.003);
  fill_rows(2000, 21, 24, 0.3, 7, item_purpose, b.data(), one);
  EXPECT_NE(a, b);
  fill_rows(2000, 21, 24, 0.3, 8, user_purpose, b.data(), one);
  EXPECT_NE(a, b);
}

TEST(Fitting, ShuffledIsAPermutationOfItsSeed) {
  const auto order = shuffled(500, 3, user_purpose);
  EXPECT_EQ(std::set<std::int32_t>(order.begin(), order.end()).size(), 500u);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order, shuffled(500, 3, user_purpose));
  EXPECT_NE(order, shuffled(500, 4, user_purpose));
}

TEST(RidgeSolver, SolvesTheNormalEquations) {
  RidgeSolver solver(3);
  for (const index_t n : {5, 2, 0, 7}) {  // storage is kept from row to row
    const MatrixView<double> F = solver.design(n);
    for (index_t t = 0; t < n; ++t) {
      for (index_t j = 0; j < 3; ++j) F(t, j) = std::sin(static_cast<double>(3 * t + j + 1));
      solver.target()[t] = std::cos(static_cast<double>(t));
    }
    Matrix<double> base(3, 3);
    base(0, 0) = 2, base(1, 1) = 1, base(2, 2) = 3, base(0, 2) = base(2, 0) = 0.5;
    const MatrixView<const double> B = std::as_const(base).view();
    const auto x = solver.solve(0.7, &B);
    for (index_t i = 0; i < 3; ++i) {  // the gradient vanishes
      double gradient = 0.7 * x[at(i)];
      for (index_t j = 0; j < 3; ++j) gradient += base(i, j) * x[at(j)];
      for (index_t t = 0; t < n; ++t) {
        double product = -solver.target()[t];
        for (index_t j = 0; j < 3; ++j) product += F(t, j) * x[at(j)];
        gradient += F(t, i) * product;
      }
      EXPECT_TRUE(std::abs(gradient) <= 1e-13) << gradient;
    }
  }
}

TEST(Fitting, AModelStartsWithWhatTheRatingsSay) {
  const Ratings r = sample(9, 7);
  const Model model = start_model(Kind::baseline, r);
  EXPECT_EQ(model.rated.items.size(), r.count());
  EXPECT_EQ(model.scale.high, r.scale().high);
  EXPECT_EQ(model.mean, r.mean());
  EXPECT_THROW(static_cast<void>(start_model(Kind::svd, {})), InvalidArgument);
}

}  // namespace
}  // namespace eckart::recommend
