// The choice of a ridge where the answer is known in closed form. tests/apps/least_squares_test.cpp
// holds both choices against their definitions.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "eckart/apps/least_squares.hpp"

namespace eckart {
namespace {

// n equal singular values, beta on each, outside what is left: with f = s^2 / (s^2 + ridge) the
// score (outside^2 + n (1 - f)^2 beta^2) / (m - n f)^2 is least at 1 - f = outside^2 / ((m - n)
// beta^2).
TEST(RidgeChoice, CrossValidationOfEqualValuesHasAClosedForm) {
  const index_t m = 30, n = 4;
  for (const double scale : {1.0, 1e100, 1e-100}) {
    const std::vector<double> sigma(4, 2 * scale);
    Matrix<double> beta(n, 1);
    for (index_t i = 0; i < n; ++i) beta(i, 0) = 3;
    const double outside = 4;
    const double left = outside * outside / (double(m - n) * 9);
    const double expected = 4 * left / (1 - left);  // in units of scale^2
    const double found =
        choose_ridge<double>(RidgeChoice::gcv, sigma, beta.view(), outside, m) / scale / scale;
    EXPECT_TRUE(std::abs(found - expected) <= 1e-6 * expected) << found;
  }
}

TEST(RidgeChoice, ZeroProblemsNeedNoRidge) {
  const std::vector<double> zeros(3, 0.0), ones(3, 1.0);
  Matrix<double> beta(3, 1);
  for (const RidgeChoice choice : {RidgeChoice::gcv, RidgeChoice::l_curve}) {
    EXPECT_EQ(choose_ridge<double>(choice, zeros, beta.view(), 1, 5), 0);
    EXPECT_EQ(choose_ridge<double>(choice, ones, beta.view(), 0, 5), 0);
    EXPECT_THROW((void)choose_ridge<double>(choice, {}, beta.view(), 0, 5), InvalidArgument);
  }
}

// What no value reaches, and values that are rounding, must not decide.
TEST(RidgeChoice, ValuesAtTheLevelOfRoundingCountAsNoise) {
  const std::vector<double> sigma = {1, 0.5, 1e-18};
  Matrix<double> beta(3, 1);
  beta(0, 0) = 1;
  beta(1, 0) = 0.5;
  beta(2, 0) = 1e-3;
  for (const RidgeChoice choice : {RidgeChoice::gcv, RidgeChoice::l_curve}) {
    const double found = choose_ridge<double>(choice, sigma, beta.view(), 1e-3, 8);
    EXPECT_TRUE(found > 0 && found < 1) << found;
  }
}

// (A^T A + ridge I) x = A^T b with A = diag(3, 1) over a row of zeros and b = (6, 2, 5):
// x = (18 / (9 + ridge), 2 / (1 + ridge)).
TEST(RidgeEffect, IsThatOfThePenalisedSolution) {
  const std::vector<double> sigma = {3, 1}, beta = {6, 2};
  for (const double scale : {1.0, 1e160, 1e-160}) {
    std::vector<double> scaled_sigma, scaled_beta;
    for (std::size_t i = 0; i < 2; ++i) {
      scaled_sigma.push_back(sigma[i] * std::sqrt(scale));
      scaled_beta.push_back(beta[i] * std::sqrt(scale));
    }
    for (const double ridge : {0.0, 0.5, 7.0}) {
      const double x0 = 18 / (9 + ridge), x1 = 2 / (1 + ridge);
      const double residual = std::sqrt(std::pow(6 - 3 * x0, 2) + std::pow(2 - x1, 2) + 25);
      const double free = 3 - 9 / (9 + ridge) - 1 / (1 + ridge);
      const RidgeEffect effect =
          ridge_effect(ridge * scale, scaled_sigma, scaled_beta, 5 * std::sqrt(scale), 3);
      EXPECT_TRUE(std::abs(effect.solution_norm - std::hypot(x0, x1)) <= 1e-12);
      EXPECT_TRUE(std::abs(effect.residual_norm / std::sqrt(scale) - residual) <= 1e-12);
      EXPECT_TRUE(std::abs(effect.gcv / scale * free * free / residual / residual - 1) <= 1e-12);
    }
  }
  // A direction of sigma 0 is out of reach; nothing at all leaves b.
  EXPECT_TRUE(std::abs(ridge_effect(1, std::vector<double>{3, 0}, beta, 0, 3).residual_norm -
                       std::hypot(0.6, 2)) <= 1e-12);
  EXPECT_EQ(ridge_effect(1, {}, {}, 4, 3).residual_norm, 4);
}

}  // namespace
}  // namespace eckart
