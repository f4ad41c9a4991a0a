#include "eckart/null_space.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

// Differences along the edges of a graph of paths: nullity = the number of paths.
template <Scalar T>
SparseMatrix<T> paths(const std::vector<index_t>& lengths) {
  std::vector<Triplet<T>> entries;
  index_t row = 0;
  index_t start = 0;
  for (const index_t length : lengths) {
    for (index_t i = 0; i + 1 < length; ++i, ++row) {
      entries.push_back({row, start + i, T{-1}});
      entries.push_back({row, start + i + 1, T{1}});
    }
    start += length;
  }
  return from_triplets<T>(row, start, std::move(entries));
}

template <Scalar T, class Entries>
void expect_null_space(const Entries& A, index_t m, const NullSpace<T>& null, index_t nullity) {
  const double eps = oracles::epsilon<T>();
  ASSERT_EQ(null.basis.cols(), nullity);
  EXPECT_TRUE(static_cast<double>(oracles::orthogonality_defect<T>(null.basis.view())) <=
              500 * eps);
  for (index_t c = 0; c < nullity; ++c) {
    std::vector<oracles::wide_t<T>> image(static_cast<std::size_t>(m));
    oracles::for_each_entry(A, [&](index_t i, index_t j, T a) {
      image[static_cast<std::size_t>(i)] +=
          oracles::times(oracles::widen(a), oracles::widen(null.basis(j, c)));
    });
    oracles::wide_real_t<T> sum = 0;
    for (const auto& x : image) sum += oracles::squared_modulus(x);
    const double norm = static_cast<double>(std::sqrt(sum));
    EXPECT_TRUE(norm <= null.threshold) << norm;
    EXPECT_TRUE(norm <= null.residual + 20 * eps * null.sigma_1) << norm;
  }
  EXPECT_TRUE(null.largest_zero <= null.threshold);
  EXPECT_TRUE(null.smallest_nonzero == 0 || null.smallest_nonzero > null.threshold);
}

template <class T>
class NullSpaceOf : public testing::Test {};
TYPED_TEST_SUITE(NullSpaceOf, Scalars);

TYPED_TEST(NullSpaceOf, AGraphHasOneVectorForEachComponent) {
  using T = TypeParam;
  for (const auto& lengths :
       {std::vector<index_t>{12}, {1, 2, 3, 30}, std::vector<index_t>(21, 4)}) {
    const SparseMatrix<T> A = paths<T>(lengths);  // wide: as many more columns as components
    const SparseMatrix<T> AT = transpose(A);      // full column rank
    const auto components = static_cast<index_t>(lengths.size());
    expect_null_space<T>(A, A.rows, null_space<T>(*make_operator<T>(A)), components);
    expect_null_space<T>(AT, AT.rows, null_space<T>(*make_operator<T>(AT)), 0);
  }
}

TYPED_TEST(NullSpaceOf, RankTenOfThirtyLeavesTwenty) {
  using T = TypeParam;
  for (const index_t m : {20, 30, 44}) {
    const auto made = cases::prescribed<T>(m, 30, cases::even_spectrum(10, 0.1L), 7);
    const auto null = null_space<T>(*make_operator<T>(view(made.A)), {.tolerance = 1e-5});
    expect_null_space<T>(view(made.A), m, null, 20);
    EXPECT_TRUE(std::abs(null.smallest_nonzero - 0.1) <= 1e-5);
  }
}

TEST(NullSpace, TheToleranceDecidesWhatCountsAsZero) {
  const SparseMatrix<double> A = sparse_diagonal<double>({1, 1e-3L, 1e-6L, 1e-9L, 0});
  const auto op = make_operator<double>(A);
  EXPECT_EQ(null_space<double>(*op).basis.cols(), 1);
  EXPECT_EQ(null_space<double>(*op, {.tolerance = 1e-8}).basis.cols(), 2);
  const auto null = null_space<double>(*op, {.tolerance = 1e-5});
  EXPECT_EQ(null.basis.cols(), 3);
  EXPECT_TRUE(std::abs(null.threshold - 1e-5) <= 1e-8);
  EXPECT_TRUE(std::abs(null.largest_zero - 1e-6) <= 1e-14);
  EXPECT_TRUE(std::abs(null.smallest_nonzero - 1e-3) <= 1e-14);
  EXPECT_TRUE(null.residual <= 1.001e-6);
}

TEST(NullSpace, OfALargeGraphComesFromTheFactorization) {
  const SparseMatrix<double> A = paths<double>({500, 1, 90, 160});
  const auto null = null_space<double>(*make_operator<double>(A));
  EXPECT_EQ(null.report.method, "smallest");
  expect_null_space<double>(A, A.rows, null, 4);
}

TEST(NullSpace, OfZeroAndEmptyMatricesIsEverything) {
  EXPECT_EQ(
      null_space<double>(*make_operator<double>(from_triplets<double>(3, 5, {}))).basis.cols(), 5);
  EXPECT_EQ(
      null_space<double>(*make_operator<double>(from_triplets<double>(0, 4, {}))).basis.cols(), 4);
  EXPECT_EQ(
      null_space<double>(*make_operator<double>(from_triplets<double>(4, 0, {}))).basis.cols(), 0);
}

TEST(NullSpace, RefusesAToleranceThatMakesNoSense) {
  const SparseMatrix<double> A = sparse_diagonal<double>({1, 2});
  EXPECT_THROW((void)null_space<double>(*make_operator<double>(A), {.tolerance = 1}),
               InvalidArgument);
  EXPECT_THROW((void)null_space<double>(*make_operator<double>(A), {.tolerance = -0.1}),
               InvalidArgument);
}

TEST(NullSpace, TheSameBitsForAnyThreadCount) {
  const SparseMatrix<double> A = paths<double>({500, 1, 90, 160});
  const auto op = make_operator<double>(A);
  Context one(1);
  const auto reference = null_space<double>(*op, {}, one);
  for (const int threads : thread_counts) {
    Context context(threads);
    EXPECT_TRUE(same_bits(reference.basis, null_space<double>(*op, {}, context).basis));
  }
}

}  // namespace
}  // namespace eckart
