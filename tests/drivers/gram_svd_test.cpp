#include "eckart/gram_svd.hpp"

#include <atomic>
#include <cmath>
#include <limits>

#include "eckart/certify.hpp"
#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class GramSvd : public testing::Test {};
TYPED_TEST_SUITE(GramSvd, Scalars);

TYPED_TEST(GramSvd, FindsTheTripletsOfWellConditionedMatrices) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{40, 12}, {12, 40}, {20, 20}, {1, 1}, {7, 1}, {1, 7}}) {
    const index_t k = std::min(m, n);
    const auto sigma = cases::even_spectrum(k, 0.1L);
    const auto made = cases::prescribed<T>(m, n, sigma, 4);
    const auto result = gram_svd<T>(*make_operator<T>(view(made.A)), k);
    const auto check = oracles::check_triplets<T>(view(made.A), result);
    EXPECT_TRUE(check.passes(2000 * oracles::epsilon<T>())) << m << "x" << n << ": " << check;
    EXPECT_EQ(result.report.method, "gram");
  }
}

TYPED_TEST(GramSvd, KeepsItsDocumentedBoundOnRandomSpectra) {
  using T = TypeParam;
  cases::Random random(5);
  const double eps = oracles::epsilon<T>();
  double closest = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const index_t n = 2 + random.below(12);
    const index_t m = n + random.below(30);
    const double decades = random.uniform() * std::log10(0.1 / std::sqrt(eps));
    auto sigma = cases::geometric_spectrum(n, std::pow(10.0L, -decades));
    const auto made = cases::prescribed<T>(m, n, sigma, random.bits() >> 8);
    const auto result = gram_svd<T>(*make_operator<T>(view(made.A)), n);
    for (std::size_t i = 0; i < sigma.size(); ++i) {
      const double exact = static_cast<double>(sigma[i]);
      const double error = std::abs(static_cast<double>(result.sigma[i]) - exact);
      const double bound = 2 * static_cast<double>(m) * eps / exact;  // sigma_1 = 1
      EXPECT_TRUE(error <= bound) << "sigma " << exact << " off by " << error;
      closest = std::max(closest, error / bound);
    }
  }
  EXPECT_TRUE(closest >= 0.01) << "the documented bound is too loose: " << closest;
}

TYPED_TEST(GramSvd, LosesTheSmallValuesOfALauchliMatrixAndTheCertificateSaysSo) {
  using T = TypeParam;
  const double mu = 1e-3 * std::sqrt(oracles::epsilon<T>());
  const auto known = cases::lauchli(8, mu);
  const Matrix<T> A = cases::to_matrix<T>(known.A);
  const auto op = make_operator<T>(view(A));
  const double accuracy = mu / 100;  // the lost values are far above it
  const auto result = gram_svd<T>(*op, 8, {.accuracy = accuracy});
  double relative = 0;
  for (std::size_t i = 1; i < 8; ++i) {
    relative = std::max(relative, std::abs(static_cast<double>(result.sigma[i]) / mu - 1));
  }
  EXPECT_TRUE(relative >= 0.5) << "the loss that the header documents did not happen";
  for (const Certificate& certificate :
       {result.report.certificate,
        certify<T>(*op, view(result.U), result.sigma, view(result.V), {.accuracy = accuracy})}) {
    EXPECT_FALSE(certificate.met);
    EXPECT_FALSE(certificate.findings.empty());
  }
}

TYPED_TEST(GramSvd, TruncatesToTheLeadingTriplets) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(50, 20, cases::geometric_spectrum(20, 0.01L), 6);
  const auto result = gram_svd<T>(*make_operator<T>(view(made.A)), 4);
  ASSERT_EQ(result.sigma.size(), 4u);
  EXPECT_TRUE(
      oracles::check_triplets<T>(view(made.A), result).passes(2000 * oracles::epsilon<T>()));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(std::abs(result.sigma[i] / made.sigma[i] - 1) <= 1000 * oracles::epsilon<T>());
  }
}

TYPED_TEST(GramSvd, DefinesTheDegenerateCases) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(9, 5, cases::even_spectrum(5, 0.1L), 1);
  const auto op = make_operator<T>(view(made.A));
  EXPECT_TRUE(gram_svd<T>(*op, 0).sigma.empty());
  EXPECT_EQ(gram_svd<T>(*op, 99).sigma.size(), 5u);
  EXPECT_THROW(static_cast<void>(gram_svd<T>(*op, -1)), InvalidArgument);
  for (const auto& [m, n] : {std::pair<index_t, index_t>{0, 0}, {0, 3}, {3, 0}}) {
    const Matrix<T> empty(m, n);
    const auto result = gram_svd<T>(*make_operator<T>(view(empty)), 3);
    EXPECT_TRUE(result.sigma.empty());
    EXPECT_EQ(result.U.rows(), m);
    EXPECT_EQ(result.V.rows(), n);
  }
  const Matrix<T> zero(5, 3);
  for (const index_t k : {1, 2, 3}) {
    const auto result = gram_svd<T>(*make_operator<T>(view(zero)), k);
    const auto check = oracles::check_triplets<T>(view(zero), result);
    EXPECT_EQ(result.sigma, std::vector<real_t<T>>(static_cast<std::size_t>(k), 0));
    EXPECT_TRUE(check.passes(100 * oracles::epsilon<T>())) << check;
  }
}

TYPED_TEST(GramSvd, SurvivesSquaresThatLeaveTheRange) {
  using T = TypeParam;
  using Limits = std::numeric_limits<real_t<T>>;
  const auto made = cases::prescribed<T>(12, 5, cases::even_spectrum(5, 0.5L), 1);
  for (const int exponent : {Limits::max_exponent - 3, Limits::min_exponent + Limits::digits}) {
    const Matrix<T> A = cases::scaled(made.A, exponent);
    const auto result = gram_svd<T>(*make_operator<T>(view(A)), 5);
    const auto check = oracles::check_triplets<T>(view(A), result);
    EXPECT_TRUE(check.passes(1000 * oracles::epsilon<T>())) << "2^" << exponent << ": " << check;
  }
}

TYPED_TEST(GramSvd, NamesThePositionOfTheFirstEntryThatIsNotFinite) {
  using T = TypeParam;
  for (const auto& entry : cases::nonfinite_cases<T>()) {
    try {
      static_cast<void>(gram_svd<T>(*make_operator<T>(view(entry.A)), 2));
      ADD_FAILURE() << entry.name << ": no error";
    } catch (const NonFiniteInput& error) {
      EXPECT_EQ(error.row(), entry.row) << entry.name;
      EXPECT_EQ(error.col(), entry.col) << entry.name;
    }
  }
}

TYPED_TEST(GramSvd, NamesTheLineOfANanInAMatrixFreeOperator) {
  using T = TypeParam;
  Matrix<T> A = cases::gaussian<T>(30, 20, 1);
  A(7, 4) = std::numeric_limits<real_t<T>>::quiet_NaN();
  const auto tall = make_operator<T>(view(A));
  const auto wide = make_adjoint<T>(*tall);
  for (const auto* bad : {tall.get(), wide.get()}) {
    try {
      static_cast<void>(gram_svd<T>(WatchedOperator<T>(*bad, true), 3));
      ADD_FAILURE() << "no error";
    } catch (const NonFiniteInput& error) {
      EXPECT_EQ(bad == tall.get() ? error.row() : error.col(), 7);
    }
  }
}

TYPED_TEST(GramSvd, GivesTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  const Matrix<T> tall = cases::gaussian<T>(2000, 40, 3);
  const auto dense = make_operator<T>(view(tall));
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return gram_svd<T>(*dense, 10, {}, context); });
  const SparseMatrix<T> A = cases::random_sparse<T>(3000, 60, 5, 3);
  const auto sparse = make_operator<T>(A);
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return gram_svd<T>(*sparse, 10, {}, context); });
  Context context;
  const auto centred = make_affine<T>(*sparse, standardisation<T>(*sparse, true, true, context));
  expect_same_bits_for_any_thread_count(
      [&](Context& c) { return gram_svd<T>(*centred, 10, {}, c); });
}

TYPED_TEST(GramSvd, TheCertificateFollowsItsOptions) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(40, 20, cases::power_spectrum(20, 0.5L), 4);
  const auto op = make_operator<T>(view(made.A));
  const auto with = gram_svd<T>(*op, 3, {.accuracy = 0.9});
  EXPECT_TRUE(with.report.certificate.residual.known());
  EXPECT_TRUE(with.report.certificate.met);
  EXPECT_TRUE(with.report.certificate.accuracy == 0.9);
  const auto strict = gram_svd<T>(*op, 3, {.accuracy = 1e-3 * oracles::epsilon<T>()});
  EXPECT_FALSE(strict.report.certificate.met) << "a thousandth of rounding";
  const auto without = gram_svd<T>(*op, 3, {.certify = false});
  EXPECT_FALSE(without.report.certificate.residual.known());
  EXPECT_TRUE(same_bits(with, without));
}

TYPED_TEST(GramSvd, IsLeftAtOnceAlsoWithinTheEigendecomposition) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(300, 200, 2);
  const auto op = make_operator<T>(view(A));
  Context context(2);
  bool formed = false;
  std::atomic<int> looks = 0;  // since the Gram matrix was there
  context.on_progress([&](const Progress& now) { formed = formed || now.fraction == 1; });
  context.set_time_limit(20, [&] { return formed ? static_cast<double>(looks++) : 0.0; });
  EXPECT_THROW(static_cast<void>(gram_svd<T>(*op, 5, {}, context)), TimeLimit);
  EXPECT_TRUE(looks >= 20);
}

TYPED_TEST(GramSvd, RefusesAMemoryCapThatIsTooSmall) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(200, 50, 2);
  const auto op = make_operator<T>(view(A));
  Context context;
  context.set_memory_cap_bytes(1000);
  EXPECT_THROW(static_cast<void>(gram_svd<T>(*op, 5, {}, context)), MemoryLimit);
  context.set_memory_cap_bytes(static_cast<std::uint64_t>(gram_svd_bytes<T>(200, 50, 5)) + 1);
  EXPECT_NO_THROW(static_cast<void>(gram_svd<T>(*op, 5, {}, context)));
}

}  // namespace
}  // namespace eckart
