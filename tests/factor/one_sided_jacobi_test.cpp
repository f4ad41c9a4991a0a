#include "factor/one_sided_jacobi.hpp"

#include <gtest/gtest.h>

#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class OneSidedJacobi : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(OneSidedJacobi, Scalars);

template <Scalar T>
std::vector<real_t<T>> expect_svd(const Matrix<T>& A, double size) {
  Matrix<T> copy = A.clone();
  Matrix<T> U(A.rows(), A.cols());
  Matrix<T> V(A.cols(), A.cols());
  const auto sigma = one_sided_jacobi(copy.view(), U.view(), V.view());
  EXPECT_TRUE(inner_defect<T>(U.view(), U.view(), 1) <= 200 * eps<T>());
  EXPECT_TRUE(inner_defect<T>(V.view(), V.view(), 1) <= 200 * eps<T>());
  for (std::size_t i = 1; i < sigma.size(); ++i) EXPECT_TRUE(sigma[i] <= sigma[i - 1]);
  // A V = U diag(sigma)
  Matrix<T> US = U.clone();
  for (index_t j = 0; j < U.cols(); ++j) {
    for (index_t i = 0; i < U.rows(); ++i) US(i, j) *= sigma[static_cast<std::size_t>(j)];
  }
  EXPECT_TRUE(product_defect<T>(A.view(), V.view(), US.view()) <= 500 * eps<T>() * size);
  return sigma;
}

TYPED_TEST(OneSidedJacobi, DecomposesSquareAndTallMatrices) {
  expect_svd(gaussian<TypeParam>(20, 20), 1);
  expect_svd(gaussian<TypeParam>(60, 15), 1);
}

TYPED_TEST(OneSidedJacobi, CompletesTheVectorsOfARankDeficientMatrix) {
  Matrix<TypeParam> A(10, 6);
  for (index_t i = 0; i < 10; ++i) A(i, 2) = TypeParam(1);
  const auto sigma = expect_svd(A, 1);
  EXPECT_TRUE(std::abs(static_cast<double>(sigma[0]) - std::sqrt(10.0)) <= 20 * eps<TypeParam>());
  EXPECT_EQ(sigma[1], 0);
}

TEST(OneSidedJacobiDouble, KeepsTinySingularValuesOfAColumnScaledMatrixRelativelyAccurate) {
  // A = B D: D spans 120 orders of magnitude, B is well conditioned and orthogonal up to scale.
  Matrix<double> A(4, 4);
  const double H[4][4] = {{1, 1, 1, 1}, {1, -1, 1, -1}, {1, 1, -1, -1}, {1, -1, -1, 1}};
  const double D[4] = {1, 1e-40, 1e-80, 1e-120};
  for (index_t j = 0; j < 4; ++j) {
    for (index_t i = 0; i < 4; ++i) A(i, j) = H[i][j] * D[j];
  }
  const auto sigma = expect_svd(A, 1);
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_TRUE(std::abs(sigma[j] - 2 * D[j]) <= 1e-14 * 2 * D[j]);
  }
}

}  // namespace
}  // namespace eckart::factor
