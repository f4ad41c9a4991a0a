#include "eckart/lanczos_svd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "eckart/certify.hpp"
#include "eckart/error.hpp"
#include "eckart/svd.hpp"
#include "eckart/tiles.hpp"
#include "tests/drivers/driver_testing.hpp"
#include "tests/operators/tiled_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class LanczosSvd : public testing::Test {};
TYPED_TEST_SUITE(LanczosSvd, Scalars);

struct Family {
  const char* name;
  std::vector<long double> sigma;
};

// Spectra on which block Lanczos codes go wrong: slow decay, a dominant value, numerically and
// exactly low rank.
std::vector<Family> families(index_t n) {
  const auto spectrum = [n](auto value) {
    std::vector<long double> sigma;
    for (index_t i = 1; i <= n; ++i) sigma.push_back(value(static_cast<long double>(i)));
    return sigma;
  };
  using L = long double;
  return {
      {"1/sqrt(i)", spectrum([](L i) { return 1 / std::sqrt(i); })},
      {"i^-0.25", spectrum([](L i) { return std::pow(i, -0.25L); })},
      {"sigma_1 = 1e6", spectrum([](L i) { return i == 1 ? 1e6L : 1 / std::sqrt(i); })},
      {"30 values, rest 1e-10", spectrum([](L i) { return i <= 30 ? 1 / std::sqrt(i) : 1e-10L; })},
      {"20 values, rest 1e-13", spectrum([](L i) { return i <= 20 ? 1 / i : 1e-13L; })},
      {"exact rank 20", spectrum([](L i) { return i <= 20 ? 1 / i : 0; })},
      {"exact rank 5 < k", spectrum([](L i) { return i <= 5 ? 1 / i : 0; })},
      {"0.5^i", spectrum([](L i) { return std::max(std::pow(0.5L, i), 1e-18L); })}};
}

// Expects k triplets of A within the accuracy, by the oracle, and that the certificate knew.
template <Scalar T, class Entries>
void expect_converged(const Entries& A,
                      const SvdResult<T>& result,
                      const std::vector<long double>& sigma,
                      double accuracy) {
  const auto check = oracles::check_triplets<T>(A, result);
  EXPECT_TRUE(check.passes(accuracy)) << check;
  EXPECT_EQ(result.report.status, Status::converged);
  for (std::size_t i = 0; i < result.sigma.size(); ++i) {
    const double error =
        std::abs(static_cast<double>(result.sigma[i] - static_cast<real_t<T>>(sigma[i])));
    EXPECT_TRUE(error <= accuracy * static_cast<double>(sigma[0]))
        << "value " << i << " is " << result.sigma[i] << " for " << sigma[i];
  }
}

TYPED_TEST(LanczosSvd, ReachesItsAccuracyOnEveryFamily) {
  using T = TypeParam;
  for (const Family& family : families(std::is_same_v<T, double> ? 1500 : 500)) {
    SCOPED_TRACE(family.name);
    const SparseMatrix<T> A = sparse_diagonal<T>(family.sigma);
    const auto op = make_operator<T>(A);
    const auto result = lanczos_svd<T>(*op, {.rank = 16});
    ASSERT_EQ(result.sigma.size(), 16u);
    expect_converged<T>(A, result, family.sigma, default_accuracy<T>());
    EXPECT_TRUE(result.report.certificate.met);
    EXPECT_TRUE(certify<T>(*op, view(result.U), result.sigma, view(result.V)).met);
  }
}

TYPED_TEST(LanczosSvd, ReachesNearlyTheLastDigitWhenAsked) {
  using T = TypeParam;
  const double accuracy = 100 * oracles::epsilon<T>();
  for (const Family& family : families(std::is_same_v<T, double> ? 1500 : 500)) {
    SCOPED_TRACE(family.name);
    const SparseMatrix<T> A = sparse_diagonal<T>(family.sigma);
    const auto result = lanczos_svd<T>(*make_operator<T>(A), {.rank = 16},
                                       {.accuracy = accuracy, .block_size = 8, .basis_size = 96});
    ASSERT_EQ(result.sigma.size(), 16u);
    expect_converged<T>(A, result, family.sigma, 2 * accuracy);
  }
}

TYPED_TEST(LanczosSvd, WorksForAnyBlockAndBasisSize) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(200, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto op = make_operator<T>(A);
  for (const index_t block : {1, 3, 8, 40}) {
    for (const index_t basis : {0, 20, 100000}) {
      SCOPED_TRACE("block " + std::to_string(block) + ", basis " + std::to_string(basis));
      const auto result =
          lanczos_svd<T>(*op, {.rank = 7}, {.block_size = block, .basis_size = basis});
      ASSERT_EQ(result.sigma.size(), 7u);
      expect_converged<T>(A, result, sigma, default_accuracy<T>());
    }
  }
}

TYPED_TEST(LanczosSvd, FindsRepeatedAndClusteredValues) {
  using T = TypeParam;
  std::vector<long double> repeated = {3, 3, 3, 2, 2, 2, 2, 1.5L, 1.5L, 1.5L, 1.5L, 1.5L};
  std::vector<long double> clustered = {1, 1 - 1e-5L, 1 - 2e-5L, 1 - 3e-5L, 0.9L, 0.9L - 1e-6L};
  for (std::vector<long double>* sigma : {&repeated, &clustered}) {
    for (int i = 1; i <= 300; ++i) sigma->push_back(0.8L / std::sqrt(static_cast<long double>(i)));
    const SparseMatrix<T> A = sparse_diagonal<T>(*sigma);
    for (const index_t block : {1, 4}) {
      SCOPED_TRACE((sigma == &repeated ? "repeated, block " : "clustered, block ") +
                   std::to_string(block));
      // Single vectors need many restarts to tell values 1e-5 apart.
      const auto result = lanczos_svd<T>(*make_operator<T>(A), {.rank = 12},
                                         {.block_size = block, .max_steps = 20000});
      ASSERT_EQ(result.sigma.size(), 12u);
      std::vector<long double> falling = *sigma;
      std::sort(falling.begin(), falling.end(), std::greater<>());
      expect_converged<T>(A, result, falling, default_accuracy<T>());
    }
  }
}

TYPED_TEST(LanczosSvd, KnowsTheThreeValuesOfABlockDesign) {
  using T = TypeParam;
  const SparseMatrix<T> A = cases::bibd<T>(14, 7);
  const auto exact = cases::bibd_sigma(14, 7);  // multiplicities 1, 13, 77
  for (const index_t k : {1, 5, 14, 20, 91}) {
    SCOPED_TRACE("k " + std::to_string(k));
    const auto result = lanczos_svd<T>(*make_operator<T>(A), {.rank = k});
    ASSERT_EQ(static_cast<index_t>(result.sigma.size()), k);
    expect_converged<T>(A, result, exact, default_accuracy<T>());
  }
}

TYPED_TEST(LanczosSvd, WorksOnTallWideAndSquareDenseMatrices) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{300, 40}, {40, 300}, {90, 90}, {1, 20}, {20, 1}, {3, 2}}) {
    SCOPED_TRACE(std::to_string(m) + "x" + std::to_string(n));
    const index_t all = std::min(m, n);
    const auto sigma = cases::geometric_spectrum(all, 1e-3L);
    const auto made = cases::prescribed<T>(m, n, sigma, 5);
    for (const index_t k : {index_t{1}, all / 2, all}) {
      const auto result = lanczos_svd<T>(*make_operator<T>(view(made.A)), {.rank = k});
      ASSERT_EQ(static_cast<index_t>(result.sigma.size()), k);
      expect_converged<T>(view(made.A), result, sigma, default_accuracy<T>());
    }
  }
}

TYPED_TEST(LanczosSvd, FindsTheLeadingTripletThatTheStartMisses) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(500, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto op = make_operator<T>(A);
  // The exact singular vectors 2 to 9: an invariant subspace without the leading one.
  Matrix<T> start(500, 8);
  for (index_t c = 0; c < 8; ++c) start(c + 1, c) = 1;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto result = lanczos_svd<T>(*op, {.rank = 8}, {.warm_start = view(start), .seed = seed});
    ASSERT_EQ(result.sigma.size(), 8u);
    expect_converged<T>(A, result, sigma, default_accuracy<T>());
    EXPECT_TRUE(certify<T>(*op, view(result.U), result.sigma, view(result.V)).met);
  }
}

TYPED_TEST(LanczosSvd, AWarmStartFromAnEarlierResultCostsFewerProducts) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(800, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto inner = make_operator<T>(A);
  const WatchedOperator<T> op(*inner);
  const auto cold = lanczos_svd<T>(op, {.rank = 10});
  const index_t cold_products = op.products;
  op.products = 0;
  const auto warm = lanczos_svd<T>(op, {.rank = 10}, {.warm_start = view(cold.V)});
  expect_converged<T>(A, warm, sigma, default_accuracy<T>());
  EXPECT_LT(op.products, cold_products);
}

TYPED_TEST(LanczosSvd, AWarmStartOfManyVectorsNeedsNoMoreMemoryAndMissesNothing) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(300, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  // Vectors 11 to 50 exactly, and 30 of no use: none of the wanted ones.
  Matrix<T> start(300, 70);
  for (index_t c = 0; c < 40; ++c) start(c + 10, c) = 1;
  for (index_t c = 40; c < 70; ++c) start(200 + c, c) = 1;
  const auto op = make_operator<T>(A);
  const auto result = lanczos_svd<T>(*op, {.rank = 10}, {.warm_start = view(start)});
  ASSERT_EQ(result.sigma.size(), 10u);
  expect_converged<T>(A, result, sigma, default_accuracy<T>());
  EXPECT_EQ(result.report.peak_bytes, lanczos_svd<T>(*op, {.rank = 10}).report.peak_bytes);
}

// Random spectra with clusters, gaps, repeated values and small ranks: whatever the certificate
// says must be so. Members of a cluster 1e-7 wide stand for each other: no probe tells them apart.
TYPED_TEST(LanczosSvd, NeverClaimsMoreThanTheOracleConfirms) {
  using T = TypeParam;
  const std::uint64_t seeds = long_tests() ? 1000 : 50;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::uint64_t state = seed * 0x9E3779B97F4A7C15u;
    const auto draw = [&](std::uint64_t below) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      return static_cast<index_t>((state >> 33) % below);
    };
    std::vector<long double> sigma;
    const long double ratio = 1 - static_cast<long double>(1 + draw(30)) / 100;
    for (long double value = 1; sigma.size() < static_cast<std::size_t>(60 + draw(40));
         value *= ratio) {
      const index_t copies = draw(4) == 0 ? 1 + draw(12) : 1;
      for (index_t c = 0; c < copies; ++c) {
        sigma.push_back(draw(10) == 0 ? value * (1 - 1e-7L) : value);
      }
      if (draw(40) == 0) value = 0;  // the rest is zero
    }
    std::sort(sigma.begin(), sigma.end(), std::greater<>());
    const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
    const index_t k = 1 + draw(12);
    const auto result = lanczos_svd<T>(*make_operator<T>(A), {.rank = k},
                                       {.block_size = draw(6), .max_steps = 400, .seed = seed});
    const auto check = oracles::check_triplets<T>(A, result);
    const Certificate& certificate = result.report.certificate;
    EXPECT_TRUE(check.finite && check.ordered);
    EXPECT_TRUE(check.worst_residual <=
                certificate.residual.value * 1.01 + 50 * oracles::epsilon<T>())
        << check;
    if (!certificate.met) continue;
    EXPECT_TRUE(check.passes(default_accuracy<T>())) << check;
    for (index_t i = 0; i < k; ++i) {
      const auto at = static_cast<std::size_t>(i);
      EXPECT_TRUE(
          std::abs(static_cast<double>(result.sigma[at]) - static_cast<double>(sigma[at])) <=
          std::max(2 * default_accuracy<T>(), 2e-7))
          << "value " << i << " of " << k << " is " << result.sigma[at] << " for " << sigma[at];
    }
  }
}

TYPED_TEST(LanczosSvd, AcceptsAWarmStartThatIsNoBasis) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(200, 1);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  Matrix<T> start(200, 4);  // a zero column, two equal ones
  for (index_t i = 0; i < 200; ++i) start(i, 1) = start(i, 2) = 1;
  start(3, 3) = static_cast<T>(real_t<T>(1e-20));
  const auto result =
      lanczos_svd<T>(*make_operator<T>(A), {.rank = 5}, {.warm_start = view(start)});
  expect_converged<T>(A, result, sigma, default_accuracy<T>());
  const Matrix<T> wrong(199, 2);
  EXPECT_THROW(static_cast<void>(
                   lanczos_svd<T>(*make_operator<T>(A), {.rank = 5}, {.warm_start = view(wrong)})),
               InvalidArgument);
}

TYPED_TEST(LanczosSvd, EachOptionMatters) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(400, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto inner = make_operator<T>(A);
  const auto run = [&](const LanczosSvdOptions<T>& options) {
    return lanczos_svd<T>(*inner, {.rank = 8}, options);
  };
  const auto small_blocks = run({.block_size = 2, .basis_size = 64});
  const auto large_blocks = run({.block_size = 8, .basis_size = 64});
  EXPECT_GT(small_blocks.report.iterations, large_blocks.report.iterations);
  const auto small_basis = run({.block_size = 2, .basis_size = 20});
  EXPECT_GT(small_basis.report.restarts, small_blocks.report.restarts);
  const auto loose = run({.accuracy = 1e-2, .block_size = 2});
  const auto tight = run({.accuracy = default_accuracy<T>(), .block_size = 2});
  EXPECT_LT(loose.report.products, tight.report.products);
  const auto stopped = run({.block_size = 2, .max_steps = 5});
  EXPECT_EQ(stopped.report.status, Status::iteration_limit);
  EXPECT_TRUE(same_bits(run({.seed = 3}), run({.seed = 3})));
  EXPECT_FALSE(same_bits(run({.seed = 3}), run({.seed = 4})));
}

TYPED_TEST(LanczosSvd, StoppedEarlyItReturnsACertifiedResultThatIsNotMet) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(600, 0.25L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto op = make_operator<T>(A);
  const auto result = lanczos_svd<T>(*op, {.rank = 8}, {.block_size = 2, .max_steps = 6});
  EXPECT_EQ(result.report.status, Status::iteration_limit);
  const auto check = oracles::check_triplets<T>(A, result);
  EXPECT_TRUE(check.finite && check.ordered && check.sign_rule);
  EXPECT_TRUE(check.orthogonality <= default_accuracy<T>()) << check;
  const Certificate certificate = certify<T>(*op, view(result.U), result.sigma, view(result.V));
  EXPECT_FALSE(certificate.met);
  EXPECT_FALSE(result.report.certificate.met);
  EXPECT_TRUE(std::abs(certificate.residual.value - check.worst_residual) <=
              1e-3 * check.worst_residual);
}

TYPED_TEST(LanczosSvd, CancelledInTheMiddleItReturnsACertifiedResult) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(700, 0.25L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto inner = make_operator<T>(A);
  Context context;
  WatchedOperator<T> op(*inner);
  op.after_adjoint = [&](MatrixView<T>) {
    if (op.products > 60) context.cancel();
  };
  const auto result = lanczos_svd<T>(op, {.rank = 8}, {.block_size = 2}, context);
  EXPECT_EQ(result.report.status, Status::cancelled);
  ASSERT_FALSE(result.sigma.empty());
  const auto check = oracles::check_triplets<T>(A, result);
  EXPECT_TRUE(check.finite && check.ordered && check.sign_rule);
  EXPECT_TRUE(check.orthogonality <= default_accuracy<T>()) << check;
  const Certificate& certificate = result.report.certificate;
  EXPECT_TRUE(certificate.residual.known());
  EXPECT_TRUE(std::abs(certificate.residual.value - check.worst_residual) <=
              1e-3 * check.worst_residual);
}

// The limit passes between two looks of the driver: in the middle of a step.
TYPED_TEST(LanczosSvd, CancelledInsideAStepItReturnsTheBasisBeforeIt) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(700, 0.25L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto inner = make_operator<T>(A);
  Context context;
  WatchedOperator<T> op(*inner);
  index_t cancelled_at = 0;
  op.after_apply = [&](MatrixView<T>) {
    if (op.products <= 60 || cancelled_at > 0) return;
    cancelled_at = op.products;
    context.cancel();
  };
  const auto result = lanczos_svd<T>(op, {.rank = 8}, {.block_size = 2}, context);
  EXPECT_EQ(result.report.status, Status::cancelled);
  const auto check = oracles::check_triplets<T>(A, result);
  EXPECT_TRUE(check.finite && check.ordered && check.sign_rule);
  EXPECT_TRUE(check.orthogonality <= default_accuracy<T>()) << check;
  EXPECT_TRUE(std::abs(result.report.certificate.residual.value - check.worst_residual) <=
              1e-3 * check.worst_residual);
  // Of the step in which the request came nothing is kept: a start of 2 products, steps of 4.
  EXPECT_EQ(4 * result.report.iterations, cancelled_at - 4);
}

TYPED_TEST(LanczosSvd, CancelledBeforeItBeganItSaysSo) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(100, 1));
  Context context;
  context.cancel();
  EXPECT_THROW(static_cast<void>(lanczos_svd<T>(*make_operator<T>(A), {.rank = 3}, {}, context)),
               Cancelled);
}

TYPED_TEST(LanczosSvd, EnergyGivesTheSmallestRankThatHoldsIt) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(300, 1);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const double total = std::pow(tail_norm(sigma, 0), 2);
  for (const index_t k : {1, 2, 7, 30}) {
    // Half of the k-th value's share beyond what k - 1 hold.
    const double last = static_cast<double>(sigma[static_cast<std::size_t>(k - 1)]);
    const double energy = 1 - (std::pow(tail_norm(sigma, k), 2) + last * last / 2) / total;
    const auto result = lanczos_svd<T>(*make_operator<T>(A), {.energy = energy});
    EXPECT_EQ(static_cast<index_t>(result.sigma.size()), k) << "energy " << energy;
    expect_converged<T>(A, result, sigma, default_accuracy<T>());
  }
}

// A rank that the first basis cannot hold: it grows, and what it has is kept.
TYPED_TEST(LanczosSvd, AnEnergyOfManyTripletsCostsLittleMoreThanTheirNumber) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(3000, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto op = make_operator<T>(A);
  constexpr index_t k = 90;
  const double last = static_cast<double>(sigma[k - 1]);
  const double energy =
      1 - (std::pow(tail_norm(sigma, k), 2) + last * last / 2) / std::pow(tail_norm(sigma, 0), 2);
  const auto found = lanczos_svd<T>(*op, {.energy = energy}, {.accuracy = 1e-4});
  const auto named = lanczos_svd<T>(*op, {.rank = k}, {.accuracy = 1e-4});
  EXPECT_EQ(static_cast<index_t>(found.sigma.size()), k);
  expect_converged<T>(A, found, sigma, 1e-4);
  EXPECT_TRUE(2 * found.report.products <= 3 * named.report.products)
      << found.report.products << " products, by number " << named.report.products;
}

TYPED_TEST(LanczosSvd, AnEnergyOfMostTripletsIsFoundDenselyBeforeTheBasisIsTheWholeSpace) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(500, 0.1L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto result = lanczos_svd<T>(*make_operator<T>(A), {.energy = 0.9});
  EXPECT_TRUE(result.report.certificate.energy.value >= 0.9);
  EXPECT_EQ(static_cast<index_t>(result.sigma.size()),
            choose_rank<T>({.energy = 0.9}, {sigma.begin(), sigma.end()}, 500, 500));
  EXPECT_TRUE(result.report.iterations <= 30);
}

TYPED_TEST(LanczosSvd, ABasisThatMayNotGrowIsRefusedWithFigures) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(3000, 0.1L));
  Context context(1);
  context.set_memory_cap_bytes(static_cast<std::uint64_t>(lanczos_svd_bytes<T>(3000, 3000, 60)));
  try {
    static_cast<void>(lanczos_svd<T>(*make_operator<T>(A), {.energy = 0.5}, {}, context));
    ADD_FAILURE() << "no error";
  } catch (const MemoryLimit& error) {
    EXPECT_GT(error.needed_bytes(), error.cap_bytes());
  }
}

TYPED_TEST(LanczosSvd, KnownNoiseGivesTheValuesAboveItsThreshold) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(600, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  for (const index_t k : {0, 1, 12, 45}) {
    const double above = k > 0 ? static_cast<double>(sigma[static_cast<std::size_t>(k - 1)]) : 1.1;
    const double below = static_cast<double>(sigma[static_cast<std::size_t>(k)]);
    const double noise = (above + below) / 2 / noise_threshold(600, 600, 1);
    const auto result =
        lanczos_svd<T>(*make_operator<T>(A), {.choice = RankChoice::gavish_donoho, .noise = noise});
    EXPECT_EQ(static_cast<index_t>(result.sigma.size()), k);
    EXPECT_EQ(result.report.status, Status::converged);
    if (k > 0) expect_converged<T>(A, result, sigma, default_accuracy<T>());
  }
}

TYPED_TEST(LanczosSvd, ToleranceGivesTheSmallestRankThatMeetsIt) {
  using T = TypeParam;
  std::vector<long double> sigma;
  for (int i = 0; i < 150; ++i) sigma.push_back(std::pow(0.5L, i));
  const auto made = cases::prescribed<T>(180, 150, sigma, 7);
  const double total = tail_norm(sigma, 0);
  const bool is_double = sizeof(real_t<T>) == 8;
  for (const index_t k :
       is_double ? std::vector<index_t>{1, 4, 12, 30, 33} : std::vector<index_t>{1, 4, 10}) {
    // Between the tails of k - 1 and k values; at k = 33 the tolerance is about 1e-10.
    const double tolerance = std::sqrt(tail_norm(sigma, k) * tail_norm(sigma, k - 1)) / total;
    const auto result = lanczos_svd<T>(*make_operator<T>(view(made.A)), {.tolerance = tolerance});
    EXPECT_EQ(static_cast<index_t>(result.sigma.size()), k) << "tolerance " << tolerance;
    expect_converged<T>(view(made.A), result, sigma, default_accuracy<T>());
  }
}

TYPED_TEST(LanczosSvd, EnergyAndToleranceOfExactlyLowRankStopAtTheRank) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(60, 50, {4, 2, 1}, 3);
  const auto op = make_operator<T>(view(made.A));
  EXPECT_EQ(lanczos_svd<T>(*op, {.tolerance = 100 * oracles::epsilon<T>()}).sigma.size(), 3u);
  EXPECT_EQ(lanczos_svd<T>(*op, {.energy = 0.9999}).sigma.size(), 3u);
}

TYPED_TEST(LanczosSvd, DefinesTheDegenerateCases) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(30, 18, {1, 0.5L, 0.25L}, 1);  // rank 3
  const auto op = make_operator<T>(view(made.A));
  EXPECT_TRUE(lanczos_svd<T>(*op, {.rank = 0}).sigma.empty());
  for (const index_t k : {5, 18, 1000}) {  // beyond the rank, and beyond min(m, n)
    const auto result = lanczos_svd<T>(*op, {.rank = k});
    EXPECT_EQ(static_cast<index_t>(result.sigma.size()), std::min<index_t>(k, 18));
    const auto check = oracles::check_triplets<T>(view(made.A), result);
    EXPECT_TRUE(check.passes(default_accuracy<T>())) << "k " << k << ": " << check;
  }
  const Matrix<T> zero(6, 4);
  SparseMatrix<T> empty_rows;
  empty_rows.rows = 6;
  empty_rows.cols = 4;
  empty_rows.offsets.assign(7, 0);
  for (const index_t k : {1, 3, 4}) {
    for (const bool sparse : {false, true}) {
      const auto nothing = lanczos_svd<T>(
          *(sparse ? make_operator<T>(empty_rows) : make_operator<T>(view(zero))), {.rank = k});
      EXPECT_EQ(nothing.sigma, std::vector<real_t<T>>(static_cast<std::size_t>(k), 0));
      const auto check = oracles::check_triplets<T>(view(zero), nothing);
      EXPECT_TRUE(check.passes(50 * oracles::epsilon<T>())) << check;
    }
  }
  for (const auto& [m, n] : {std::pair<index_t, index_t>{0, 0}, {0, 3}, {3, 0}}) {
    const Matrix<T> empty(m, n);
    const auto result = lanczos_svd<T>(*make_operator<T>(view(empty)), {.rank = 2});
    EXPECT_TRUE(result.sigma.empty());
    EXPECT_EQ(result.U.rows(), m);
    EXPECT_EQ(result.V.rows(), n);
  }
}

TYPED_TEST(LanczosSvd, RefusesBrokenArguments) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(9, 8, 1);
  const auto op = make_operator<T>(view(A));
  const auto refuses = [&](const RankRule& rule, const LanczosSvdOptions<T>& options) {
    EXPECT_THROW(static_cast<void>(lanczos_svd<T>(*op, rule, options)), InvalidArgument);
  };
  refuses({.rank = -1}, {});
  refuses({.energy = 0.0}, {});
  refuses({.energy = 1.5}, {});
  refuses({.tolerance = -0.1}, {});
  refuses({.rank = 2, .energy = 0.5}, {});
  refuses({.rank = 2}, {.accuracy = -1});
  refuses({.rank = 2}, {.accuracy = std::nan("")});
  refuses({.rank = 2}, {.block_size = -1});
  refuses({.rank = 2}, {.basis_size = -1});
  refuses({.rank = 2}, {.max_steps = -1});
}

TYPED_TEST(LanczosSvd, NoticesAnAdjointThatIsNotTheAdjoint) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(120, 80, 1);
  const auto inner = make_operator<T>(view(A));
  WatchedOperator<T> op(*inner);
  op.after_adjoint = [](MatrixView<T> X) {
    for (index_t j = 0; j < X.cols; ++j) {
      for (index_t i = 0; i < X.rows; ++i) X(i, j) *= static_cast<real_t<T>>(1.01);
    }
  };
  EXPECT_THROW(static_cast<void>(lanczos_svd<T>(op, {.rank = 4})), InvalidArgument);
  // Another sign in one row: the commonest slip in a hand-written transpose.
  op.after_adjoint = [](MatrixView<T> X) {
    for (index_t j = 0; j < X.cols; ++j) X(7, j) = -X(7, j);
  };
  EXPECT_THROW(static_cast<void>(lanczos_svd<T>(op, {.rank = 4})), InvalidArgument);
}

TYPED_TEST(LanczosSvd, ReportsNanFromAMatrixFreeOperator) {
  using T = TypeParam;
  Matrix<T> A = cases::gaussian<T>(60, 40, 1);
  A(7, 4) = std::numeric_limits<real_t<T>>::quiet_NaN();
  const auto bad = make_operator<T>(view(A));
  const WatchedOperator<T> hidden(*bad, true);
  try {
    static_cast<void>(lanczos_svd<T>(hidden, {.rank = 3}));
    ADD_FAILURE() << "no error";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 7);  // a product turns the whole row into NaN
  }
  const auto wide = make_adjoint<T>(*bad);
  const WatchedOperator<T> hidden_wide(*wide, true);
  try {
    static_cast<void>(lanczos_svd<T>(hidden_wide, {.rank = 3}));
    ADD_FAILURE() << "no error";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.col(), 7);
  }
  // Finite entries, but products that break later on.
  const Matrix<T> B = cases::gaussian<T>(60, 40, 2);
  const auto good = make_operator<T>(view(B));
  WatchedOperator<T> breaking(*good);
  breaking.after_apply = [&](MatrixView<T> Y) {
    if (breaking.products > 20) Y(11, 0) = std::numeric_limits<real_t<T>>::quiet_NaN();
  };
  EXPECT_THROW(static_cast<void>(lanczos_svd<T>(breaking, {.rank = 3}, {.block_size = 2})), Error);
}

TYPED_TEST(LanczosSvd, NamesThePositionOfTheFirstEntryThatIsNotFinite) {
  using T = TypeParam;
  for (const auto& entry : cases::nonfinite_cases<T>()) {
    try {
      static_cast<void>(lanczos_svd<T>(*make_operator<T>(view(entry.A)), {.rank = 2}));
      ADD_FAILURE() << entry.name << ": no error";
    } catch (const NonFiniteInput& error) {
      EXPECT_EQ(error.row(), entry.row) << entry.name;
      EXPECT_EQ(error.col(), entry.col) << entry.name;
    }
  }
}

TYPED_TEST(LanczosSvd, SurvivesExtremesOfScale) {
  using T = TypeParam;
  using Limits = std::numeric_limits<real_t<T>>;
  const auto made = cases::prescribed<T>(60, 45, cases::geometric_spectrum(45, 0.01L), 1);
  for (const int exponent : {Limits::max_exponent - 2, Limits::min_exponent + Limits::digits + 8}) {
    const Matrix<T> A = cases::scaled(made.A, exponent);
    const auto result = lanczos_svd<T>(*make_operator<T>(view(A)), {.rank = 6});
    const auto check = oracles::check_triplets<T>(view(A), result);
    EXPECT_TRUE(check.passes(default_accuracy<T>())) << "2^" << exponent << ": " << check;
    const auto op = make_operator<T>(view(A));
    const auto by_products = lanczos_svd<T>(WatchedOperator<T>(*op, true), {.rank = 6});
    const auto check_products = oracles::check_triplets<T>(view(A), by_products);
    EXPECT_TRUE(check_products.passes(default_accuracy<T>()))
        << "matrix-free, 2^" << exponent << ": " << check_products;
  }
}

TYPED_TEST(LanczosSvd, GivesTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  const Matrix<T> matrix = cases::gaussian<T>(700, 90, 3);
  const auto dense = make_operator<T>(view(matrix));
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return lanczos_svd<T>(*dense, {.rank = 6}, {}, context); });
  const SparseMatrix<T> A = cases::random_sparse<T>(20000, 300, 6, 3);
  const auto sparse = make_operator<T>(A);
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return lanczos_svd<T>(*sparse, {.rank = 6}, {}, context); });
  Context context;
  const auto centred = make_affine<T>(*sparse, standardisation<T>(*sparse, true, true, context));
  expect_same_bits_for_any_thread_count(
      [&](Context& c) { return lanczos_svd<T>(*centred, {.rank = 6}, {}, c); });
}

TYPED_TEST(LanczosSvd, ReportsProgress) {
  using T = TypeParam;
  const SparseMatrix<T> A = sparse_diagonal<T>(cases::power_spectrum(500, 0.5L));
  Context context;
  int calls = 0;
  index_t last = -1;
  context.on_progress([&](const Progress& progress) {
    ++calls;
    EXPECT_TRUE(progress.fraction <= 1);
    EXPECT_FALSE(progress.stage.empty());
    EXPECT_TRUE(progress.converged >= 0 && progress.converged <= 5);
    EXPECT_EQ(progress.converged == 5, progress.residual <= default_accuracy<T>());
    last = progress.converged;
  });
  static_cast<void>(lanczos_svd<T>(*make_operator<T>(A), {.rank = 5}, {}, context));
  EXPECT_GT(calls, 1);
  EXPECT_EQ(last, 5);
}

TYPED_TEST(LanczosSvd, LeavesTheCertificateOutWhenAsked) {
  using T = TypeParam;
  const auto sigma = cases::power_spectrum(90, 0.5L);
  const SparseMatrix<T> A = sparse_diagonal<T>(sigma);
  const auto op = make_operator<T>(A);
  const auto with = lanczos_svd<T>(*op, {.rank = 4});
  EXPECT_TRUE(with.report.certificate.met);
  const auto without = lanczos_svd<T>(*op, {.rank = 4}, {.certify = false});
  EXPECT_FALSE(without.report.certificate.residual.known());
  expect_converged<T>(A, without, sigma, default_accuracy<T>());
}

TYPED_TEST(LanczosSvd, RefusesAMemoryCapThatIsTooSmall) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(200, 150, 2);
  const auto op = make_operator<T>(view(A));
  Context context;
  context.set_memory_cap_bytes(1000);
  EXPECT_THROW(static_cast<void>(lanczos_svd<T>(*op, {.rank = 5}, {}, context)), MemoryLimit);
  context.set_memory_cap_bytes(static_cast<std::uint64_t>(lanczos_svd_bytes<T>(200, 150, 5)) + 1);
  EXPECT_NO_THROW(static_cast<void>(lanczos_svd<T>(*op, {.rank = 5}, {}, context)));
}

TYPED_TEST(LanczosSvd, TakesOneReadForEachStepWhereTheLongerSideAloneAllowsIt) {
  using T = TypeParam;
  constexpr double accuracy = 1e-4;
  Matrix<T> A = cases::gaussian<T>(200, 900, 3);
  for (index_t j = 0; j < 900; ++j) {
    for (index_t i = 0; i < 200; ++i) A(i, j) /= static_cast<real_t<T>>(1 + i / 3);
  }
  Context context(2);
  const std::vector<real_t<T>> sigma = svd(*make_operator(view(A)), {}, context).sigma;
  const auto wide = std::make_shared<operators::MemoryTiles<T>>(A.clone(), 16, 900, true);
  const Matrix<T> AH = conjugate_transpose(A);
  const auto tall = std::make_shared<operators::MemoryTiles<T>>(AH.clone(), 900, 16, false);
  const SvdRequest request{.rank = {.rank = 6}, .method = Method::lanczos, .accuracy = accuracy};
  const auto passes = [&](const std::shared_ptr<operators::MemoryTiles<T>>& tiles) {
    const auto op = make_tiled<T>(tiles);
    tiles->passes = 0;
    const SvdResult<T> result = svd(*op, request, context);
    const auto check = oracles::check_triplets<T>(view(tiles == wide ? A : AH), result);
    EXPECT_TRUE(check.passes(accuracy)) << check;
    EXPECT_TRUE(result.report.certificate.met);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_TRUE(std::abs(result.sigma[i] - sigma[i]) <= accuracy * sigma[0]);
    }
    return tiles->passes;
  };
  const int once_wide = passes(wide), once_tall = passes(tall);
  const auto options = [](bool longer) {
    return LanczosSvdOptions<T>{
        .accuracy = accuracy, .block_size = 8, .basis_size = 38, .basis_on_longer_side = longer};
  };
  // Less room than the longer basis needs: two reads for each step.
  const auto bytes = [&](bool longer) {
    return lanczos_svd_bytes<T>(200, 900, 6, options(longer));
  };
  EXPECT_TRUE(bytes(true) > 1.2 * bytes(false)) << bytes(true) / bytes(false);
  context.set_memory_cap_bytes(static_cast<std::uint64_t>(bytes(false)) + 1);
  const int twice = passes(wide);
  EXPECT_TRUE(once_wide <= 0.75 * twice) << once_wide << " " << twice;
  EXPECT_EQ(once_wide, once_tall);
  const Matrix<T> bad = [&] {
    Matrix<T> copy = A.clone();
    copy(7, 500) = std::numeric_limits<real_t<T>>::quiet_NaN();
    return copy;
  }();
  for (const bool longer : {true, false}) {
    try {
      static_cast<void>(lanczos_svd<T>(*make_operator(view(bad)), {.rank = 6}, options(longer)));
      ADD_FAILURE() << "accepted a NaN";
    } catch (const NonFiniteInput& found) {
      EXPECT_TRUE(found.row() == 7 && found.col() == 500);
    }
  }
}

}  // namespace
}  // namespace eckart
