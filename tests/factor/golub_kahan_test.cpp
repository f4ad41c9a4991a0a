#include "factor/golub_kahan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class GolubKahan : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(GolubKahan, Scalars);

template <Scalar T>
std::complex<double> wide(T a) {
  return {static_cast<double>(std::real(a)), static_cast<double>(std::imag(a))};
}

// Returns A x - shift y, or A^H x - shift y.
template <Scalar T>
std::vector<std::complex<double>> product(const Matrix<T>& A,
                                          bool adjoint,
                                          const std::vector<std::complex<double>>& x,
                                          double shift,
                                          const std::vector<std::complex<double>>& y) {
  const index_t rows = adjoint ? A.cols() : A.rows();
  std::vector<std::complex<double>> z(static_cast<std::size_t>(rows));
  for (index_t i = 0; i < rows; ++i) {
    std::complex<double> sum = shift == 0 ? 0 : -shift * y[static_cast<std::size_t>(i)];
    for (std::size_t j = 0; j < x.size(); ++j) {
      const auto l = static_cast<index_t>(j);
      sum += (adjoint ? std::conj(wide(A(l, i))) : wide(A(i, l))) * x[j];
    }
    z[static_cast<std::size_t>(i)] = sum;
  }
  return z;
}

double length(const std::vector<std::complex<double>>& x) {
  double sum = 0;
  for (const auto& z : x) sum += std::norm(z);
  return std::sqrt(sum);
}

// How far the k leading triplets are from the claims of the recurrence: orthonormal vectors,
// A v = theta u, and residuals as stated; for gram, the residual of A^H A v = theta^2 v.
template <Scalar T>
double recurrence_defect(const Matrix<T>& A, const GolubKahanBasis<T>& basis, index_t k) {
  const bool gram = basis.recurrence() == Recurrence::gram;
  Matrix<T> U(A.rows(), k);
  Matrix<T> V(A.cols(), k);
  basis.lift_right(V.view());
  if (!gram) basis.lift_left(U.view());
  double worst = inner_defect<T>(V.view(), V.view(), 1);
  if (!gram) worst = std::max(worst, inner_defect<T>(U.view(), U.view(), 1));
  const auto column = [](const Matrix<T>& X, index_t t) {
    std::vector<std::complex<double>> x;
    for (index_t i = 0; i < X.rows(); ++i) x.push_back(wide(X(i, t)));
    return x;
  };
  for (index_t t = 0; t < k; ++t) {
    const double theta = static_cast<double>(basis.theta()[static_cast<std::size_t>(t)]);
    const auto v = column(V, t);
    if (gram) {
      const double off = length(product(A, true, product(A, false, v, 0, v), theta * theta, v));
      const double claimed = std::max(theta, basis.residual(t)) * basis.residual(t);
      worst = std::max(worst, std::abs(off - claimed) / basis.norm());
    } else {
      const auto u = column(U, t);
      worst = std::max(worst, length(product(A, false, v, theta, u)));
      worst = std::max(worst, std::abs(length(product(A, true, u, theta, v)) - basis.residual(t)));
    }
  }
  return worst;
}

TYPED_TEST(GolubKahan, TheInvariantHoldsAfterExpansionRestartAndGrowth) {
  using T = TypeParam;
  for (const auto mode : {Recurrence::bidiagonal, Recurrence::gram}) {
    const Matrix<T> A = gaussian<T>(60, 45);
    const auto op = make_operator<T>(A.view());
    Context context(2);
    SvdReport report;
    GolubKahanBasis<T> basis(*op, 16, 4, mode, 1, context, report);
    basis.start();
    while (!basis.full()) basis.expand();
    basis.solve();
    EXPECT_EQ(basis.size(), 16);
    EXPECT_TRUE(recurrence_defect(A, basis, 16) <= 300 * eps<T>());
    basis.restart(8);
    basis.expand();
    basis.solve();
    EXPECT_EQ(basis.size(), 12);
    EXPECT_TRUE(recurrence_defect(A, basis, 12) <= 500 * eps<T>());
    basis.grow(24);
    while (!basis.full()) basis.expand();
    basis.solve();
    EXPECT_EQ(basis.size(), 24);
    EXPECT_TRUE(recurrence_defect(A, basis, 24) <= 800 * eps<T>());
    EXPECT_EQ(report.restarts, 1);
  }
}

TYPED_TEST(GolubKahan, AMatrixOfLowerRankThanTheBasisGivesZerosAndOrthonormalVectors) {
  using T = TypeParam;
  for (const auto mode : {Recurrence::bidiagonal, Recurrence::gram}) {
    Matrix<T> A(40, 30);
    for (index_t i = 0; i < 3; ++i) A(i, i) = T(real_t<T>(3 - i));
    const auto op = make_operator<T>(std::as_const(A).view());
    Context context(1);
    SvdReport report;
    GolubKahanBasis<T> basis(*op, 12, 4, mode, 1, context, report);
    basis.start();
    while (!basis.full()) basis.expand();
    basis.solve();
    EXPECT_TRUE(recurrence_defect(A, basis, 12) <= 200 * eps<T>());
    EXPECT_TRUE(std::abs(basis.theta()[2] - 1) <= static_cast<real_t<T>>(50 * eps<T>()));
    const double noise = mode == Recurrence::gram ? std::sqrt(100 * eps<T>()) : 50 * eps<T>();
    EXPECT_TRUE(basis.theta()[3] <= static_cast<real_t<T>>(noise));
  }
}

TYPED_TEST(GolubKahan, WideningTheBlockKeepsTheInvariant) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(60, 45);
  const Matrix<T> X = gaussian<T>(45, 2, 9);
  const auto op = make_operator<T>(A.view());
  for (const auto mode : {Recurrence::bidiagonal, Recurrence::gram}) {
    Context context(2);
    SvdReport report;
    GolubKahanBasis<T> basis(*op, 20, 4, mode, 1, context, report);
    basis.start();
    while (!basis.full()) basis.expand();
    basis.solve();
    basis.restart(6);
    basis.widen(X.view());
    EXPECT_EQ(basis.block(), 6);
    basis.expand();
    basis.solve();
    EXPECT_EQ(basis.size(), 12);
    EXPECT_TRUE(recurrence_defect(A, basis, 12) <= 800 * eps<T>());
  }
}

// Of 20 vectors the first 6 are singular vectors: they stay, and the block of 4 does not grow.
TYPED_TEST(GolubKahan, AWarmStartKeepsWhatIsAccurateAndABlockOfTheRest) {
  using T = TypeParam;
  Matrix<T> A(60, 45);
  for (index_t i = 0; i < 45; ++i) A(i, i) = T(real_t<T>(1) / real_t<T>(i + 1));
  Matrix<T> X = gaussian<T>(45, 20, 4);
  for (index_t j = 0; j < 6; ++j) {
    for (index_t i = 0; i < 45; ++i) X(i, j) = T(real_t<T>(i == j));
  }
  for (index_t j = 6; j < 20; ++j) {
    for (index_t i = 0; i < 6; ++i) X(i, j) = 0;
  }
  const auto op = make_operator<T>(std::as_const(A).view());
  Context context(2);
  SvdReport report;
  GolubKahanBasis<T> basis(*op, 32, 4, Recurrence::gram, 1, context, report);
  basis.start_warm(std::as_const(X).view(), 1000 * eps<T>());
  EXPECT_EQ(basis.size(), 6);
  EXPECT_EQ(basis.block(), 4);
  basis.expand();
  basis.expand();
  basis.solve();
  EXPECT_TRUE(recurrence_defect(A, basis, 14) <= 300 * eps<T>());
  for (index_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(std::abs(static_cast<double>(basis.theta()[static_cast<std::size_t>(i)]) -
                         1.0 / static_cast<double>(i + 1)) <= 50 * eps<T>());
  }
}

TEST(GolubKahanDouble, SaysSoWhenAProductIsNotFinite) {
  Matrix<double> A = gaussian<double>(20, 20);
  A(3, 4) = std::nan("");
  const auto op = make_operator<double>(std::as_const(A).view());
  Context context(1);
  SvdReport report;
  GolubKahanBasis<double> basis(*op, 8, 2, Recurrence::bidiagonal, 1, context, report);
  try {
    basis.start();
    FAIL() << "nothing was thrown";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 3);
    EXPECT_EQ(error.col(), 4);
  }
}

}  // namespace
}  // namespace eckart::factor
