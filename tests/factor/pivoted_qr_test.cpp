#include "factor/pivoted_qr.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class PivotedQrOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(PivotedQrOf, Scalars);

// Returns Q R P^H, by P (Q R)^H columns: the matrix that was factored.
template <Scalar T>
Matrix<T> rebuilt(const PivotedQr<T>& qr, index_t m, index_t n) {
  const Context context(1);
  Matrix<T> L(n, qr.rank());
  qr.copy_adjoint_of_r(L.view());
  qr.apply_p(L.view(), context);  // P R^H: the conjugate transpose of R P^H
  Matrix<T> A(m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < qr.rank(); ++i) A(i, j) = conjugate(L(j, i));
  }
  qr.apply_q(A.view(), context);
  return A;
}

TYPED_TEST(PivotedQrOf, ItsFactorsMultiplyToTheMatrix) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{1, 1}, {7, 1}, {30, 30}, {90, 40}, {100, 100}}) {
    const Matrix<T> A = gaussian<T>(m, n);
    Matrix<T> copy = A.clone();
    const PivotedQr<T> qr(copy.view(), Context(1));
    EXPECT_EQ(qr.rank(), n);
    const Matrix<T> B = rebuilt(qr, m, n);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) {
        EXPECT_TRUE(std::abs(A(i, j) - B(i, j)) <= 60 * eps<T>()) << i << ", " << j;
      }
    }
  }
}

TYPED_TEST(PivotedQrOf, TheRowsOfRFallInLength) {
  using T = TypeParam;
  Matrix<T> A = gaussian<T>(40, 25);
  const PivotedQr<T> qr(A.view(), Context(1));
  Matrix<T> L(25, 25);
  qr.copy_adjoint_of_r(L.view());
  for (index_t j = 1; j < 25; ++j) {
    EXPECT_TRUE(std::abs(L(j, j)) <= std::abs(L(j - 1, j - 1)) * (1 + 10 * real_t<T>(eps<T>())));
    for (index_t i = j; i < 25; ++i) {
      EXPECT_TRUE(std::abs(L(i, j)) <= std::abs(L(j, j)) * (1 + 10 * real_t<T>(eps<T>())));
    }
  }
}

TYPED_TEST(PivotedQrOf, SmallRowsAndColumnsKeepTheirDigitsInAnyOrder) {
  using T = TypeParam;
  const index_t m = 24, n = 15;
  Matrix<T> A = gaussian<T>(m, n);
  const auto scale = [](index_t i, index_t of) {
    return std::ldexp(real_t<T>{1}, -static_cast<int>(40 * ((7 * i + 3) % of) / of));
  };
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) A(i, j) *= scale(i, m) * scale(j, n);
  }
  Matrix<T> copy = A.clone();
  const PivotedQr<T> qr(copy.view(), Context(1));
  const Matrix<T> B = rebuilt(qr, m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      const auto error = std::abs(A(i, j) - B(i, j)) / (scale(i, m) * scale(j, n));
      EXPECT_TRUE(static_cast<double>(error) <= 500 * eps<T>()) << i << ", " << j << ": " << error;
    }
  }
}

TYPED_TEST(PivotedQrOf, CountsTheRowsOfRThatAreNotZero) {
  using T = TypeParam;
  Matrix<T> A(9, 5);
  A(3, 1) = A(4, 4) = T(2);
  const PivotedQr<T> qr(A.view(), Context(1));
  EXPECT_EQ(qr.rank(), 2);
  Matrix<T> zero(4, 3);
  EXPECT_EQ(PivotedQr<T>(zero.view(), Context(1)).rank(), 0);
}

TYPED_TEST(PivotedQrOf, AppliesQWithTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  Matrix<T> A = gaussian<T>(50, 30);
  const PivotedQr<T> qr(A.view(), Context(1));
  Matrix<T> first;
  for (const int threads : {1, 2, 3}) {
    Matrix<T> C = gaussian<T>(50, 300, 1);
    qr.apply_q(C.view(), Context(threads));
    if (threads == 1) first = C.clone();
    EXPECT_TRUE(std::equal(C.data(), C.data() + 50 * 300, first.data())) << threads;
  }
}

TYPED_TEST(PivotedQrOf, LeavesACancelledRunBeforeTheFirstPanel) {
  using T = TypeParam;
  Matrix<T> A = gaussian<T>(12, 10);
  Context context(1);
  context.set_stop_at_once(true);
  context.cancel();
  EXPECT_THROW(PivotedQr<T>(A.view(), context), Cancelled);
}

}  // namespace
}  // namespace eckart::factor
