#include "eckart/models/weight_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eckart/apps/factors.hpp"
#include "eckart/copy.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/rank_rule.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// max_i ||row i|| + max_j ||column j||.
template <Scalar T>
double independent_edge(MatrixView<const T> W) {
  std::vector<double> rows(at(W.rows));
  double column = 0;
  for (index_t j = 0; j < W.cols; ++j) {
    double sum = 0;
    for (index_t i = 0; i < W.rows; ++i) {
      const double square = static_cast<double>(W(i, j)) * static_cast<double>(W(i, j));
      rows[at(i)] += square;
      sum += square;
    }
    column = std::max(column, sum);
  }
  const double row = rows.empty() ? 0 : *std::max_element(rows.begin(), rows.end());
  return std::sqrt(row) + std::sqrt(column);
}

}  // namespace

PowerLaw fit_power_law(const std::vector<double>& falling) {
  constexpr std::size_t fewest = 10;
  std::vector<double> logs;
  for (const double x : falling) {
    if (!(x > 0)) break;
    logs.push_back(std::log(x));
  }
  PowerLaw best;
  double sum = 0;
  for (std::size_t n = 1; n <= logs.size(); ++n) {
    const double least = logs[n - 1];
    sum += least;
    // Of equal numbers the tail begins at the last.
    if (n < fewest || (n < logs.size() && logs[n] == least)) continue;
    const double excess = sum - static_cast<double>(n) * least;
    if (!(excess > 0)) continue;
    const double exponent = static_cast<double>(n) / excess;  // alpha - 1
    double distance = 0;
    for (std::size_t i = 0; i < n; ++i) {
      // Share of the tail above the i-th number: by the law, and before and at it in the sample.
      const double law = std::exp(-exponent * (logs[i] - least));
      const double before = static_cast<double>(i) / static_cast<double>(n);
      const double behind = static_cast<double>(i + 1) / static_cast<double>(n);
      distance = std::max({distance, std::abs(law - before), std::abs(law - behind)});
    }
    if (best.count > 0 && distance >= best.distance) continue;
    best = {exponent + 1, std::exp(least), static_cast<index_t>(n), distance};
  }
  return best;
}

index_t WeightSpectrum::energy_rank(double share) const {
  RankRule rule;
  rule.energy = share;
  return sigma.empty() || !(sigma[0] > 0) ? 0 : choose_rank<double>(rule, sigma, rows, cols);
}

double spike_threshold(double edge, index_t rows, index_t cols) {
  const double m = std::sqrt(static_cast<double>(std::max<index_t>(rows, 1)));
  const double n = std::sqrt(static_cast<double>(std::max<index_t>(cols, 1)));
  return edge * std::sqrt(1 + 3.27 * std::cbrt(1 / m + 1 / n) / (m + n));
}

template <Scalar T>
WeightSpectrum weight_spectrum(Matrix<T> W, Context& context) {
  WeightSpectrum s;
  s.rows = W.rows();
  s.cols = W.cols();
  s.edge = independent_edge<T>(W.view());
  if (W.rows() < W.cols()) {
    Matrix<T> tall = Matrix<T>::uninitialized(W.cols(), W.rows());
    copy_adjoint<T>(W.view(), tall.view(), context);
    W = std::move(tall);
  }
  const std::vector<T> values = singular_values_in_place<T>(W.view(), context);
  s.sigma.assign(values.begin(), values.end());
  double energy = 0;
  for (const double x : s.sigma) energy += x * x;
  s.frobenius = std::sqrt(energy);
  if (s.sigma.empty() || !(s.sigma[0] > 0)) return s;

  s.numerical_rank = numerical_rank<T>(values, s.rows, s.cols).rank;
  s.stable_rank = energy / (s.sigma[0] * s.sigma[0]);
  s.condition =
      s.sigma.back() > 0 ? s.sigma[0] / s.sigma.back() : std::numeric_limits<double>::infinity();
  double entropy = 0;
  std::vector<double> squares;
  for (const double x : s.sigma) {
    const double p = x * x / energy;
    if (p > 0) entropy -= p * std::log(p);
    if (x > spike_threshold(s.edge, s.rows, s.cols)) ++s.spikes;
    squares.push_back(x * x);
  }
  s.effective_rank = std::exp(entropy);
  s.tail = fit_power_law(squares);
  return s;
}

template WeightSpectrum weight_spectrum(Matrix<float>, Context&);
template WeightSpectrum weight_spectrum(Matrix<double>, Context&);

}  // namespace eckart
