#include "kernels/panel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace eckart::kernels {
namespace {

TEST(FactorColumns, GivesTheFactorsOfAPanelKnownByHand) {
  std::vector<double> V = {3, 4, 0, 5};  // columns (3, 4) and (0, 5)
  std::vector<double> R(4);
  std::vector<double> factor(4);
  factor_columns<double>(2, 2, V.data(), 2, R.data(), factor.data(), 2);
  // H = I - 1.6 (1, 0.5) (1, 0.5)^T takes (3, 4) to (-5, 0) and (0, 5) to (-4, 3).
  EXPECT_NEAR(R[0], -5, 1e-15);
  EXPECT_NEAR(R[2], -4, 1e-14);
  EXPECT_NEAR(R[3], 3, 1e-14);
  EXPECT_EQ(V, (std::vector<double>{1, 0.5, 0, 1}));
  EXPECT_NEAR(factor[0], 1.6, 1e-15);
  EXPECT_EQ(factor[3], 0);  // nothing below: no reflection
}

TEST(FactorColumns, MakesAComplexDiagonalReal) {
  using C = std::complex<double>;
  std::vector<C> V = {C(0, 2)};
  C R;
  C factor;
  factor_columns<C>(1, 1, V.data(), 1, &R, &factor, 1);
  EXPECT_NEAR(std::abs(R), 2, 1e-15);
  EXPECT_EQ(R.imag(), 0);
  EXPECT_NEAR(std::abs(C(1) - factor), 1, 1e-15);                  // unitary
  EXPECT_NEAR(std::abs((C(1) - factor) * R - C(0, 2)), 0, 1e-15);  // Q R
}

TEST(FactorColumns, KeepsItsDigitsWhereSquaresUnderflowOrOverflow) {
  for (const double scale : {1e-200, 1e-310, 1e200}) {
    std::vector<double> V = {3 * scale, 4 * scale};
    double R = 0;
    double factor = 0;
    factor_columns<double>(2, 1, V.data(), 2, &R, &factor, 1);
    EXPECT_NEAR(R / (5 * scale), -1, 1e-13);
    EXPECT_NEAR(V[1], 0.5, 1e-13);
    EXPECT_NEAR(factor * (1 + V[1] * V[1]), 2, 1e-15);  // orthogonal
  }
}

}  // namespace
}  // namespace eckart::kernels
