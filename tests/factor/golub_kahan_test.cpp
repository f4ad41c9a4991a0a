#include "factor/golub_kahan.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class GolubKahan : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(GolubKahan, Scalars);

// Largest of ||A v - theta u|| and | ||A^H u - theta v|| - claimed | over the k leading triplets.
template <Scalar T>
double recurrence_defect(const Matrix<T>& A, const GolubKahanBasis<T>& basis, index_t k) {
  Matrix<T> U(A.rows(), k);
  Matrix<T> V(A.cols(), k);
  basis.lift_left(U.view());
  basis.lift_right(V.view());
  double worst = inner_defect<T>(U.view(), U.view(), 1);
  worst = std::max(worst, inner_defect<T>(V.view(), V.view(), 1));
  for (index_t t = 0; t < k; ++t) {
    const double theta = static_cast<double>(basis.theta()[static_cast<std::size_t>(t)]);
    double right = 0;
    double left = 0;
    for (index_t i = 0; i < A.rows(); ++i) {
      std::complex<double> sum = -theta * std::complex<double>(U(i, t));
      for (index_t j = 0; j < A.cols(); ++j) {
        sum += std::complex<double>(A(i, j)) * std::complex<double>(V(j, t));
      }
      right += std::norm(sum);
    }
    for (index_t j = 0; j < A.cols(); ++j) {
      std::complex<double> sum = -theta * std::complex<double>(V(j, t));
      for (index_t i = 0; i < A.rows(); ++i) {
        sum += std::conj(std::complex<double>(A(i, j))) * std::complex<double>(U(i, t));
      }
      left += std::norm(sum);
    }
    worst = std::max({worst, std::sqrt(right), std::abs(std::sqrt(left) - basis.residual(t))});
  }
  return worst;
}

TYPED_TEST(GolubKahan, TheInvariantHoldsAfterExpansionRestartAndGrowth) {
  using T = TypeParam;
  for (const auto mode : {Reorthogonalise::both, Reorthogonalise::right}) {
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
  for (const auto mode : {Reorthogonalise::both, Reorthogonalise::right}) {
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
    EXPECT_TRUE(basis.theta()[3] <= static_cast<real_t<T>>(50 * eps<T>()));
  }
}

TYPED_TEST(GolubKahan, WideningTheBlockKeepsTheInvariant) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(60, 45);
  const Matrix<T> X = gaussian<T>(45, 2, 9);
  const auto op = make_operator<T>(A.view());
  for (const auto mode : {Reorthogonalise::both, Reorthogonalise::right}) {
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

TEST(GolubKahanDouble, SaysSoWhenAProductIsNotFinite) {
  Matrix<double> A = gaussian<double>(20, 20);
  A(3, 4) = std::nan("");
  const auto op = make_operator<double>(std::as_const(A).view());
  Context context(1);
  SvdReport report;
  GolubKahanBasis<double> basis(*op, 8, 2, Reorthogonalise::both, 1, context, report);
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
