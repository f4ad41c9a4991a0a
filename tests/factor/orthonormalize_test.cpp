#include "factor/orthonormalize.hpp"

#include <gtest/gtest.h>

#include "factor/tall_qr.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class Orthonormalize : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Orthonormalize, Scalars);

// X_given = Q H + X S with X orthonormal and orthogonal to Q.
template <Scalar T>
void expect_decomposition(const Matrix<T>& Q, const Matrix<T>& given, double norm) {
  Matrix<T> X = given.clone();
  Matrix<T> H(Q.cols(), X.cols());
  Matrix<T> S(X.cols(), X.cols());
  RandomSource random{5, 900};
  orthonormalize_against<T>(Q.view(), X.view(), H.view(), S.view(), norm, random, Context(2));
  EXPECT_TRUE(inner_defect<T>(X.view(), X.view(), 1) <= 100 * eps<T>());
  EXPECT_TRUE(inner_defect<T>(Q.view(), X.view(), 0) <= 100 * eps<T>());
  Matrix<T> basis(Q.rows(), Q.cols() + X.cols());
  Matrix<T> coefficients(Q.cols() + X.cols(), X.cols());
  for (index_t j = 0; j < Q.cols(); ++j) {
    for (index_t i = 0; i < Q.rows(); ++i) basis(i, j) = Q(i, j);
  }
  for (index_t j = 0; j < X.cols(); ++j) {
    for (index_t i = 0; i < Q.rows(); ++i) basis(i, Q.cols() + j) = X(i, j);
    for (index_t i = 0; i < Q.cols(); ++i) coefficients(i, j) = H(i, j);
    for (index_t i = 0; i < X.cols(); ++i) coefficients(Q.cols() + i, j) = S(i, j);
  }
  EXPECT_TRUE(product_defect<T>(basis.view(), coefficients.view(), given.view()) <=
              500 * eps<T>() * norm);
}

template <Scalar T>
Matrix<T> orthonormal(index_t rows, index_t cols) {
  Matrix<T> Q = gaussian<T>(rows, cols, 4);
  Matrix<T> R(cols, cols);
  tall_qr(Q.view(), R.view(), Context(1));
  return Q;
}

TYPED_TEST(Orthonormalize, AgainstABasisReproducesTheBlock) {
  expect_decomposition(orthonormal<TypeParam>(400, 20), gaussian<TypeParam>(400, 6, 1), 20);
}

TYPED_TEST(Orthonormalize, AgainstABasisOfABlockThatLiesInItRefillsEveryColumn) {
  using T = TypeParam;
  const Matrix<T> Q = orthonormal<T>(400, 20);
  Matrix<T> inside(400, 6);
  for (index_t j = 0; j < 6; ++j) {
    for (index_t i = 0; i < 400; ++i) inside(i, j) = Q(i, j) - Q(i, 19 - j);
  }
  expect_decomposition(Q, inside, 2);
}

TYPED_TEST(Orthonormalize, AgainstABasisOfABlockOfRankOneRefillsTheRest) {
  using T = TypeParam;
  Matrix<T> X = gaussian<T>(400, 4, 1);
  for (index_t j = 1; j < 4; ++j) {
    for (index_t i = 0; i < 400; ++i) X(i, j) = X(i, 0) * real_t<T>(j);
  }
  expect_decomposition(orthonormal<T>(400, 20), X, 60);
}

TYPED_TEST(Orthonormalize, AgainstABasisAColumnAfterADependentOneKeepsItsPart) {
  using T = TypeParam;
  const Matrix<T> Q = orthonormal<T>(400, 20);
  Matrix<T> X = gaussian<T>(400, 5, 1);
  for (index_t i = 0; i < 400; ++i) {
    X(i, 1) = X(i, 0);            // dependent
    X(i, 2) = Q(i, 3) - Q(i, 4);  // inside the basis; columns 3 and 4 are independent
  }
  expect_decomposition(Q, X, 60);
  for (index_t i = 0; i < 400; ++i) X(i, 0) = X(i, 1) = 0;
  expect_decomposition(Q, X, 60);
}

TYPED_TEST(Orthonormalize, AgainstNothingIsAQr) {
  expect_decomposition(Matrix<TypeParam>(100, 0), gaussian<TypeParam>(100, 4, 1), 10);
}

}  // namespace
}  // namespace eckart::factor
