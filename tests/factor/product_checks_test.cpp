#include "factor/product_checks.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart::factor {
namespace {

using namespace testing_support;

template <class T>
class ProductChecks : public testing::Test {};
TYPED_TEST_SUITE(ProductChecks, Scalars);

TYPED_TEST(ProductChecks, AFiniteProductPasses) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(12, 9, 1);
  Context context(1);
  EXPECT_NO_THROW(
      require_finite_product<T>(*make_operator<T>(view(A)), view(A), Side::rows, context));
}

TYPED_TEST(ProductChecks, ABadEntryOfTheMatrixIsNamedFromEitherSide) {
  using T = TypeParam;
  Matrix<T> A = cases::gaussian<T>(12, 9, 1);
  A(7, 4) = std::numeric_limits<real_t<T>>::infinity();
  const auto op = make_operator<T>(view(A));
  Context context(1);
  for (const Side side : {Side::rows, Side::columns}) {
    Matrix<T> product(side == Side::rows ? 12 : 9, 3);
    product(side == Side::rows ? 7 : 4, 1) = std::numeric_limits<real_t<T>>::quiet_NaN();
    try {
      require_finite_product<T>(*op, view(product), side, context);
      ADD_FAILURE() << "no error";
    } catch (const NonFiniteInput& error) {
      EXPECT_EQ(error.row(), 7);
      EXPECT_EQ(error.col(), 4);
    }
  }
}

TYPED_TEST(ProductChecks, AnOperatorThatInventsNanIsBlamedItself) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(12, 9, 1);
  Matrix<T> product(12, 3);
  product(5, 2) = std::numeric_limits<real_t<T>>::quiet_NaN();
  Context context(1);
  try {
    require_finite_product<T>(*make_operator<T>(view(A)), view(product), Side::rows, context);
    ADD_FAILURE() << "no error";
  } catch (const InvalidArgument& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("A X"), std::string::npos) << message;
    EXPECT_NE(message.find("row 6"), std::string::npos) << message;
  }
}

TYPED_TEST(ProductChecks, TheAdjointPassesAndAnythingElseDoesNot) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(30, 9, 1);
  const auto op = make_operator<T>(view(A));
  Context context(1);
  const auto svd = dense_svd<T>(*op, {}, context);
  Matrix<T> Z(9, 9);
  op->apply_adjoint(view(svd.U), Z.view(), context);
  EXPECT_NO_THROW(require_adjoint<T>(*op, view(svd.V), view(Z), svd.sigma, context));
  const T kept = Z(3, 2);
  Z(3, 2) += static_cast<real_t<T>>(0.1);
  EXPECT_THROW(require_adjoint<T>(*op, view(svd.V), view(Z), svd.sigma, context), InvalidArgument);
  Z(3, 2) = kept;
  for (index_t i = 0; i < 9; ++i) Z(i, 8) = -Z(i, 8);
  EXPECT_THROW(require_adjoint<T>(*op, view(svd.V), view(Z), svd.sigma, context), InvalidArgument);
}

}  // namespace
}  // namespace eckart::factor
