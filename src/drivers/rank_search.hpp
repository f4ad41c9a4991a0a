// The rank that a rule asks for, told from Ritz values while a basis grows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "eckart/rank_rule.hpp"
#include "eckart/types.hpp"

namespace eckart::drivers {

// How many triplets the rule needs, as far as the Ritz values tell.
class RankSearch {
 public:
  // threshold: of the values that stand out of known noise.
  RankSearch(
      const RankRule& rule, index_t min_dim, double frobenius_norm, double threshold, double eps)
      : rule_(rule),
        min_dim_(min_dim),
        total_(frobenius_norm * frobenius_norm),
        threshold_(threshold) {
    // Values at rounding level hold no energy, as in choose_rank.
    const double noise = 64 * eps * eps * static_cast<double>(min_dim);
    if (rule.energy) allowed_ = std::max(1 - *rule.energy, noise) * total_;
    if (rule.tolerance) allowed_ = *rule.tolerance * *rule.tolerance * total_;
    // total - sum theta^2 cancels below this.
    cancels_ = allowed_ < 1e4 * eps * total_;
  }

  const RankRule& rule() const { return rule_; }
  // The rule is below what ||A||_F^2 - sum sigma^2 can tell: every value is needed.
  bool cancels() const { return by_energy() && cancels_; }
  bool open() const { return rule_.open(); }

  // The rank, when it is not open.
  index_t fixed_rank() const { return std::min(rule_.rank.value_or(min_dim_), min_dim_); }

  // Returns the smallest k that the leading Ritz values prove enough, if any.
  // REQUIRES: theta is not empty
  template <class Real>
  std::optional<index_t> needed(const std::vector<Real>& theta) const {
    if (!open()) return fixed_rank();
    if (rule_.noise) {
      const auto below = std::find_if(theta.begin(), theta.end(), [&](Real t) {
        return !(static_cast<double>(t) > threshold_);
      });
      if (below == theta.end()) return std::nullopt;
      return below - theta.begin();
    }
    double held = 0;
    for (const Real t : theta) held += static_cast<double>(t) * static_cast<double>(t);
    double left_out = std::max(0.0, total_ - held);  // by all of them
    if (!(left_out <= allowed_)) return std::nullopt;
    auto k = static_cast<index_t>(theta.size());
    const index_t least = rule_.energy && total_ > 0 ? 1 : 0;
    while (k > least) {
      const double t = static_cast<double>(theta[static_cast<std::size_t>(k - 1)]);
      if (!(left_out + t * t <= allowed_)) break;
      left_out += t * t;
      --k;
    }
    return k;
  }

  // Returns whether a value theta with this residual, the first that is not needed, is known to be
  // none that the rule asks for. By energy nothing more is to be known.
  bool leaves_out(double theta, double residual) const {
    return !rule_.noise || theta + residual <= threshold_;
  }

  // Returns fewer triplets than will be needed, as far as can be told while needed() is nothing:
  // the first quarter of the Ritz values is near the singular values, and what the energy lacks is
  // held by values no larger than those.
  // REQUIRES: theta is not empty
  template <class Real>
  index_t least(const std::vector<Real>& theta) const {
    const std::size_t quarter = std::max<std::size_t>(1, theta.size() / 4);
    const auto known = static_cast<index_t>(quarter);
    const double last = static_cast<double>(theta[quarter - 1]);
    if (!by_energy() || !(last > 0)) return known;
    double lacking = total_ - allowed_;
    for (std::size_t i = 0; i < quarter; ++i) {
      lacking -= static_cast<double>(theta[i]) * static_cast<double>(theta[i]);
    }
    const double more = std::clamp(lacking / (last * last), 0.0, static_cast<double>(min_dim_));
    return std::min(min_dim_, known + static_cast<index_t>(more));
  }

 private:
  bool by_energy() const { return rule_.energy || rule_.tolerance; }

  RankRule rule_;
  index_t min_dim_;
  double total_;
  double threshold_;
  double allowed_ = 0;
  bool cancels_ = false;
};

}  // namespace eckart::drivers
