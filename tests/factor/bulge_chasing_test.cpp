#include "factor/bulge_chasing.hpp"

#include <gtest/gtest.h>

#include "factor/bulge_back_transform.hpp"
#include "kernels/bulge.hpp"
#include "tests/factor/reduction_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class BulgeChasingOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BulgeChasingOf, Scalars);

TYPED_TEST(BulgeChasingOf, AnySizeAndWidthIsBackwardStable) {
  using T = TypeParam;
  Context context(2);
  for (const index_t width : kernels::bulge_widths) {
    for (const index_t n :
         {index_t{1}, index_t{2}, width - 1, width, width + 1, 2 * width - 1, 2 * width + 2}) {
      const Matrix<T> A = gaussian<T>(n, n);  // what is outside the band must not matter
      Matrix<T> band = upper_band<T>(A.view(), width);
      // The first stage leaves a real corner; no reflector would make it real.
      if constexpr (is_complex<T>) band(0, 0) = std::real(band(0, 0));
      const BulgeChasing<T> bulge = chase_bulges<T>(A.view(), width, true, context);
      Matrix<T> Q = identity<T>(n);
      Matrix<T> P = identity<T>(n);
      apply_bulge_left<T>(bulge, Q.view(), context);
      apply_bulge_right<T>(bulge, P.view(), context);
      const Matrix<T> B = bidiagonal<T>(bulge.d, bulge.e);
      EXPECT_TRUE(reduction_ratio(band, Q, B, P) <= 5) << n << ", width " << width;
      EXPECT_TRUE(orthogonality_ratio(Q) <= 5) << n << ", width " << width;
      EXPECT_TRUE(orthogonality_ratio(P) <= 5) << n << ", width " << width;
    }
  }
}

TYPED_TEST(BulgeChasingOf, EveryShapeOfTilesAndNumberOfThreadsGivesTheSameBits) {
  using T = TypeParam;
  constexpr index_t n = 230;
  const Matrix<T> A = gaussian<T>(n, n);
  Context one(1);
  // One sweep a tile, all positions in it: the natural order.
  const BulgeChasing<T> natural =
      chase_bulges<T>(A.view(), 32, true, one, {.sweeps = 1, .positions = 4 * n});
  for (const BulgeTiles tiles :
       {BulgeTiles{}, BulgeTiles{3, 2}, BulgeTiles{1, 1}, BulgeTiles{64, 5}, BulgeTiles{2, 64}}) {
    for (const int threads : {1, 2, 3}) {
      Context context(threads);
      const BulgeChasing<T> tiled = chase_bulges<T>(A.view(), 32, true, context, tiles);
      EXPECT_EQ(natural.d, tiled.d);
      EXPECT_EQ(natural.e, tiled.e);
      EXPECT_TRUE(std::equal(natural.reflectors.data(), natural.reflectors.data() + n * n,
                             tiled.reflectors.data()));
    }
  }
}

}  // namespace
}  // namespace eckart::factor
