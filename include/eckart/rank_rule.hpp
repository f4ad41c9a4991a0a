// eckart/rank_rule.hpp - how many singular triplets are wanted.
#pragma once

#include <optional>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// The number of triplets, named or found. At most one of the three is set; with none, all.
struct RankRule {
  // The k leading triplets; more than min(m, n) means all.
  // REQUIRES: rank >= 0
  std::optional<index_t> rank = {};

  // The smallest k with sum_{i<=k} sigma_i^2 >= energy ||A||_F^2, up to rounding: values below
  // about 8 eps sigma_1 count for nothing.
  // REQUIRES: 0 < energy <= 1
  std::optional<double> energy = {};

  // The smallest k with ||A - A_k||_F <= tolerance ||A||_F.
  // REQUIRES: 0 <= tolerance < 1
  std::optional<double> tolerance = {};

  bool all() const { return !rank && !energy && !tolerance; }
};

// Throws InvalidArgument if a REQUIRES line is broken or two rules are set.
void validate(const RankRule& rule);

// Returns the k that the rule gives for all min(m, n) singular values, in falling order. Sums run
// from the small end, so that a tolerance far below sqrt(eps) is met exactly.
template <Scalar T>
index_t choose_rank(const RankRule& rule, const std::vector<real_t<T>>& sigma);

}  // namespace eckart
