#include "factor/sampled_residuals.hpp"

#include <gtest/gtest.h>

#include "eckart/certify.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class Sampled : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Sampled, Scalars);

// Vectors and values that do not belong together: whatever they are, the bounds must hold.
TYPED_TEST(Sampled, BoundsExceedTheTruthByASmallFactor) {
  using T = TypeParam;
  for (std::uint32_t trial = 0; trial < 20; ++trial) {
    const index_t k = 5 + trial;
    const Matrix<T> A = gaussian<T>(60, 40, 5 * trial);
    const Matrix<T> U = gaussian<T>(60, k, 5 * trial + 1);
    const Matrix<T> V = gaussian<T>(40, k, 5 * trial + 2);
    const std::vector<real_t<T>> sigma(static_cast<std::size_t>(k), 3);
    const auto op = make_operator<T>(A.view());
    Context context(2);
    SvdReport report;
    const SampledResiduals seen =
        sample_residuals<T>(*op, U.view(), sigma, V.view(), trial, context, report);
    const std::vector<double> truth =
        true_residuals<T>(*op, U.view(), sigma, V.view(), context, report);
    const Certificate exact = certify<T>(*op, U.view(), sigma, V.view(), {}, context);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      EXPECT_TRUE(truth[i] <= seen.residuals[i]);
      EXPECT_TRUE(seen.residuals[i] <= 12 * truth[i]);
    }
    EXPECT_TRUE(exact.orthogonality_U.value <= seen.orthogonality_U);
    EXPECT_TRUE(seen.orthogonality_U <= 12 * exact.orthogonality_U.value);
    EXPECT_TRUE(exact.orthogonality_V.value <= seen.orthogonality_V);
    EXPECT_TRUE(seen.orthogonality_V <= 12 * exact.orthogonality_V.value);
    EXPECT_TRUE(seen.failure_probability > 0 && seen.failure_probability <= 1e-7);
  }
}

TYPED_TEST(Sampled, NotANumberInAVectorDoesNotPass) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(20, 10, 1);
  Matrix<T> U = gaussian<T>(20, 3, 2);
  const Matrix<T> V = gaussian<T>(10, 3, 3);
  U(4, 1) = std::numeric_limits<real_t<T>>::quiet_NaN();
  const auto op = make_operator<T>(A.view());
  Context context(1);
  SvdReport report;
  const std::vector<real_t<T>> sigma(3, 1);
  const SampledResiduals seen =
      sample_residuals<T>(*op, std::as_const(U).view(), sigma, V.view(), 1, context, report);
  EXPECT_FALSE(seen.residuals[1] <= 1e300);
  EXPECT_FALSE(seen.orthogonality_U <= 1e300);
}

}  // namespace
}  // namespace eckart::factor
