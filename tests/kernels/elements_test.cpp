// Every number of 16 bits against its definition; integers against the language's own conversion.
#include "kernels/elements.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace eckart::kernels {
namespace {

TEST(Elements, WidensEveryHalfToItsValue) {
  std::vector<Half> halves;
  for (unsigned bits = 0; bits < 65536; ++bits)
    halves.push_back({static_cast<std::uint16_t>(bits)});
  std::vector<float> floats(halves.size());
  convert(static_cast<index_t>(halves.size()), halves.data(), floats.data());
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const int fraction = static_cast<int>(bits & 1023);
    float expected = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                   : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
    if (exponent == 31) expected = fraction == 0 ? INFINITY : NAN;
    if (bits >> 15) expected = -expected;
    const float got = floats[bits];
    ASSERT_TRUE(std::isnan(expected) ? std::isnan(got) : got == expected) << bits;
    ASSERT_EQ(std::signbit(got), bits >> 15 != 0) << bits;
  }
}

TEST(Elements, WidensBfloat16ByPutting16ZeroBitsBehindIt) {
  const std::vector<Bfloat16> numbers = {{0x3f80}, {0xc000}, {0x0000},
                                         {0x0001}, {0x7f80}, {0x4049}};
  std::vector<float> floats(numbers.size());
  convert(static_cast<index_t>(numbers.size()), numbers.data(), floats.data());
  EXPECT_EQ(floats[0], 1.0f);
  EXPECT_EQ(floats[1], -2.0f);
  EXPECT_EQ(floats[2], 0.0f);
  EXPECT_EQ(floats[3], std::ldexp(1.0f, -133));
  EXPECT_EQ(floats[4], std::numeric_limits<float>::infinity());
  EXPECT_EQ(floats[5], 3.140625f);
}

template <class Integer>
void expect_integers() {
  std::vector<Integer> numbers = {std::numeric_limits<Integer>::min(),
                                  std::numeric_limits<Integer>::max(), 0, 1, 7};
  numbers.resize(37, static_cast<Integer>(3));  // beyond one vector of the CPU
  std::vector<double> doubles(numbers.size());
  convert(static_cast<index_t>(numbers.size()), numbers.data(), doubles.data());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(doubles[i], static_cast<double>(numbers[i]));
  }
}

TEST(Elements, ConvertsIntegersOfEveryWidthAndSign) {
  expect_integers<std::int8_t>();
  expect_integers<std::uint8_t>();
  expect_integers<std::int16_t>();
  expect_integers<std::uint16_t>();
  expect_integers<std::int32_t>();
  expect_integers<std::uint32_t>();
  expect_integers<std::int64_t>();
  expect_integers<std::uint64_t>();
}

TEST(Elements, TakesAnyByteButZeroForTrue) {
  const std::vector<Boolean> bytes = {{0}, {1}, {255}};
  std::vector<double> doubles(3);
  convert(3, bytes.data(), doubles.data());
  EXPECT_EQ(doubles, (std::vector<double>{0, 1, 1}));
}

}  // namespace
}  // namespace eckart::kernels
