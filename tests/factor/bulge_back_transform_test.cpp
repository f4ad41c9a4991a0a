#include "factor/bulge_back_transform.hpp"

#include <gtest/gtest.h>

#include "tests/factor/reduction_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class BulgeBackTransform : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BulgeBackTransform, Scalars);

// Returns H_0 H_1 ... X, reflector after reflector in the reverse of the order of the chase.
template <Scalar T>
Matrix<T> one_by_one(const BulgeChasing<T>& bulge, bool left, const Matrix<T>& X) {
  const index_t n = X.rows();
  const index_t b = bulge.width;
  Matrix<T> Y = X.clone();
  for (index_t s = n - 2; s >= 0; --s) {
    for (index_t t = (n - 2 - s) / b; t >= 0; --t) {
      const index_t top = s + 1 + t * b;
      const index_t length = std::min(b, n - top);
      const index_t first = left ? top : t * b;
      const index_t column = left ? s : n - 1 - s;
      const T tau = bulge.reflectors(first, column);
      for (index_t j = 0; j < Y.cols(); ++j) {
        T sum = Y(top, j);
        for (index_t i = 1; i < length; ++i) {
          sum += conjugate(bulge.reflectors(first + i, column)) * Y(top + i, j);
        }
        sum *= tau;
        Y(top, j) -= sum;
        for (index_t i = 1; i < length; ++i) {
          Y(top + i, j) -= bulge.reflectors(first + i, column) * sum;
        }
      }
    }
  }
  return Y;
}

TYPED_TEST(BulgeBackTransform, EqualsItsReflectorsOneByOne) {
  using T = TypeParam;
  Context context(2);
  for (const index_t n : {2, 3, 32, 33, 34, 70, 130}) {
    const Matrix<T> A = gaussian<T>(n, n);
    const BulgeChasing<T> bulge = chase_bulges<T>(A.view(), 32, true, context);
    for (const index_t k : {1, 24, 25, 60}) {
      const Matrix<T> X = gaussian<T>(n, k, 1);
      Matrix<T> left = X.clone();
      Matrix<T> right = X.clone();
      apply_bulge_left<T>(bulge, left.view(), context);
      apply_bulge_right<T>(bulge, right.view(), context);
      const Matrix<T> expected_left = one_by_one(bulge, true, X);
      const Matrix<T> expected_right = one_by_one(bulge, false, X);
      const auto bound = static_cast<real_t<T>>(100. * double(n) * eps<T>());
      for (index_t i = 0; i < n * k; ++i) {
        ASSERT_TRUE(std::abs(left.data()[i] - expected_left.data()[i]) <= bound);
        ASSERT_TRUE(std::abs(right.data()[i] - expected_right.data()[i]) <= bound);
      }
    }
  }
}

TYPED_TEST(BulgeBackTransform, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  constexpr index_t n = 90;
  constexpr index_t k = 1700;  // more than a slab of every type
  Context one(1);
  const Matrix<T> A = gaussian<T>(n, n);
  const BulgeChasing<T> bulge = chase_bulges<T>(A.view(), 32, true, one);
  const Matrix<T> X = gaussian<T>(n, k, 1);
  Matrix<T> first = X.clone();
  apply_bulge_left<T>(bulge, first.view(), one);
  for (const int threads : {2, 3}) {
    Context more(threads);
    Matrix<T> second = X.clone();
    apply_bulge_left<T>(bulge, second.view(), more);
    EXPECT_TRUE(std::equal(first.data(), first.data() + n * k, second.data()));
  }
  const Matrix<T> last = one_by_one(bulge, true, [&] {
    Matrix<T> column(n, 1);
    std::copy_n(X.view().column(k - 1), n, column.data());
    return column;
  }());
  for (index_t i = 0; i < n; ++i) {
    EXPECT_TRUE(std::abs(first(i, k - 1) - last(i, 0)) <=
                static_cast<real_t<T>>(100. * n * eps<T>()));
  }
}

}  // namespace
}  // namespace eckart::factor
