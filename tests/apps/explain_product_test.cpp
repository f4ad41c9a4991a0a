#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eckart/apps/explain.hpp"

namespace eckart {
namespace {

Derivation explained(index_t m, index_t n, const std::vector<double>& by_rows) {
  Matrix<double> A(m, n);
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) A(i, j) = by_rows[static_cast<std::size_t>(i * n + j)];
  }
  return explain(std::as_const(A).view());
}

bool says(const Derivation& d, const std::string& words) {
  return derivation_text(d, 200).find(words) != std::string::npos;
}

TEST(ExplainProduct, WarnsOfIndependentSigns) {
  const Derivation d = explained(2, 2, {3, 0, 0, -2});
  EXPECT_TRUE(says(d, "⎡ 1  0 ⎤ ⎡ 3  0 ⎤ ⎡ 1  0 ⎤ᵀ = ⎡ 3  0 ⎤ ≠ D"));
  EXPECT_TRUE(says(d, "u₂ = [0, −1]ᵀ"));
  // In U itself the sign is right.
  EXPECT_NEAR(d.U(1, 1), -1, 1e-15);
  EXPECT_NEAR(d.V(1, 1), 1, 1e-15);
}

TEST(ExplainProduct, ShowsWhatATurnedVectorDoesToTheMatrix) {
  // [3 2; 2 3] - 2 · 5 · [1 1; 1 1]/2
  EXPECT_TRUE(says(explained(2, 2, {3, 2, 2, 3}), "⎡ −2  −3 ⎤ ≠ A"));
}

TEST(ExplainProduct, TermsOfRankOneAddUp) {
  EXPECT_TRUE(
      says(explained(2, 2, {3, 2, 2, 3}), "σ₁u₁v₁ᵀ + σ₂u₂v₂ᵀ = ⎡ 5/2  5/2 ⎤ + ⎡  1/2  −1/2 ⎤"));
  EXPECT_TRUE(says(explained(2, 2, {1, 1, 0, 1}), "σ₁u₁v₁ᵀ + σ₂u₂v₂ᵀ ≈ ⎡ 0.723607   1.17082 ⎤"));
}

TEST(ExplainProduct, TheProductIsShownWithItsMatrices) {
  EXPECT_TRUE(
      says(explained(2, 2, {1, 2, 2, 4}), "A = UΣVᵀ = ⎡ 1/√5   2/√5 ⎤ ⎡ 5  0 ⎤ ⎡ 1/√5   2/√5 ⎤"));
  EXPECT_TRUE(says(explained(1, 1, {-4}), "A = UΣVᵀ = [ −1 ] [ 4 ] [ 1 ]"));
}

}  // namespace
}  // namespace eckart
