#include "factor/sampled_residuals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

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

// Many rows: one pass over U by chunks. The vectors of A itself, but for one that is spoilt.
TYPED_TEST(Sampled, FindsWhatIsWrongInTallVectorsWithTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  const index_t m = 5003;
  const index_t k = 30;
  const Matrix<T> U = gaussian<T>(m, k, 1);
  Matrix<T> A = U.clone();
  Matrix<T> V(k, k);
  for (index_t j = 0; j < k; ++j) V(j, j) = 1;
  for (const index_t place : {0, 2047, 4999, 5002}) A(place, 7) += T(real_t<T>(0.125));
  const std::vector<real_t<T>> sigma(static_cast<std::size_t>(k), 1);
  const auto op = make_operator<T>(std::as_const(A).view());
  Context one(1);
  SvdReport report;
  const SampledResiduals seen =
      sample_residuals<T>(*op, U.view(), sigma, std::as_const(V).view(), 4, one, report);
  const Certificate exact =
      certify<T>(*op, U.view(), sigma, std::as_const(V).view(), {.sampled = false}, one);
  EXPECT_TRUE(exact.orthogonality_U.value <= seen.orthogonality_U);
  EXPECT_TRUE(seen.orthogonality_U <= 12 * exact.orthogonality_U.value);
  EXPECT_TRUE(seen.orthogonality_V <= 100 * eps<T>());
  const std::vector<double> truth =
      true_residuals<T>(*op, U.view(), sigma, std::as_const(V).view(), one, report);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    EXPECT_TRUE(truth[i] <= seen.residuals[i]);
    EXPECT_TRUE(seen.residuals[i] <= 12 * truth[i]);
  }
  for (const int threads : {2, 3}) {
    Context context(threads);
    const SampledResiduals again =
        sample_residuals<T>(*op, U.view(), sigma, std::as_const(V).view(), 4, context, report);
    EXPECT_EQ(seen.residuals, again.residuals);
    EXPECT_EQ(seen.orthogonality_U, again.orthogonality_U);
  }
}

// A residual that one entry, or two equal ones, carry is the worst case of the bound's derivation:
// half of the safety would fail with probability (4 pi / 6)^8 / 8!.
TYPED_TEST(Sampled, EstimatesAreTooSmallNoMoreOftenThanDerived) {
  using T = TypeParam;
  Context context(1);
  SvdReport report;
  const Matrix<T> V(1, 1);
  const std::vector<real_t<T>> sigma = {1};
  const int trials = 4000;
  for (const index_t entries : {1, 2, 5}) {
    Matrix<T> A(6, 1);
    Matrix<T> U(6, 1);  // the residual is -u
    for (index_t i = 0; i < entries; ++i) U(i, 0) = T(1);
    const double truth = std::sqrt(static_cast<double>(entries));
    const auto op = make_operator<T>(std::as_const(A).view());
    int small = 0;
    double mean_square = 0;
    for (int seed = 0; seed < trials; ++seed) {
      const SampledResiduals seen =
          sample_residuals<T>(*op, std::as_const(U).view(), sigma, V.view(),
                              static_cast<std::uint64_t>(seed), context, report);
      const double estimate = seen.residuals[0] / (6 * truth);
      small += estimate < 0.5;
      mean_square += estimate * estimate / trials;
    }
    EXPECT_TRUE(small <= trials * std::pow(4 * std::numbers::pi / 6, 8) / 40320) << small;
    EXPECT_TRUE(std::abs(mean_square - 1) <= 0.03) << mean_square;
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
