#include "factor/bidiagonalize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tests/factor/reduction_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class Bidiagonalize : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Bidiagonalize, Scalars);

template <Scalar T>
struct Reduced {
  Bidiagonal<T> bidiagonal;
  Matrix<T> Q;  // m x n
  Matrix<T> P;  // n x n
};

template <Scalar T>
Reduced<T> reduce(const Matrix<T>& A, int threads) {
  const Context context(threads);
  Matrix<T> work = A.clone();
  Reduced<T> reduced{bidiagonalize<T>(work.view(), context), Matrix<T>(A.rows(), A.cols()),
                     Matrix<T>(A.cols(), A.cols())};
  for (index_t j = 0; j < A.cols(); ++j) reduced.Q(j, j) = reduced.P(j, j) = 1;
  const MatrixView<const T> reflectors = std::as_const(work).view();
  apply_left<T>(reduced.bidiagonal, reflectors, reduced.Q.view(), context);
  apply_right<T>(reduced.bidiagonal, reflectors, reduced.P.view(), context);
  return reduced;
}

// Checks A P = Q B and the orthogonality of Q and P, by entries.
template <Scalar T>
void check(const Matrix<T>& A, double scale) {
  const index_t m = A.rows();
  const index_t n = A.cols();
  const Reduced<T> reduced = reduce(A, 2);
  Matrix<T> QB(m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      QB(i, j) = reduced.Q(i, j) * reduced.bidiagonal.d[static_cast<std::size_t>(j)];
      if (j > 0)
        QB(i, j) += reduced.Q(i, j - 1) * reduced.bidiagonal.e[static_cast<std::size_t>(j - 1)];
    }
  }
  const double bound = 5 * eps<T>() * std::sqrt(static_cast<double>(std::max<index_t>(m, 4)));
  const double size = std::sqrt(static_cast<double>(m));
  EXPECT_TRUE(product_defect<T>(A.view(), reduced.P.view(), std::as_const(QB).view()) <=
              bound * scale * size)
      << m << " x " << n;
  EXPECT_TRUE(inner_defect<T>(reduced.Q.view(), reduced.Q.view(), 1) <= bound) << m << " x " << n;
  EXPECT_TRUE(inner_defect<T>(reduced.P.view(), reduced.P.view(), 1) <= bound) << m << " x " << n;
}

TYPED_TEST(Bidiagonalize, IsAUnitaryTransformationForEveryShape) {
  using T = TypeParam;
  for (index_t n = 0; n <= 20; ++n) {
    for (const index_t extra : {0, 1, 5}) check(gaussian<T>(n + extra, n), 3);
  }
  for (const auto& [m, n] : {std::pair{31, 31},
                             {32, 32},
                             {33, 33},
                             {47, 47},
                             {48, 48},
                             {49, 49},
                             {64, 64},
                             {65, 64},
                             {127, 90},
                             {150, 150}}) {
    check(gaussian<T>(m, n), 3);
  }
}

TYPED_TEST(Bidiagonalize, HandlesSpecialMatrices) {
  using T = TypeParam;
  const index_t n = 37;
  check(Matrix<T>(n, n), 1);
  Matrix<T> identity(n, n);
  for (index_t i = 0; i < n; ++i) identity(i, i) = 1;
  check(identity, 1);
  Matrix<T> graded = gaussian<T>(n, n);
  Matrix<T> rank_one(n, n);
  Matrix<T> holes = gaussian<T>(n, n, 4);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) {
      graded(i, j) *= static_cast<real_t<T>>(std::pow(10.0, -static_cast<double>(i + j)));
      rank_one(i, j) = T{static_cast<real_t<T>>(1 + i % 3)} * static_cast<real_t<T>>(1 + j % 5);
      if (i % 4 == 0 || j % 3 == 0) holes(i, j) = 0;
    }
  }
  check(graded, 1);
  check(rank_one, 15);
  check(holes, 3);
}

// The vectors of its reflectors have equal entries, and products of such round alike.
TYPED_TEST(Bidiagonalize, StaysUnitaryForConstantMatrices) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{34, 34}, {58, 58}, {66, 66}, {75, 74}, {256, 255}}) {
    Matrix<T> A(m, n);
    std::fill_n(A.data(), m * n, T{1});
    const Reduced<T> reduced = reduce(A, 2);
    EXPECT_TRUE(orthogonality_ratio(reduced.Q) <= 4) << m << " x " << n;
    EXPECT_TRUE(orthogonality_ratio(reduced.P) <= 4) << m << " x " << n;
  }
}

TYPED_TEST(Bidiagonalize, SameBitsForAnyThreadCount) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(330, 300);
  const Reduced<T> one = reduce(A, 1);
  for (const int threads : {2, 3}) {
    const Reduced<T> many = reduce(A, threads);
    EXPECT_EQ(one.bidiagonal.d, many.bidiagonal.d);
    EXPECT_EQ(one.bidiagonal.e, many.bidiagonal.e);
    for (index_t i = 0; i < 330 * 300; ++i) ASSERT_EQ(one.Q.data()[i], many.Q.data()[i]);
    for (index_t i = 0; i < 300 * 300; ++i) ASSERT_EQ(one.P.data()[i], many.P.data()[i]);
  }
}

TEST(Bidiagonalize, StopsWhenCancelled) {
  Context context(1);
  context.set_stop_at_once(true);
  context.cancel();
  Matrix<double> A = gaussian<double>(40, 40);
  EXPECT_THROW(bidiagonalize<double>(A.view(), context), Cancelled);
}

}  // namespace
}  // namespace eckart::factor
