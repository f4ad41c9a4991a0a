#include "kernels/packed.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace eckart::kernels {
namespace {

// The definition of the format, in double: what a half of these bits stands for.
double half_value(unsigned bits) {
  const double sign = bits & 0x8000U ? -1 : 1;
  const auto exponent = static_cast<int>(bits >> 10 & 31U);
  const double fraction = bits & 0x3ffU;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  return exponent == 0 ? sign * std::ldexp(fraction, -24)
                       : sign * std::ldexp(1024 + fraction, exponent - 25);
}

template <class Bits>
std::string packed(const std::vector<Bits>& values, std::size_t shift) {
  std::string bytes(shift + values.size() * sizeof(Bits), '\0');
  std::memcpy(bytes.data() + shift, values.data(), values.size() * sizeof(Bits));
  return bytes;
}

TEST(Packed, EveryHalfBecomesTheNumberThatTheStandardSays) {
  std::vector<std::uint16_t> all;
  for (unsigned b = 0; b < 65536; ++b) all.push_back(static_cast<std::uint16_t>(b));
  const std::string bytes = packed(all, 1);
  std::vector<double> to(all.size());
  unpack(Packed::float16, bytes.data() + 1, 65536, to.data());
  for (unsigned b = 0; b < 65536; ++b) {
    const double expected = half_value(b);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(to[b])) << b;
    } else {
      ASSERT_EQ(to[b], expected) << b;
      ASSERT_EQ(std::signbit(to[b]), std::signbit(expected)) << b;
    }
  }
}

TEST(Packed, BfloatIsTheUpperHalfOfAFloat) {
  const std::vector<std::uint16_t> bits = {0x3f80, 0xc2f7, 0x0001, 0x7f80, 0x7fc0, 0x8000};
  const std::string bytes = packed(bits, 3);
  std::vector<float> to(bits.size());
  unpack(Packed::bfloat16, bytes.data() + 3, 6, to.data());
  EXPECT_EQ(to[0], 1.0F);
  EXPECT_EQ(to[1], -123.5F);
  EXPECT_EQ(to[2], 0x1p-133F);
  EXPECT_EQ(to[3], std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(to[4]));
  EXPECT_TRUE(to[5] == 0 && std::signbit(to[5]));
}

TEST(Packed, FloatsAndDoublesNeedNoAlignment) {
  const std::vector<double> doubles = {1.5, -2.25, 1e300, 0.1};
  const std::vector<float> floats = {1.5F, -2.25F, 1e30F, 0.1F};
  std::vector<double> to(4);
  unpack(Packed::float64, packed(doubles, 5).data() + 5, 4, to.data());
  EXPECT_EQ(to, doubles);
  std::vector<float> narrow(4);
  unpack(Packed::float32, packed(floats, 7).data() + 7, 4, narrow.data());
  EXPECT_EQ(narrow, floats);
}

TEST(Packed, SubtractGivesTheDifferenceAndItsEnergy) {
  for (const index_t n : {0, 1, 7, 8, 9, 100, 1003}) {
    std::vector<float> x, y;
    for (index_t i = 0; i < n; ++i) {
      x.push_back(static_cast<float>(std::sin(i + 1)));
      y.push_back(static_cast<float>(std::cos(3 * i)));
    }
    std::vector<float> z = x;
    const double energy = subtract(n, y.data(), z.data());
    double expected = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      ASSERT_EQ(z[i], x[i] - y[i]);
      expected += static_cast<double>(z[i]) * static_cast<double>(z[i]);
    }
    EXPECT_TRUE(std::abs(energy - expected) <= 1e-13 * expected) << n;
  }
}

TEST(Packed, RoundingVariancesAreThoseOfHalfAUnitInTheLastPlace) {
  const std::vector<float> x = {1.0F, 1.99F, -2.0F, 0.0F, 0x1p-70F, 3e38F, 0.75F, 1, 1, 1, 5};
  for (const int digits : {8, 11, 24}) {
    std::vector<double> column(x.size(), 7.0);
    const double sum =
        add_rounding_variances(digits, static_cast<index_t>(x.size()), x.data(), column.data());
    double expected_sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double ulp =
          x[i] == 0 ? 0 : std::ldexp(1.0, std::ilogb(static_cast<double>(x[i])) - digits + 1);
      ASSERT_TRUE(std::abs(column[i] - 7 - ulp * ulp / 12) <= 1e-15 * column[i]) << i;
      expected_sum += ulp * ulp / 12;
    }
    EXPECT_TRUE(std::abs(sum - expected_sum) <= 1e-14 * expected_sum);
  }
}

}  // namespace
}  // namespace eckart::kernels
