#include "core/philox.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace eckart::core {
namespace {

// Known answers of the authors' own test file (Random123, kat_vectors, philox4x32 10 rounds).
TEST(Philox, GivesTheKnownAnswers) {
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(FillGaussian, DependsOnPlaceAloneNotOnThreadsOrPieces) {
  Matrix<double> whole(10000, 6);
  fill_gaussian(whole.view(), 42, 3, 0, Context(1));
  Matrix<double> pieces(10000, 6);
  fill_gaussian(pieces.view().columns(0, 2), 42, 3, 0, Context(2));
  fill_gaussian(pieces.view().columns(2, 4), 42, 3, 2, Context(3));
  for (index_t j = 0; j < 6; ++j) {
    for (index_t i = 0; i < 10000; ++i) ASSERT_EQ(whole(i, j), pieces(i, j));
  }
}

TEST(FillGaussian, SeedAndStreamMatter) {
  Matrix<double> a(3, 1);
  Matrix<double> b(3, 1);
  Matrix<double> c(3, 1);
  fill_gaussian(a.view(), 1, 0, 0, Context(1));
  fill_gaussian(b.view(), 2, 0, 0, Context(1));
  fill_gaussian(c.view(), 1, 1, 0, Context(1));
  EXPECT_NE(a(0, 0), b(0, 0));
  EXPECT_NE(a(0, 0), c(0, 0));
}

template <class T>
class FillGaussianMoments : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(FillGaussianMoments, Scalars);

TYPED_TEST(FillGaussianMoments, AreThoseOfTheNormalDistribution) {
  constexpr index_t n = 200000;
  Matrix<TypeParam> x(n, 1);
  fill_gaussian(x.view(), 7, 0, 0, Context(1));
  std::complex<double> mean = 0;
  double square = 0;
  double fourth = 0;
  for (index_t i = 0; i < n; ++i) {
    const std::complex<double> value(x(i, 0));
    mean += value;
    square += std::norm(value);
    fourth += std::norm(value) * std::norm(value);
  }
  EXPECT_TRUE(std::abs(mean) / n <= 0.01);
  EXPECT_TRUE(std::abs(square / n - 1) <= 0.015);
  const double expected_fourth = is_complex<TypeParam> ? 2 : 3;
  EXPECT_TRUE(std::abs(fourth / n - expected_fourth) <= 0.1);
}

}  // namespace
}  // namespace eckart::core
