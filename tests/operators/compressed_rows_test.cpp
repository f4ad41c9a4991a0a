#include "operators/compressed_rows.hpp"

#include <gtest/gtest.h>

#include "tests/operators/operator_testing.hpp"

namespace eckart::operators {
namespace {

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;

template <class T>
class Compressed : public testing::Test {};
using Scalars = testing::Types<float, double, cfloat, cdouble>;
TYPED_TEST_SUITE(Compressed, Scalars);

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Which numbers the entries are.
enum class Fill { any, narrow, ones };

// A matrix whose row 1 and column 2 are empty and, if heavy, whose row 3 is full.
template <Scalar T>
SparseMatrix<T> example(index_t m, index_t n, Fill fill, bool heavy) {
  const Matrix<T> numbers = gaussian<T>(m, n);
  std::vector<Triplet<T>> triplets;
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) {
      const bool stored = (heavy && i == 3) || ((i * 7 + j * 3) % 5 == 0 && i != 1 && j != 2);
      if (!stored) continue;
      T value = numbers(i, j);
      if (fill == Fill::narrow) value = static_cast<T>(kernels::narrow_t<T>(value));
      triplets.push_back({i, j, fill == Fill::ones ? T{1} : value});
    }
  }
  return from_triplets(m, n, std::move(triplets));
}

// Expects Y = op(A) X for the block X, from the definition, to rounding.
template <Scalar T>
void expect_product(const SparseMatrix<T>& A,
                    bool transposed,
                    bool conjugated,
                    const Matrix<T>& X,
                    const Matrix<T>& Y) {
  Matrix<cdouble> sums(Y.rows(), Y.cols());
  Matrix<double> sizes(Y.rows(), Y.cols());
  for (index_t i = 0; i < A.rows; ++i) {
    for (index_t p = A.offsets[at(i)]; p < A.offsets[at(i) + 1]; ++p) {
      const cdouble stored(A.values[at(p)]);
      const cdouble a = conjugated ? std::conj(stored) : stored;
      const index_t from = transposed ? i : A.columns[at(p)];
      const index_t to = transposed ? A.columns[at(p)] : i;
      for (index_t j = 0; j < X.cols(); ++j) {
        sums(to, j) += a * cdouble(X(from, j));
        sizes(to, j) += std::abs(a) * std::abs(cdouble(X(from, j)));
      }
    }
  }
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (index_t j = 0; j < Y.cols(); ++j) {
    for (index_t i = 0; i < Y.rows(); ++i) {
      ASSERT_TRUE(std::abs(cdouble(Y(i, j)) - sums(i, j)) <= 40 * eps * sizes(i, j))
          << "row " << i << ", column " << j << " of " << Y.cols();
    }
  }
}

template <Scalar T>
Matrix<T> filled(index_t rows, index_t cols, T value) {
  Matrix<T> A(rows, cols);
  std::fill_n(A.data(), rows * cols, value);
  return A;
}

template <Scalar T>
void expect_products(const SparseMatrix<T>& A, index_t width) {
  Context context(1);
  CompressedRows<T> rows(A, context);
  rows.prepare_transposed_products();
  const CompressedRows<T> columns = rows.transposed(context);
  const Matrix<T> X = gaussian<T>(A.cols, width, 1);
  const Matrix<T> Y = gaussian<T>(A.rows, width, 2);
  for (const bool conjugated : {false, true}) {
    Matrix<T> AX = filled<T>(A.rows, width, T{99});
    rows.times(X.view(), AX.view(), conjugated, context);
    expect_product(A, false, conjugated, X, AX);
    Matrix<T> ATY = filled<T>(A.cols, width, T{99});
    columns.times(Y.view(), ATY.view(), conjugated, context);
    expect_product(A, true, conjugated, Y, ATY);
    Matrix<T> scattered = filled<T>(A.cols, width, T{99});
    rows.transposed_times(Y.view(), scattered.view(), conjugated, context);
    expect_product(A, true, conjugated, Y, scattered);
    for (const int threads : {2, 3}) {
      Context many(threads);
      Matrix<T> again = filled<T>(A.rows, width, T{99});
      rows.times(X.view(), again.view(), conjugated, many);
      ASSERT_TRUE(std::equal(AX.data(), AX.data() + A.rows * width, again.data()));
      Matrix<T> back = filled<T>(A.cols, width, T{99});
      columns.times(Y.view(), back.view(), conjugated, many);
      ASSERT_TRUE(std::equal(ATY.data(), ATY.data() + A.cols * width, back.data()));
      rows.transposed_times(Y.view(), back.view(), conjugated, many);
      ASSERT_TRUE(std::equal(scattered.data(), scattered.data() + A.cols * width, back.data()));
    }
  }
}

TYPED_TEST(Compressed, ProductsEqualThoseFromTheDefinitionAtEveryWidth) {
  const auto A = example<TypeParam>(37, 29, Fill::any, true);
  for (index_t width = 1; width <= 20; ++width) expect_products(A, width);
  for (const index_t width : {33, 64}) expect_products(A, width);
}

TYPED_TEST(Compressed, ProductsAreRightHoweverTheValuesAreKept) {
  for (const Fill fill : {Fill::any, Fill::narrow, Fill::ones}) {
    for (const index_t width : {1, 5, 16}) {
      expect_products(example<TypeParam>(60, 45, fill, true), width);
    }
  }
}

TYPED_TEST(Compressed, ARowHeavierThanAShareOfTheWorkIsCut) {
  // 100000 entries in row 3: more than twice the smallest share.
  expect_products(example<TypeParam>(5, 100000, Fill::any, true), 3);
  expect_products(example<TypeParam>(100000, 5, Fill::any, true), 3);
}

TYPED_TEST(Compressed, ManyRowsAreCutIntoParts) {
  expect_products(example<TypeParam>(20000, 9, Fill::any, false), 2);
}

TYPED_TEST(Compressed, EmptyShapesAndMatricesWithoutEntriesGiveZeros) {
  for (const auto& [m, n] : {std::pair{0, 7}, std::pair{7, 0}, std::pair{0, 0}, std::pair{6, 5}}) {
    expect_products(from_triplets<TypeParam>(m, n, {}), 3);
    expect_products(from_triplets<TypeParam>(m, n, {}), 1);
  }
}

TYPED_TEST(Compressed, KeepsTheFewestBytesThatHoldTheValues) {
  using T = TypeParam;
  Context context(1);
  EXPECT_EQ(CompressedRows<T>(example<T>(40, 30, Fill::ones, true), context).values(),
            Values::ones);
  const Values narrow = std::same_as<T, kernels::narrow_t<T>> ? Values::full : Values::narrow;
  EXPECT_EQ(CompressedRows<T>(example<T>(40, 30, Fill::narrow, true), context).values(), narrow);
  EXPECT_EQ(CompressedRows<T>(example<T>(40, 30, Fill::any, true), context).values(), Values::full);
}

TEST(CompressedDouble, OneValueThatFloatDoesNotHoldKeepsAllInFull) {
  Context context(1);
  SparseMatrix<double> A = example<double>(400, 300, Fill::narrow, true);
  for (const double odd : {0.1, 1e300, 5e-324, 16777217.0, std::nan("")}) {
    A.values.back() = odd;
    EXPECT_EQ(CompressedRows<double>(A, context).values(), Values::full) << odd;
  }
  for (const double even : {0.5, -0.0, 0x1p127, 1.401298464324817e-45, 16777216.0}) {
    A.values.back() = even;
    EXPECT_EQ(CompressedRows<double>(A, context).values(), Values::narrow) << even;
  }
}

TEST(CompressedDouble, UsesArraysOfTheRightTypeWhereTheyStand) {
  Context context(1);
  const SparseMatrix<double> A = example<double>(40, 30, Fill::any, true);
  const std::vector<std::int32_t> columns(A.columns.begin(), A.columns.end());
  const SparseView<double> view(A.rows, A.cols, std::span<const index_t>(A.offsets),
                                std::span<const std::int32_t>(columns), A.values);
  const CompressedRows<double> rows(view, context);
  EXPECT_TRUE(rows.borrows_columns());
  EXPECT_TRUE(rows.borrows_values());
  rows.visit([&](const auto* indices, const auto* values) {
    EXPECT_EQ(static_cast<const void*>(indices), static_cast<const void*>(columns.data()));
    EXPECT_EQ(static_cast<const void*>(values), static_cast<const void*>(A.values.data()));
  });
  EXPECT_FALSE(CompressedRows<double>(A, context).borrows_columns());
}

TEST(CompressedDouble, ColumnsBeyond32BitsAreKeptIn64) {
  Context context(1);
  constexpr index_t cols = index_t{1} << 32;
  const std::vector<index_t> offsets = {0, 2, 3};
  const std::vector<index_t> columns = {5, cols - 1, 7};
  const SparseView<double> view(2, cols, std::span<const index_t>(offsets),
                                std::span<const index_t>(columns));
  const CompressedRows<double> rows(view, context);
  EXPECT_EQ(rows.cols(), cols);
  rows.visit([&](const auto* indices, const auto*) {
    EXPECT_EQ(sizeof(*indices), 8U);
    EXPECT_EQ(index_t{indices[1]}, cols - 1);
  });
}

TEST(CompressedDouble, TheTransposeHasTheEntriesInOrderForAnyNumberOfThreads) {
  const SparseMatrix<double> A = example<double>(3000, 70, Fill::any, true);
  const SparseMatrix<double> expected = transpose(A);
  for (const int threads : {1, 2, 3}) {
    Context context(threads);
    const auto B = CompressedRows<double>(A, context).transposed(context);
    ASSERT_EQ(B.stored_entries(), expected.stored_entries());
    for (index_t i = 0; i <= B.rows(); ++i) ASSERT_EQ(B.offsets()[i], expected.offsets[at(i)]);
    B.visit([&](const auto* indices, const auto* values) {
      for (index_t p = 0; p < B.stored_entries(); ++p) {
        ASSERT_EQ(indices[p], expected.columns[at(p)]);
        ASSERT_EQ(value_at<double>(values, p), expected.values[at(p)]);
      }
    });
  }
}

}  // namespace
}  // namespace eckart::operators
