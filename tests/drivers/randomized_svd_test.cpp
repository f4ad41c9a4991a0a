#include "eckart/randomized_svd.hpp"

#include <algorithm>
#include <cmath>

#include "eckart/certify.hpp"
#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class RandomizedSvd : public testing::Test {};
TYPED_TEST_SUITE(RandomizedSvd, Scalars);

template <Scalar T>
Certificate judge(const LinearOperator<T>& A, const SvdResult<T>& result) {
  return certify<T>(A, view(result.U), result.sigma, view(result.V));
}

// ||A - Q Q^H A||_F from its definition.
double range_error(const Matrix<double>& A, const Matrix<double>& Q) {
  Matrix<double> projection(Q.cols(), A.cols());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t c = 0; c < Q.cols(); ++c) {
      for (index_t i = 0; i < A.rows(); ++i) projection(c, j) += Q(i, c) * A(i, j);
    }
  }
  double sum = 0;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      double rest = A(i, j);
      for (index_t c = 0; c < Q.cols(); ++c) rest -= Q(i, c) * projection(c, j);
      sum += rest * rest;
    }
  }
  return std::sqrt(sum);
}

TYPED_TEST(RandomizedSvd, IsExactWhenTheSketchHoldsTheWholeRange) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{80, 30}, {30, 80}, {12, 12}}) {
    const auto sigma = cases::even_spectrum(8, 0.1L);
    const auto made = cases::prescribed<T>(m, n, sigma, 4);
    const auto op = make_operator<T>(view(made.A));
    const auto result = randomized_svd<T>(*op, 8);
    const auto check = oracles::check_triplets<T>(view(made.A), result);
    EXPECT_TRUE(check.passes(200 * oracles::epsilon<T>())) << m << "x" << n << ": " << check;
    EXPECT_TRUE(oracles::value_error_ratio<T>(result.sigma, sigma, std::max(m, n)) <= 5);
    EXPECT_TRUE(judge<T>(*op, result).met);
    EXPECT_EQ(result.report.method, "randomized");
  }
}

TEST(RandomizedSvdDouble, KeepsTheExpectationBoundOfItsHeader) {
  constexpr index_t m = 60;
  constexpr index_t n = 40;
  constexpr index_t width = 14;
  for (const double exponent : {0.5, 1.0, 2.0}) {
    const auto sigma = cases::power_spectrum(n, exponent);
    const auto made = cases::prescribed<double>(m, n, sigma, 3);
    const auto op = make_operator<double>(view(made.A));
    double mean = 0;
    constexpr int seeds = 100;
    for (int seed = 0; seed < seeds; ++seed) {
      // All columns of the sketch are kept, so that U spans the basis Q of the theorem.
      const auto result = randomized_svd<double>(
          *op, width,
          {.oversampling = 0, .power_iterations = 0, .seed = static_cast<std::uint64_t>(seed),
           .certify = false});
      mean += range_error(made.A, result.U) / seeds;
    }
    for (index_t k = 2; k + 2 <= width; ++k) {
      const double p = static_cast<double>(width - k);
      const double bound = std::sqrt(1 + static_cast<double>(k) / (p - 1)) * tail_norm(sigma, k);
      EXPECT_TRUE(mean <= bound) << "k " << k << ": " << mean << " against " << bound;
      EXPECT_TRUE(mean >= bound / 100) << "the bound is too loose to be useful";
    }
  }
}

TYPED_TEST(RandomizedSvd, WithoutPowerIterationsOnSlowDecayTheCertificateFails) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(300, 200, cases::power_spectrum(200, 0.5L), 9);
  const auto op = make_operator<T>(view(made.A));
  const auto result = randomized_svd<T>(*op, 10, {.power_iterations = 0});
  const auto check = oracles::check_triplets<T>(view(made.A), result);
  EXPECT_TRUE(check.worst_residual >= 1e-2) << check;
  for (const Certificate& certificate : {result.report.certificate, judge<T>(*op, result)}) {
    EXPECT_FALSE(certificate.met);
    EXPECT_FALSE(certificate.findings.empty());
    EXPECT_TRUE(std::abs(certificate.residual.value - check.worst_residual) <=
                1e-3 * check.worst_residual);
  }
}

TYPED_TEST(RandomizedSvd, EachOptionMatters) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(120, 90, cases::power_spectrum(90, 0.5L), 2);
  const auto op = make_operator<T>(view(made.A));
  const auto residual = [&](const RandomizedSvdOptions& options) {
    return oracles::check_triplets<T>(view(made.A), randomized_svd<T>(*op, 5, options))
        .worst_residual;
  };
  const double base = residual({.oversampling = 5, .power_iterations = 1});
  EXPECT_TRUE(residual({.oversampling = 40, .power_iterations = 1}) < 0.7 * base);
  EXPECT_TRUE(residual({.oversampling = 5, .power_iterations = 8}) < 0.7 * base);
  const auto first = randomized_svd<T>(*op, 5, {.power_iterations = 0, .seed = 1});
  EXPECT_TRUE(same_bits(first, randomized_svd<T>(*op, 5, {.power_iterations = 0, .seed = 1})));
  EXPECT_FALSE(same_bits(first, randomized_svd<T>(*op, 5, {.power_iterations = 0, .seed = 2})));
  EXPECT_EQ(first.report.seed, 1u);
}

TYPED_TEST(RandomizedSvd, CountsItsPasses) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(70, 50, 1);
  const auto op = make_operator<T>(view(A));
  const auto q0 = randomized_svd<T>(*op, 5, {.power_iterations = 0});
  const auto q3 = randomized_svd<T>(*op, 5, {.power_iterations = 3});
  EXPECT_TRUE(q3.report.passes_over_A - q0.report.passes_over_A == 6);
  EXPECT_EQ(q3.report.iterations, 3);
}

TYPED_TEST(RandomizedSvd, DefinesTheDegenerateCases) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(30, 18, {1, 0.5L, 0.25L}, 1);  // rank 3
  const auto op = make_operator<T>(view(made.A));
  EXPECT_TRUE(randomized_svd<T>(*op, 0).sigma.empty());
  for (const index_t k : {5, 18, 1000}) {  // beyond the rank, and beyond min(m, n)
    const auto result = randomized_svd<T>(*op, k);
    EXPECT_EQ(static_cast<index_t>(result.sigma.size()), std::min<index_t>(k, 18));
    const auto check = oracles::check_triplets<T>(view(made.A), result);
    EXPECT_TRUE(check.passes(500 * oracles::epsilon<T>())) << "k " << k << ": " << check;
  }
  const Matrix<T> zero(6, 4);
  const auto nothing = randomized_svd<T>(*make_operator<T>(view(zero)), 3);
  EXPECT_EQ(nothing.sigma, std::vector<real_t<T>>(3, 0));
  EXPECT_TRUE(oracles::check_triplets<T>(view(zero), nothing).passes(50 * oracles::epsilon<T>()));
  for (const auto& [m, n] : {std::pair<index_t, index_t>{0, 0}, {0, 3}, {3, 0}}) {
    const Matrix<T> empty(m, n);
    EXPECT_TRUE(randomized_svd<T>(*make_operator<T>(view(empty)), 2).sigma.empty());
  }
}

TYPED_TEST(RandomizedSvd, RefusesBrokenArguments) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(9, 8, 1);
  const auto op = make_operator<T>(view(A));
  EXPECT_THROW(static_cast<void>(randomized_svd<T>(*op, -1)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(randomized_svd<T>(*op, 2, {.oversampling = -1})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(randomized_svd<T>(*op, 2, {.power_iterations = -1})),
               InvalidArgument);
  const auto huge = std::numeric_limits<index_t>::max();
  EXPECT_EQ(randomized_svd<T>(*op, huge, {.oversampling = huge}).sigma.size(), 8u);
}

TYPED_TEST(RandomizedSvd, NamesThePositionOfTheFirstEntryThatIsNotFinite) {
  using T = TypeParam;
  for (const auto& entry : cases::nonfinite_cases<T>()) {
    try {
      static_cast<void>(randomized_svd<T>(*make_operator<T>(view(entry.A)), 2));
      ADD_FAILURE() << entry.name << ": no error";
    } catch (const NonFiniteInput& error) {
      EXPECT_EQ(error.row(), entry.row) << entry.name;
      EXPECT_EQ(error.col(), entry.col) << entry.name;
    }
  }
}

TYPED_TEST(RandomizedSvd, SurvivesExtremesOfScale) {
  using T = TypeParam;
  using Limits = std::numeric_limits<real_t<T>>;
  const auto made = cases::prescribed<T>(40, 25, cases::geometric_spectrum(6, 0.1L), 1);
  for (const int exponent : {Limits::max_exponent - 2, Limits::min_exponent + Limits::digits}) {
    const Matrix<T> A = cases::scaled(made.A, exponent);
    const auto result = randomized_svd<T>(*make_operator<T>(view(A)), 6);
    const auto check = oracles::check_triplets<T>(view(A), result);
    EXPECT_TRUE(check.passes(200 * oracles::epsilon<T>())) << "2^" << exponent << ": " << check;
  }
}

TYPED_TEST(RandomizedSvd, GivesTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  const Matrix<T> matrix = cases::gaussian<T>(1500, 120, 3);
  const auto dense = make_operator<T>(view(matrix));
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return randomized_svd<T>(*dense, 12, {.power_iterations = 1}, context); });
  const SparseMatrix<T> A = cases::random_sparse<T>(20000, 900, 6, 3);
  const auto sparse = make_operator<T>(A);
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return randomized_svd<T>(*sparse, 12, {.power_iterations = 1}, context); });
  Context context;
  const auto centred = make_affine<T>(*sparse, standardisation<T>(*sparse, true, true, context));
  expect_same_bits_for_any_thread_count(
      [&](Context& c) { return randomized_svd<T>(*centred, 12, {.power_iterations = 1}, c); });
}

TYPED_TEST(RandomizedSvd, TheCertificateFollowsItsOptions) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(40, 20, cases::power_spectrum(20, 0.5L), 4);
  const auto op = make_operator<T>(view(made.A));
  const auto with = randomized_svd<T>(*op, 3, {.accuracy = 0.9});
  EXPECT_TRUE(with.report.certificate.residual.known());
  EXPECT_TRUE(with.report.certificate.met);
  EXPECT_TRUE(with.report.certificate.accuracy == 0.9);
  const auto strict = randomized_svd<T>(*op, 3, {.accuracy = 1e-3 * oracles::epsilon<T>()});
  EXPECT_FALSE(strict.report.certificate.met) << "a thousandth of rounding";
  const auto without = randomized_svd<T>(*op, 3, {.certify = false});
  EXPECT_FALSE(without.report.certificate.residual.known());
  EXPECT_TRUE(same_bits(with, without));
}

TYPED_TEST(RandomizedSvd, RefusesAMemoryCapThatIsTooSmall) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(200, 150, 2);
  const auto op = make_operator<T>(view(A));
  Context context;
  context.set_memory_cap_bytes(1000);
  EXPECT_THROW(static_cast<void>(randomized_svd<T>(*op, 5, {}, context)), MemoryLimit);
  context.set_memory_cap_bytes(static_cast<std::uint64_t>(randomized_svd_bytes<T>(200, 150, 5)) + 1);
  EXPECT_NO_THROW(static_cast<void>(randomized_svd<T>(*op, 5, {}, context)));
}

}  // namespace
}  // namespace eckart
