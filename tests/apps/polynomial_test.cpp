#include "apps/polynomial.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <utility>

namespace eckart::exact {
namespace {

Table<Rational> square(std::initializer_list<int> by_rows) {
  const auto n = static_cast<std::size_t>(std::sqrt(double(by_rows.size())));
  Table<Rational> A(n, n);
  std::copy(by_rows.begin(), by_rows.end(), A.entries.begin());
  return A;
}

TEST(Polynomial, CharacteristicPolynomialsOfSmallMatricesAreRight) {
  EXPECT_EQ(characteristic_polynomial(square({13, 12, 12, 13})), (Polynomial{25, -26, 1}));
  // Companion matrix of x^4 - 7x^3 + 2x - 5.
  EXPECT_EQ(characteristic_polynomial(square({0, 0, 0, 5, 1, 0, 0, -2, 0, 1, 0, 0, 0, 0, 1, 7})),
            (Polynomial{-5, 2, 0, -7, 1}));
}

// Returns the product of (x - r) over the roots.
Polynomial with_roots(std::initializer_list<int> roots) {
  Polynomial p{1};
  for (const int r : roots) {
    Polynomial q(p.size() + 1);
    for (std::size_t i = 0; i < p.size(); ++i) {
      q[i + 1] += p[i];
      q[i] -= r * p[i];
    }
    p = q;
  }
  return p;
}

TEST(Polynomial, WholeRootsAreFoundWithTheirMultiplicity) {
  const Roots roots = factorise(with_roots({3, 3, 3, 7, 0, 12}), true, 1);
  ASSERT_EQ(roots.eigenvalues.size(), 4u);
  const std::pair<int, std::size_t> expected[] = {{12, 1}, {7, 1}, {3, 3}, {0, 1}};
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(roots.eigenvalues[i].exact.has_value());
    EXPECT_EQ(*roots.eigenvalues[i].exact, Surd(Rational(expected[i].first)));
    EXPECT_EQ(roots.eigenvalues[i].multiplicity, expected[i].second);
  }
}

TEST(Polynomial, RootsThatAreNearlyEqualAreKeptApart) {
  const Roots roots = factorise(with_roots({1000000, 1000001, 1000002, 1}), true, 1);
  ASSERT_EQ(roots.eigenvalues.size(), 4u);
  EXPECT_EQ(*roots.eigenvalues[1].exact, Surd(Rational(1000001)));
}

TEST(Polynomial, QuadraticFactorsBecomeSurds) {
  // (x² - 3x + 1)(x² - 15x + 1)
  const Roots roots = factorise({1, -18, 47, -18, 1}, true, 1);
  ASSERT_EQ(roots.eigenvalues.size(), 4u);
  EXPECT_EQ(roots.factors.size(), 2u);
  EXPECT_EQ(*roots.eigenvalues[0].exact, Surd(Rational(15, 2), Rational(1, 2), 221));
  EXPECT_EQ(*roots.eigenvalues[1].exact, Surd(Rational(3, 2), Rational(1, 2), 5));
  EXPECT_EQ(*roots.eigenvalues[3].exact, Surd(Rational(15, 2), Rational(-1, 2), 221));
}

TEST(Polynomial, RootsOfACubicWithoutFractionsAreDecimals) {
  // Roots 2 - 2 cos(2πk/7), k = 1, 2, 3: x³ - 7x² + 14x - 7.
  const Roots roots = factorise({-7, 14, -7, 1}, true, 1);
  ASSERT_EQ(roots.eigenvalues.size(), 3u);
  for (int k = 3; k >= 1; --k) {
    const Eigenvalue& e = roots.eigenvalues[static_cast<std::size_t>(3 - k)];
    EXPECT_FALSE(e.exact.has_value());
    EXPECT_NEAR(e.value.convert_to<double>(), 2 - 2 * std::cos(2 * M_PI * k / 7), 1e-14);
    // To all digits: the polynomial vanishes.
    EXPECT_TRUE(mp::abs(((e.value - 7) * e.value + 14) * e.value - 7) <= Decimal("1e-400"));
  }
}

}  // namespace
}  // namespace eckart::exact
