#include "operators/scaled.hpp"

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"

namespace eckart::operators {
namespace {

TEST(Prepared, LeavesOrdinaryMatricesAlone) {
  const Matrix<double> A = gaussian<double>(5, 4);
  const auto op = make_operator<double>(A.view());
  Context context(1);
  const Prepared<double> prepared(*op, context);
  EXPECT_EQ(prepared.scale(), 1);
  EXPECT_EQ(&prepared.matrix(), op.get());
}

template <class T>
class PreparedScalars : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(PreparedScalars, Scalars);

TYPED_TEST(PreparedScalars, BringsHugeAndTinyMatricesIntoRangeExactly) {
  using T = TypeParam;
  using Real = real_t<T>;
  constexpr int far = sizeof(Real) == 8 ? 900 : 100;
  const Matrix<T> A = gaussian<T>(9, 6);
  for (const int exponent : {far, -far}) {
    Matrix<T> extreme = A.clone();
    for (index_t i = 0; i < 54; ++i) extreme.data()[i] *= std::ldexp(Real{1}, exponent);
    const auto op = make_operator<T>(std::as_const(extreme).view());
    Context context(1);
    const Prepared<T> prepared(*op, context);
    Matrix<T> expected = extreme.clone();
    for (index_t i = 0; i < 54; ++i) {
      expected.data()[i] = extreme.data()[i] / static_cast<Real>(prepared.scale());
    }
    const EntryScan scan = make_operator<T>(std::as_const(expected).view())->scan(context);
    EXPECT_TRUE(scan.max_abs >= 1 && scan.max_abs < 2);
    expect_behaves_as(prepared.matrix(), expected, 4);
  }
}

// Known by its products alone.
template <Scalar T>
class Hidden final : public LinearOperator<T> {
 public:
  explicit Hidden(const LinearOperator<T>& inner) : inner_(inner) {}
  index_t rows() const override { return inner_.rows(); }
  index_t cols() const override { return inner_.cols(); }
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    inner_.apply(X, Y, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    inner_.apply_adjoint(Y, X, context);
  }

 private:
  const LinearOperator<T>& inner_;
};

TYPED_TEST(PreparedScalars, TellsTheSizeOfAMatrixFreeOperatorByOneProduct) {
  using T = TypeParam;
  using Real = real_t<T>;
  constexpr int far = sizeof(Real) == 8 ? 900 : 100;
  const Matrix<T> A = gaussian<T>(9, 6);
  for (const int exponent : {far, -far, 0}) {
    Matrix<T> extreme = A.clone();
    for (index_t i = 0; i < 54; ++i) extreme.data()[i] *= std::ldexp(Real{1}, exponent);
    const auto op = make_operator<T>(std::as_const(extreme).view());
    const Hidden<T> hidden(*op);
    Context context(1);
    const Prepared<T> prepared(hidden, context);
    EXPECT_EQ(prepared.products(), 1);
    const int found = exponent_of(prepared.scale()) - 1;
    EXPECT_TRUE(std::abs(found - exponent) <= 4) << found;
    EXPECT_EQ(found == 0, exponent == 0);
    Matrix<T> expected = extreme.clone();
    for (index_t i = 0; i < 54; ++i) {
      expected.data()[i] = extreme.data()[i] / static_cast<Real>(prepared.scale());
    }
    expect_behaves_as(prepared.matrix(), expected, 4);
  }
}

TEST(Prepared, NamesThePositionOfANan) {
  Matrix<double> A = gaussian<double>(5, 4);
  A(4, 2) = std::nan("");
  const auto op = make_operator<double>(std::as_const(A).view());
  Context context(1);
  try {
    const Prepared<double> prepared(*op, context);
    FAIL() << "nothing was thrown";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 4);
    EXPECT_EQ(error.col(), 2);
  }
}

TEST(ExponentOf, BracketsTheNumber) {
  EXPECT_EQ(exponent_of(0), 0);
  EXPECT_EQ(exponent_of(1), 1);
  EXPECT_EQ(exponent_of(0.75), 0);
  EXPECT_EQ(exponent_of(5e-324), -1073);
}

}  // namespace
}  // namespace eckart::operators
