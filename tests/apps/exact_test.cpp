#include "apps/exact.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/cases/random_matrices.hpp"

namespace eckart::exact {
namespace {

double value(const Root& r) {
  return (to_decimal(r.factor) * mp::sqrt(Decimal(r.r))).convert_to<double>();
}

TEST(Exact, FourOperationsOfSurdsAgreeWithThoseOfDoubles) {
  cases::Random random(1);
  const auto number = [&] {
    const auto part = [&] { return Rational(random.below(19) - 9, random.below(5) + 1); };
    return Surd(part(), part(), 7);
  };
  const auto near = [](const Surd& x, double y) {
    return std::abs(to_decimal(x).convert_to<double>() - y) <= 1e-12 * (1 + std::abs(y));
  };
  for (int trial = 0; trial < 200; ++trial) {
    const Surd x = number(), y = number();
    const auto a = to_decimal(x).convert_to<double>(), b = to_decimal(y).convert_to<double>();
    EXPECT_TRUE(near(x + y, a + b));
    EXPECT_TRUE(near(x - y, a - b));
    EXPECT_TRUE(near(x * y, a * b));
    if (y == Surd()) continue;
    EXPECT_TRUE(near(x / y, a / b)) << a << " / " << b;
  }
}

TEST(Exact, DigitsThatCancelAreNotLost) {
  // 10^20 - √(10^40 - 1) = 5e-21 and a bit.
  const Integer large = mp::pow(Integer(10), 20);
  const Surd x(Rational(large), -1, large * large - 1);
  EXPECT_TRUE(mp::abs(to_decimal(x) * Decimal("2e20") - 1) <= Decimal("1e-39"));
}

TEST(Exact, EveryDoubleIsAFraction) {
  for (const double x : {0.0, 1.0, -0.1, 1e300, -3e-310, 0x1p-1074, 1.7976931348623157e308}) {
    EXPECT_EQ(to_decimal(fraction_of(x)).convert_to<double>(), x);
  }
}

TEST(Exact, SimpleFractionsAreThoseThatAPersonWouldWrite) {
  EXPECT_EQ(simple_fraction(0.1), Rational(1, 10));
  EXPECT_EQ(simple_fraction(-2.5), Rational(-5, 2));
  EXPECT_EQ(simple_fraction(1.0 / 3), Rational(1, 3));
  EXPECT_EQ(simple_fraction(-22.0 / 7), Rational(-22, 7));
  EXPECT_EQ(simple_fraction(3.14159), Rational(314159, 100000));
  EXPECT_EQ(simple_fraction(1e6), Rational(1000000));
  EXPECT_EQ(simple_fraction(0.0), Rational(0));
}

TEST(Exact, OtherDoublesAreNoSimpleFractions) {
  for (const double x : {3.141592653589793, std::sqrt(2.0), 1e-7, 1e10, 0x1p-30}) {
    EXPECT_FALSE(simple_fraction(x).has_value()) << x;
  }
  // Near large numbers there are so many fractions that one fits by accident.
  EXPECT_FALSE(simple_fraction(1e6 + 1.0 / 9973).has_value());
  cases::Random random(2);
  for (int trial = 0; trial < 20000; ++trial) {
    EXPECT_FALSE(simple_fraction(random.normal()).has_value());
  }
}

TEST(Exact, SquaresComeOutOfRoots) {
  for (int n = 1; n < 2000; ++n) {
    const SquareFactor parts = extract_square(n);
    EXPECT_EQ(parts.square * parts.square * parts.rest, n);
    for (int p = 2; p * p <= n; ++p) EXPECT_NE(parts.rest % (p * p), 0) << n;
  }
  const Integer prime = 1000003;  // beyond the trial divisors
  EXPECT_EQ(extract_square(prime * prime * 12).square, prime * 2);
}

TEST(Exact, RootsOfFractionsAreSimplified) {
  const Root root = root_of(Rational(45, 4));
  EXPECT_EQ(root.factor, Rational(3, 2));
  EXPECT_EQ(root.r, 5);
  EXPECT_EQ(root_of(Rational(1, 2)).factor, Rational(1, 2));
  EXPECT_EQ(root_of(0).factor, 0);
}

TEST(Exact, RootsWithinRootsAreTakenApartWhereThatCanBe) {
  // √((3 ± √5)/2) = (√5 ± 1)/2
  const auto golden = plain_root(Surd(Rational(3, 2), Rational(1, 2), 5));
  ASSERT_TRUE(golden.has_value());
  EXPECT_NEAR(value((*golden)[0]) + value((*golden)[1]), (std::sqrt(5) + 1) / 2, 1e-15);
  const auto other = plain_root(Surd(Rational(3, 2), Rational(-1, 2), 5));
  ASSERT_TRUE(other.has_value());
  EXPECT_NEAR(value((*other)[0]) + value((*other)[1]), (std::sqrt(5) - 1) / 2, 1e-15);
  EXPECT_FALSE(plain_root(Surd(5, 1, 3)).has_value());
}

TEST(Exact, NearestRoundsHalvesUp) {
  EXPECT_EQ(nearest(Decimal("2.5")), 3);
  EXPECT_EQ(nearest(Decimal("-2.5")), -2);
  EXPECT_EQ(nearest(Decimal("-2.6")), -3);
}

}  // namespace
}  // namespace eckart::exact
