#include "eckart/randomized_svd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

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
      // All columns of the sketch are kept, so that V spans the basis of the theorem, which is
      // here that of the range of A^H.
      const auto result = randomized_svd<double>(
          *op, width,
          {.oversampling = 0, .power_iterations = 0, .seed = static_cast<std::uint64_t>(seed),
           .certify = false});
      mean += range_error(conjugate_transpose(made.A), result.V) / seeds;
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
  const SparseMatrix<T> diagonal = sparse_diagonal<T>(cases::power_spectrum(400, 0.25L));
  const auto slow = make_operator<T>(diagonal);
  const auto iterations = [&](const RandomizedSvdOptions& options) {
    return static_cast<double>(randomized_svd<T>(*slow, 5, options).report.iterations);
  };
  EXPECT_TRUE(iterations({.accuracy = 1e-1}) <= 0.5 * iterations({.accuracy = 1e-4}));
  const auto reached = [&](index_t degree) {
    return randomized_svd<T>(*slow, 5, {.power_iterations = 6, .degree = degree, .accuracy = 1e-20})
        .report.certificate.residual.value;
  };
  EXPECT_TRUE(reached(3) <= 0.7 * reached(1));
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
  EXPECT_THROW(static_cast<void>(randomized_svd<T>(*op, 2, {.degree = 0})), InvalidArgument);
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
  const auto without = randomized_svd<T>(*op, 3, {.accuracy = 0.9, .certify = false});
  EXPECT_FALSE(without.report.certificate.residual.known());
  EXPECT_TRUE(same_bits(with, without));
}

// --- Accuracy -----------------------------------------------------------------------------------

TEST(RandomizedSvdDouble, ReachesTheAccuracyHoweverTheValuesDecay) {
  struct Family {
    const char* name;
    std::vector<long double> sigma;
  };
  const auto under = [](long double largest) {
    auto sigma = cases::power_spectrum(1500, 0.5L);
    sigma[0] = largest;
    return sigma;
  };
  for (const auto& [name, sigma] :
       {Family{"i^-1/2", cases::power_spectrum(1500, 0.5L)},
        Family{"i^-1/4", cases::power_spectrum(1500, 0.25L)},
        Family{"0.9^i", cases::geometric_spectrum(1500, std::pow(0.9L, 1499.0L))}, Family{"1e4", under(1e4L)},
        Family{"1e6", under(1e6L)}, Family{"1e8", under(1e8L)}}) {
    const SparseMatrix<double> A = sparse_diagonal<double>(sigma);
    const auto op = make_operator<double>(A);
    // Relative to the wanted values, not to sigma_1, as far as rounding of A allows.
    const double last = static_cast<double>(sigma[15] / sigma[0]);
    const double accuracy = std::max(1e-7 * last, 1e-14);
    for (const index_t degree : {1, 12}) {
      const auto result =
          randomized_svd<double>(*op, 16, {.oversampling = 8, .degree = degree, .accuracy = accuracy});
      EXPECT_EQ(result.report.status, Status::converged) << name << ", degree " << degree;
      const auto check = oracles::check_triplets<double>(A, result);
      EXPECT_TRUE(check.finite && check.ordered && check.worst_residual <= 1.01 * accuracy)
          << name << ", degree " << degree << ": " << check;
      EXPECT_TRUE(check.orthogonality <= 1e-12) << name << ": " << check;
      for (std::size_t i = 0; i < 16; ++i) {
        EXPECT_TRUE(std::abs(result.sigma[i] - static_cast<double>(sigma[i])) <=
                    2 * accuracy * static_cast<double>(sigma[0]))
            << name << ", value " << i;
      }
      EXPECT_TRUE(result.report.certificate.met || accuracy < 1e-13) << name;
    }
  }
}

TYPED_TEST(RandomizedSvd, ALargeFirstValueHidesNothingInAnyScalar) {
  using T = TypeParam;
  auto sigma = cases::power_spectrum(300, 0.5L);
  sigma[0] = 1e3L;
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const double accuracy = sizeof(real_t<T>) == 8 ? 1e-9 : 1e-5;
  const auto result = randomized_svd<T>(*make_operator<T>(A), 6, {.accuracy = accuracy});
  EXPECT_EQ(result.report.status, Status::converged);
  EXPECT_TRUE(oracles::check_triplets<T>(A, result).worst_residual <= 1.1 * accuracy);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(std::abs(static_cast<double>(result.sigma[i]) - static_cast<double>(sigma[i])) <=
                2e3 * accuracy);
  }
}

TYPED_TEST(RandomizedSvd, AnAccuracyBelowRoundingEndsAndIsDenied) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(60, 40, cases::power_spectrum(40, 1), 9);
  const auto result = randomized_svd<T>(*make_operator<T>(view(made.A)), 4,
                                        {.accuracy = 1e-3 * oracles::epsilon<T>()});
  EXPECT_EQ(result.report.status, Status::iteration_limit);
  EXPECT_LT(result.report.iterations, 200);
  EXPECT_FALSE(result.report.certificate.met);
}

TYPED_TEST(RandomizedSvd, FindsWhatTheSketchCannotHold) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(200, 1));
  const auto inner = make_operator<T>(A);
  WatchedOperator<T> op(*inner);
  bool first = true;
  op.after_adjoint = [&](MatrixView<T> X) {  // the test matrix lacks the first vector
    if (std::exchange(first, false)) {
      for (index_t j = 0; j < X.cols; ++j) X(0, j) = 0;
    }
  };
  const auto result = randomized_svd<T>(op, 4);
  EXPECT_TRUE(std::abs(result.sigma[0] - 1) <= 1e-4);
  EXPECT_TRUE(result.report.certificate.met);
  first = true;
  const auto blind = randomized_svd<T>(op, 4, {.certify = false});
  EXPECT_TRUE(result.sigma[0] > blind.sigma[0]) << "without the probe it is missed";
}

// --- Operators that are wrong --------------------------------------------------------------------

TYPED_TEST(RandomizedSvd, NamesTheBadEntryOfAMatrixFreeOperator) {
  using T = TypeParam;
  Matrix<T> A = cases::gaussian<T>(30, 20, 1);
  A(17, 3) = std::numeric_limits<real_t<T>>::quiet_NaN();
  const auto inner = make_operator<T>(view(A));
  const WatchedOperator<T> op(*inner, true);
  try {
    static_cast<void>(randomized_svd<T>(op, 4));
    ADD_FAILURE() << "no error";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 17);
    EXPECT_EQ(error.col(), 3);
  }
}

TYPED_TEST(RandomizedSvd, RefusesAnOperatorThatInventsNanOrIsNotItsOwnAdjoint) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(30, 20, 1);
  const auto inner = make_operator<T>(view(A));
  const auto message = [](const WatchedOperator<T>& op) -> std::string {
    try {
      static_cast<void>(randomized_svd<T>(op, 4));
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no error";
  };
  WatchedOperator<T> invents(*inner, true);
  invents.after_apply = [](MatrixView<T> Y) {
    if (Y.cols > 1) Y(11, 1) = std::numeric_limits<real_t<T>>::quiet_NaN();
  };
  EXPECT_NE(message(invents).find("row 12"), std::string::npos) << message(invents);
  WatchedOperator<T> skewed(*inner, true);
  skewed.after_adjoint = [](MatrixView<T> X) {
    for (index_t j = 0; j < X.cols; ++j) X(2, j) *= static_cast<real_t<T>>(1.5);
  };
  EXPECT_NE(message(skewed).find("adjoint"), std::string::npos) << message(skewed);
}

// --- Stopping ------------------------------------------------------------------------------------

TYPED_TEST(RandomizedSvd, StoppedInTheMiddleItReturnsACertifiedResult) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(600, 0.1L));
  const auto inner = make_operator<T>(A);
  for (const bool by_time : {false, true}) {
    for (const int calls : {1, 2, 5, 8}) {
      Context context(2);
      double now = 0;
      if (by_time) context.set_time_limit(10, [&] { return now; });
      WatchedOperator<T> op(*inner);
      int left = calls;
      op.after_apply = [&](MatrixView<T>) {
        if (--left > 0) return;
        by_time ? void(now = 10) : context.cancel();
      };
      const auto result = randomized_svd<T>(op, 5, {}, context);
      EXPECT_EQ(result.report.status, by_time ? Status::time_limit : Status::cancelled);
      const auto check = oracles::check_triplets<T>(A, result);
      EXPECT_TRUE(check.finite && check.ordered && check.sign_rule);
      EXPECT_TRUE(check.orthogonality <= 100 * oracles::epsilon<T>()) << check;
      // Relative to ||A||, of which the probe may have seen more than sigma_1.
      const double residual = result.report.certificate.residual.value;
      EXPECT_TRUE(residual <= 1.01 * check.worst_residual && residual >= 0.5 * check.worst_residual)
          << residual << " for " << check;
      EXPECT_LE(result.report.iterations, calls);
    }
  }
}

TEST(RandomizedSvdDouble, ReportsHowManyTripletsHaveConverged) {
  const SparseMatrix<double> A = sparse_diagonal<double>(cases::power_spectrum(600, 0.5));
  Context context(1);
  std::vector<Progress> seen;
  context.on_progress([&](const Progress& now) { seen.push_back(now); });
  const auto result = randomized_svd<double>(*make_operator<double>(A), 8, {.accuracy = 1e-6}, context);
  ASSERT_GE(seen.size(), 3u);
  EXPECT_TRUE(seen.back().residual <= 1e-6 && seen.back().residual >= 0);
  EXPECT_EQ(seen.back().converged, 8);
  EXPECT_LT(seen[1].converged, 8);
  EXPECT_TRUE(seen.back().fraction > 0.99 && seen[1].fraction < 0.99);
  EXPECT_EQ(result.report.status, Status::converged);
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
