#include "factor/band_back_transform.hpp"

#include <gtest/gtest.h>

#include "tests/factor/reduction_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class BandBackTransform : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BandBackTransform, Scalars);

// More reflectors than one merged group holds: the order of the groups counts.
TYPED_TEST(BandBackTransform, TakesTheGroupsOfPanelsInTheirOrder) {
  using T = TypeParam;
  constexpr index_t n = 290;
  Context context(2);
  const Matrix<T> A = gaussian<T>(n, n);
  Matrix<T> work = A.clone();
  const BandReduction<T> band = reduce_to_band<T>(work.view(), 16, context);
  // A P X = Q B X; with this many columns four panels are merged.
  constexpr index_t k = 256;
  const Matrix<T> x = gaussian<T>(n, k, 5);
  const Matrix<T> B = upper_band<T>(work.view(), 16);
  Matrix<T> Px = x.clone();
  Matrix<T> QBx(n, k);
  for (index_t j = 0; j < k; ++j) {
    for (index_t l = 0; l < n; ++l) {
      for (index_t i = 0; i < n; ++i) QBx(i, j) += B(i, l) * x(l, j);
    }
  }
  apply_band_right<T>(band, work.view(), Px.view(), context);
  apply_band_left<T>(band, work.view(), QBx.view(), context);
  EXPECT_TRUE(product_defect<T>(A.view(), Px.view(), QBx.view()) <= 100 * n * eps<T>());
}

TYPED_TEST(BandBackTransform, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  constexpr index_t n = 100;
  Context one(1);
  Matrix<T> A = gaussian<T>(n, n);
  const BandReduction<T> band = reduce_to_band<T>(A.view(), 32, one);
  Matrix<T> X = gaussian<T>(n, 600, 3);
  Matrix<T> Y = X.clone();
  apply_band_left<T>(band, A.view(), X.view(), one);
  apply_band_right<T>(band, A.view(), Y.view(), one);
  for (const int threads : {2, 3}) {
    Context more(threads);
    Matrix<T> again = gaussian<T>(n, 600, 3);
    Matrix<T> right = again.clone();
    apply_band_left<T>(band, A.view(), again.view(), more);
    apply_band_right<T>(band, A.view(), right.view(), more);
    EXPECT_TRUE(std::equal(X.data(), X.data() + n * 600, again.data()));
    EXPECT_TRUE(std::equal(Y.data(), Y.data() + n * 600, right.data()));
  }
}

}  // namespace
}  // namespace eckart::factor
