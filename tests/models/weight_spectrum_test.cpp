#include "eckart/models/weight_spectrum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "eckart/error.hpp"

namespace eckart {
namespace {

Matrix<double> diagonal(index_t rows, index_t cols, const std::vector<double>& values) {
  Matrix<double> A(rows, cols);
  for (std::size_t i = 0; i < values.size(); ++i) {
    A(static_cast<index_t>(i), static_cast<index_t>(i)) = values[i];
  }
  return A;
}

// Entries of a standard normal law, rows and columns scaled by exp of normal numbers.
Matrix<float> scaled_noise(index_t m, index_t n, double row_scale, double col_scale) {
  std::mt19937_64 generator(11);
  std::normal_distribution<double> normal;
  std::vector<double> rows, cols;
  for (index_t i = 0; i < m; ++i) rows.push_back(std::exp(row_scale * normal(generator)));
  for (index_t j = 0; j < n; ++j) cols.push_back(std::exp(col_scale * normal(generator)));
  Matrix<float> W(m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      W(i, j) = static_cast<float>(rows[std::size_t(i)] * cols[std::size_t(j)] * normal(generator));
    }
  }
  return W;
}

TEST(WeightSpectrum, OfADiagonalMatrixFollowsTheDefinitions) {
  const WeightSpectrum s = weight_spectrum(diagonal(3, 6, {3, -4, 0.5}));
  ASSERT_EQ(s.sigma.size(), 3U);
  EXPECT_TRUE(std::abs(s.sigma[0] - 4) <= 1e-14 && std::abs(s.sigma[2] - 0.5) <= 1e-14);
  const double energy = 16 + 9 + 0.25;
  EXPECT_TRUE(std::abs(s.frobenius - std::sqrt(energy)) <= 1e-14);
  EXPECT_TRUE(std::abs(s.stable_rank - energy / 16) <= 1e-13);
  EXPECT_TRUE(std::abs(s.condition - 8) <= 1e-13);
  double entropy = 0;
  for (const double x : {16.0, 9.0, 0.25}) entropy -= x / energy * std::log(x / energy);
  EXPECT_TRUE(std::abs(s.effective_rank - std::exp(entropy)) <= 1e-13);
  EXPECT_EQ(s.numerical_rank, 3);
  EXPECT_EQ(s.energy_rank(0.6), 1);
  EXPECT_EQ(s.energy_rank(0.64), 2);
  EXPECT_EQ(s.energy_rank(0.999), 3);
  EXPECT_TRUE(std::abs(s.edge - 8) <= 1e-14);
}

TEST(WeightSpectrum, OfAZeroMatrixHasNoRank) {
  const WeightSpectrum s = weight_spectrum(Matrix<float>(4, 7));
  EXPECT_EQ(s.numerical_rank, 0);
  EXPECT_EQ(s.effective_rank, 0);
  EXPECT_EQ(s.energy_rank(0.9), 0);
  EXPECT_EQ(s.spikes, 0);
  EXPECT_EQ(s.tail.count, 0);
}

TEST(WeightSpectrum, NoiseHasNoSpikesHoweverItsRowsAreScaled) {
  EXPECT_EQ(weight_spectrum(scaled_noise(200, 300, 0, 0)).spikes, 0);
  const WeightSpectrum s = weight_spectrum(scaled_noise(200, 300, 0.8, 0.5));
  EXPECT_EQ(s.spikes, 0);
  // The edge of equal entries, (sqrt m + sqrt n) rms, finds spikes in the same noise.
  const double plain = (std::sqrt(200) + std::sqrt(300)) * s.frobenius / std::sqrt(200.0 * 300);
  EXPECT_TRUE(s.sigma[0] > 1.02 * plain);
}

TEST(SpikeThreshold, IsPassedByLittleNoiseOfAnyShape) {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{5, 60}, {30, 30}, {100, 12}}) {
    const double edge = std::sqrt(static_cast<double>(m)) + std::sqrt(static_cast<double>(n));
    const double threshold = spike_threshold(edge, m, n);
    int above_edge = 0, above_threshold = 0;
    for (unsigned seed = 0; seed < 1000; ++seed) {
      std::mt19937 random(seed);
      std::normal_distribution<float> normal;
      Matrix<float> W(m, n);
      for (index_t i = 0; i < m * n; ++i) W.data()[i] = normal(random);
      const double largest = weight_spectrum(std::move(W)).sigma[0];
      above_edge += largest > edge;
      above_threshold += largest > threshold;
    }
    EXPECT_TRUE(above_edge >= 20) << m << " x " << n;
    EXPECT_TRUE(above_threshold <= 8) << m << " x " << n;
  }
}

TEST(WeightSpectrum, PlantedDirectionsAreSpikes) {
  Matrix<float> W = scaled_noise(200, 300, 0.1, 0.1);
  for (index_t k = 0; k < 5; ++k) {  // rank one each, spread over all entries
    for (index_t j = 0; j < 300; ++j) {
      for (index_t i = 0; i < 200; ++i) {
        W(i, j) += static_cast<float>(0.7 * std::cos(0.11 * static_cast<double>((k + 1) * i)) *
                                      std::cos(0.07 * static_cast<double>((k + 2) * j)));
      }
    }
  }
  EXPECT_EQ(weight_spectrum(std::move(W)).spikes, 5);
}

TEST(WeightSpectrum, FindsTheExponentOfAPowerLaw) {
  // The quantiles of p(x) ~ x^-alpha, x >= 2, above a body that is none.
  for (const double alpha : {2.0, 3.5}) {
    std::vector<double> x;
    for (int i = 0; i < 500; ++i) x.push_back(2 * std::pow((i + 0.5) / 500, -1 / (alpha - 1)));
    for (int i = 0; i < 300; ++i) x.push_back(1.99 - 0.001 * i);
    const PowerLaw law = fit_power_law(x);
    EXPECT_TRUE(std::abs(law.alpha - alpha) <= 0.06 * alpha) << law.alpha;
    EXPECT_TRUE(law.least >= 1.9 && law.least <= 2.6) << law.least;
    EXPECT_TRUE(law.distance <= 0.02) << law.distance;
  }
  EXPECT_EQ(fit_power_law({5, 4, 3}).count, 0);
  EXPECT_EQ(fit_power_law(std::vector<double>(50, 1.0)).count, 0);
}

TEST(WeightSpectrum, SaysWhereANaNIs) {
  Matrix<float> W(5, 4);
  W(3, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(weight_spectrum(std::move(W)), NonFiniteInput);
}

TEST(WeightSpectrum, IsTheSameBitsForAnyNumberOfThreads) {
  Context one(1), three(3);
  const WeightSpectrum a = weight_spectrum(scaled_noise(300, 200, 0.5, 0.5), one);
  const WeightSpectrum b = weight_spectrum(scaled_noise(300, 200, 0.5, 0.5), three);
  EXPECT_EQ(a.sigma, b.sigma);
  EXPECT_EQ(a.edge, b.edge);
  EXPECT_EQ(a.tail.alpha, b.tail.alpha);
}

}  // namespace
}  // namespace eckart
