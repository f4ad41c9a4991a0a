// eckart/rank_rule.hpp - how many singular triplets are wanted.
#pragma once

#include <optional>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// Ways to choose the number of triplets from the singular values alone.
enum class RankChoice {
  // The values above the threshold that minimises the asymptotic error of A_k as an estimate of a
  // low-rank matrix in white noise [1]: lambda(beta) sqrt(n) noise where the noise is known, else
  // lambda(beta) / sqrt(mu_beta) times the median of all singular values, with beta = m / n for the
  // shorter side m and mu_beta the median of the Marchenko-Pastur law.
  gavish_donoho,
  // The k that maximises the likelihood of sigma_1..sigma_k and sigma_k+1..sigma_n as two normal
  // samples with means of their own and one variance [2]. All singular values are needed.
  elbow,
};

// The number of triplets, named or found. At most one of rank, energy, tolerance and choice is
// set; with none, all.
//
// [1] Gavish, Donoho, IEEE Trans. Inform. Theory 60(8):5040-5053, 2014.
// [2] Zhu, Ghodsi, Comput. Statist. Data Anal. 51(2):918-930, 2006.
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

  std::optional<RankChoice> choice = {};

  // The standard deviation of the noise in every entry, for gavish_donoho; then the values above
  // the threshold are enough. Unknown when unset.
  // REQUIRES: noise > 0, choice == gavish_donoho
  std::optional<double> noise = {};

  bool all() const { return !rank && !energy && !tolerance && !choice; }
  // Whether the number is to be found.
  bool open() const { return energy || tolerance || choice; }
  // Whether it can be found without all min(m, n) singular values.
  bool needs_all_values() const { return choice && !noise; }
};

// Throws InvalidArgument if a REQUIRES line is broken or two rules are set.
void validate(const RankRule& rule);

// Returns the k that the rule gives for all min(m, n) singular values of an m x n matrix, in
// falling order. Sums run from the small end, so that a tolerance far below sqrt(eps) is met
// exactly. With the noise known, the values above the threshold are enough.
template <Scalar T>
index_t choose_rank(const RankRule& rule,
                    const std::vector<real_t<T>>& sigma,
                    index_t rows,
                    index_t cols);

// Returns the threshold of gavish_donoho for an m x n matrix with the given noise per entry.
double noise_threshold(index_t rows, index_t cols, double noise);

// Returns the median of the Marchenko-Pastur law of ratio beta: of the squares of the singular
// values of an m x n matrix of white noise of variance 1 / n, m = beta n, both large.
// REQUIRES: 0 < beta <= 1
double marchenko_pastur_median(double beta);

}  // namespace eckart
