#include "factor/sign_rule.hpp"

#include <gtest/gtest.h>

namespace eckart::factor {
namespace {

TEST(SignRule, TheLargestEntryOfVBecomesPositiveAndUFollows) {
  Matrix<double> U(2, 2);
  Matrix<double> V(3, 2);
  U(0, 0) = 0.6;
  U(1, 0) = 0.8;
  V(0, 0) = 0.1;
  V(1, 0) = -0.9;
  V(0, 1) = 0.5;
  U(0, 1) = -1;
  apply_sign_rule(U.view(), V.view(), 2, Context(1));
  EXPECT_EQ(V(1, 0), 0.9);
  EXPECT_EQ(V(0, 0), -0.1);
  EXPECT_EQ(U(0, 0), -0.6);
  EXPECT_EQ(U(0, 1), -1);  // already right
}

TEST(SignRule, TheFirstOfEntriesThatTieUpToRoundingDecides) {
  Matrix<double> U(1, 1);
  Matrix<double> V(2, 1);
  U(0, 0) = 1;
  V(0, 0) = -0.5;
  V(1, 0) = 0.5 * (1 + 1e-15);
  apply_sign_rule(U.view(), V.view(), 1, Context(1));
  EXPECT_TRUE(V(0, 0) > 0);
  EXPECT_EQ(U(0, 0), -1);
}

TEST(SignRule, AComplexEntryBecomesRealAndPositive) {
  using C = std::complex<double>;
  Matrix<C> U(1, 1);
  Matrix<C> V(2, 1);
  U(0, 0) = C(0, 1);
  V(0, 0) = C(0.1, 0.2);
  V(1, 0) = C(0, -0.9);
  apply_sign_rule(U.view(), V.view(), 1, Context(1));
  EXPECT_TRUE(std::abs(V(1, 0) - C(0.9, 0)) <= 1e-15);
  EXPECT_TRUE(std::abs(U(0, 0) - C(-1, 0)) <= 1e-15);
}

TEST(SignRule, OnlyTheFirstKPairsTurn) {
  Matrix<double> U(2, 2);
  Matrix<double> V(2, 2);
  V(0, 0) = -1;
  V(1, 1) = -1;
  apply_sign_rule(U.view(), V.view(), 1, Context(1));
  EXPECT_EQ(V(0, 0), 1);
  EXPECT_EQ(V(1, 1), -1);
}

}  // namespace
}  // namespace eckart::factor
