#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"
#include "tests/operators/sketch_testing.hpp"

namespace eckart::operators {
namespace {

template <class T>
class Dense : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Dense, Scalars);

template <Scalar T>
Matrix<T> transposed(const Matrix<T>& A) {
  Matrix<T> B(A.cols(), A.rows());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) B(j, i) = A(i, j);
  }
  return B;
}

TYPED_TEST(Dense, ColumnMajorAndRowMajorStandForTheSameMatrix) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(37, 21);
  expect_behaves_as(*make_operator<TypeParam>(A.view()), A);
  expect_behaves_as(*make_operator(own(transposed(A), true)), A);
  EXPECT_EQ(expect_sketches(*make_operator<TypeParam>(A.view()), A), 1);
  EXPECT_EQ(expect_sketches(*make_operator(own(transposed(A), true)), A), 1);
}

TYPED_TEST(Dense, AViewWithALeadingDimensionIsReadInPlace) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(30, 12);
  const auto part = A.view().block(3, 2, 20, 7);
  Matrix<TypeParam> copy(20, 7);
  for (index_t j = 0; j < 7; ++j) std::copy_n(part.column(j), 20, copy.view().column(j));
  expect_behaves_as(*make_operator<TypeParam>(part), copy);
  expect_sketches(*make_operator<TypeParam>(part), copy);
}

TYPED_TEST(Dense, TallMatricesOfManyChunks) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(5000, 3);
  expect_behaves_as(*make_operator<TypeParam>(A.view()), A, 40);
  expect_sketches(*make_operator<TypeParam>(A.view()), A, 40);
}

// Expects Y = op(A) X to rounding in every seventh row, which meets every place of a tile.
template <Scalar T>
void expect_product(const Matrix<T>& A, bool adjoint, const Matrix<T>& X, const Matrix<T>& Y) {
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (index_t j = 0; j < Y.cols(); ++j) {
    for (index_t i = 0; i < Y.rows(); i += 7) {
      std::complex<double> sum = 0;
      double size = 0;
      for (index_t l = 0; l < X.rows(); ++l) {
        const T entry = adjoint ? conjugate(A(l, i)) : A(i, l);
        sum += std::complex<double>(entry) * std::complex<double>(X(l, j));
        size += static_cast<double>(std::abs(entry) * std::abs(X(l, j)));
      }
      ASSERT_TRUE(std::abs(std::complex<double>(Y(i, j)) - sum) <= 10 * eps * size)
          << "row " << i << ", column " << j << " of " << Y.cols();
    }
  }
}

TYPED_TEST(Dense, BlocksOfEveryWidthTimesAMatrixThatIsNotSmall) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{563, 241}, {4211, 37}}) {
    const Matrix<T> A = gaussian<T>(m, n);
    Matrix<T> wider = gaussian<T>(m + 8, n);  // A in its first rows
    for (index_t j = 0; j < n; ++j) std::copy_n(A.view().column(j), m, wider.view().column(j));
    const auto in_place = make_operator<T>(std::as_const(wider).view().block(0, 0, m, n));
    const auto by_rows = make_operator(own(transposed(A), true));
    for (const index_t width : {3, 17, 64, 65}) {
      const Matrix<T> X = gaussian<T>(n, width, 1);
      const Matrix<T> Y = gaussian<T>(m, width, 2);
      for (const auto* op : {in_place.get(), by_rows.get()}) {
        Context one(1);
        Matrix<T> AX(m, width);
        Matrix<T> AHY(n, width);
        op->apply(X.view(), AX.view(), one);
        op->apply_adjoint(Y.view(), AHY.view(), one);
        expect_product(A, false, X, AX);
        expect_product(A, true, Y, AHY);
        for (const int threads : {2, 3}) {
          Context many(threads);
          Matrix<T> again(m, width);
          op->apply(X.view(), again.view(), many);
          ASSERT_TRUE(std::equal(AX.data(), AX.data() + m * width, again.data()));
          Matrix<T> back(n, width);
          op->apply_adjoint(Y.view(), back.view(), many);
          ASSERT_TRUE(std::equal(AHY.data(), AHY.data() + n * width, back.data()));
        }
      }
    }
  }
}

// Real matrices are read once for both products where the long side is the one that storage runs
// across, and blocks are narrow.
TYPED_TEST(Dense, BothProductsInOneCallReadALongMatrixOnce) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(4211, 67);
  const Matrix<T> B = transposed(A);
  const auto by_columns = make_operator<T>(A.view());
  const auto by_rows = make_operator(DenseMatrix<T>{B.view(), true, nullptr});
  const auto wide = make_operator<T>(B.view());
  const int once = is_complex<T> ? 2 : 1;
  for (const index_t width : {1, 8, 12}) {
    EXPECT_EQ(expect_both_products(*by_rows, Gram::columns, width, 100), once);
    EXPECT_EQ(expect_both_products(*make_adjoint(*by_rows), Gram::rows, width, 100), once);
    EXPECT_EQ(expect_both_products(*wide, Gram::rows, width, 100), once);
    EXPECT_EQ(expect_both_products(*by_columns, Gram::columns, width, 100), 2);
  }
  EXPECT_EQ(expect_both_products(*by_rows, Gram::rows, 8, 100), 2);
  EXPECT_EQ(expect_both_products(*by_rows, Gram::columns, 13, 100), 2);
  AffineMap<T> map;
  for (index_t j = 0; j < 67; ++j) {
    map.column_shift.push_back(T{1} / static_cast<real_t<T>>(j + 1));
    map.column_scale.push_back(1 / static_cast<real_t<T>>(j % 5 + 1));
  }
  for (index_t i = 0; i < 4211; ++i) map.row_shift.push_back(T(static_cast<real_t<T>>(i % 3)));
  EXPECT_EQ(expect_both_products(*make_affine(*by_rows, map), Gram::columns, 8, 300), once);
}

TYPED_TEST(Dense, EnergiesOfColumnsUnderAMapDoNotDependOnTheOrderOfStorage) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(3001, 13);
  const auto by_columns = make_operator<T>(A.view());
  const auto by_rows = make_operator(own(transposed(A), true));
  Context context(2);
  for (const bool rows : {false, true}) {
    AffineMap<T> map;
    const Matrix<T> shifts = gaussian<T>(3001, 1, 4);
    for (index_t j = 0; j < 13; ++j) {
      map.column_shift.push_back(shifts(j, 0));
      map.column_scale.push_back(1 / static_cast<real_t<T>>(j + 1));
    }
    for (index_t i = 0; i < 3001 && rows; ++i) map.row_shift.push_back(shifts(i, 0));
    for (const AffineMap<T>& asked : {AffineMap<T>{}, map}) {
      const std::vector<double> expected = by_columns->column_energies(asked, context);
      const std::vector<double> found = by_rows->column_energies(asked, context);
      for (std::size_t j = 0; j < 13; ++j) {
        EXPECT_TRUE(std::abs(found[j] - expected[j]) <= 1e-12 * expected[j]);
      }
      Context one(1);
      EXPECT_EQ(by_rows->column_energies(asked, one), found);
    }
  }
}

TYPED_TEST(Dense, TheScanNamesRowAndColumnInBothOrders) {
  using T = TypeParam;
  Matrix<T> A = gaussian<T>(50, 70);
  Context context(2);
  EXPECT_TRUE(make_operator<T>(std::as_const(A).view())->scan(context).finite());
  A(7, 40) = std::numeric_limits<real_t<T>>::infinity();
  const EntryScan by_columns = make_operator<T>(std::as_const(A).view())->scan(context);
  EXPECT_EQ(by_columns.nonfinite_row, 7);
  EXPECT_EQ(by_columns.nonfinite_col, 40);
  const EntryScan by_rows = make_operator(own(transposed(A), true))->scan(context);
  EXPECT_EQ(by_rows.nonfinite_row, 7);
  EXPECT_EQ(by_rows.nonfinite_col, 40);
}

TYPED_TEST(Dense, TheScanCountsNonzeros) {
  const Matrix<TypeParam> A = gaussian_with_zeros<TypeParam>(20, 20);
  index_t nonzeros = 0;
  for (index_t i = 0; i < 400; ++i) nonzeros += A.data()[i] != TypeParam{0};
  Context context(1);
  EXPECT_EQ(make_operator<TypeParam>(A.view())->scan(context).nonzeros, nonzeros);
}

}  // namespace
}  // namespace eckart::operators
