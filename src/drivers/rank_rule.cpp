#include "eckart/rank_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eckart/error.hpp"

namespace eckart {

void validate(const RankRule& rule) {
  const int set = rule.rank.has_value() + rule.energy.has_value() + rule.tolerance.has_value();
  require(set <= 1, "give at most one of rank, energy and tolerance");
  if (rule.rank) require(*rule.rank >= 0, fmt::format("rank must be >= 0, got {}", *rule.rank));
  if (rule.energy) {
    require(*rule.energy > 0 && *rule.energy <= 1,
            fmt::format("energy must be above 0 and at most 1, got {}", *rule.energy));
  }
  if (rule.tolerance) {
    require(*rule.tolerance >= 0 && *rule.tolerance < 1,
            fmt::format("tolerance must be at least 0 and below 1, got {}", *rule.tolerance));
  }
}

template <Scalar T>
index_t choose_rank(const RankRule& rule, const std::vector<real_t<T>>& sigma) {
  validate(rule);
  const auto count = static_cast<index_t>(sigma.size());
  if (rule.all() || count == 0) return count;
  if (rule.rank) return std::min(*rule.rank, count);

  // In units of sigma_1^2, so that squares neither overflow nor vanish; small terms first.
  const double largest = static_cast<double>(sigma[0]);
  if (!(largest > 0)) return 0;
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

template index_t choose_rank<float>(const RankRule&, const std::vector<real_t<float>>&);
template index_t choose_rank<double>(const RankRule&, const std::vector<real_t<double>>&);
template index_t choose_rank<std::complex<float>>(const RankRule&,
                                                  const std::vector<real_t<std::complex<float>>>&);
template index_t choose_rank<std::complex<double>>(
    const RankRule&, const std::vector<real_t<std::complex<double>>>&);

}  // namespace eckart
