#include "kernels/uniform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/philox.hpp"

namespace eckart::kernels {
namespace {

template <class T>
class UniformNumbers : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(UniformNumbers, Reals);

TYPED_TEST(UniformNumbers, AreTheWordsOfPhilox) {
  using Real = TypeParam;
  const std::uint64_t seed = 0x123456789abcdef0;
  const index_t first = (index_t{1} << 38) + 128;
  std::vector<Real> x(300, 9);
  uniform<Real>({seed, 5, first, 200, Real(2), x.data()});
  for (index_t i = 0; i < 300; ++i) {
    if (i >= 200) {
      ASSERT_EQ(x[static_cast<std::size_t>(i)], Real(9));
      continue;
    }
    const auto place = static_cast<std::uint64_t>(first + i);
    const std::uint64_t counter = place / 64 * 16 + place % 16;
    const auto words = core::philox(
        {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 5, 0},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    const double expected = (words[place / 16 % 4] + 0.5) * 0x1p-30 - 2;
    ASSERT_TRUE(std::abs(static_cast<double>(x[static_cast<std::size_t>(i)]) - expected) <=
                (sizeof(Real) == 4 ? 0x1p-23 : 0));
  }
}

TYPED_TEST(UniformNumbers, HaveTheMomentsOfTheUniformDistribution) {
  using Real = TypeParam;
  constexpr index_t n = 200000;
  std::vector<Real> x(n);
  uniform<Real>({3, 1, 0, n, Real(1), x.data()});
  double mean = 0;
  double square = 0;
  double fourth = 0;
  double neighbours = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = static_cast<double>(x[i]);
    ASSERT_TRUE(std::abs(value) <= 1);
    mean += value / n;
    square += value * value / n;
    fourth += value * value * value * value / n;
    neighbours += value * static_cast<double>(x[i ^ 16]) / n;  // the next word of the counter
  }
  EXPECT_TRUE(std::abs(mean) <= 0.006);
  EXPECT_TRUE(std::abs(square - 1.0 / 3) <= 0.004);
  EXPECT_TRUE(std::abs(fourth - 1.0 / 5) <= 0.004);
  EXPECT_TRUE(std::abs(neighbours) <= 0.006);
}

}  // namespace
}  // namespace eckart::kernels
