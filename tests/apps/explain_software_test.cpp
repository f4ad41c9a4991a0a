#include <gtest/gtest.h>

#include <string>

#include "eckart/apps/explain.hpp"

namespace eckart {
namespace {

Derivation explained(double x) {
  Matrix<double> A(1, 1);
  A(0, 0) = x;
  return explain(std::as_const(A).view());
}

bool says(const Derivation& d, const std::string& words) {
  return derivation_text(d, 200).find(words) != std::string::npos;
}

TEST(ExplainSoftware, ComputesWhatLauchlisMatrixLoses) {
  const Derivation d = explained(1);
  EXPECT_TRUE(says(d, "LᵀL ≈ ⎡ 1  1 ⎤"));
  EXPECT_TRUE(says(d, "comes σ₂ ≈ 1·10⁻⁹") || says(d, "comes σ₂ ≈ 9.99999999999999"));
  EXPECT_TRUE(says(d, "and so σ₂ ≈ ") || says(d, "which has no root"));
}

TEST(ExplainSoftware, MeasuresTheDifferenceFromTheEngine) {
  const Derivation d = explained(0.1);
  // The derivation knows 1/10, the engine its double: they are one after rounding.
  EXPECT_TRUE(d.value_difference <= 1e-16);
  EXPECT_EQ(d.vector_difference, 0);
  EXPECT_TRUE(says(d, "The command eckart svd"));
}

}  // namespace
}  // namespace eckart
