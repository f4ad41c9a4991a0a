#include "factor/triangularize.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "factor/padded.hpp"
#include "factor/reflectors.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class Triangularize : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Triangularize, Scalars);

// A gaussian matrix whose columns are of lengths from 1 to 2^-60.
template <Scalar T>
PaddedMatrix<T> graded(index_t m, index_t n) {
  const Matrix<T> random = gaussian<T>(m, n);
  PaddedMatrix<T> A(m, n);
  for (index_t j = 0; j < n; ++j) {
    const auto scale = std::ldexp(real_t<T>{1}, -static_cast<int>(60 * ((3 * j) % n) / n));
    for (index_t i = 0; i < m; ++i) A.view()(i, j) = random(i, j) * scale;
  }
  return A;
}

TYPED_TEST(Triangularize, ItsFactorsMultiplyToTheMatrixColumnByColumn) {
  using T = TypeParam;
  const Context context(2);
  for (const auto& [m, n] : {std::pair<index_t, index_t>{1, 1},
                             {7, 1},
                             {64, 64},
                             {65, 65},
                             {150, 129},
                             {40, 90},
                             {0, 3},
                             {3, 0}}) {
    PaddedMatrix<T> A = graded<T>(m, n);
    PaddedMatrix<T> X = graded<T>(m, n);
    const std::vector<T> tau = triangularize(X.view(), context);
    ASSERT_EQ(static_cast<index_t>(tau.size()), std::min(m, n));
    Matrix<T> R(m, n);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i <= std::min(j, m - 1); ++i) R(i, j) = X.view()(i, j);
    }
    apply_reflectors<T>(Stored::columns, X.view(), tau, R.view(), context);
    for (index_t j = 0; j < n; ++j) {
      double error = 0;
      double length = 0;
      for (index_t i = 0; i < m; ++i) {
        error += static_cast<double>(std::norm(R(i, j) - A.view()(i, j)));
        length += static_cast<double>(std::norm(A.view()(i, j)));
      }
      EXPECT_TRUE(std::sqrt(error) <= 40 * eps<T>() * std::sqrt(length))
          << m << "x" << n << ", column " << j << ": " << std::sqrt(error / length) / eps<T>();
    }
  }
}

TYPED_TEST(Triangularize, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  PaddedMatrix<T> one = graded<T>(300, 280);
  const std::vector<T> tau = triangularize(one.view(), Context(1));
  for (const int threads : {2, 3}) {
    PaddedMatrix<T> X = graded<T>(300, 280);
    EXPECT_EQ(triangularize(X.view(), Context(threads)), tau);
    for (index_t j = 0; j < 280; ++j) {
      EXPECT_TRUE(std::equal(X.view().column(j), X.view().column(j) + 300, one.view().column(j)));
    }
  }
}

TYPED_TEST(Triangularize, CompletesABasisAndKeepsTheGivenColumns) {
  using T = TypeParam;
  const Context context(2);
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{9, 4}, {150, 70}, {5, 5}, {4, 0}, {1, 0}, {0, 0}}) {
    PaddedMatrix<T> random = graded<T>(m, n);
    const std::vector<T> tau = triangularize(random.view(), context);
    Matrix<T> X(m, n);
    for (index_t j = 0; j < n; ++j) X(j, j) = 1;
    apply_reflectors<T>(Stored::columns, random.view(), tau, X.view(), context);
    const Matrix<T> Q = complete_basis<T>(std::as_const(X).view(), context);
    ASSERT_EQ(Q.cols(), m);
    EXPECT_TRUE(std::equal(X.data(), X.data() + m * n, Q.data()));
    EXPECT_TRUE(inner_defect<T>(Q.view(), Q.view(), 1) <= 50 * eps<T>()) << m << "x" << n;
  }
}

TYPED_TEST(Triangularize, LeavesACancelledRunBeforeTheFirstPanel) {
  using T = TypeParam;
  PaddedMatrix<T> A = graded<T>(20, 10);
  PaddedMatrix<T> X = graded<T>(20, 10);
  Context context(1);
  context.set_stop_at_once(true);
  context.cancel();
  EXPECT_THROW((void)triangularize(X.view(), context), Cancelled);
  for (index_t j = 0; j < 10; ++j) {
    EXPECT_TRUE(std::equal(X.view().column(j), X.view().column(j) + 20, A.view().column(j)));
  }
  EXPECT_THROW((void)complete_basis<T>(A.view(), context), Cancelled);
}

}  // namespace
}  // namespace eckart::factor
