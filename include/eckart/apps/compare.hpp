// eckart/apps/compare.hpp - do two singular value decompositions say the same?
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"

namespace eckart {

// k triplets that came from anywhere: U is m x k, V is n x k, sigma falls.
template <Scalar T>
struct Triplets {
  MatrixView<const T> U;
  std::span<const real_t<T>> sigma;
  MatrixView<const T> V;
  // Certificate::residuals, if they are known: how much of a difference is this one's own. Else
  // each is taken to be as good as the accuracy asked for.
  std::span<const double> residuals = {};
};

struct CompareOptions {
  // What passes for rounding, relative to sigma_1; 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // sigma_(k+1) behind the triplets of the longer factorisation, if it is known: vectors of a value
  // next to it are not determined. Unset: nothing is near.
  std::optional<double> next = {};
};

// Triplets whose singular values are so close that only the spaces of their vectors are determined,
// or a single one.
struct ClusterComparison {
  index_t first = 0;            // counts from 0
  index_t count = 1;            // of the shorter factorisation
  double value_difference = 0;  // largest, relative to sigma_1
  double value_bound = 0;       // what residuals allow
  double gap = 0;               // to the nearest value outside, relative to sigma_1
  // Sines of the largest angles between the spaces that the columns of U and of V span.
  double sine_U = 0, sine_V = 0;
  // What residuals and the gap allow.
  double sine_bound = 0;
  // How differently U and V are turned inside of the cluster: the largest entry of
  // U_1ᴴU_2 - V_1ᴴV_2. 0 for singular values that are zeros, which do not tie U to V.
  double turn_difference = 0;
  bool same = true;
};

struct Comparison {
  double accuracy = 0;
  index_t compared = 0;  // triplets
  std::vector<ClusterComparison> clusters;
  double value_difference = 0;  // largest of the clusters
  double sine = 0;              // likewise
  bool same = true;
  std::vector<std::string> findings;  // what is different, one sentence each
};

// Returns whether two factorisations of one m x n matrix agree in their k leading triplets, up to
// sign or phase, and up to rotation within clusters, k being the smaller number of theirs.
//
// Clusters: neighbours belong together where 20 times what the triplets are known to reaches across
//   the gap.
// Bounds: with residuals r_1 and r_2 relative to sigma_1, never taken above the accuracy, values of
//   c triplets may differ by √c (r_1 + r_2), and sines of angles by √c (r_1 + r_2) / gap [1]. What
//   exceeds its bound is a real difference.
// Cost: 4 (m + n) k c flops, c the size of clusters, and the decompositions of m x c matrices.
// Throws InvalidArgument if the shapes do not fit, or a singular value rises, is negative or no
// number.
//
// [1] Wedin, BIT 12:99-111, 1972.
template <Scalar T>
Comparison compare(const Triplets<T>& one,
                   const Triplets<T>& other,
                   const CompareOptions& options = {},
                   Context& context = default_context());

}  // namespace eckart
