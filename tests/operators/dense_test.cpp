#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"

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
}

TYPED_TEST(Dense, AViewWithALeadingDimensionIsReadInPlace) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(30, 12);
  const auto part = A.view().block(3, 2, 20, 7);
  Matrix<TypeParam> copy(20, 7);
  for (index_t j = 0; j < 7; ++j) std::copy_n(part.column(j), 20, copy.view().column(j));
  expect_behaves_as(*make_operator<TypeParam>(part), copy);
}

TYPED_TEST(Dense, TallMatricesOfManyChunks) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(5000, 3);
  expect_behaves_as(*make_operator<TypeParam>(A.view()), A, 40);
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
