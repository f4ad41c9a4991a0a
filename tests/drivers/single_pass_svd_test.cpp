#include "eckart/single_pass_svd.hpp"

#include <string>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "eckart/svd.hpp"
#include "eckart/tiles.hpp"
#include "tests/drivers/driver_testing.hpp"
#include "tests/operators/tiled_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

// Values 1/i for the spectrum to fall slowly, or of low rank with noise.
template <Scalar T>
Matrix<T> decaying(index_t m, index_t n, double power, std::uint64_t seed) {
  Matrix<T> A = cases::gaussian<T>(m, n, seed);
  for (index_t j = 0; j < n; ++j) {
    const double size = std::pow(1.0 + static_cast<double>(j), -power);
    for (index_t i = 0; i < m; ++i) A(i, j) *= static_cast<real_t<T>>(size);
  }
  return A;
}

template <Scalar T>
double true_error(const Matrix<T>& A, const SvdResult<T>& result) {
  double sum = 0;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      std::complex<double> entry(A(i, j));
      for (std::size_t t = 0; t < result.sigma.size(); ++t) {
        const auto c = static_cast<index_t>(t);
        entry -= std::complex<double>(result.U(i, c)) * double(result.sigma[t]) *
                 std::conj(std::complex<double>(result.V(j, c)));
      }
      sum += std::norm(entry);
    }
  }
  return std::sqrt(sum);
}

// Where sparse signs sample worst: what matters lies in single rows and columns, or in ones whose
// entries are all as large as each other.
std::vector<std::pair<std::string, Matrix<double>>> structured() {
  std::vector<std::pair<std::string, Matrix<double>>> all;
  all.emplace_back("spread", decaying<double>(120, 60, 1, 3));
  Matrix<double> diagonal(100, 50), row(100, 50), signs(64, 48), blocks(90, 45), tail(100, 50);
  for (index_t j = 0; j < 50; ++j) {
    diagonal((j * 37) % 100, j) = 1 / (1.0 + static_cast<double>(j));
    row(41, j) = std::sin(static_cast<double>(j));
    row(j, j) += 1e-3 / (1.0 + static_cast<double>(j));
    for (index_t i = 0; i < 100; ++i) tail(i, j) = 1;
  }
  for (index_t j = 0; j < 50; ++j) tail(2 * j, j) += 1 / (1.0 + static_cast<double>(j));
  for (index_t j = 0; j < 48; ++j) {
    for (index_t i = 0; i < 64; ++i) {
      const bool odd = __builtin_parityl(static_cast<unsigned long>(i & j)) != 0;
      signs(i, j) = (odd ? -1 : 1) / (1.0 + static_cast<double>(j));
    }
  }
  for (index_t j = 0; j < 45; ++j) {
    for (index_t i = 0; i < 6; ++i)
      blocks(j / 3 * 6 + i, j) = 1 / (1.0 + static_cast<double>(j / 3));
  }
  all.emplace_back("single rows and columns", std::move(diagonal));
  all.emplace_back("one row", std::move(row));
  all.emplace_back("Hadamard", std::move(signs));
  all.emplace_back("blocks of equals", std::move(blocks));
  all.emplace_back("ones and single entries", std::move(tail));
  return all;
}

TEST(SinglePassSvd, EstimatesItsErrorWithinAFactorOfTwoOver100Seeds) {
  Context context(2);
  for (const auto& [name, A] : structured()) {
    const auto op = make_operator(A.view());
    const double norm = true_error<double>(A, {});
    const double best = true_error(A, svd(*op, {.rank = {.rank = 8}}, context));
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const SvdResult<double> result = single_pass_svd<double>(*op, 8, {.seed = seed}, context);
      const Certificate& c = result.report.certificate;
      const double told = c.frobenius_error.value * c.frobenius_norm.value;
      const double truth = true_error(A, result);
      EXPECT_TRUE(told <= 2 * truth && truth <= 2 * told)
          << name << " " << seed << ": " << told << " " << truth;
      EXPECT_TRUE(std::abs(std::log(c.frobenius_norm.value / norm)) <= std::log(1.4)) << name;
      EXPECT_TRUE(truth <= 2.2 * best) << name << " " << seed << ": " << truth / best;
      EXPECT_EQ(c.frobenius_error.kind, BoundKind::estimated);
      EXPECT_FALSE(c.met);
    }
  }
}

template <class T>
class SinglePass : public testing::Test {};
TYPED_TEST_SUITE(SinglePass, Scalars);

TYPED_TEST(SinglePass, RecoversAMatrixOfTheRankAskedForToRounding) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair{90, 40}, {40, 90}, {64, 64}}) {
    const Matrix<T> L = cases::gaussian<T>(m, 5, 1), R = cases::gaussian<T>(5, n, 2);
    Matrix<T> A(m, n);
    Context context(2);
    make_operator(L.view())->apply(R.view(), A.view(), context);
    const SvdResult<T> result = single_pass_svd<T>(*make_operator(view(A)), 5, {}, context);
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    EXPECT_TRUE(true_error(A, result) <= 2000 * eps * double(result.sigma[0]));
    EXPECT_TRUE(result.report.certificate.met);
    EXPECT_TRUE(result.report.certificate.orthogonality_U.value <= 50 * eps);
    EXPECT_TRUE(result.report.certificate.orthogonality_V.value <= 50 * eps);
  }
}

TEST(SinglePassSvd, IsNearTheBestApproximationAndNearerWithMoreColumns) {
  const Matrix<double> A = decaying<double>(150, 100, 1, 5);
  const auto op = make_operator(A.view());
  Context context(2);
  const double best = true_error(A, svd(*op, {.rank = {.rank = 10}}, context));
  const auto error = [&](index_t oversampling) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      sum += true_error(A, single_pass_svd<double>(
                               *op, 10, {.oversampling = oversampling, .seed = seed}, context));
    }
    return sum / 10;
  };
  EXPECT_TRUE(error(-1) <= 1.6 * best) << error(-1) / best;
  EXPECT_TRUE(error(60) < error(20) && error(20) < error(4));
}

TEST(SinglePassSvd, ReadsTilesOnceInEitherOrder) {
  const Matrix<double> A = decaying<double>(200, 90, 2, 7);
  for (const bool row_major : {true, false}) {
    const auto source = std::make_shared<operators::MemoryTiles<double>>(
        A.clone(), row_major ? 16 : 200, row_major ? 90 : 16, row_major);
    const auto op = make_tiled<double>(source);
    Context context(2);
    SvdRequest request{.rank = {.rank = 6}, .accuracy = 0.1};
    request.max_passes = 1;
    const SvdResult<double> result = svd(*op, request, context);
    EXPECT_EQ(source->passes, 1);
    EXPECT_EQ(result.report.method, "single-pass");
    EXPECT_TRUE(true_error(A, result) <=
                1.5 * true_error(A, svd(*make_operator(view(A)), {.rank = {.rank = 6}}, context)));
  }
}

TEST(SinglePassSvd, GivesTheSameBitsForAnyNumberOfThreadsAndOthersForAnotherSeed) {
  const Matrix<double> A = decaying<double>(300, 80, 1, 9);
  std::vector<double> first;
  for (const int threads : thread_counts) {
    Context context(threads);
    const auto result = single_pass_svd<double>(*make_operator(view(A)), 5, {.seed = 4}, context);
    if (first.empty()) first = result.sigma;
    EXPECT_EQ(result.sigma, first);
  }
  Context context(2);
  EXPECT_NE(single_pass_svd<double>(*make_operator(view(A)), 5, {.seed = 5}, context).sigma, first);
}

TEST(SinglePassSvd, RefusesWhatItCannotDo) {
  const Matrix<double> A = cases::gaussian<double>(10, 10, 1);
  const auto op = make_operator(view(A));
  Context context(1);
  EXPECT_THROW(static_cast<void>(single_pass_svd<double>(*op, -1, {}, context)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(single_pass_svd<double>(*op, 2, {.error_vectors = 1}, context)),
               InvalidArgument);
  EXPECT_THROW(static_cast<void>(single_pass_svd<double>(*op, 2, {.oversampling = -2}, context)),
               InvalidArgument);
  SvdRequest open{.rank = {.energy = 0.9}};
  open.max_passes = 1;
  EXPECT_ANY_THROW(static_cast<void>(plan_svd(*op, open, context)));
  Matrix<double> bad = A.clone();
  bad(3, 4) = std::numeric_limits<double>::infinity();
  EXPECT_THROW(
      static_cast<void>(single_pass_svd<double>(*make_operator(view(bad)), 2, {}, context)),
      NonFiniteInput);
  EXPECT_EQ(single_pass_svd<double>(*op, 99, {}, context).sigma.size(), 10u);
  // Sketches as wide as the matrix are the matrix.
  const SvdResult<double> all = single_pass_svd<double>(*op, 99, {}, context);
  const double norm = all.report.certificate.frobenius_norm.value;
  EXPECT_TRUE(true_error(A, all) <= 1e-13);
  EXPECT_TRUE(std::abs(norm - true_error<double>(A, {})) <= 1e-13 * norm);
  EXPECT_TRUE(single_pass_svd<double>(*op, 0, {}, context).sigma.empty());
}

}  // namespace
}  // namespace eckart
