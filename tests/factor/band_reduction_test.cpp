#include "factor/band_reduction.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "factor/band_back_transform.hpp"
#include "tests/factor/reduction_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class BandReductionOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BandReductionOf, Scalars);

TYPED_TEST(BandReductionOf, AnySizeAndWidthIsBackwardStable) {
  using T = TypeParam;
  Context context(2);
  for (const index_t width : {16, 32, 64}) {
    for (const index_t n : {1, 2, 15, 16, 17, 31, 33, 47, 48, 50, 65, 130}) {
      const Matrix<T> A = gaussian<T>(n, n);
      Matrix<T> work = A.clone();
      const BandReduction<T> band = reduce_to_band<T>(work.view(), width, context);
      Matrix<T> Q = identity<T>(n);
      Matrix<T> P = identity<T>(n);
      apply_band_left<T>(band, work.view(), Q.view(), context);
      apply_band_right<T>(band, work.view(), P.view(), context);
      const Matrix<T> B = upper_band<T>(work.view(), width);
      EXPECT_TRUE(reduction_ratio(A, Q, B, P) <= 5) << n << ", width " << width;
      EXPECT_TRUE(orthogonality_ratio(Q) <= 5) << n << ", width " << width;
      EXPECT_TRUE(orthogonality_ratio(P) <= 5) << n << ", width " << width;
    }
  }
}

TYPED_TEST(BandReductionOf, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  constexpr index_t n = 311;
  Context one(1);
  Matrix<T> A = gaussian<T>(n, n);
  const BandReduction<T> first = reduce_to_band<T>(A.view(), 32, one);
  for (const int threads : {2, 3}) {
    Context more(threads);
    Matrix<T> B = gaussian<T>(n, n);
    const BandReduction<T> second = reduce_to_band<T>(B.view(), 32, more);
    EXPECT_TRUE(std::equal(A.data(), A.data() + n * n, B.data()));
    EXPECT_TRUE(std::equal(first.left.data(), first.left.data() + 32 * n, second.left.data()));
    EXPECT_TRUE(std::equal(first.right.data(), first.right.data() + 32 * n, second.right.data()));
  }
}

TEST(BandReductionDouble, AnnouncesWhatItAllocates) {
  // L and R, two panels either way, and what is returned.
  EXPECT_GE(band_reduction_bytes<double>(1000, 32), 8 * 1000 * (4 + 2) * 32);
  EXPECT_LE(band_reduction_bytes<double>(1000, 32), 8 * 1000 * 32 * 32);
}

}  // namespace
}  // namespace eckart::factor
