#include "blas/lapack.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "blas/blas.hpp"
#include "core/philox.hpp"

namespace eckart::blas {
namespace {

template <class T>
class Lapack : public testing::Test {};
using Scalars = testing::Types<float, double, cfloat, cdouble>;
TYPED_TEST_SUITE(Lapack, Scalars);

template <Scalar T>
Matrix<T> gaussian(index_t rows, index_t cols) {
  Matrix<T> A(rows, cols);
  core::fill_gaussian(A.view(), 17, 0, 0, Context(1));
  return A;
}

template <Scalar T>
Matrix<T> product(Op op_a, MatrixView<const T> A, MatrixView<const T> B) {
  Matrix<T> C(op_a == Op::none ? A.rows : A.cols, B.cols);
  gemm<T>(op_a, Op::none, T{1}, A, B, T{0}, C.view());
  return C;
}

template <Scalar T>
double difference(MatrixView<const T> A, MatrixView<const T> B) {
  double largest = 0;
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      const double d = static_cast<double>(std::abs(A(i, j) - B(i, j)));
      largest = d <= largest ? largest : d;
    }
  }
  return largest;
}

template <Scalar T>
double orthogonality(const Matrix<T>& Q) {
  Matrix<T> I(Q.cols(), Q.cols());
  for (index_t i = 0; i < Q.cols(); ++i) I(i, i) = 1;
  return difference<T>(product<T>(Op::adjoint, Q.view(), Q.view()).view(), I.view());
}

// With R^H R = (X P)^H (X P) the triangle is that of the columns in their order.
TYPED_TEST(Lapack, TrianglesBelongToTheColumnsInTheirOrder) {
  using T = TypeParam;
  const Matrix<T> X = gaussian<T>(20, 6);
  for (const bool pivoted : {false, true}) {
    Matrix<T> R = X.clone();
    std::vector<T> tau(6);
    std::vector<index_t> order = {0, 1, 2, 3, 4, 5};
    if (pivoted) {
      Pivoting<T> pivoting{tau, {1, 2, 3, 4, 5, 6}, {}, {}};
      for (index_t j = 0; j < 6; ++j) {
        real_t<T> squares = 0;
        for (index_t i = 0; i < 20; ++i) squares += std::norm(X(i, j));
        pivoting.norms.push_back(std::sqrt(squares));
      }
      pivoting.exact = pivoting.norms;
      while (pivoting.done < 6) reflect_panel_pivoted(R.view(), 4, pivoting);
      for (std::size_t j = 0; j < 6; ++j) order[j] = pivoting.order[j] - 1;
      for (index_t j = 1; j < 6; ++j) EXPECT_TRUE(std::abs(R(j, j)) <= std::abs(R(j - 1, j - 1)));
    } else {
      reflect_to_triangle(R.view(), tau.data());
    }
    Matrix<T> ordered(20, 6);
    for (index_t j = 0; j < 6; ++j) {
      std::fill(R.view().column(j) + j + 1, R.view().column(j) + 20, T{});
      std::copy_n(X.view().column(order[static_cast<std::size_t>(j)]), 20,
                  ordered.view().column(j));
    }
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    EXPECT_TRUE(difference<T>(product<T>(Op::adjoint, R.view(), R.view()).view(),
                              product<T>(Op::adjoint, ordered.view(), ordered.view()).view()) <=
                1000 * eps)
        << pivoted;
  }
}

TYPED_TEST(Lapack, CholeskyFactorsAndRefusesAnIndefiniteMatrix) {
  using T = TypeParam;
  const Matrix<T> X = gaussian<T>(20, 6);
  const Matrix<T> G = product<T>(Op::adjoint, X.view(), X.view());
  Matrix<T> R = G.clone();
  ASSERT_TRUE(cholesky(R.view()));
  EXPECT_EQ(R(3, 1), T{0});
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(difference<T>(product<T>(Op::adjoint, R.view(), R.view()).view(), G.view()) <=
              2000 * eps);
  Matrix<T> indefinite(2, 2);
  indefinite(0, 0) = -1;
  EXPECT_FALSE(cholesky(indefinite.view()));
}

TYPED_TEST(Lapack, HouseholderQrReproducesTheMatrix) {
  using T = TypeParam;
  const Matrix<T> X = gaussian<T>(30, 7);
  Matrix<T> Q = X.clone();
  Matrix<T> R(7, 7);
  householder_qr(Q.view(), R.view());
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(orthogonality(Q) <= 50 * eps);
  EXPECT_TRUE(difference<T>(product<T>(Op::none, Q.view(), R.view()).view(), X.view()) <=
              200 * eps);
}

TYPED_TEST(Lapack, HermitianEigenGivesRisingValuesAndTheirVectors) {
  using T = TypeParam;
  const Matrix<T> X = gaussian<T>(12, 8);
  const Matrix<T> G = product<T>(Op::adjoint, X.view(), X.view());
  Matrix<T> V = G.clone();
  const auto values = hermitian_eigen(V.view());
  ASSERT_EQ(values.size(), 8U);
  Matrix<T> VD = V.clone();
  for (index_t j = 0; j < 8; ++j) {
    if (j > 0) {
      EXPECT_TRUE(values[static_cast<std::size_t>(j - 1)] <= values[static_cast<std::size_t>(j)]);
    }
    for (index_t i = 0; i < 8; ++i) VD(i, j) *= values[static_cast<std::size_t>(j)];
  }
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(difference<T>(product<T>(Op::none, G.view(), V.view()).view(), VD.view()) <=
              2000 * eps);
}

}  // namespace
}  // namespace eckart::blas
