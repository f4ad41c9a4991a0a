// The ridge by generalised cross-validation or by the corner of the L-curve. With f_i = sigma_i^2 /
// (sigma_i^2 + ridge) and beta = U^H b, both need only
//   ||r||^2 = sum (1 - f_i)^2 |beta_i|^2 + outside^2 and ||x||^2 = sum (f_i |beta_i| / sigma_i)^2.

#include <algorithm>
#include <cmath>
#include <limits>

#include "eckart/apps/least_squares.hpp"
#include "eckart/error.hpp"

namespace eckart {
namespace {

// The problem in units of sigma_1: nothing overflows.
struct Spectrum {
  std::vector<double> sigma;  // falling, above rounding
  std::vector<double> beta2;  // |beta_i|^2, summed over right-hand sides
  double outside2 = 0;        // what no ridge explains
  double rows = 0;

  // sum over i of g(f_i, beta_i^2, sigma_i)
  template <class G>
  double sum(double ridge, const G& g) const {
    double total = 0;
    for (std::size_t i = 0; i < sigma.size(); ++i) {
      const double square = sigma[i] * sigma[i];
      total += g(square / (square + ridge), ridge / (square + ridge), beta2[i], sigma[i]);
    }
    return total;
  }
  double residual2(double ridge) const {
    return outside2 +
           sum(ridge, [](double, double left, double b, double) { return left * left * b; });
  }
  double norm2(double ridge) const {
    return sum(ridge, [](double f, double, double b, double s) { return f * f * b / (s * s); });
  }
  // The score that generalised cross-validation wants small.
  double gcv(double ridge) const {
    const double free = rows - sum(ridge, [](double f, double, double, double) { return f; });
    return residual2(ridge) / (free * free);
  }
  // The curvature of (log ||r||, log ||x||), positive at a corner. With t = log ridge,
  // d||r||^2/dt = -ridge d||x||^2/dt, d||x||^2/dt = -2 sum f^2 (1 - f) |beta|^2 / sigma^2.
  double curvature(double t) const {
    constexpr double h = 1e-3;
    const auto slopes = [&](double at) {
      const double ridge = std::exp(at);
      const double d_norm = -2 * sum(ridge, [](double f, double left, double b, double s) {
        return f * f * left * b / (s * s);
      });
      return std::pair(-ridge * d_norm / residual2(ridge), d_norm / norm2(ridge));
    };
    const auto [a, b] = slopes(t);
    const auto [a0, b0] = slopes(t - h);
    const auto [a1, b1] = slopes(t + h);
    const double a_slope = (a1 - a0) / (2 * h), b_slope = (b1 - b0) / (2 * h);
    return (a * b_slope - b * a_slope) / std::pow(a * a + b * b, 1.5);
  }
};

// Returns where score is largest on [low, high]: the best of a grid, then a golden section around.
template <class Score>
double maximize(double low, double high, const Score& score) {
  constexpr int points = 240;
  const double step = (high - low) / points;
  int best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (int i = 0; i <= points; ++i) {
    const double value = score(low + i * step);
    if (value > most) {
      most = value;
      best = i;
    }
  }
  double left = low + std::max(0, best - 1) * step, right = low + std::min(points, best + 1) * step;
  constexpr double golden = 0.6180339887498949;
  for (int i = 0; i < 60; ++i) {
    const double a = right - golden * (right - left), b = left + golden * (right - left);
    if (score(a) >= score(b)) {
      right = b;
    } else {
      left = a;
    }
  }
  return (left + right) / 2;
}

}  // namespace

template <Scalar T>
double choose_ridge(RidgeChoice choice,
                    std::span<const double> sigma,
                    MatrixView<const T> coefficients,
                    double outside,
                    index_t rows) {
  require(!sigma.empty() && coefficients.rows == static_cast<index_t>(sigma.size()),
          "choose_ridge needs one row of coefficients for each singular value");
  const double largest = sigma[0];
  if (!(largest > 0)) return 0;
  double unit = outside;  // of b
  for (index_t j = 0; j < coefficients.cols; ++j) {
    for (index_t i = 0; i < coefficients.rows; ++i) {
      unit = std::max(unit, static_cast<double>(std::abs(coefficients(i, j))));
    }
  }
  if (!(unit > 0)) return 0;
  Spectrum s;
  s.rows = static_cast<double>(rows);
  s.outside2 = std::pow(outside / unit, 2);
  constexpr double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    double beta2 = 0;
    for (index_t j = 0; j < coefficients.cols; ++j) {
      beta2 += std::pow(
          static_cast<double>(std::abs(coefficients(static_cast<index_t>(i), j))) / unit, 2);
    }
    if (sigma[i] > eps * largest) {
      s.sigma.push_back(sigma[i] / largest);
      s.beta2.push_back(beta2);
    } else {
      s.outside2 += beta2;  // no ridge of use lets it through
    }
  }
  // Far below sigma_n^2 a ridge does nothing: both norms stand still, and so does the curve.
  const double least = 2 * std::log(std::max(s.sigma.back(), 4 * eps)), high = 2;
  const double t = choice == RidgeChoice::gcv
                       ? maximize(least - 16, high, [&](double at) { return -s.gcv(std::exp(at)); })
                       : maximize(least - 2, high, [&](double at) { return s.curvature(at); });
  return std::exp(t) * largest * largest;
}

RidgeEffect ridge_effect(double ridge,
                         std::span<const double> sigma,
                         std::span<const double> coefficients,
                         double outside,
                         index_t rows) {
  require(sigma.size() == coefficients.size(), "ridge_effect needs a coefficient for each sigma");
  const double largest = sigma.empty() || !(sigma[0] > 0) ? 1 : sigma[0];
  double unit = outside;  // of b
  for (const double beta : coefficients) unit = std::max(unit, beta);
  if (!(unit > 0)) unit = 1;
  Spectrum s;
  s.rows = static_cast<double>(rows);
  s.outside2 = std::pow(outside / unit, 2);
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const double beta2 = std::pow(coefficients[i] / unit, 2);
    if (sigma[i] > 0) {
      s.sigma.push_back(sigma[i] / largest);
      s.beta2.push_back(beta2);
    } else {
      s.outside2 += beta2;
    }
  }
  const double scaled = ridge / largest / largest;
  return {.ridge = ridge,
          .residual_norm = unit * std::sqrt(s.residual2(scaled)),
          .solution_norm = unit / largest * std::sqrt(s.norm2(scaled)),
          .gcv = unit * unit * s.gcv(scaled)};
}

template double choose_ridge<float>(
    RidgeChoice, std::span<const double>, MatrixView<const float>, double, index_t);
template double choose_ridge<double>(
    RidgeChoice, std::span<const double>, MatrixView<const double>, double, index_t);
template double choose_ridge<std::complex<float>>(
    RidgeChoice, std::span<const double>, MatrixView<const std::complex<float>>, double, index_t);
template double choose_ridge<std::complex<double>>(
    RidgeChoice, std::span<const double>, MatrixView<const std::complex<double>>, double, index_t);

}  // namespace eckart
