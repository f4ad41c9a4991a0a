// Refinement of least-squares solutions on the augmented system.
#pragma once

#include <vector>

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd_result.hpp"

namespace eckart::apps {

// Minimise ||S (b - A z)|| where A + A_low, m x n, is known to two words, and S A ~= U diag(sigma)
// V^H by the factors, of rank n. S is diagonal.
template <Scalar T>
struct RefinementProblem {
  MatrixView<const T> A;
  MatrixView<const T> A_low;                   // or empty
  const std::vector<real_t<T>>& weights;       // squares of S as they are meant, or empty: ones
  const std::vector<real_t<T>>& weight_roots;  // S, rounded, above 0; likewise
  const SvdResult<T>& factors;
  // Which rows A, b and U hold, where others are on other ranks; z and V are the same on each.
  Shard rows = {};
};

// What the refinement of one right-hand side left.
struct RefinementOutcome {
  index_t steps = 0;           // corrections after the first solution
  double last_correction = 0;  // relative to z
  bool converged = false;
};

// z <- the solution, residual <- b - A z, both rounded from two words. If corrections do not
// shrink, z is the first solution.
// REQUIRES: b, z, residual are single columns of length m, n, m.
template <Scalar T>
RefinementOutcome refine(const RefinementProblem<T>& problem,
                         const T* b,
                         bool steps_wanted,
                         T* z,
                         T* residual,
                         Context& context);

}  // namespace eckart::apps
