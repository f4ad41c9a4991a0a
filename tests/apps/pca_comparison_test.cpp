#include "eckart/apps/pca_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

template <class T>
class Comparison : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Comparison, Scalars);

// Two columns, spread 1 along the first and nothing else, the mean far out along the second.
TYPED_TEST(Comparison, AFarMeanTakesTheLeadingDirection) {
  using T = TypeParam;
  Matrix<T> A(4, 2);
  const real_t<T> spread[] = {1, -1, 1, -1};
  T far{100};
  if constexpr (is_complex<T>) far = T{60, 80};
  for (index_t i = 0; i < 4; ++i) {
    A(i, 0) = spread[i];
    A(i, 1) = far;
  }
  const auto op = make_operator(std::as_const(A).view());
  const Pca<T> model = fit_pca(*op);
  const PcaComparison<T> found = compare_with_svd(model, *op, {});
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(std::abs(found.mean_share - 40000.0 / 40004) <= 10 * eps);
  EXPECT_TRUE(found.mean_angle <= 10 * eps);
  ASSERT_EQ(found.angles.size(), 2U);
  EXPECT_TRUE(std::abs(found.angles[0] - std::numbers::pi / 2) <= 10 * eps);
  EXPECT_TRUE(std::abs(found.energy[0] - 40000.0 / 40004) <= 10 * eps);
  EXPECT_TRUE(std::abs(double(found.uncentred.sigma[1]) - 2) <= 1000 * eps);
}

TYPED_TEST(Comparison, ANearMeanIsAsideOfTheLeadingDirection) {
  using T = TypeParam;
  Matrix<T> A(4, 2);
  for (index_t i = 0; i < 4; ++i) {
    A(i, 0) = i % 2 == 0 ? T{1} : T{-1};
    A(i, 1) = T{real_t<T>(0.125)};
  }
  const auto op = make_operator(std::as_const(A).view());
  const PcaComparison<T> found = compare_with_svd(fit_pca(*op), *op, {});
  EXPECT_TRUE(std::abs(found.mean_angle - std::numbers::pi / 2) <=
              10 * std::numeric_limits<real_t<T>>::epsilon());
}

// Rows that are all the mean: the leading right singular vector is its conjugate.
TYPED_TEST(Comparison, TheMeanIsComparedAsARow) {
  using T = TypeParam;
  Matrix<T> A(5, 3);
  T turned{2};
  if constexpr (is_complex<T>) turned = T{1, 2};
  for (index_t i = 0; i < 5; ++i) {
    A(i, 0) = T{1};
    A(i, 1) = turned;
    A(i, 2) = conjugate(turned) * turned;
  }
  const auto op = make_operator(std::as_const(A).view());
  const PcaComparison<T> found = compare_with_svd(fit_pca(*op), *op, {});
  EXPECT_TRUE(found.mean_angle <= 100 * std::numeric_limits<real_t<T>>::epsilon());
  EXPECT_TRUE(std::abs(found.mean_share - 1) <= 100 * std::numeric_limits<real_t<T>>::epsilon());
}

TYPED_TEST(Comparison, WithoutAMeanBothAreTheSame) {
  using T = TypeParam;
  Matrix<T> A(20, 4);
  const Matrix<T> half = cases::gaussian<T>(10, 4, 3);
  for (index_t j = 0; j < 4; ++j) {
    for (index_t i = 0; i < 10; ++i) {
      A(i, j) = static_cast<real_t<T>>(j + 1) * half(i, j);
      A(i + 10, j) = -A(i, j);
    }
  }
  const auto op = make_operator(std::as_const(A).view());
  for (const bool scale : {false, true}) {
    const PcaOptions options{.rank = {.rank = 2}, .scale = scale};
    const PcaComparison<T> found = compare_with_svd(fit_pca(*op, options), *op, options);
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    EXPECT_TRUE(found.mean_share <= eps);
    ASSERT_EQ(found.angles.size(), 2U);
    for (const double angle : found.angles) EXPECT_TRUE(angle <= 1000 * eps);
  }
}

TEST(ComparisonEdges, WeightsAndScalesAreThoseOfTheModel) {
  Matrix<double> A = cases::gaussian<double>(30, 3, 4);
  for (index_t i = 0; i < 30; ++i) A(i, 1) += 2;
  const std::vector<double> weights = [] {
    std::vector<double> w(30, 1);
    w[4] = 5;
    w[9] = 0;
    return w;
  }();
  Matrix<double> many(33, 3);
  index_t row = 0;
  for (index_t i = 0; i < 30; ++i) {
    for (int c = 0; c < weights[std::size_t(i)]; ++c, ++row) {
      for (index_t j = 0; j < 3; ++j) many(row, j) = A(i, j);
    }
  }
  ASSERT_EQ(row, 33);
  const auto op = make_operator(std::as_const(A).view()),
             repeated = make_operator(std::as_const(many).view());
  const PcaOptions weighted{.scale = true, .weights = weights}, plain{.scale = true};
  const auto a = compare_with_svd(fit_pca(*op, weighted), *op, weighted);
  const auto b = compare_with_svd(fit_pca(*repeated, plain), *repeated, plain);
  EXPECT_TRUE(std::abs(a.mean_share - b.mean_share) <= 1e-13);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(std::abs(a.angles[i] - b.angles[i]) <= 1e-11);
}

TEST(ComparisonEdges, AModelThatIsNotCentredIsRefused) {
  const Matrix<double> A = cases::gaussian<double>(5, 3, 4);
  const auto op = make_operator(A.view());
  EXPECT_THROW((void)compare_with_svd(fit_pca(*op, {.center = false}), *op, {}), InvalidArgument);
}

}  // namespace
}  // namespace eckart
