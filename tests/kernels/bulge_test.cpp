#include "kernels/bulge.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace eckart::kernels {
namespace {

template <class T>
class Bulge : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Bulge, Scalars);

// A band of width b in the kernel's storage.
template <class T>
struct Band {
  using Real = real_t<T>;
  index_t n;
  index_t b;
  std::vector<Real> re;
  std::vector<Real> im;
  std::vector<Real> pending;

  Band(index_t order, int width)
      : n(order),
        b(width),
        re(static_cast<std::size_t>((3 * b + 1) * (n + 2 * b))),
        im(re.size()),
        pending(static_cast<std::size_t>(pending_size<T>(b) * n + 16)) {
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = std::max<index_t>(0, j - b); i <= j; ++i) {
        re[place(i, j)] = std::sin(Real(7 * i + 3 * j + 1));
        // The corner is real, as the first stage leaves it: no reflector of the second acts on it.
        if constexpr (is_complex<T>) im[place(i, j)] = j > 0 ? std::cos(Real(5 * i + 11 * j)) : 0;
      }
    }
  }
  std::size_t place(index_t i, index_t j) const {
    return static_cast<std::size_t>(2 * b + i + 3 * b * j);
  }
  void chase(index_t first_sweep, index_t last_sweep, index_t first_q, index_t last_q) {
    // Slots are aligned as those of a Matrix.
    const auto address = reinterpret_cast<std::uintptr_t>(pending.data());
    Real* slots = pending.data() + (64 - address % 64) % 64 / sizeof(Real);
    chase_tile<T>({static_cast<int>(b), n, re.data(), im.data(), slots, nullptr, first_sweep,
                   last_sweep, first_q, last_q});
  }
  double energy() const {
    double sum = 0;
    for (const Real x : re) sum += double(x) * double(x);
    for (const Real x : im) sum += double(x) * double(x);
    return sum;
  }
};

TYPED_TEST(Bulge, AllStepsLeaveARealBidiagonalOfTheSameNorm) {
  using T = TypeParam;
  for (const int width : bulge_widths) {
    for (const index_t n : {1, 2, 3, width - 1, width, width + 1, 2 * width + 1, 3 * width - 2}) {
      Band<T> band(n, width);
      const double before = band.energy();
      band.chase(0, n - 1, 0, 2 * n);
      double kept = 0;
      for (index_t i = 0; i < n; ++i) {
        kept += std::pow(double(band.re[band.place(i, i)]), 2);
        if (i + 1 < n) kept += std::pow(double(band.re[band.place(i, i + 1)]), 2);
      }
      const double bound = 50 * double(n) * std::numeric_limits<real_t<T>>::epsilon() * before;
      EXPECT_TRUE(std::abs(kept - before) <= bound) << n;
      EXPECT_TRUE(std::abs(band.energy() - before) <= bound) << "n = " << n << ", b = " << width;
    }
  }
}

TYPED_TEST(Bulge, TilesInTheirOrderGiveTheBitsOfSweepAfterSweep) {
  using T = TypeParam;
  constexpr index_t n = 150;
  Band<T> natural(n, 32);
  for (index_t s = 0; s < n - 1; ++s) natural.chase(s, s + 1, 0, 2 * n);
  for (const index_t sweeps : {1, 3, 8}) {
    for (const index_t positions : {1, 2, 7}) {
      Band<T> tiled(n, 32);
      for (index_t s = 0; s < n - 1; s += sweeps) {
        for (index_t q = 0; q < 2 * n; q += positions) {
          tiled.chase(s, std::min(n - 1, s + sweeps), q, q + positions);
        }
      }
      EXPECT_EQ(natural.re, tiled.re);
      EXPECT_EQ(natural.im, tiled.im);
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
