#include "eckart/linear_operator.hpp"

#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"

namespace eckart::operators {
namespace {

// Knows nothing but its two products; the second may be wrong on purpose.
template <Scalar T>
class ProductsOnly final : public LinearOperator<T> {
 public:
  ProductsOnly(const LinearOperator<T>& A, bool wrong) : A_(A), wrong_(wrong) {}
  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    A_.apply(X, Y, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    A_.apply_adjoint(Y, X, context);
    if (wrong_) X(0, 0) *= real_t<T>(1.01);
  }

 private:
  const LinearOperator<T>& A_;
  bool wrong_;
};

template <class T>
class LinearOperatorDefaults : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(LinearOperatorDefaults, Scalars);

TYPED_TEST(LinearOperatorDefaults, FormTheMatrixByItsProducts) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(40, 150);  // more columns than one block
  const auto op = make_operator<TypeParam>(A.view());
  expect_behaves_as(ProductsOnly<TypeParam>(*op, false), A, 4);
}

TYPED_TEST(LinearOperatorDefaults, TheScanFindsWhatTheProductsHold) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(10, 7);
  const auto op = make_operator<TypeParam>(A.view());
  Context context(1);
  const EntryScan direct = op->scan(context);
  const EntryScan formed = ProductsOnly<TypeParam>(*op, false).scan(context);
  EXPECT_EQ(formed.max_abs, direct.max_abs);
  EXPECT_EQ(formed.nonzeros, direct.nonzeros);
}

TYPED_TEST(LinearOperatorDefaults, AWrongAdjointIsFound) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(40, 30);
  const auto op = make_operator<TypeParam>(A.view());
  Context context(1);
  EXPECT_TRUE(adjoint_defect(ProductsOnly<TypeParam>(*op, false), 1, context) <= 1);
  EXPECT_TRUE(adjoint_defect(ProductsOnly<TypeParam>(*op, true), 1, context) > 1);
}

}  // namespace
}  // namespace eckart::operators
