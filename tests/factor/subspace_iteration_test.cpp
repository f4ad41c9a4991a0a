#include "factor/subspace_iteration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/drivers/driver_testing.hpp"

namespace eckart::factor {
namespace {

using namespace testing_support;

template <class T>
class SubspaceIterations : public testing::Test {};
TYPED_TEST_SUITE(SubspaceIterations, Scalars);

template <Scalar T>
SvdResult<T> triplets(const SubspaceIteration<T>& search) {
  SvdResult<T> result;
  result.U = Matrix<T>(search.left().rows, search.left().cols);
  result.V = Matrix<T>(search.right().rows, search.right().cols);
  std::copy_n(search.left().data, search.left().rows * search.left().cols, result.U.data());
  std::copy_n(search.right().data, search.right().rows * search.right().cols, result.V.data());
  result.sigma = search.sigma();
  return result;
}

TYPED_TEST(SubspaceIterations, HoldsRitzTripletsWithTrueResidualsAfterEveryRound) {
  using T = TypeParam;
  const double eps = oracles::epsilon<T>();
  const auto made = cases::prescribed<T>(90, 60, cases::power_spectrum(60, 0.5L), 2);
  const auto op = make_operator<T>(view(made.A));
  for (const index_t degree : {1, 2, 5}) {
    Context context(2);
    SvdReport report;
    SubspaceIteration<T> search(*op, 5, 12, 1, context, report);
    search.start();
    double before = 2;
    for (int round = 0; round < 5; ++round) {
      const auto check = oracles::check_triplets<T>(view(made.A), triplets(search));
      EXPECT_TRUE(check.finite && check.ordered);
      EXPECT_TRUE(check.orthogonality <= 100 * eps) << check;
      double worst = 0;
      for (std::size_t i = 0; i < 12; ++i) {
        const double claimed = search.residuals()[i] / static_cast<double>(search.sigma()[0]);
        EXPECT_TRUE(std::abs(claimed - check.residuals[i]) <= 100 * eps) << i;
        if (i < 5) worst = std::max(worst, claimed);
      }
      EXPECT_TRUE(std::abs(search.residual() - worst) <= 10 * eps);
      EXPECT_TRUE(search.residual() <= before) << "degree " << degree << ", round " << round;
      before = search.residual();
      EXPECT_LE(search.refine(1e-30, degree), degree);
    }
    EXPECT_EQ(search.converged(1), 5);
    EXPECT_EQ(search.converged(0), 0);
  }
}

TYPED_TEST(SubspaceIterations, TheFilterGainsMoreThanAsManyPowerIterations) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(400, 0.25L));
  const auto op = make_operator<T>(A);
  const auto residual = [&](index_t degree) {
    Context context(1);
    SvdReport report;
    SubspaceIteration<T> search(*op, 5, 15, 1, context, report);
    search.start();
    for (index_t left = 6; left > 0;) left -= search.refine(1e-30, std::min(degree, left));
    EXPECT_EQ(report.iterations, 6);
    return search.residual();
  };
  EXPECT_TRUE(residual(3) <= 0.6 * residual(1)) << residual(3) << " and " << residual(1);
}

TYPED_TEST(SubspaceIterations, ADirectionThatIsAdmittedStays) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(50, 1));
  const auto op = make_operator<T>(A);
  Context context(1);
  SvdReport report;
  SubspaceIteration<T> search(*op, 3, 6, 1, context, report);
  search.start();
  Matrix<T> direction(50, 1);
  direction(0, 0) = 1;
  search.admit(view(direction));
  EXPECT_TRUE(std::abs(search.sigma()[0] - 1) <= 10 * oracles::epsilon<T>());
  EXPECT_TRUE(search.residuals()[0] <= 20 * oracles::epsilon<T>());
}

TYPED_TEST(SubspaceIterations, ABlockThatHoldsTheWholeRangeIsDoneAtOnce) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(40, 30, {1, 0.5L, 0.25L}, 1);  // rank 3
  const auto op = make_operator<T>(view(made.A));
  Context context(1);
  SvdReport report;
  SubspaceIteration<T> search(*op, 6, 10, 1, context, report);
  search.start();
  EXPECT_TRUE(search.residual() <= 100 * oracles::epsilon<T>());
  search.refine(1e-30, 12);
  EXPECT_TRUE(search.residual() <= 100 * oracles::epsilon<T>()) << "rounding is not amplified";
}

}  // namespace
}  // namespace eckart::factor
