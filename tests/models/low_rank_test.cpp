#include "eckart/models/low_rank.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "eckart/dense_svd.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

// The transpose (n x m) of a matrix with the singular values decay^i and a little noise.
Matrix<float> decaying(index_t m, index_t n, double decay, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Matrix<float> W(n, m);
  const index_t terms = 40;
  std::vector<double> u(std::size_t(m * terms)), v(std::size_t(n * terms));
  for (double& x : u) x = normal(generator) / std::sqrt(double(m));
  for (double& x : v) x = normal(generator) / std::sqrt(double(n));
  for (index_t j = 0; j < m; ++j) {
    for (index_t i = 0; i < n; ++i) {
      double sum = 1e-4 * normal(generator);
      for (index_t k = 0; k < terms; ++k) {
        sum += std::pow(decay, double(k)) * u[std::size_t(j * terms + k)] *
               v[std::size_t(i * terms + k)];
      }
      W(i, j) = static_cast<float>(sum);
    }
  }
  return W;
}

double energy_of(const Matrix<float>& W) {
  double sum = 0;
  for (index_t i = 0; i < W.rows() * W.cols(); ++i)
    sum += double(W.data()[i]) * double(W.data()[i]);
  return sum;
}

std::vector<double> spectrum_of(const Matrix<float>& W) {
  const auto result = dense_svd(*make_operator<float>(W.view()), {.vectors = Vectors::none});
  return {result.sigma.begin(), result.sigma.end()};
}

// ||W - U diag(sigma) V^T||_F from the entries.
double error_of(const Matrix<float>& transposed, const LowRank<float>& part) {
  double sum = 0;
  for (index_t i = 0; i < transposed.cols(); ++i) {
    for (index_t j = 0; j < transposed.rows(); ++j) {
      double x = double(transposed(j, i));
      for (index_t k = 0; k < part.rank(); ++k) {
        x -= double(part.U(i, k)) * part.sigma[std::size_t(k)] * double(part.V(j, k));
      }
      sum += x * x;
    }
  }
  return std::sqrt(sum);
}

TEST(LowRank, FewTripletsOfALargeMatrixAreNearlyTheBest) {
  const Matrix<float> W = decaying(700, 600, 0.9, 1);
  const double energy = energy_of(W);
  const std::vector<double> sigma = spectrum_of(W);
  const LowRank<float> part = leading_part<float>(W.view(), energy, {.rank = 12});
  EXPECT_EQ(part.method, "randomized");
  EXPECT_EQ(part.rank(), 12);
  double tail = 0;
  for (std::size_t i = 12; i < sigma.size(); ++i) tail += sigma[i] * sigma[i];
  const double error = error_of(W, part);
  EXPECT_TRUE(error <= 1.01 * std::sqrt(tail)) << error / std::sqrt(tail);
  EXPECT_TRUE(std::abs(part.relative_error() * std::sqrt(energy) - error) <= 1e-3 * error);
}

TEST(LowRank, EveryRuleCountsAsItSays) {
  for (const index_t n : {90, 600}) {  // all triplets, and a few by iteration
    const Matrix<float> W = decaying(n + 20, n, 0.8, 2);
    const double energy = energy_of(W);
    const std::vector<double> sigma = spectrum_of(W);
    double held = 0;
    index_t needed = 0;
    while (held < 0.9 * energy) held += std::pow(sigma[std::size_t(needed++)], 2);
    const auto rank = [&](const LowRankRule& rule) {
      return leading_part<float>(W.view(), energy, rule).rank();
    };
    EXPECT_EQ(rank({.energy = 0.9}), needed);
    EXPECT_EQ(rank({.energy = 0.9, .most = 3}), 3);
    const double above = (sigma[6] + sigma[7]) / 2;
    EXPECT_EQ(rank({.above = above}), 7);
    EXPECT_EQ(rank({.above = 2 * sigma[0]}), 0);
    EXPECT_EQ(rank({.rank = 5}), 5);
    EXPECT_EQ(rank({.rank = 5, .most = 2}), 2);
  }
}

TEST(LowRank, AnEnergyThatNeedsNearlyAllComesFromAllTriplets) {
  const Matrix<float> W = decaying(620, 600, 0.95, 3);
  const double energy = energy_of(W);
  const LowRank<float> part = leading_part<float>(W.view(), energy, {.energy = 1 - 1e-4});
  EXPECT_EQ(part.method, "dense");
  EXPECT_TRUE(part.held >= (1 - 1e-4) * energy);
  EXPECT_TRUE(part.held - std::pow(part.sigma.back(), 2) < (1 - 1e-4) * energy);
}

TEST(LowRank, OfAZeroMatrixIsEmpty) {
  const Matrix<float> W(600, 700);
  EXPECT_EQ(leading_part<float>(W.view(), 0, {.rank = 4}).rank(), 0);
  EXPECT_EQ(leading_part<float>(W.view(), 0, {.energy = 0.9}).rank(), 0);
  EXPECT_EQ(leading_part<float>(W.view(), 0, {.above = 0.0}).rank(), 0);
}

TEST(LowRank, AProductKeepsItsScaleAndSign) {
  const Matrix<float> B = decaying(6, 40, 1, 4), A = decaying(6, 30, 1, 5);
  for (const double scale : {2.5, -0.5}) {
    const LowRank<float> part =
        leading_part_of_product<float>(B.view(), A.view(), scale, {.rank = 6});
    const FactorPair<float> pair = balanced_factors(part, -2.0);
    for (index_t i = 0; i < 40; ++i) {
      for (index_t j = 0; j < 30; ++j) {
        double expected = 0, whole = 0, factored = 0;
        for (index_t k = 0; k < 6; ++k) {
          expected += scale * double(B(i, k)) * double(A(j, k));
          whole += double(part.U(i, k)) * part.sigma[std::size_t(k)] * double(part.V(j, k));
          factored += -2.0 * double(pair.B_transposed(k, i)) * double(pair.A_transposed(j, k));
        }
        ASSERT_TRUE(std::abs(whole - expected) <= 1e-5 * part.sigma[0]);
        ASSERT_TRUE(std::abs(factored - expected) <= 1e-5 * part.sigma[0]);
      }
    }
    for (index_t k = 0; k < 6; ++k) {  // equal lengths
      double left = 0, right = 0;
      for (index_t i = 0; i < 40; ++i) left += std::pow(double(pair.B_transposed(k, i)), 2);
      for (index_t j = 0; j < 30; ++j) right += std::pow(double(pair.A_transposed(j, k)), 2);
      EXPECT_TRUE(std::abs(left - right) <= 1e-4 * left);
    }
  }
}

TEST(LowRank, TheSameBitsForAnyNumberOfThreads) {
  const Matrix<float> W = decaying(700, 600, 0.9, 1);
  Context one(1), three(3);
  const auto a = leading_part<float>(W.view(), energy_of(W), {.rank = 12}, 3, one);
  const auto b = leading_part<float>(W.view(), energy_of(W), {.rank = 12}, 3, three);
  EXPECT_EQ(a.sigma, b.sigma);
  for (index_t i = 0; i < 700 * 12; ++i) ASSERT_EQ(a.U.data()[i], b.U.data()[i]);
}

}  // namespace
}  // namespace eckart
