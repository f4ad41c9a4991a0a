#include "eckart/batch_svd.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using testing_support::Scalars;

template <class T>
class BatchSvd : public testing::Test {};
TYPED_TEST_SUITE(BatchSvd, Scalars);

template <Scalar T>
double limit() {
  return is_complex<T> ? 10 : 5;
}

// count matrices of one shape, column-major one after the other.
template <Scalar T>
struct Batch {
  index_t count;
  index_t rows;
  index_t cols;
  std::vector<T> data;

  Batch(index_t c, index_t m, index_t n)
      : count(c), rows(m), cols(n), data(static_cast<std::size_t>(c * m * n)) {}
  MatrixView<T> matrix(index_t b) {
    return {data.data() + b * rows * cols, rows, cols, std::max<index_t>(rows, 1)};
  }
  BatchView<const T> view() const {
    return column_major_batch<const T>(data.data(), count, rows, cols);
  }
};

template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  for (index_t j = 0; j < to.cols; ++j) std::copy_n(from.column(j), to.rows, to.column(j));
}

template <Scalar T>
Batch<T> gaussian_batch(index_t count, index_t m, index_t n) {
  Batch<T> batch(count, m, n);
  cases::Random random(static_cast<std::uint64_t>(1000 * m + n));
  for (T& x : batch.data) x = random.entry<T>();
  return batch;
}

template <Scalar T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

template <Scalar T>
bool same_bits(MatrixView<const T> A, MatrixView<const T> B) {
  bool same = A.rows == B.rows && A.cols == B.cols;
  for (index_t j = 0; j < A.cols && same; ++j) {
    const auto n = static_cast<std::size_t>(A.rows);
    same = same_bits<T>(std::span(A.column(j), n), std::span(B.column(j), n));
  }
  return same;
}

template <Scalar T>
oracles::SvdCheck check(Batch<T>& batch, const BatchSvdResult<T>& result, index_t b) {
  return oracles::check_svd<T>(batch.matrix(b), result.left(b), result.values(b), result.right(b));
}

TYPED_TEST(BatchSvd, DecomposesEverySmallShape) {
  using T = TypeParam;
  for (index_t m = 0; m <= 40; m += m < 18 ? 1 : 5) {
    for (const index_t n : {m, m / 2, m + 1 + m / 3, index_t{1}}) {
      for (const Vectors vectors : {Vectors::thin, Vectors::full}) {
        Batch<T> batch = gaussian_batch<T>(3, m, n);
        const auto result = batch_svd<T>(batch.view(), {.vectors = vectors});
        for (index_t b = 0; b < batch.count; ++b) {
          const auto verdict = check(batch, result, b);
          EXPECT_TRUE(verdict.passes(limit<T>())) << m << " x " << n << ": " << verdict;
        }
        EXPECT_TRUE(result.report.met) << m << " x " << n;
        EXPECT_EQ(result.report.fallbacks, 0);
      }
    }
  }
}

TYPED_TEST(BatchSvd, DecomposesShapesOnBothSidesOfTheLimitOfTheLanes) {
  using T = TypeParam;
  const std::pair<index_t, index_t> shapes[] = {{63, 63}, {64, 64},  {65, 65},  {100, 100},
                                                {3, 300}, {300, 40}, {129, 129}};
  for (const auto& [m, n] : shapes) {
    Batch<T> batch = gaussian_batch<T>(2, m, n);
    const auto result = batch_svd<T>(batch.view());
    const auto verdict = check(batch, result, 1);
    EXPECT_TRUE(verdict.passes(limit<T>())) << m << " x " << n << ": " << verdict;
    EXPECT_TRUE(result.report.met);
  }
}

// Every case of the registry, among neighbours of other scales.
TYPED_TEST(BatchSvd, PassesEveryDenseCase) {
  using T = TypeParam;
  for (const auto& c : cases::dense_cases<T>()) {
    const index_t m = c.A.rows();
    const index_t n = c.A.cols();
    if (std::min(m, n) > 128) continue;
    Batch<T> batch(3, m, n);
    const Matrix<T> neighbour = cases::gaussian<T>(m, n, 5);
    copy<T>(neighbour.view(), batch.matrix(0));
    copy<T>(c.A.view(), batch.matrix(1));
    const auto result = batch_svd<T>(batch.view());
    for (index_t b = 0; b < 3; ++b) {
      const auto verdict = check(batch, result, b);
      EXPECT_TRUE(verdict.passes(limit<T>())) << c.name << ", matrix " << b << ": " << verdict;
    }
    EXPECT_TRUE(result.report.failed.empty()) << c.name;
    EXPECT_EQ(result.report.fallbacks, 0) << c.name;
    const auto values = batch_svd<T>(batch.view(), {.vectors = Vectors::none});
    const long double largest = c.sigma.empty() ? 0 : c.sigma[0];
    const long double bound =
        5 * static_cast<long double>(std::max(m, n)) *
        (oracles::epsilon<T>() * largest +
         static_cast<long double>(std::numeric_limits<real_t<T>>::denorm_min()));
    for (std::size_t i = 0; i < c.sigma.size(); ++i) {
      EXPECT_TRUE(std::abs(result.values(1)[i] - c.sigma[i]) <= bound) << c.name << " " << i;
      EXPECT_TRUE(std::abs(values.values(1)[i] - c.sigma[i]) <= bound) << c.name << " " << i;
    }
  }
}

TYPED_TEST(BatchSvd, AMatrixGetsTheSameBitsAloneAndAtAnyPlaceForAnyThreadCount) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{16, 16}, {5, 9}, {40, 33}, {2, 2}}) {
    // Difficult neighbours: ones that are done at once, ones that take long, ones with zeros.
    Batch<T> batch = gaussian_batch<T>(45, m, n);
    for (index_t b = 0; b < batch.count; b += 4) {
      const MatrixView<T> A = batch.matrix(b);
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < m; ++i) {
          if (b % 3 == 0) A(i, j) = i == j ? T{1} : T{0};
          if (b % 3 == 1) A(i, j) *= static_cast<real_t<T>>(std::pow(0.1, i));
          if (b % 3 == 2 && j % 2 == 0) A(i, j) = T{0};
        }
      }
    }
    Context one(1);
    const auto reference = batch_svd<T>(batch.view(), {}, one);
    for (const int threads : testing_support::thread_counts) {
      Context context(threads);
      const auto other = batch_svd<T>(batch.view(), {}, context);
      EXPECT_TRUE(same_bits<T>(reference.U.view(), other.U.view())) << threads;
      EXPECT_TRUE(same_bits<T>(reference.V.view(), other.V.view())) << threads;
      EXPECT_TRUE(same_bits<real_t<T>>(reference.sigma, other.sigma)) << threads;
    }
    for (index_t b = 0; b < batch.count; ++b) {
      Batch<T> single(1, m, n);
      copy<T>(batch.matrix(b), single.matrix(0));
      const auto alone = batch_svd<T>(single.view());
      EXPECT_TRUE(same_bits<T>(alone.left(0), reference.left(b))) << b;
      EXPECT_TRUE(same_bits<T>(alone.right(0), reference.right(b))) << b;
      EXPECT_TRUE(same_bits<real_t<T>>(alone.values(0), reference.values(b))) << b;
    }
  }
}

TYPED_TEST(BatchSvd, AMatrixThatIsNotFiniteFailsAlone) {
  using T = TypeParam;
  using Real = real_t<T>;
  for (const index_t n : {6, 140}) {  // in lanes, and one by one
    Batch<T> batch = gaussian_batch<T>(20, n, n);
    const auto clean = batch_svd<T>(batch.view());
    batch.matrix(3)(2, 1) = std::numeric_limits<Real>::quiet_NaN();
    batch.matrix(17)(0, n - 1) = -std::numeric_limits<Real>::infinity();
    const auto result = batch_svd<T>(batch.view());
    EXPECT_EQ(result.report.failed, (std::vector<index_t>{3, 17}));
    EXPECT_TRUE(result.report.met);
    for (index_t b = 0; b < batch.count; ++b) {
      if (b == 3 || b == 17) {
        for (const Real s : result.values(b)) EXPECT_TRUE(std::isnan(s));
        EXPECT_TRUE(std::isnan(std::real(result.left(b)(n - 1, n - 1))));
        EXPECT_TRUE(std::isnan(std::real(result.right(b)(0, 0))));
      } else {
        EXPECT_TRUE(same_bits<T>(result.left(b), clean.left(b)));
        EXPECT_TRUE(same_bits<T>(result.right(b), clean.right(b)));
        EXPECT_TRUE(same_bits<Real>(result.values(b), clean.values(b)));
      }
    }
  }
}

TYPED_TEST(BatchSvd, ASingularValueBeyondTheRangeIsAFailureOfItsMatrix) {
  using T = TypeParam;
  Batch<T> batch = gaussian_batch<T>(3, 4, 4);
  const T huge = std::numeric_limits<real_t<T>>::max();
  for (index_t j = 0; j < 4; ++j) std::fill_n(batch.matrix(1).column(j), 4, huge);
  const auto result = batch_svd<T>(batch.view());
  EXPECT_EQ(result.report.failed, (std::vector<index_t>{1}));
  EXPECT_TRUE(std::isnan(result.values(1)[0]));
  EXPECT_TRUE(check(batch, result, 2).passes(limit<T>()));
}

// Squares of the small ones are zero beside the largest.
TYPED_TEST(BatchSvd, KeepsValuesOfADiagonalMatrixHoweverFarApart) {
  using T = TypeParam;
  using R = real_t<T>;
  const R least = 8 * std::numeric_limits<R>::min();
  const R given[] = {std::sqrt(least), 1, least, least / 4, 0};
  Batch<T> batch = gaussian_batch<T>(1, 6, 5);
  for (index_t j = 0; j < 5; ++j) {
    for (index_t i = 0; i < 6; ++i) batch.matrix(0)(i, j) = i == j ? T{given[j]} : T{};
  }
  const auto result = batch_svd<T>(batch.view());
  const R expected[] = {1, std::sqrt(least), least, least / 4, 0};
  for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(result.values(0)[j], expected[j]);
}

// A C-contiguous NumPy array in, U and Vh as C-contiguous arrays out.
TYPED_TEST(BatchSvd, ReadsAndWritesRowMajorArrays) {
  using T = TypeParam;
  constexpr index_t count = 19;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{7, 4}, {4, 7}, {150, 140}}) {
    const index_t k = std::min(m, n);
    Batch<T> batch = gaussian_batch<T>(count, m, n);
    std::vector<T> A(batch.data.size());
    const auto rows_first = row_major_batch(A.data(), count, m, n);
    for (index_t b = 0; b < count; ++b) {
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < m; ++i) rows_first(b, i, j) = batch.matrix(b)(i, j);
      }
    }
    std::vector<T> U(static_cast<std::size_t>(count * m * k));
    std::vector<T> Vh(static_cast<std::size_t>(count * k * n));
    std::vector<real_t<T>> sigma(static_cast<std::size_t>(count * k));
    const auto U_view = row_major_batch(U.data(), count, m, k);
    const auto Vh_view = row_major_batch(Vh.data(), count, k, n);
    const BatchSvdReport report = batch_svd_into<T>(rows_first, U_view, sigma, Vh_view.adjoint());
    EXPECT_TRUE(report.met);
    const auto expected = batch_svd<T>(batch.view());
    EXPECT_TRUE(same_bits<real_t<T>>(sigma, expected.sigma));
    for (index_t b = 0; b < count; ++b) {
      for (index_t j = 0; j < k; ++j) {
        for (index_t i = 0; i < m; ++i) EXPECT_EQ(U_view(b, i, j), expected.left(b)(i, j));
        for (index_t i = 0; i < n; ++i) {
          EXPECT_EQ(Vh_view(b, j, i), conjugate(expected.right(b)(i, j)));
        }
      }
    }
  }
}

TYPED_TEST(BatchSvd, CertifiesEveryMatrixAndOnlyIfAsked) {
  using T = TypeParam;
  Batch<T> batch = gaussian_batch<T>(9, 12, 12);
  const auto result = batch_svd<T>(batch.view());
  const double eps = static_cast<double>(std::numeric_limits<real_t<T>>::epsilon());
  const double bound = limit<T>() * 12 * eps;
  EXPECT_TRUE(result.report.certified);
  EXPECT_TRUE(result.report.residual > 0 && result.report.residual <= bound);
  EXPECT_TRUE(result.report.orthogonality_U > 0 && result.report.orthogonality_U <= bound);
  EXPECT_TRUE(result.report.orthogonality_V > 0 && result.report.orthogonality_V <= bound);
  EXPECT_TRUE(result.report.worst >= 0 && result.report.worst < 9);
  const auto strict = batch_svd<T>(batch.view(), {.accuracy = eps / 100});
  EXPECT_FALSE(strict.report.met);
  const auto bare = batch_svd<T>(batch.view(), {.certify = false});
  EXPECT_FALSE(bare.report.certified);
  EXPECT_FALSE(bare.report.met);
  EXPECT_TRUE(same_bits<T>(bare.U.view(), result.U.view()));
}

TEST(BatchSvdCalls, RefusesShapesThatDoNotFit) {
  std::vector<double> A(8);
  std::vector<double> U(8);
  std::vector<double> sigma(4);
  std::vector<double> V(8);
  const auto batch = column_major_batch<const double>(A.data(), 2, 2, 2);
  const auto fits = column_major_batch(U.data(), 2, 2, 2);
  const std::span<double> values(sigma);
  EXPECT_THROW(batch_svd_into<double>(batch, column_major_batch(U.data(), 2, 2, 1), values, fits),
               InvalidArgument);
  EXPECT_THROW(batch_svd_into<double>(batch, fits, values.first(3), fits), InvalidArgument);
  EXPECT_THROW(batch_svd_into<double>(batch, fits, values, fits, {.accuracy = -1}),
               InvalidArgument);
  EXPECT_THROW((void)batch_svd<double>(column_major_batch<const double>(A.data(), 2, -1, 2)),
               InvalidArgument);
}

TEST(BatchSvdCalls, ACancelledContextStopsTheRunAndStaysAsItWas) {
  const Batch<double> batch = gaussian_batch<double>(4000, 8, 8);
  Context context(2);
  context.cancel();
  EXPECT_THROW((void)batch_svd<double>(batch.view(), {}, context), Cancelled);
  context.clear_cancellation();
  EXPECT_TRUE(batch_svd<double>(batch.view(), {}, context).report.met);
  EXPECT_FALSE(context.must_stop());
}

TEST(BatchSvdCalls, RefusesMoreMemoryThanTheCap) {
  const Batch<double> batch = gaussian_batch<double>(2, 60, 60);
  Context context(1);
  context.set_memory_cap_bytes(10000);
  EXPECT_THROW((void)batch_svd<double>(batch.view(), {}, context), MemoryLimit);
}

}  // namespace
}  // namespace eckart
