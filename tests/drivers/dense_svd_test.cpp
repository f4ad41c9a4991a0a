#include "eckart/dense_svd.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart {
namespace {

using namespace testing_support;

constexpr DenseAlgorithm algorithms[] = {DenseAlgorithm::divide_and_conquer,
                                         DenseAlgorithm::qr_iteration, DenseAlgorithm::jacobi};

template <Scalar T>
SvdResult<T> solve(const Matrix<T>& A,
                   const DenseSvdOptions& options = {},
                   Context& context = default_context()) {
  return dense_svd<T>(*make_operator<T>(A.view()), options, context);
}

// Expects the four numbers, the shapes that the kind of vectors asks for, and the known values.
template <Scalar T>
void expect_right(const cases::Case<T>& entry, DenseSvdOptions options, double limit = 5) {
  options.certify = false;  // the oracle judges here
  SCOPED_TRACE(entry.name + ", " + to_string(options.algorithm) + ", vectors " +
               std::to_string(static_cast<int>(options.vectors)));
  const index_t m = entry.A.rows();
  const index_t n = entry.A.cols();
  const index_t k = std::min(m, n);
  const SvdResult<T> result = solve(entry.A, options);
  if (options.vectors == Vectors::none) {
    EXPECT_EQ(result.U.cols() + result.V.cols(), 0);
    EXPECT_TRUE(oracles::ordered_and_not_negative<real_t<T>>(result.sigma));
    ASSERT_EQ(static_cast<index_t>(result.sigma.size()), k);
  } else {
    const bool full = options.vectors == Vectors::full;
    EXPECT_EQ(result.U.cols(), full ? m : k);
    EXPECT_EQ(result.V.cols(), full ? n : k);
    const oracles::SvdCheck check = oracles::check_svd<T>(entry.A.view(), result);
    EXPECT_TRUE(check.passes(limit)) << check;
  }
  if (!entry.sigma.empty()) {
    const double ratio = oracles::value_error_ratio<T>(result.sigma, entry.sigma, std::max(m, n));
    EXPECT_TRUE(ratio <= limit) << "values off by " << ratio;
  }
}

template <class T>
class DenseSvd : public testing::Test {};
TYPED_TEST_SUITE(DenseSvd, Scalars);

TYPED_TEST(DenseSvd, PassesEveryCaseWithThinVectors) {
  for (const auto& entry : cases::dense_cases<TypeParam>()) {
    expect_right(entry, {.vectors = Vectors::thin});
  }
}

TYPED_TEST(DenseSvd, PassesEveryCaseWithFullVectors) {
  for (const auto& entry : cases::dense_cases<TypeParam>()) {
    expect_right(entry, {.vectors = Vectors::full});
  }
}

TYPED_TEST(DenseSvd, PassesEveryCaseStartingWithQrIteration) {
  for (const auto& entry : cases::dense_cases<TypeParam>()) {
    expect_right(entry, {.vectors = Vectors::thin, .algorithm = DenseAlgorithm::qr_iteration});
    expect_right(entry, {.vectors = Vectors::full, .algorithm = DenseAlgorithm::qr_iteration});
    expect_right(entry, {.vectors = Vectors::none, .algorithm = DenseAlgorithm::qr_iteration});
  }
}

TYPED_TEST(DenseSvd, PassesEveryCaseStartingWithJacobi) {
  for (const auto& entry : cases::dense_cases<TypeParam>()) {
    expect_right(entry, {.vectors = Vectors::thin, .algorithm = DenseAlgorithm::jacobi});
    expect_right(entry, {.vectors = Vectors::full, .algorithm = DenseAlgorithm::jacobi});
    expect_right(entry, {.vectors = Vectors::none, .algorithm = DenseAlgorithm::jacobi});
  }
}

TYPED_TEST(DenseSvd, ValuesAloneAreThoseWithVectorsToTheNormalBound) {
  using T = TypeParam;
  for (const auto& entry : cases::dense_cases<T>()) {
    expect_right(entry, {.vectors = Vectors::none});
    const SvdResult<T> alone = solve(entry.A, {.vectors = Vectors::none});
    const SvdResult<T> thin = solve(entry.A);
    const std::vector<long double> with(thin.sigma.begin(), thin.sigma.end());
    const double ratio =
        oracles::value_error_ratio<T>(alone.sigma, with, std::max(entry.A.rows(), entry.A.cols()));
    EXPECT_TRUE(ratio <= 5) << entry.name << ": " << ratio;
  }
}

TYPED_TEST(DenseSvd, FullVectorsComeWithTheSameValues) {
  using T = TypeParam;
  for (const auto& entry : cases::dense_cases<T>()) {
    const SvdResult<T> thin = solve(entry.A, {.vectors = Vectors::thin});
    SvdResult<T> full = solve(entry.A, {.vectors = Vectors::full});
    const std::vector<long double> with(thin.sigma.begin(), thin.sigma.end());
    const double ratio =
        oracles::value_error_ratio<T>(full.sigma, with, std::max(entry.A.rows(), entry.A.cols()));
    EXPECT_TRUE(ratio <= 5) << entry.name << ": " << ratio;
  }
}

TYPED_TEST(DenseSvd, PassesAllTwoByTwoMatricesOfSigns) {
  for (const auto& entry : cases::two_by_two_cases<TypeParam>()) {
    for (const DenseAlgorithm algorithm : algorithms) {
      expect_right(entry, {.vectors = Vectors::full, .algorithm = algorithm});
    }
  }
}

TYPED_TEST(DenseSvd, PassesRandomGradedMatrices) {
  using T = TypeParam;
  cases::Random random(11);
  for (int trial = 0; trial < 150; ++trial) {
    const index_t m = 1 + random.below(40);
    const index_t n = 1 + random.below(40);
    Matrix<T> A = cases::gaussian<T>(m, n, random.bits());
    const double decades = 20 * random.uniform();
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) {
        A(i, j) *= static_cast<real_t<T>>(std::pow(
            10, -decades * static_cast<double>(i + 2 * j) / static_cast<double>(m + 2 * n)));
      }
    }
    expect_right<T>({"graded " + std::to_string(trial), std::move(A), {}}, {});
  }
}

// Panels of 16 to 128 columns, leaves of the tree of 48 and fewer, QR first from 3 n / 2 rows on.
TYPED_TEST(DenseSvd, PassesAtAndBesideTheSizesOfItsBlocks) {
  using T = TypeParam;
  const long double ulp = oracles::epsilon<T>();
  const auto expect = [&](index_t m, index_t n, std::vector<long double> spectrum) {
    auto made = cases::prescribed<T>(m, n, spectrum, static_cast<std::uint64_t>(m + n));
    expect_right<T>({std::to_string(m) + "x" + std::to_string(n), std::move(made.A), spectrum}, {});
  };
  for (const index_t block : {16, 24, 32, 48, 64, 96, 128}) {
    expect(block - 1, block - 1, cases::geometric_spectrum(block - 1, ulp));
    expect(block, block, cases::even_spectrum(block, ulp));
    expect(block + 1, block + 1, cases::clustered_spectrum(block + 1, ulp));
  }
  for (const index_t n : {2, 32, 50}) {
    for (const index_t m : {3 * n / 2 - 1, 3 * n / 2, 3 * n / 2 + 1}) {
      expect(m, n, cases::geometric_spectrum(n, ulp));
      expect(n, m, cases::even_spectrum(n, 0.1L));
    }
  }
}

// Some thousands of shapes in the long run, a sample of them always.
TYPED_TEST(DenseSvd, EveryRatioOfEveryShapeIsAtMostFive) {
  using T = TypeParam;
  const int trials = long_tests() ? 3000 : 60;
  const index_t largest = long_tests() ? 300 : 60;
  cases::Random random(41);
  for (int trial = 0; trial < trials; ++trial) {
    const auto size = [&] {  // half of them small: there one rounding weighs most
      return random.below(2) == 0 ? random.below(13) : random.below(largest + 1);
    };
    const index_t m = size();
    const index_t n = size();
    Matrix<T> A = cases::gaussian<T>(m, n, random.bits());
    const int kind = static_cast<int>(random.below(4));
    if (kind == 1) A = cases::to_matrix<T>(cases::ones(m, n).A);
    if (kind == 2) {  // small integers: exact ties and dependent columns
      for (index_t e = 0; e < m * n; ++e) A.data()[e] = T(std::round(std::real(A.data()[e])));
    }
    if (kind == 3) {  // graded on both sides
      for (index_t e = 0; e < m * n; ++e) {
        A.data()[e] *= std::ldexp(real_t<T>{1}, -static_cast<int>((e / m + e % m) % 40));
      }
    }
    const DenseAlgorithm algorithm = algorithms[random.below(3)];
    const Vectors vectors = random.below(3) == 0 ? Vectors::full : Vectors::thin;
    expect_right<T>(
        {std::to_string(m) + "x" + std::to_string(n) + " of kind " + std::to_string(kind),
         std::move(A),
         {}},
        {.vectors = vectors, .algorithm = algorithm});
  }
}

TYPED_TEST(DenseSvd, AgreesWithTheReferenceOnClassicalMatrices) {
  using T = TypeParam;
  const std::pair<const char*, cases::Table> tables[] = {
      {"hilbert", cases::hilbert(12)},   {"cauchy", cases::cauchy(16)},
      {"kahan", cases::kahan(24, 1.2L)}, {"vandermonde", cases::vandermonde(20, 10)},
      {"grcar", cases::grcar(20)},       {"frank", cases::frank(12)}};
  for (const auto& [name, table] : tables) {
    Matrix<T> A = cases::to_matrix<T>(table);
    auto reference = oracles::reference_singular_values<T>(view(A));
    expect_right<T>({name, std::move(A), std::move(reference)}, {});
  }
}

TYPED_TEST(DenseSvd, NamesThePositionOfTheFirstEntryThatIsNotFinite) {
  using T = TypeParam;
  for (const auto& entry : cases::nonfinite_cases<T>()) {
    for (const Vectors vectors : {Vectors::none, Vectors::thin, Vectors::full}) {
      try {
        static_cast<void>(solve(entry.A, {.vectors = vectors}));
        ADD_FAILURE() << entry.name << ": no error";
      } catch (const NonFiniteInput& error) {
        EXPECT_EQ(error.row(), entry.row) << entry.name;
        EXPECT_EQ(error.col(), entry.col) << entry.name;
        const std::string message = error.what();
        EXPECT_NE(message.find(std::to_string(entry.row + 1)), std::string::npos) << message;
        EXPECT_NE(message.find(std::to_string(entry.col + 1)), std::string::npos) << message;
      }
    }
  }
}

TYPED_TEST(DenseSvd, RefusesAResultThatIsNotRepresentable) {
  using T = TypeParam;
  const Matrix<T> A = cases::overflowing<T>(4);
  for (const DenseAlgorithm algorithm : algorithms) {
    EXPECT_THROW(static_cast<void>(solve(A, {.algorithm = algorithm})), Overflow);
    EXPECT_THROW(static_cast<void>(solve(A, {.vectors = Vectors::none, .algorithm = algorithm})),
                 Overflow);
  }
}

TYPED_TEST(DenseSvd, KeepsTheValuesOfADiagonalAcrossTheWholeRange) {
  using T = TypeParam;
  using Limits = std::numeric_limits<real_t<T>>;
  const auto large = static_cast<long double>(Limits::max() / 2);
  const auto small = static_cast<long double>(Limits::min());
  const Matrix<T> A = cases::to_matrix<T>(cases::diagonal({large, 1, small}).A);
  for (const Vectors vectors : {Vectors::none, Vectors::thin, Vectors::full}) {
    const SvdResult<T> result = solve(A, {.vectors = vectors});
    ASSERT_EQ(result.sigma.size(), 3u);
    EXPECT_EQ(static_cast<long double>(result.sigma[0]), large);
    EXPECT_EQ(static_cast<long double>(result.sigma[1]), 1);
    EXPECT_EQ(static_cast<long double>(result.sigma[2]), small);
  }
}

TYPED_TEST(DenseSvd, ScalingByAPowerOfTwoScalesTheValuesAndKeepsTheVectorsBitForBit) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(17, 12, 3);
  const SvdResult<T> unscaled = solve(A);
  const int range = std::numeric_limits<real_t<T>>::max_exponent;
  for (const int exponent : {-range + 40, -50, -1, 1, 3, 60, range - 8}) {
    SvdResult<T> result = solve(cases::scaled(A, exponent));
    for (real_t<T>& s : result.sigma) s = std::ldexp(s, -exponent);
    EXPECT_TRUE(same_bits(unscaled, result)) << "2^" << exponent;
  }
}

TYPED_TEST(DenseSvd, TheAdjointHasTheSameValues) {
  using T = TypeParam;
  for (const auto& entry : cases::dense_cases<T>()) {
    const SvdResult<T> result = solve(entry.A, {.vectors = Vectors::none});
    const SvdResult<T> adjoint = solve(conjugate_transpose(entry.A), {.vectors = Vectors::none});
    const std::vector<long double> other(adjoint.sigma.begin(), adjoint.sigma.end());
    const double ratio = oracles::value_error_ratio<T>(result.sigma, other,
                                                       std::max(entry.A.rows(), entry.A.cols()));
    EXPECT_TRUE(ratio <= 5) << entry.name << ": " << ratio;
  }
}

TYPED_TEST(DenseSvd, JacobiFindsTheSmallValuesOfGradedColumnsRelatively) {
  using T = TypeParam;
  // Well-conditioned columns times powers down to the root of the smallest number: the
  // relative accuracy that one-sided Jacobi has and a bidiagonalisation has not.
  constexpr index_t n = 10;
  Matrix<T> A = cases::gaussian<T>(16, n, 5);
  const int step = std::numeric_limits<real_t<T>>::min_exponent / 24;
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < 16; ++i) {
      A(i, j) *= std::ldexp(real_t<T>(1), static_cast<int>(j) * step);
    }
  }
  const std::vector<long double> exact = oracles::reference_singular_values<T>(view(A));
  const SvdResult<T> result = solve(A, {.algorithm = DenseAlgorithm::jacobi});
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const long double error = std::abs(static_cast<long double>(result.sigma[i]) / exact[i] - 1);
    EXPECT_TRUE(error <= 200 * oracles::epsilon<T>()) << i << ": " << error;
  }
}

TYPED_TEST(DenseSvd, GivesTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{150, 150}, {900, 60}, {60, 700}}) {
    const Matrix<T> A = cases::gaussian<T>(m, n, 8);
    for (const Vectors vectors : {Vectors::none, Vectors::thin}) {
      expect_same_bits_for_any_thread_count(
          [&](Context& context) { return solve(A, {.vectors = vectors}, context); });
    }
  }
}

TYPED_TEST(DenseSvd, GivesTheSameBitsForAnyAlignmentAndLeadingDimension) {
  using T = TypeParam;
  constexpr index_t m = 37;
  constexpr index_t n = 21;
  const Matrix<T> A = cases::gaussian<T>(m, n, 9);
  const SvdResult<T> packed = solve(A);
  for (index_t shift = 0; shift < 5; ++shift) {
    Matrix<T> storage(m + 9, n);
    const MatrixView<T> inside = storage.view().block(shift, 0, m, n);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) inside(i, j) = A(i, j);
    }
    const auto op = make_operator<T>(MatrixView<const T>(inside));
    EXPECT_TRUE(same_bits(packed, dense_svd<T>(*op))) << "shifted by " << shift;
  }
}

// --- Some of the triplets ------------------------------------------------------------------------

TYPED_TEST(DenseSvd, SelectedTripletsAreThoseOfTheWholeDecomposition) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{40, 40}, {192, 192}, {225, 225}, {90, 40}, {30, 60}}) {
    const auto spectrum = cases::power_spectrum(std::min(m, n), 0.93L);
    const auto made = cases::prescribed<T>(m, n, spectrum, 6);
    const index_t k = std::min(m, n);
    for (const auto& [first, count] :
         {std::pair<index_t, index_t>{0, 5}, {k - 4, 4}, {7, 9}, {0, 0}, {0, k}}) {
      DenseSvdOptions options;
      options.select = [first = first, count = count](std::span<const double>) {
        return TripletRange{first, count};
      };
      options.at_most = count;
      const SvdResult<T> part = solve(made.A, options);
      ASSERT_EQ(static_cast<index_t>(part.sigma.size()), count);
      EXPECT_EQ(part.U.cols(), count);
      EXPECT_EQ(part.V.cols(), count);
      const auto check = oracles::check_triplets<T>(made.A.view(), part);
      // Residuals are relative to the first sigma that is returned, errors to the first of A.
      const auto leading = static_cast<double>(spectrum[static_cast<std::size_t>(first % k)]);
      const double limit = 5 * static_cast<double>(std::max(m, n)) * oracles::epsilon<T>();
      EXPECT_TRUE(check.passes(limit / leading)) << m << "x" << n << " " << check;
      for (index_t i = 0; i < count; ++i) {
        const auto got = static_cast<long double>(part.sigma[static_cast<std::size_t>(i)]);
        const long double exact = spectrum[static_cast<std::size_t>(first + i)];
        EXPECT_TRUE(std::abs(got - exact) <= 100 * oracles::epsilon<T>()) << first + i;
      }
    }
  }
}

TYPED_TEST(DenseSvd, TheNamedSelectionsChooseByRankAndByValue) {
  using T = TypeParam;
  Matrix<T> A(9, 6);  // 6, 5, ..., 1
  for (index_t i = 0; i < 6; ++i) A(i, i) = static_cast<real_t<T>>(6 - i);
  const auto values = [&](const auto& select) {
    DenseSvdOptions options;
    options.select = select;
    const SvdResult<T> result = solve(A, options);
    EXPECT_TRUE(result.report.certificate.met);
    std::vector<int> rounded;
    for (const real_t<T> s : result.sigma) rounded.push_back(static_cast<int>(std::lround(s)));
    return rounded;
  };
  EXPECT_EQ(values(leading_triplets(2)), (std::vector<int>{6, 5}));
  EXPECT_EQ(values(leading_triplets(99)), (std::vector<int>{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(values(trailing_triplets(2)), (std::vector<int>{2, 1}));
  EXPECT_EQ(values(triplets_between(2.5, 4.5)), (std::vector<int>{4, 3}));
  EXPECT_EQ(values(triplets_between(7, 9)), std::vector<int>{});
}

// A scale far from 1 must not change what a selection sees.
TYPED_TEST(DenseSvd, ASelectionSeesTheValuesOfTheMatrixItself) {
  using T = TypeParam;
  const auto tiny = static_cast<real_t<T>>(1e-30);
  Matrix<T> A(30, 4);
  for (index_t i = 0; i < 4; ++i) A(i, i) = static_cast<real_t<T>>(4 - i) * tiny;
  std::vector<double> seen;
  DenseSvdOptions options;
  options.select = [&](std::span<const double> sigma) {
    seen.assign(sigma.begin(), sigma.end());
    return TripletRange{0, 1};
  };
  static_cast<void>(solve(A, options));
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_TRUE(std::abs(seen[0] / 4e-30 - 1) <= 1e-5);
  EXPECT_TRUE(std::abs(seen[3] / 1e-30 - 1) <= 1e-5);
}

TYPED_TEST(DenseSvd, MoreTripletsThanAnnouncedAreRefused) {
  using T = TypeParam;
  DenseSvdOptions options;
  options.select = leading_triplets(5);
  options.at_most = 3;
  EXPECT_THROW(static_cast<void>(solve(cases::gaussian<T>(20, 10, 1), options)), InvalidArgument);
}

// A matrix that is left unscaled is tried again when an algorithm fails, not when the caller does.
TEST(DenseSvdSelection, AFailingSelectionIsAskedOnce) {
  Matrix<double> A(2, 2);
  A(0, 0) = 1e200;
  A(1, 1) = 1e-200;
  int asked = 0;
  DenseSvdOptions options;
  options.select = [&](std::span<const double>) -> TripletRange {
    ++asked;
    throw InvalidArgument("none of these");
  };
  EXPECT_THROW(static_cast<void>(solve(A, options)), InvalidArgument);
  EXPECT_EQ(asked, 1);
}

TEST(DenseSvdMemory, JacobiAnnouncesItsWorkspace) {
  const Matrix<double> A = cases::gaussian<double>(60, 50, 2);
  const auto direct = solve(A).report.peak_bytes;
  const auto jacobi = solve(A, {.algorithm = DenseAlgorithm::jacobi}).report.peak_bytes;
  EXPECT_GT(jacobi, direct);
  Matrix<double> wide_range = A.clone();  // scaling would lose its least entry: left to Jacobi
  wide_range(0, 0) = 1e300;
  wide_range(1, 1) = 1e-300;
  EXPECT_EQ(solve(wide_range).report.peak_bytes, jacobi);
  Context context;
  context.set_memory_cap_bytes(jacobi - 1);
  EXPECT_NO_THROW(static_cast<void>(solve(A, {}, context)));
  EXPECT_THROW(static_cast<void>(solve(A, {.algorithm = DenseAlgorithm::jacobi}, context)),
               MemoryLimit);
  EXPECT_THROW(static_cast<void>(solve(wide_range, {}, context)), MemoryLimit);
}

// --- In place ---

TYPED_TEST(DenseSvd, ValuesInPlaceAreThoseOfACopy) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{50, 50}, {200, 200}, {90, 20}, {5, 0}}) {
    Matrix<T> A = cases::gaussian<T>(m, n, 4);
    const std::vector<real_t<T>> copied = solve(A, {.vectors = Vectors::none}).sigma;
    const std::vector<real_t<T>> values = singular_values_in_place<T>(A.view());
    ASSERT_EQ(values.size(), copied.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_TRUE(std::abs(values[i] - copied[i]) <=
                  static_cast<real_t<T>>(10 * oracles::epsilon<T>()) * copied[0] *
                      static_cast<real_t<T>>(n));
    }
  }
}

TYPED_TEST(DenseSvd, ValuesInPlaceRefuseWideAndNonFiniteMatrices) {
  using T = TypeParam;
  Matrix<T> wide = cases::gaussian<T>(3, 5, 1);
  EXPECT_THROW(static_cast<void>(singular_values_in_place<T>(wide.view())), InvalidArgument);
  Matrix<T> A = cases::gaussian<T>(5, 3, 1);
  A(4, 2) = std::numeric_limits<real_t<T>>::infinity();
  EXPECT_THROW(static_cast<void>(singular_values_in_place<T>(A.view())), NonFiniteInput);
  EXPECT_EQ(A(0, 0), cases::gaussian<T>(5, 3, 1)(0, 0));
}

// --- Cancellation --------------------------------------------------------------------------------

TEST(DenseSvdCancellation, LeavesARunningDecompositionAndTheContextUsable) {
  const Matrix<double> A = cases::gaussian<double>(700, 700, 1);
  Context context(2);
  context.on_progress([&](const Progress& progress) {
    if (progress.stage == "decompose") context.cancel();
  });
  EXPECT_THROW(static_cast<void>(solve(A, {}, context)), Cancelled);
  context.clear_cancellation();
  context.on_progress({});
  EXPECT_FALSE(context.must_stop());
  EXPECT_TRUE(solve(A, {}, context).report.certificate.met);
}

TYPED_TEST(DenseSvd, ReadsRowMajorMatrices) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(9, 14, 10);
  Matrix<T> rows(14, 9);
  for (index_t i = 0; i < 9; ++i) {
    for (index_t j = 0; j < 14; ++j) rows(j, i) = A(i, j);
  }
  const auto op = make_operator<T>(own(std::move(rows), true));
  EXPECT_TRUE(same_bits(solve(A), dense_svd<T>(*op)));
}

TYPED_TEST(DenseSvd, TheCertificateFollowsItsOptions) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(40, 20, cases::power_spectrum(20, 0.5L), 4);
  const auto op = make_operator<T>(view(made.A));
  const auto with = dense_svd<T>(*op, {.accuracy = 0.9});
  EXPECT_TRUE(with.report.certificate.residual.known());
  EXPECT_TRUE(with.report.certificate.met);
  EXPECT_TRUE(with.report.certificate.accuracy == 0.9);
  const auto strict = dense_svd<T>(*op, {.accuracy = 1e-3 * oracles::epsilon<T>()});
  EXPECT_FALSE(strict.report.certificate.met) << "a thousandth of rounding";
  const auto without = dense_svd<T>(*op, {.certify = false});
  EXPECT_FALSE(without.report.certificate.residual.known());
  EXPECT_TRUE(same_bits(with, without));
}

TYPED_TEST(DenseSvd, ReturnsTheSelectedTripletsOfEveryAlgorithm) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(30, 20, 17);
  for (const DenseAlgorithm algorithm : algorithms) {
    DenseSvdOptions options{.algorithm = algorithm, .certify = false};
    const SvdResult<T> all = solve(A, options);
    for (const auto& [first, count] :
         {std::pair<index_t, index_t>{0, 6}, {7, 5}, {14, 6}, {9, 0}}) {
      options.select = [&](std::span<const double>) { return TripletRange{first, count}; };
      options.at_most = count;
      const SvdResult<T> part = solve(A, options);
      ASSERT_EQ(static_cast<index_t>(part.sigma.size()), count);
      EXPECT_TRUE(oracles::check_triplets<T>(A.view(), part).passes(1000 * oracles::epsilon<T>()));
      for (index_t j = 0; j < count; ++j) {
        const auto expected = static_cast<double>(all.sigma[static_cast<std::size_t>(first + j)]);
        const auto found = static_cast<double>(part.sigma[static_cast<std::size_t>(j)]);
        EXPECT_TRUE(std::abs(found - expected) <= 100 * oracles::epsilon<T>() * expected);
        T inner = 0;  // the left vectors are those of all triplets, not only orthogonal
        for (index_t i = 0; i < 30; ++i) inner += conjugate(all.U(i, first + j)) * part.U(i, j);
        EXPECT_TRUE(std::abs(static_cast<double>(std::abs(inner)) - 1) <=
                    1e4 * oracles::epsilon<T>());
      }
    }
  }
}

TYPED_TEST(DenseSvd, RefusesASelectionThatIsNotThere) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(9, 6, 18);
  for (const DenseAlgorithm algorithm : algorithms) {
    DenseSvdOptions options{.algorithm = algorithm};
    const auto expect_refusal = [&](TripletRange range) {
      options.select = [=](std::span<const double>) { return range; };
      EXPECT_THROW((void)solve(A, options), InvalidArgument);
    };
    expect_refusal({-1, 3});
    expect_refusal({2, -1});
    expect_refusal({4, 3});
    expect_refusal({7, 0});
    options.at_most = 2;
    expect_refusal({0, 3});
    options.at_most = -1;
    options.vectors = Vectors::full;  // which need all triplets
    expect_refusal({0, 3});
  }
}

TYPED_TEST(DenseSvd, RefusesAMemoryCapThatIsTooSmall) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(60, 50, 2);
  Context context;
  context.set_memory_cap_bytes(1000);
  try {
    static_cast<void>(solve(A, {}, context));
    ADD_FAILURE() << "no error";
  } catch (const MemoryLimit& error) {
    EXPECT_EQ(error.cap_bytes(), 1000u);
    EXPECT_GT(error.needed_bytes(), 60u * 50u * sizeof(T));
  }
  context.set_memory_cap_bytes(
      static_cast<std::uint64_t>(dense_svd_bytes<T>(60, 50, Vectors::thin, 50)) + 1);
  EXPECT_NO_THROW(static_cast<void>(solve(A, {}, context)));
}

TYPED_TEST(DenseSvd, DoesNotTakeSquareMemoryForThinVectors) {
  using T = TypeParam;
  EXPECT_TRUE(dense_svd_bytes<T>(1000000, 3, Vectors::thin, 3) <= 1e10);
  EXPECT_TRUE(dense_svd_bytes<T>(1000000, 3, Vectors::full, 3) >= 1e12 * sizeof(T));
}

TEST(DenseSvdDouble, PassesTheTableOfSubnormals) {
  for (const auto& entry : cases::subnormal_table()) expect_right(entry, {});
}

TEST(DenseSvdDouble, ValuesOfWideOnesAreExactToRounding) {
  const Matrix<double> A = cases::to_matrix<double>(cases::ones(51, 8000).A);
  const SvdResult<double> result = solve(A, {.vectors = Vectors::none});
  const auto exact = cases::ones(51, 8000).sigma;
  EXPECT_TRUE(oracles::value_error_ratio<double>(result.sigma, exact, 8000) <= 1);
}

TEST(DenseSvdDouble, ReportsWhatItDid) {
  const SvdResult<double> result = solve(cases::gaussian<double>(20, 10, 1));
  EXPECT_EQ(result.report.method, "dense");
  EXPECT_EQ(result.report.rows, 20);
  EXPECT_EQ(result.report.cols, 10);
  EXPECT_EQ(result.report.rank, 10);
  EXPECT_EQ(result.report.scalar, "float64");
  EXPECT_EQ(result.report.status, Status::converged);
  EXPECT_FALSE(result.report.isa.empty());
  EXPECT_FALSE(result.report.blas.empty());
  EXPECT_FALSE(result.report.stages.empty());
  EXPECT_TRUE(result.report.seconds > 0);
}

TEST(DenseSvdDouble, PassesLargerSizesAroundBlockBoundaries) {
  if (!long_tests()) GTEST_SKIP() << "set ECKART_LONG_TESTS to run sizes up to 513";
  for (const index_t n : {63, 64, 65, 127, 129, 255, 257, 511, 512, 513}) {
    for (const DenseAlgorithm algorithm : algorithms) {
      expect_right<double>({"gaussian", cases::gaussian<double>(n, n, 1), {}},
                           {.algorithm = algorithm});
      expect_right<double>({"gaussian", cases::gaussian<double>(n, n / 2, 1), {}},
                           {.algorithm = algorithm});
    }
  }
}

}  // namespace
}  // namespace eckart
