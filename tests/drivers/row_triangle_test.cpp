#include "eckart/row_triangle.hpp"

#include <cmath>
#include <limits>

#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class RowTriangles : public testing::Test {};
TYPED_TEST_SUITE(RowTriangles, Scalars);

template <Scalar T>
Matrix<T> rows_of(index_t m, index_t n) {
  Matrix<T> X(m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      X(i, j) =
          static_cast<T>(static_cast<real_t<T>>(std::sin(1.7 * double(i * n + j) + double(i))));
    }
  }
  return X;
}

TYPED_TEST(RowTriangles, HasTheGramMatrixOfAllRowsInAnyBlocks) {
  using T = TypeParam;
  const index_t m = 50, n = 12;
  const Matrix<T> X = rows_of<T>(m, n);
  for (const index_t block : {1, 5, 12, 17, 50}) {
    RowTriangle<T> triangle(n);
    for (index_t first = 0; first < m; first += block) {
      triangle.add(X.view().block(first, 0, std::min(block, m - first), n));
    }
    EXPECT_EQ(triangle.rows_added(), m);
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    for (index_t a = 0; a < n; ++a) {
      for (index_t b = 0; b < n; ++b) {
        T expected = 0, found = 0;
        for (index_t i = 0; i < m; ++i) expected += conjugate(X(i, a)) * X(i, b);
        for (index_t i = 0; i < n; ++i) {
          found += conjugate(triangle.R()(i, a)) * triangle.R()(i, b);
        }
        ASSERT_TRUE(double(std::abs(expected - found)) <= 60 * eps * double(m)) << block;
      }
      for (index_t i = a + 1; i < n; ++i) ASSERT_EQ(triangle.R()(i, a), T(0));
    }
  }
}

TEST(RowTriangle, KeepsSmallDirectionsThatAGramMatrixLoses) {
  // Columns 1 and 1 + 1e-10 e: the Gram matrix is singular in double, the triangle is not.
  Matrix<double> X(4, 2);
  for (index_t i = 0; i < 4; ++i) X(i, 0) = X(i, 1) = 1;
  X(3, 1) += 1e-10;
  RowTriangle<double> triangle(2);
  triangle.add(X.view().block(0, 0, 2, 2));
  triangle.add(X.view().block(2, 0, 2, 2));
  const double expected = 1e-10 * std::sqrt(0.75);
  EXPECT_TRUE(std::abs(std::abs(triangle.R()(1, 1)) - expected) <= 1e-5 * expected);
}

TEST(RowTriangle, RefusesOtherWidthsAndNaN) {
  RowTriangle<double> triangle(3);
  EXPECT_THROW(triangle.add(Matrix<double>(2, 4).view()), InvalidArgument);
  Matrix<double> X(2, 3);
  X(1, 2) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(triangle.add(X.view()), NonFiniteInput);
}

TEST(RowTriangle, TheSameBitsForAnyNumberOfThreads) {
  const Matrix<double> X = rows_of<double>(3000, 40);
  Context one(1), three(3);
  RowTriangle<double> a(40), b(40);
  a.add(X.view(), one);
  b.add(X.view(), three);
  for (index_t i = 0; i < 1600; ++i) ASSERT_EQ(a.R().data()[i], b.R().data()[i]);
}

}  // namespace
}  // namespace eckart
