#include "apps/exact_formula.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace eckart::exact {
namespace {

TEST(ExactFormula, NumbersReadAsTheyAreWritten) {
  EXPECT_EQ(plain(formula_of(Integer(-12))), "−12");
  EXPECT_EQ(plain(formula_of(Rational(-1, 3))), "−1/3");
  EXPECT_EQ(plain(formula_of(Surd(Rational(15, 2), Rational(-1, 2), 221))), "(15 − √221)/2");
  EXPECT_EQ(plain(formula_of(Surd(0, Rational(-3, 2), 2))), "−3√2/2");
  EXPECT_EQ(plain(formula_of(Root{3, 5})), "3√5");
  EXPECT_EQ(plain(formula_of(Root{Rational(1, 2), 2})), "√2/2");
}

TEST(ExactFormula, DecimalsAreRoundedAndTrimmed) {
  const std::pair<const char*, const char*> cases[] = {{"0", "0"},
                                                       {"2.5", "2.5"},
                                                       {"-0.000123456789", "−0.000123457"},
                                                       {"123456.7", "123457"},
                                                       {"999999.9", "1000000"},
                                                       {"1e-9", "1·10⁻⁹"},
                                                       {"-1.2345678e30", "−1.23457·10³⁰"},
                                                       {"100", "100"}};
  for (const auto& [digits, text] : cases) {
    EXPECT_EQ(plain(formula_of(Decimal(digits), 6)), text);
  }
}

TEST(ExactFormula, RootsAreSimplifiedAsFarAsTheyGo) {
  EXPECT_EQ(plain(root_formula(Surd(Rational(45)))), "3√5");
  EXPECT_EQ(plain(root_formula(Surd(Rational(1, 20)))), "√5/10");
  EXPECT_EQ(plain(root_formula(Surd(Rational(3, 2), Rational(1, 2), 5))), "(√5 + 1)/2");
  EXPECT_EQ(plain(root_formula(Surd(Rational(5, 2), Rational(1, 2), 3))), "√((5 + √3)/2)");
  EXPECT_EQ(plain(root_formula(Surd(Rational(15, 2), Rational(1, 2), 221))), "(√17 + √13)/2");
}

TEST(ExactFormula, PolynomialsLeaveOutOnesAndZeros) {
  EXPECT_EQ(plain(formula_of(Polynomial{0, 225, -34, 1}, true)), "λ³ − 34λ² + 225λ");
  EXPECT_EQ(plain(formula_of(Polynomial{Rational(1, 4), -1, 1}, true)), "λ² − λ + 1/4");
  EXPECT_EQ(plain(formula_of(Polynomial{0, Rational(-1, 20), 1}, true)), "λ² − (1/20)λ");
  EXPECT_EQ(plain(formula_of(std::vector<Power>{{{-4, 1}, 2}, {{0, 1}, 3}}, true)), "(λ − 4)²λ³");
}

Direction rational(std::vector<Surd> w, int norm2) {
  return {std::move(w), Surd(Rational(norm2)), {1, 1, 1}};
}

TEST(ExactFormula, UnitVectorsKeepTheRootBelow) {
  EXPECT_EQ(plain(unit_column(rational({Rational(1), Rational(-1), Rational(4)}, 18))),
            "[1/(3√2), −1/(3√2), 4/(3√2)]ᵀ");
  EXPECT_EQ(plain(unit_column(rational({Rational(-1), Rational(2), Rational(0)}, 5))),
            "[−1/√5, 2/√5, 0]ᵀ");
  EXPECT_EQ(plain(unit_column(rational({Rational(2), Rational(-2), Rational(1)}, 9))),
            "[2/3, −2/3, 1/3]ᵀ");
}

TEST(ExactFormula, LongVectorsAreShownAsDecimals) {
  Direction d = rational({Rational(1), Rational(123456789), Rational(0)}, 987654321);
  EXPECT_FALSE(shows_exactly(d));
  EXPECT_EQ(plain(unit_column(d)), "[1, 1, 1]ᵀ");
}

}  // namespace
}  // namespace eckart::exact
