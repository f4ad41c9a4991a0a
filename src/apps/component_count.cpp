// How many principal components: Horn's parallel analysis and Minka's evidence.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "eckart/apps/pca.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

// Standard normal numbers by Box and Muller: the library's own distribution differs by platform.
class Normal {
 public:
  explicit Normal(std::uint64_t seed) : bits_(seed) {}
  double operator()() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  double uniform() { return (static_cast<double>(bits_() >> 11) + 0.5) * 0x1p-53; }
  std::mt19937_64 bits_;
};

// The variances of the principal components of one random matrix.
std::vector<double> random_variances(index_t rows,
                                     std::span<const double> deviations,
                                     bool center,
                                     Normal& normal,
                                     Context& context) {
  const auto cols = static_cast<index_t>(deviations.size());
  Matrix<double> A(rows, cols);
  for (index_t j = 0; j < cols; ++j) {
    double mean = 0;
    for (index_t i = 0; i < rows; ++i) {
      A(i, j) = deviations[static_cast<std::size_t>(j)] * normal();
      mean += A(i, j) / static_cast<double>(rows);
    }
    for (index_t i = 0; i < rows && center; ++i) A(i, j) -= mean;
  }
  const SvdResult<double> result =
      dense_svd<double>(*make_operator(std::as_const(A).view()),
                        {.vectors = Vectors::none, .certify = false}, context);
  std::vector<double> variances;
  for (const double s : result.sigma) variances.push_back(s * s / static_cast<double>(rows - 1));
  return variances;
}

}  // namespace

ParallelAnalysis parallel_analysis(std::span<const double> variances,
                                   index_t rows,
                                   std::span<const double> deviations,
                                   bool center,
                                   index_t trials,
                                   double quantile,
                                   std::uint64_t seed,
                                   Context& context) {
  require(trials >= 1, fmt::format("trials must be >= 1, got {}", trials));
  require(quantile > 0 && quantile < 1,
          fmt::format("quantile must be above 0 and below 1, got {}", quantile));
  require(rows >= 2 && !deviations.empty(), "parallel analysis needs 2 rows and one column");
  // The matrix, and what its singular values need.
  const double bytes =
      2.0 * sizeof(double) * static_cast<double>(rows) * static_cast<double>(deviations.size());
  if (const auto cap = context.memory_cap_bytes(); cap > 0 && bytes > static_cast<double>(cap)) {
    throw MemoryLimit("parallel analysis", static_cast<std::uint64_t>(bytes), cap);
  }
  Normal normal(seed);
  std::vector<std::vector<double>> samples(variances.size());  // of each variance, over trials
  for (index_t trial = 0; trial < trials; ++trial) {
    if (context.stopped_by_time()) throw TimeLimit();
    if (context.cancelled()) throw Cancelled();
    const std::vector<double> random = random_variances(rows, deviations, center, normal, context);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i].push_back(i < random.size() ? random[i] : 0);
    }
  }
  ParallelAnalysis result;
  bool above = true;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::sort(samples[i].begin(), samples[i].end());
    const double place = quantile * static_cast<double>(trials - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, samples[i].size() - 1);
    const double part = place - static_cast<double>(low);
    result.threshold.push_back((1 - part) * samples[i][low] + part * samples[i][high]);
    above = above && variances[i] > result.threshold.back();
    result.components += above;
  }
  return result;
}

index_t minka_components(std::span<const double> variances, index_t rows) {
  const auto n = static_cast<index_t>(variances.size());
  require(n >= 1 && rows >= n,
          fmt::format("Minka's evidence needs as many rows as columns, got {} x {}", rows, n));
  const auto lambda = [&](index_t i) { return variances[static_cast<std::size_t>(i)]; };
  const auto N = static_cast<double>(rows);
  index_t best = 1;
  double most = -std::numeric_limits<double>::infinity();
  for (index_t k = 1; k < n && lambda(k - 1) > 1e-14 * lambda(0); ++k) {
    double rest = 0;
    for (index_t i = k; i < n; ++i) rest += lambda(i);
    const double noise = std::max(rest / static_cast<double>(n - k), 1e-15 * lambda(0));
    // The volume of the orthonormal k-frames, p(U).
    double evidence = -static_cast<double>(k) * std::numbers::ln2;
    for (index_t i = 0; i < k; ++i) {
      const double half = static_cast<double>(n - i) / 2;
      evidence += std::lgamma(half) - half * std::log(std::numbers::pi);
      evidence -= N / 2 * std::log(lambda(i));
    }
    evidence -= N * static_cast<double>(n - k) / 2 * std::log(noise);
    const auto free = static_cast<double>(n * k - k * (k + 1) / 2);
    evidence += std::log(2 * std::numbers::pi) * (free + static_cast<double>(k)) / 2;
    evidence -= static_cast<double>(k) * std::log(N) / 2;
    // The determinant of the Hessian, |A_z|.
    for (index_t i = 0; i < k; ++i) {
      for (index_t j = i + 1; j < n; ++j) {
        const double inverse = (j < k ? 1 / lambda(j) : 1 / noise) - 1 / lambda(i);
        evidence -= (std::log(inverse * (lambda(i) - lambda(j))) + std::log(N)) / 2;
      }
    }
    if (evidence > most) {
      most = evidence;
      best = k;
    }
  }
  return best;
}

}  // namespace eckart
