#include "factor/block_jacobi.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class BlockJacobi : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BlockJacobi, Scalars);

template <Scalar T>
Matrix<T> identity(index_t n) {
  Matrix<T> I(n, n);
  for (index_t i = 0; i < n; ++i) I(i, i) = 1;
  return I;
}

// Returns the largest cosine between columns.
template <Scalar T>
double largest_cosine(const Matrix<T>& X) {
  Matrix<T> unit = X.clone();
  for (index_t j = 0; j < X.cols(); ++j) {
    T* x = unit.view().column(j);
    scale_by_power<T>(x, X.rows(), -exponent_of<T>(x, X.rows()), x);
    double square = 0;
    for (index_t i = 0; i < X.rows(); ++i)
      square += std::pow(static_cast<double>(std::abs(x[i])), 2);
    for (index_t i = 0; i < X.rows() && square > 0; ++i) {
      x[i] /= static_cast<real_t<T>>(std::sqrt(square));
    }
  }
  double largest = 0;
  for (index_t j = 1; j < X.cols(); ++j) {
    largest = std::max(largest, inner_defect<T>(unit.view().columns(0, j),
                                                std::as_const(unit).view().columns(j, 1), 0));
  }
  return largest;
}

TYPED_TEST(BlockJacobi, MakesColumnsOrthogonalByAnOrthonormalMatrix) {
  using T = TypeParam;
  for (const index_t n : {0, 1, 2, 16, 17, 33, 70}) {
    const Matrix<T> A = gaussian<T>(n, n);
    Matrix<T> X = A.clone();
    Matrix<T> V = identity<T>(n);
    const int sweeps = orthogonalize_columns(X.view(), V.view(), Context(2));
    EXPECT_TRUE(sweeps <= 12) << n << ": " << sweeps;
    EXPECT_TRUE(largest_cosine(X) <= 40 * eps<T>()) << n << ": " << largest_cosine(X);
    const double defect = inner_defect<T>(V.view(), V.view(), 1);
    EXPECT_TRUE(defect <= 200 * eps<T>()) << n << ": " << defect / eps<T>();
    const double size = std::sqrt(static_cast<double>(n + 1));
    EXPECT_TRUE(product_defect<T>(A.view(), V.view(), X.view()) <= 200 * eps<T>() * size) << n;
  }
}

TYPED_TEST(BlockJacobi, WithoutVTheColumnsAreTheSame) {
  using T = TypeParam;
  Matrix<T> X = gaussian<T>(50, 50);
  Matrix<T> Y = X.clone();
  Matrix<T> V = identity<T>(50);
  orthogonalize_columns(X.view(), V.view(), Context(1));
  orthogonalize_columns(Y.view(), MatrixView<T>{}, Context(1));
  EXPECT_TRUE(std::equal(X.data(), X.data() + 50 * 50, Y.data()));
}

TYPED_TEST(BlockJacobi, RowsKeepTheirDigitsOverHalfTheRange) {
  using T = TypeParam;
  using Real = real_t<T>;
  // Row i has size 2^-e(i); sigma of the scaled rows are not asked for, but that each row of
  // X V^H is the row of A relative to its own length.
  const index_t n = 40;
  const int reach = std::numeric_limits<Real>::max_exponent - 24;
  const auto exponent = [&](index_t i) { return reach - static_cast<int>(i * reach / n); };
  Matrix<T> A = gaussian<T>(n, n);
  Matrix<T> X(n, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) {
      if (i < j) A(i, j) = 0;  // as in use: lower triangular, so that columns fall as rows do
      X(i, j) = A(i, j) * std::ldexp(Real{1}, exponent(i));
    }
  }
  Matrix<T> V = identity<T>(n);
  orthogonalize_columns(X.view(), V.view(), Context(1));
  EXPECT_TRUE(largest_cosine(X) <= 40 * eps<T>());
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) X(i, j) *= std::ldexp(Real{1}, -exponent(i));
  }
  const double defect = product_defect<T>(A.view(), V.view(), X.view());
  EXPECT_TRUE(defect <= 500 * eps<T>()) << defect / eps<T>();
}

// Rotations by tiny angles turn a short column out of the direction of a long one, and leave the
// rounding of what was cancelled: the next sweep must find it.
TYPED_TEST(BlockJacobi, ShortColumnsAlongLongOnesBecomeOrthogonalToAllDigits) {
  using T = TypeParam;
  using Real = real_t<T>;
  constexpr int step = std::numeric_limits<Real>::digits + 6;
  for (const index_t n : {2, 3, 4}) {
    const Matrix<T> noise = gaussian<T>(n, n);
    Matrix<T> X(n, n);
    for (index_t j = 0; j < n; ++j) {
      const Real length = std::ldexp(Real{1}, -step * static_cast<int>(j));
      for (index_t i = 0; i < n; ++i) {
        X(i, j) = length * (noise(i, 0) + (j > 0 ? noise(i, j) / Real{200} : T{0}));
      }
    }
    orthogonalize_columns(X.view(), MatrixView<T>{}, Context(1));
    EXPECT_TRUE(largest_cosine(X) <= 12 * eps<T>()) << n << ": " << largest_cosine(X) / eps<T>();
  }
}

TYPED_TEST(BlockJacobi, IsFinishedAtOnceWithOrthogonalZeroOrSubnormalColumns) {
  using T = TypeParam;
  Matrix<T> X(40, 40);
  X(3, 0) = T(2);
  X(5, 7) = T(std::numeric_limits<real_t<T>>::denorm_min());
  const Matrix<T> before = X.clone();
  EXPECT_EQ(orthogonalize_columns(X.view(), MatrixView<T>{}, Context(1)), 1);
  EXPECT_TRUE(std::equal(X.data(), X.data() + 40 * 40, before.data()));
}

TYPED_TEST(BlockJacobi, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  const index_t n = 100;
  Matrix<T> first_X, first_V;
  for (const int threads : {1, 2, 3}) {
    Matrix<T> X = gaussian<T>(n, n);
    Matrix<T> V = identity<T>(n);
    orthogonalize_columns(X.view(), V.view(), Context(threads));
    if (threads == 1) {
      first_X = X.clone();
      first_V = V.clone();
    }
    EXPECT_TRUE(std::equal(X.data(), X.data() + n * n, first_X.data())) << threads;
    EXPECT_TRUE(std::equal(V.data(), V.data() + n * n, first_V.data())) << threads;
  }
}

TEST(BlockJacobiDouble, EndsOnNotANumber) {
  Matrix<double> X = gaussian<double>(40, 40);
  X(3, 4) = std::nan("");
  EXPECT_TRUE(orthogonalize_columns(X.view(), MatrixView<double>{}, Context(1)) <= 30);
}

TEST(ExponentOf, IsThatOfTheLargestPart) {
  const std::complex<double> x[2] = {{1, -5}, {0.5, 0}};
  EXPECT_EQ(exponent_of(x, 2), 3);
  const float zero[2] = {0, 0};
  EXPECT_TRUE(std::isfinite(std::ldexp(1.0F, -exponent_of(zero, 2))));
}

}  // namespace
}  // namespace eckart::factor
