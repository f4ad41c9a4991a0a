#include "eckart/apps/explain.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

Matrix<double> filled(index_t m, index_t n, const std::vector<double>& by_rows) {
  Matrix<double> A(m, n);
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) A(i, j) = by_rows[static_cast<std::size_t>(i * n + j)];
  }
  return A;
}

Derivation explained(index_t m, index_t n, const std::vector<double>& by_rows) {
  const Matrix<double> A = filled(m, n, by_rows);
  return explain(A.view());
}

bool says(const Derivation& d, const std::string& words) {
  return derivation_text(d, 200).find(words) != std::string::npos;
}

// The largest entry of A - U Σ Vᵀ.
double product_defect(const Matrix<double>& A, const Derivation& d) {
  double worst = 0;
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) {
      double sum = -A(i, j);
      for (std::size_t k = 0; k < d.sigma.size(); ++k) {
        const auto c = static_cast<index_t>(k);
        sum += d.U(i, c) * d.sigma[k] * d.V(j, c);
      }
      worst = std::max(worst, std::abs(sum));
    }
  }
  return worst;
}

TEST(Explain, AgreesWithTheEngineOnRandomWholeNumbersOfEveryShape) {
  cases::Random random(11);
  for (index_t m = 1; m <= largest_explained; ++m) {
    for (index_t n = 1; n <= largest_explained; ++n) {
      Matrix<double> A(m, n);
      for (index_t i = 0; i < m * n; ++i) A.data()[i] = double(random.below(7) - 3);
      const Derivation d = explain(A.view());
      const auto engine = dense_svd(*make_operator(std::as_const(A).view()));
      ASSERT_EQ(d.sigma.size(), engine.sigma.size());
      for (std::size_t i = 0; i < d.sigma.size(); ++i) {
        EXPECT_TRUE(std::abs(d.sigma[i] - engine.sigma[i]) <= 1e-14 * (1 + engine.sigma[0]));
      }
      EXPECT_TRUE(d.value_difference <= 1e-14);
      // Vectors of values at a small gap are known less well.
      double gap = 1;
      for (std::size_t i = 0; i + 1 < d.sigma.size(); ++i) {
        const double step = (d.sigma[i] - d.sigma[i + 1]) / d.sigma[0];
        if (step > 1e-13) gap = std::min(gap, step);
      }
      EXPECT_TRUE(d.vector_difference <= 3e-14 / gap) << m << " x " << n;
      EXPECT_TRUE(product_defect(A, d) <= 1e-13);
      EXPECT_EQ(d.steps.size(), 11u);
    }
  }
}

TEST(Explain, SignsAreThoseOfTheEngine) {
  const Matrix<double> A = filled(3, 2, {3, 2, 2, 3, 1, -1});
  const Derivation d = explain(A.view());
  const auto engine = dense_svd(*make_operator(A.view()));
  for (index_t j = 0; j < 2; ++j) {
    for (index_t i = 0; i < 2; ++i) EXPECT_NEAR(d.V(i, j), engine.V(i, j), 1e-14);
    for (index_t i = 0; i < 3; ++i) EXPECT_NEAR(d.U(i, j), engine.U(i, j), 1e-14);
  }
}

TEST(Explain, ShowsRootsExactly) {
  const Derivation d = explained(2, 2, {1, 1, 0, 1});
  EXPECT_TRUE(d.exact);
  EXPECT_TRUE(says(d, "λ₁ = (3 + √5)/2 ≈ 2.618033989 ⟶ σ₁ = (√5 + 1)/2 ≈ 1.618033989"));
  EXPECT_TRUE(says(explained(2, 2, {1, 2, 3, 4}), "λ₁ = 15 + √221"));
  // [4 0; 3 -5]: AᵀA = [25 -15; -15 25], eigenvalues 40 and 10.
  EXPECT_TRUE(says(explained(2, 2, {4, 0, 3, -5}), "σ₁ = 2√10"));
}

TEST(Explain, ShowsEveryStepOfTheTextbookExample) {
  const Derivation d = explained(2, 3, {3, 2, 2, 2, 3, -2});
  for (const char* words : {"λ³ − 34λ² + 225λ = (λ − 25)(λ − 9)λ", "λ² − 34λ + 225",
                            "λ₁ = 25 ⟶ σ₁ = 5", "v₂ = [ 1/(3√2)  −1/(3√2)  4/(3√2) ]ᵀ",
                            "u₂ = Av₂/σ₂ = [ 1/√2  −1/√2 ]ᵀ", "the sum is A, entry for entry"}) {
    EXPECT_TRUE(says(d, words)) << words << "\n" << derivation_text(d, 200);
  }
}

TEST(Explain, RankDeficientAndZeroMatricesGetFullBases) {
  for (const auto& A :
       {filled(2, 2, {1, 2, 2, 4}), filled(3, 3, {0, 0, 0, 0, 0, 0, 0, 0, 0}),
        filled(4, 2, {1, 1, 1, 1, 1, 1, 1, 1}), filled(2, 4, {1, 0, 0, 0, 0, 0, 0, 0})}) {
    const Derivation d = explain(A.view());
    EXPECT_EQ(d.U.cols(), A.rows());
    EXPECT_EQ(d.V.cols(), A.cols());
    EXPECT_TRUE(d.vector_difference <= 1e-14);
    EXPECT_TRUE(d.exact);
  }
  EXPECT_TRUE(says(explained(2, 2, {0, 0, 0, 0}), "the rank of A is 0"));
}

TEST(Explain, SaysWhenTheEntriesAreNoSimpleFractions) {
  const Derivation d = explained(2, 2, {M_PI, 1, 2, M_E});
  EXPECT_FALSE(d.exact_input);
  EXPECT_FALSE(d.exact);
  EXPECT_TRUE(says(d, "not simple fractions"));
  EXPECT_TRUE(says(explained(1, 2, {0.1, 2}), "read as fractions"));
  EXPECT_FALSE(says(explained(1, 2, {1, 2}), "read as fractions"));
}

TEST(Explain, SaysWhenRootsAreDecimals) {
  const Derivation d = explained(3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 10});
  EXPECT_TRUE(d.exact_input);
  EXPECT_FALSE(d.exact);
  EXPECT_TRUE(says(d, "degree three or more"));
}

TEST(Explain, EveryCharacterIsTheSameForAnyThreads) {
  const Matrix<double> A = filled(3, 2, {3, 2, 2, 3, 1, -1});
  Context one, three;
  one.set_threads(1);
  three.set_threads(3);
  EXPECT_EQ(derivation_html(explain(A.view(), one)), derivation_html(explain(A.view(), three)));
}

TEST(Explain, RefusesOtherShapesAndNumbers) {
  EXPECT_THROW((void)explain(Matrix<double>(7, 2).view()), InvalidArgument);
  EXPECT_THROW((void)explain(Matrix<double>(0, 2).view()), InvalidArgument);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)explained(1, 2, {1, nan}), NonFiniteInput);
}

}  // namespace
}  // namespace eckart
