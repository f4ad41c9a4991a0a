#include "blas/blas.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "blas/lapack.hpp"
#include "core/philox.hpp"
#include "eckart/error.hpp"

namespace eckart::blas {
namespace {

template <class T>
class Blas : public testing::Test {};
using Scalars = testing::Types<float, double, cfloat, cdouble>;
TYPED_TEST_SUITE(Blas, Scalars);

template <Scalar T>
Matrix<T> gaussian(index_t rows, index_t cols, std::uint32_t stream) {
  Matrix<T> A(rows, cols);
  core::fill_gaussian(A.view(), 11, stream, 0, Context(1));
  return A;
}

template <Scalar T>
T entry(Op op, MatrixView<const T> A, index_t i, index_t j) {
  if (op == Op::none) return A(i, j);
  return op == Op::transpose ? A(j, i) : conjugate(A(j, i));
}

template <Scalar T>
double largest_difference(MatrixView<const T> A, MatrixView<const T> B) {
  double largest = 0;
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      const double d = static_cast<double>(std::abs(A(i, j) - B(i, j)));
      largest = d <= largest ? largest : d;
    }
  }
  return largest;
}

TYPED_TEST(Blas, MultiplyEqualsTheDefinitionForEveryOp) {
  using T = TypeParam;
  const index_t m = 13;
  const index_t n = 9;
  const index_t k = 21;
  for (const Op op_a : {Op::none, Op::transpose, Op::adjoint}) {
    for (const Op op_b : {Op::none, Op::transpose, Op::adjoint}) {
      const Matrix<T> A = op_a == Op::none ? gaussian<T>(m, k, 1) : gaussian<T>(k, m, 1);
      const Matrix<T> B = op_b == Op::none ? gaussian<T>(k, n, 2) : gaussian<T>(n, k, 2);
      Matrix<T> C = gaussian<T>(m, n, 3);
      const Matrix<T> C0 = C.clone();
      multiply<T>(op_a, op_b, T{2}, A.view(), B.view(), T{3}, C.view(), Context(2));
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < m; ++i) {
          std::complex<double> sum = 0;
          for (index_t l = 0; l < k; ++l) {
            sum += std::complex<double>(entry<T>(op_a, A.view(), i, l)) *
                   std::complex<double>(entry<T>(op_b, B.view(), l, j));
          }
          sum = 2.0 * sum + 3.0 * std::complex<double>(C0(i, j));
          const double eps = std::numeric_limits<real_t<T>>::epsilon();
          ASSERT_TRUE(std::abs(std::complex<double>(C(i, j)) - sum) <= 400 * eps);
        }
      }
    }
  }
}

TYPED_TEST(Blas, APieceAfterAnotherGivesTheSameProduct) {
  using T = TypeParam;
  const Op ops[] = {Op::none, Op::transpose, Op::adjoint};
  for (const Op op_a : ops) {
    for (const Op op_b : ops) {
      for (const auto& [k, piece] : {std::pair<index_t, index_t>{0, 4}, {3, 4}, {8, 4}, {21, 4}}) {
        const Matrix<T> A = op_a == Op::none ? gaussian<T>(7, k, 1) : gaussian<T>(k, 7, 1);
        const Matrix<T> B = op_b == Op::none ? gaussian<T>(k, 5, 2) : gaussian<T>(5, k, 2);
        Matrix<T> whole = gaussian<T>(7, 5, 3);
        Matrix<T> pieces = whole.clone();
        gemm<T>(op_a, op_b, T{2}, A.view(), B.view(), T{3}, whole.view());
        gemm_in_pieces<T>(piece, op_a, op_b, T{2}, A.view(), B.view(), T{3}, pieces.view());
        const double eps = std::numeric_limits<real_t<T>>::epsilon();
        EXPECT_TRUE(largest_difference<T>(whole.view(), pieces.view()) <= 200 * eps) << k;
      }
    }
  }
}

// Without pieces the kernels of OpenBLAS for AVX2 and AVX-512 lose 20 to 60 eps.
TYPED_TEST(Blas, APieceAfterAnotherKeepsTheErrorOfEqualTermsShort) {
  using T = TypeParam;
  using Real = real_t<T>;
  constexpr index_t k = 255;
  double worst = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Real x = Real(1) / static_cast<Real>(7 + trial);
    Matrix<T> A(k, 20);
    for (index_t e = 0; e < k * 20; ++e) A.data()[e] = T(x);
    Matrix<T> G(20, 20);
    gemm_in_pieces<T>(16, Op::adjoint, Op::none, T{1}, A.view(), A.view(), T{0}, G.view());
    const long double exact = k * static_cast<long double>(x) * static_cast<long double>(x);
    for (index_t e = 0; e < 20 * 20; ++e) {
      const auto error = static_cast<double>(
          std::abs(static_cast<long double>(std::real(G.data()[e])) / exact - 1));
      worst = error <= worst ? worst : error;
    }
  }
  EXPECT_TRUE(worst <= 6 * std::numeric_limits<Real>::epsilon())
      << worst / std::numeric_limits<Real>::epsilon();
}

TYPED_TEST(Blas, MultiplyGivesTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  struct Shape {
    index_t m, n, k;
  };
  // Tiled, inner dimension cut, tall, odd sizes.
  for (const auto& [m, n, k] : {Shape{600, 530, 70}, Shape{30, 20, 9001}, Shape{9000, 7, 33}}) {
    const Matrix<T> A = gaussian<T>(k, m, 1);
    const Matrix<T> B = gaussian<T>(k, n, 2);
    Matrix<T> one(m, n);
    multiply<T>(Op::adjoint, Op::none, T{1}, A.view(), B.view(), T{0}, one.view(), Context(1));
    for (const int threads : {2, 3, 7}) {
      Matrix<T> many(m, n);
      multiply<T>(Op::adjoint, Op::none, T{1}, A.view(), B.view(), T{0}, many.view(),
                  Context(threads));
      ASSERT_EQ(largest_difference<T>(one.view(), many.view()), 0);
    }
  }
}

TYPED_TEST(Blas, MultiplyIgnoresOldContentsWhenBetaIsZero) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(5000, 3, 1);
  Matrix<T> C(3, 3);
  for (index_t j = 0; j < 3; ++j) C(j, j) = std::numeric_limits<real_t<T>>::quiet_NaN();
  multiply<T>(Op::adjoint, Op::none, T{1}, A.view(), A.view(), T{0}, C.view(), Context(1));
  EXPECT_TRUE(std::abs(C(0, 0)) > 0);
  Matrix<T> nothing(3, 0);
  multiply<T>(Op::none, Op::none, T{1}, nothing.view(), MatrixView<const T>{nullptr, 0, 3, 1}, T{0},
              C.view(), Context(1));
  EXPECT_EQ(C(0, 0), T{0});
}

TYPED_TEST(Blas, MultiplyInPlaceReplacesTheLeadingColumns) {
  using T = TypeParam;
  Matrix<T> A = gaussian<T>(2500, 6, 1);
  const Matrix<T> X = gaussian<T>(6, 4, 2);
  Matrix<T> expected(2500, 4);
  multiply<T>(Op::none, Op::none, T{1}, std::as_const(A).view(), X.view(), T{0}, expected.view(),
              Context(1));
  multiply_in_place<T>(A.view(), X.view(), Context(2));
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(largest_difference<T>(std::as_const(A).view().columns(0, 4), expected.view()) <=
              50 * eps);
}

TYPED_TEST(Blas, SolveUpperUndoesAProductWithAnUpperTriangle) {
  using T = TypeParam;
  Matrix<T> R = gaussian<T>(5, 5, 1);
  for (index_t j = 0; j < 5; ++j) {
    R(j, j) += T{4};
    for (index_t i = j + 1; i < 5; ++i) R(i, j) = 0;
  }
  const Matrix<T> X = gaussian<T>(3000, 5, 2);
  Matrix<T> Y(3000, 5);
  multiply<T>(Op::none, Op::none, T{1}, X.view(), R.view(), T{0}, Y.view(), Context(1));
  solve_upper_from_right<T>(Y.view(), std::as_const(R).view(), Context(2));
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(largest_difference<T>(Y.view(), X.view()) <= 500 * eps);
}

TEST(ToBlasInt, RefusesWhatThirtyTwoBitsCannotHold) {
  EXPECT_EQ(to_blas_int(2147483647), 2147483647);
  EXPECT_THROW((void)to_blas_int(index_t{2147483648}), InvalidArgument);
  EXPECT_THROW((void)to_blas_int(-1), InvalidArgument);
}

}  // namespace
}  // namespace eckart::blas
