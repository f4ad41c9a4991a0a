#include "blas/narrow.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "core/philox.hpp"

namespace eckart::blas {
namespace {

template <class T>
class Narrow : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Narrow, Reals);

template <Scalar T>
Matrix<T> random(index_t rows, index_t cols, std::uint64_t seed) {
  Matrix<T> A(rows, cols);
  core::fill_gaussian(A.view(), seed, 1, 0, Context(1));
  return A;
}

// Largest error of C = beta C_before + alpha op(A) B, in units of eps times the sizes added up.
template <Scalar T>
double defect(Op op,
              T alpha,
              const Matrix<T>& A,
              const Matrix<T>& B,
              T beta,
              const Matrix<T>& before,
              const Matrix<T>& C) {
  double worst = 0;
  const index_t inner = op == Op::none ? A.cols() : A.rows();
  for (index_t j = 0; j < C.cols(); ++j) {
    for (index_t i = 0; i < C.rows(); ++i) {
      long double sum = 0;
      long double size = std::abs(static_cast<long double>(before(i, j)));
      for (index_t l = 0; l < inner; ++l) {
        const long double term =
            static_cast<long double>(op == Op::none ? A(i, l) : A(l, i)) * B(l, j);
        sum += term;
        size += std::abs(term);
      }
      const long double expected = alpha * sum + beta * static_cast<long double>(before(i, j));
      const long double error = std::abs(static_cast<long double>(C(i, j)) - expected);
      worst = std::max(worst, static_cast<double>(error / size));
    }
  }
  return worst / static_cast<double>(std::numeric_limits<T>::epsilon());
}

// Tall and wide, with rests of every kind: rows beyond the vectors, columns beyond the groups.
TYPED_TEST(Narrow, ProductsAreThoseOfTheDefinitionForEveryShapeAndWidth) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{5003, 7}, {1031, 64}, {67, 1201}}) {
    const Matrix<T> A = random<T>(m, n, 1);
    for (const Op op : {Op::none, Op::adjoint, Op::transpose}) {
      for (const index_t width : {1, 2, 3, 4, 7, 8, 9, 16, 24}) {
        const Matrix<T> B = random<T>(op == Op::none ? n : m, width, 2);
        const Matrix<T> before = random<T>(op == Op::none ? m : n, width, 3);
        for (const T beta : {T{0}, T{1}, T{-0.5}}) {
          SCOPED_TRACE(testing::Message() << m << " x " << n << ", width " << width << ", op "
                                          << static_cast<char>(op) << ", beta " << beta);
          ASSERT_TRUE(is_narrow(op, Op::none, A.view(), B.view()));
          Matrix<T> C = before.clone();
          narrow_multiply<T>(op, T{-2}, A.view(), B.view(), beta, C.view(), Context(2));
          EXPECT_TRUE(defect<T>(op, T{-2}, A, B, beta, before, C) <= 200);
        }
      }
    }
  }
}

TYPED_TEST(Narrow, BetaZeroOverwritesWhatIsNotANumber) {
  using T = TypeParam;
  const Matrix<T> A = random<T>(300, 60, 1);
  for (const Op op : {Op::none, Op::adjoint}) {
    const Matrix<T> B = random<T>(op == Op::none ? 60 : 300, 3, 2);
    Matrix<T> C(op == Op::none ? 300 : 60, 3);
    for (index_t i = 0; i < C.rows(); ++i) C(i, 1) = std::numeric_limits<T>::quiet_NaN();
    narrow_multiply<T>(op, T{1}, A.view(), B.view(), T{0}, C.view(), Context(1));
    for (index_t i = 0; i < C.rows(); ++i) EXPECT_TRUE(std::isfinite(C(i, 1)));
  }
}

TYPED_TEST(Narrow, GivesTheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{90001, 11}, {11, 90001}, {801, 803}}) {
    const Matrix<T> A = random<T>(m, n, 1);
    for (const Op op : {Op::none, Op::adjoint}) {
      const Matrix<T> B = random<T>(op == Op::none ? n : m, 6, 2);
      Matrix<T> one(op == Op::none ? m : n, 6);
      if (!is_narrow(op, Op::none, A.view(), B.view())) continue;
      narrow_multiply<T>(op, T{1}, A.view(), B.view(), T{0}, one.view(), Context(1));
      for (const int threads : {2, 3}) {
        Matrix<T> C(one.rows(), 6);
        narrow_multiply<T>(op, T{1}, A.view(), B.view(), T{0}, C.view(), Context(threads));
        EXPECT_EQ(std::memcmp(C.data(), one.data(),
                              static_cast<std::size_t>(C.rows() * C.cols()) * sizeof(T)),
                  0)
            << threads << " threads";
      }
    }
  }
}

TEST(NarrowShapes, WideBlocksAndComplexNumbersAreLeftToGemm) {
  const Matrix<double> A(400, 400);
  EXPECT_FALSE(is_narrow<double>(Op::none, Op::none, A.view(), Matrix<double>(400, 25).view()));
  EXPECT_FALSE(is_narrow<double>(Op::none, Op::adjoint, A.view(), Matrix<double>(4, 400).view()));
  const Matrix<std::complex<double>> C(400, 400);
  EXPECT_FALSE((is_narrow<std::complex<double>>(Op::none, Op::none, C.view(),
                                                Matrix<std::complex<double>>(400, 4).view())));
}

}  // namespace
}  // namespace eckart::blas
