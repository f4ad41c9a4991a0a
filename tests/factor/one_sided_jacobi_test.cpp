#include "factor/one_sided_jacobi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/cases/closed_forms.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/factor/factor_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart::factor {
namespace {

template <class T>
class OneSidedJacobi : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(OneSidedJacobi, Scalars);

template <Scalar T>
std::vector<real_t<T>> expect_svd(const Matrix<T>& A, double size, int threads = 1) {
  Matrix<T> copy = A.clone();
  Matrix<T> U(A.rows(), A.cols());
  Matrix<T> V(A.cols(), A.cols());
  const auto sigma = one_sided_jacobi(copy.view(), U.view(), V.view(), Context(threads));
  EXPECT_TRUE(inner_defect<T>(U.view(), U.view(), 1) <= 200 * eps<T>());
  EXPECT_TRUE(inner_defect<T>(V.view(), V.view(), 1) <= 200 * eps<T>());
  for (std::size_t i = 1; i < sigma.size(); ++i) EXPECT_TRUE(sigma[i] <= sigma[i - 1]);
  // A V = U diag(sigma)
  Matrix<T> US = U.clone();
  for (index_t j = 0; j < U.cols(); ++j) {
    for (index_t i = 0; i < U.rows(); ++i) US(i, j) *= sigma[static_cast<std::size_t>(j)];
  }
  EXPECT_TRUE(product_defect<T>(A.view(), V.view(), US.view()) <= 500 * eps<T>() * size);
  return sigma;
}

template <Scalar T>
Matrix<T> rounded(const cases::Table& table) {
  Matrix<T> A(table.rows, table.cols);
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i)
      A(i, j) = static_cast<T>(static_cast<real_t<T>>(table(i, j)));
  }
  return A;
}

// Returns the largest relative error of the values of A.
template <Scalar T>
double relative_error(const Matrix<T>& A, const std::vector<long double>& exact) {
  Matrix<T> copy = A.clone();
  const auto sigma = one_sided_jacobi(copy.view(), MatrixView<T>{}, MatrixView<T>{});
  double largest = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const auto error = static_cast<double>(std::abs(sigma[i] / exact[i] - 1));
    largest = error <= largest ? largest : error;
  }
  return largest;
}
template <Scalar T>
double relative_error(const Matrix<T>& A) {
  return relative_error(A, oracles::reference_singular_values<T>(A.view()));
}

// Returns diag(2^-a) B diag(2^-b), the exponents spread evenly over the spans in a mixed order, and
// B well conditioned together with its leading minors in the order of the exponents: all that is
// left to lose is due to the scales.
template <Scalar T>
Matrix<T> graded(index_t m, index_t n, int row_span, int column_span) {
  Matrix<T> A = cases::random_orthonormal<T>(m, n, 5).rounded();
  for (index_t j = 0; j < n; ++j) {
    const index_t column_place = (13 * j + 2) % n;
    const index_t place = column_span < 0 ? n - 1 - column_place : column_place;  // by size
    for (index_t i = 0; i < m; ++i) {
      const index_t row_place = (11 * i + 3) % m;
      if (row_place == place) A(i, j) += T(2);
      A(i, j) *= std::ldexp(real_t<T>{1}, -static_cast<int>(row_span * row_place / (m - 1)));
      A(i, j) *= std::ldexp(real_t<T>{1}, -static_cast<int>(column_span * column_place / (n - 1)));
    }
  }
  return A;
}

TYPED_TEST(OneSidedJacobi, DecomposesSquareAndTallMatrices) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{1, 1}, {5, 1}, {20, 20}, {60, 15}, {33, 33}, {90, 70}}) {
    expect_svd(gaussian<T>(m, n), std::sqrt(static_cast<double>(m)));
  }
}

TYPED_TEST(OneSidedJacobi, CompletesTheVectorsOfARankDeficientMatrix) {
  using T = TypeParam;
  Matrix<T> A(10, 6);
  for (index_t i = 0; i < 10; ++i) A(i, 2) = T(1);
  const auto sigma = expect_svd(A, 1);
  EXPECT_TRUE(std::abs(static_cast<double>(sigma[0]) - std::sqrt(10.0)) <= 20 * eps<T>());
  EXPECT_EQ(sigma[1], 0);
  EXPECT_EQ(expect_svd(Matrix<T>(8, 8), 1), std::vector<real_t<T>>(8, 0));
  Matrix<T> low_rank(50, 40);  // rank 5 up to rounding
  const Matrix<T> X = gaussian<T>(50, 5), Y = gaussian<T>(5, 40, 1);
  for (index_t j = 0; j < 40; ++j) {
    for (index_t i = 0; i < 50; ++i) {
      for (index_t l = 0; l < 5; ++l) low_rank(i, j) += X(i, l) * Y(l, j);
    }
  }
  EXPECT_TRUE(expect_svd(low_rank, 20)[5] <= 500 * eps<T>());
}

// What rounding leaves of their equal columns falls over the whole range of T.
TYPED_TEST(OneSidedJacobi, DecomposesConstantMatricesOfEveryShape) {
  using T = TypeParam;
  for (index_t m = 20; m <= 60; m += 5) {
    for (index_t n = 20; n <= m; n += 5) {
      Matrix<T> A(m, n);
      for (index_t j = 0; j < n; ++j) std::fill_n(A.view().column(j), m, T(1));
      const double size = std::sqrt(static_cast<double>(m * n));
      const auto sigma = expect_svd(A, size);
      EXPECT_TRUE(std::abs(static_cast<double>(sigma[0]) - size) <= 20 * eps<T>() * size);
    }
  }
}

TYPED_TEST(OneSidedJacobi, KeepsEveryValueOfColumnScaledMatricesRelativelyAccurate) {
  using T = TypeParam;
  const int span = std::numeric_limits<real_t<T>>::max_exponent * 97 / 100;  // 1e-300 in double
  EXPECT_TRUE(relative_error(graded<T>(20, 14, 0, span)) <= 14 * eps<T>());
  EXPECT_TRUE(relative_error(graded<T>(14, 14, 0, span)) <= 14 * eps<T>());
  EXPECT_TRUE(relative_error(graded<T>(14, 14, span, 0)) <= 14 * eps<T>());
}

TYPED_TEST(OneSidedJacobi, KeepsEveryValueOfMatricesScaledOnBothSidesRelativelyAccurate) {
  using T = TypeParam;
  const int span = std::numeric_limits<real_t<T>>::max_exponent * 48 / 100;  // 1e-300 on the whole
  EXPECT_TRUE(relative_error(graded<T>(14, 14, span, span)) <= 14 * eps<T>());
  EXPECT_TRUE(relative_error(graded<T>(14, 14, span, -span)) <= 14 * eps<T>());
  EXPECT_TRUE(relative_error(graded<T>(20, 10, span, span)) <= 20 * eps<T>());
}

TYPED_TEST(OneSidedJacobi, StaysAccurateWhereTheGradingIsPreconditionedByParts) {
  using T = TypeParam;
  const int span = sizeof(real_t<T>) == 8 ? 120 : 60;
  EXPECT_TRUE(relative_error(graded<T>(36, 34, 0, span)) <= 34 * eps<T>());
}

TYPED_TEST(OneSidedJacobi, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(150, 90);
  Matrix<T> first_U, first_V;
  std::vector<real_t<T>> first;
  for (const int threads : {1, 2, 3}) {
    Matrix<T> copy = A.clone(), U(150, 90), V(90, 90);
    const auto sigma = one_sided_jacobi(copy.view(), U.view(), V.view(), Context(threads));
    if (threads == 1) {
      first = sigma;
      first_U = U.clone();
      first_V = V.clone();
    }
    EXPECT_EQ(sigma, first) << threads;
    EXPECT_TRUE(std::equal(U.data(), U.data() + 150 * 90, first_U.data())) << threads;
    EXPECT_TRUE(std::equal(V.data(), V.data() + 90 * 90, first_V.data())) << threads;
  }
}

TYPED_TEST(OneSidedJacobi, ValuesAloneAreThoseWithVectors) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(60, 40);
  Matrix<T> copy = A.clone();
  EXPECT_EQ(one_sided_jacobi(copy.view(), MatrixView<T>{}, MatrixView<T>{}), expect_svd(A, 8));
}

TYPED_TEST(OneSidedJacobi, AMatrixThatIsNotFiniteHasNoValues) {
  using T = TypeParam;
  for (const real_t<T> bad :
       {std::numeric_limits<real_t<T>>::quiet_NaN(), std::numeric_limits<real_t<T>>::infinity()}) {
    Matrix<T> A = gaussian<T>(6, 4);
    A(2, 1) = bad;
    Matrix<T> U(6, 4), V(4, 4);
    for (const real_t<T> s : one_sided_jacobi(A.view(), U.view(), V.view())) {
      EXPECT_TRUE(std::isnan(s));
    }
  }
}

TYPED_TEST(OneSidedJacobi, ScalesWithoutLossNearBothEndsOfTheRange) {
  using T = TypeParam;
  using Real = real_t<T>;
  const Matrix<T> A = gaussian<T>(12, 9);
  const auto sigma = expect_svd(A, 4);
  for (const int exponent : {std::numeric_limits<Real>::max_exponent - 6,
                             std::numeric_limits<Real>::min_exponent + 30}) {
    Matrix<T> scaled = A.clone();
    for (index_t k = 0; k < 12 * 9; ++k) scaled.data()[k] *= std::ldexp(Real{1}, exponent);
    const auto values = one_sided_jacobi(scaled.view(), MatrixView<T>{}, MatrixView<T>{});
    for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(values[i], std::ldexp(sigma[i], exponent));
  }
}

TEST(OneSidedJacobiDouble, FindsTheSmallValuesThatOtherMethodsLose) {
  for (const index_t n : {20, 26, 40}) {  // values from 1e48 down to 0.66
    const cases::Known companion = cases::companion_demo(n);
    EXPECT_TRUE(relative_error(rounded<double>(companion.A), companion.sigma) <= 1e-14) << n;
  }
  EXPECT_TRUE(relative_error(rounded<double>(cases::lauchli(10, 1e-9L).A)) <= 1e-14);
}

TEST(OneSidedJacobiDouble, IsAsAccurateAsConditionAllowsOnTheClassicalMatrices) {
  // No diagonal scaling improves these: n eps cond(A) is what can be promised.
  for (const cases::Table& table :
       {cases::kahan(30, 1.2L), cases::kahan(30, 0.9L), cases::vandermonde(20, 12),
        cases::cauchy(10), cases::hilbert(8), cases::pascal(12), cases::grcar(30)}) {
    const Matrix<double> A = rounded<double>(table);
    const auto exact = oracles::reference_singular_values<double>(A.view());
    const auto condition = static_cast<double>(exact.front() / exact.back());
    const double bound = static_cast<double>(A.cols()) * eps<double>() * condition;
    EXPECT_TRUE(relative_error(A, exact) <= bound)
        << relative_error(A, exact) << " against " << bound;
  }
}

TEST(OneSidedJacobiDouble, DiagonalsComeOutExactly) {
  Matrix<double> A(4, 4);
  A(0, 2) = 1e-300;
  A(1, 1) = -1;
  A(2, 3) = 1e300;
  A(3, 0) = 1e-8;
  EXPECT_EQ(expect_svd(A, 1e300), (std::vector<double>{1e300, 1, 1e-8, 1e-300}));
}

}  // namespace
}  // namespace eckart::factor
