#include "eckart/rank_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "eckart/error.hpp"

namespace eckart {

void validate(const RankRule& rule) {
  const int set = rule.rank.has_value() + rule.energy.has_value() + rule.tolerance.has_value() +
                  rule.choice.has_value();
  require(set <= 1, "give at most one of rank, energy, tolerance and choice");
  if (rule.rank) require(*rule.rank >= 0, fmt::format("rank must be >= 0, got {}", *rule.rank));
  if (rule.energy) {
    require(*rule.energy > 0 && *rule.energy <= 1,
            fmt::format("energy must be above 0 and at most 1, got {}", *rule.energy));
  }
  if (rule.tolerance) {
    require(*rule.tolerance >= 0 && *rule.tolerance < 1,
            fmt::format("tolerance must be at least 0 and below 1, got {}", *rule.tolerance));
  }
  if (rule.noise) {
    require(rule.choice == RankChoice::gavish_donoho, "the noise is for gavish_donoho");
    require(*rule.noise > 0 && std::isfinite(*rule.noise),
            fmt::format("the noise must be above 0 and finite, got {}", *rule.noise));
  }
}

double marchenko_pastur_median(double beta) {
  if (beta < 1e-8) return 1;  // the law is narrower than any use of it
  // With x = 1 + beta + 2 r cos t and r^2 = beta, the mass above x has a closed form.
  const double r = std::sqrt(beta);
  const auto mass_above = [&](double t) {
    const double angle = std::atan2((1 - r) * std::sin(t / 2), (1 + r) * std::cos(t / 2));
    return ((1 + beta) * t / 2 - (1 - beta) * angle - r * std::sin(t)) / (beta * std::numbers::pi);
  };
  double low = 0;
  double high = std::numbers::pi;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (mass_above(middle) < 0.5 ? low : high) = middle;
  }
  return 1 + beta + 2 * r * std::cos(low);
}

namespace {

double aspect_ratio(index_t rows, index_t cols) {
  return static_cast<double>(std::min(rows, cols)) / static_cast<double>(std::max(rows, cols));
}

// The optimal threshold in units of sqrt(n) noise, [1, Equation 11] of the header.
double optimal_threshold(double beta) {
  const double root = std::sqrt(beta * beta + 14 * beta + 1);
  return std::sqrt(2 * (beta + 1) + 8 * beta / (beta + 1 + root));
}

// REQUIRES: sigma is not empty
template <class Real>
double median(const std::vector<Real>& sigma) {
  const std::size_t half = sigma.size() / 2;
  const double upper = static_cast<double>(sigma[half]);
  if (sigma.size() % 2 == 1) return upper;
  return upper / 2 + static_cast<double>(sigma[half - 1]) / 2;
}

template <class Real>
index_t count_above(const std::vector<Real>& sigma, double threshold) {
  return std::count_if(sigma.begin(), sigma.end(),
                       [&](Real s) { return static_cast<double>(s) > threshold; });
}

// The likelihood of a split is largest where the two means explain most of the squares:
// k (n - k) / n (mean_1 - mean_2)^2.
template <class Real>
index_t elbow(const std::vector<Real>& sigma) {
  const auto n = static_cast<index_t>(sigma.size());
  const double largest = static_cast<double>(sigma[0]);
  double total = 0;
  for (const Real s : sigma) total += static_cast<double>(s) / largest;
  index_t best = n;  // equal values have no elbow
  double most = std::pow(64 * static_cast<double>(std::numeric_limits<Real>::epsilon()), 2);
  double head = 0;
  for (index_t k = 1; k < n; ++k) {
    head += static_cast<double>(sigma[static_cast<std::size_t>(k - 1)]) / largest;
    const auto inside = static_cast<double>(k);
    const auto outside = static_cast<double>(n - k);
    const double difference = head / inside - (total - head) / outside;
    const double explained = inside * outside / static_cast<double>(n) * difference * difference;
    if (explained > most) {
      most = explained;
      best = k;
    }
  }
  return best;
}

}  // namespace

double noise_threshold(index_t rows, index_t cols, double noise) {
  if (std::min(rows, cols) == 0) return 0;
  return optimal_threshold(aspect_ratio(rows, cols)) *
         std::sqrt(static_cast<double>(std::max(rows, cols))) * noise;
}

template <Scalar T>
index_t choose_rank(const RankRule& rule,
                    const std::vector<real_t<T>>& sigma,
                    index_t rows,
                    index_t cols) {
  validate(rule);
  const auto count = static_cast<index_t>(sigma.size());
  if (rule.all() || count == 0) return count;
  if (rule.rank) return std::min(*rule.rank, count);
  if (rule.noise) return count_above(sigma, noise_threshold(rows, cols, *rule.noise));

  const double largest = static_cast<double>(sigma[0]);
  if (!(largest > 0)) return 0;
  if (rule.choice == RankChoice::elbow) return elbow(sigma);
  if (rule.choice == RankChoice::gavish_donoho) {
    const double beta = aspect_ratio(rows, cols);
    const double level = median(sigma) / std::sqrt(marchenko_pastur_median(beta));
    return count_above(sigma, optimal_threshold(beta) * level);
  }
  // In units of sigma_1^2, so that squares neither overflow nor vanish; small terms first.
  std::vector<double> tail(sigma.size() + 1, 0.0);  // tail[k]: what the k leading leave out
  for (std::size_t i = sigma.size(); i-- > 0;) {
    const double share = static_cast<double>(sigma[i]) / largest;
    tail[i] = tail[i + 1] + share * share;
  }
  // Values at rounding level hold no energy: 1 means all of it that can be told from rounding.
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double noise = 64 * eps * eps * static_cast<double>(count);
  const double share =
      rule.energy ? std::max(1 - *rule.energy, noise) : *rule.tolerance * *rule.tolerance;
  const double allowed = share * tail[0];
  index_t k = rule.energy ? 1 : 0;
  while (k < count && !(tail[static_cast<std::size_t>(k)] <= allowed)) ++k;
  return k;
}

template index_t choose_rank<float>(const RankRule&,
                                    const std::vector<real_t<float>>&,
                                    index_t,
                                    index_t);
template index_t choose_rank<double>(const RankRule&,
                                     const std::vector<real_t<double>>&,
                                     index_t,
                                     index_t);
template index_t choose_rank<std::complex<float>>(const RankRule&,
                                                  const std::vector<real_t<std::complex<float>>>&,
                                                  index_t,
                                                  index_t);
template index_t choose_rank<std::complex<double>>(const RankRule&,
                                                   const std::vector<real_t<std::complex<double>>>&,
                                                   index_t,
                                                   index_t);

}  // namespace eckart
