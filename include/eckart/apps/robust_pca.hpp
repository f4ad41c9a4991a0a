// eckart/apps/robust_pca.hpp - a matrix as the sum of one of low rank and one with few nonzeros.
#pragma once

#include <optional>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct RobustPcaOptions {
  // What a unit in an entry of S costs beside a unit in a singular value of L. Larger: fewer
  // nonzeros in S, a higher rank of L. Unset: 1 / sqrt(max(m, n)) [1, Theorem 1.1].
  // REQUIRES: lambda > 0, finite
  std::optional<double> lambda = {};

  // L and S must add up: ||A - L - S||_F <= tolerance ||A||_F. 0 means 1e-7, in single precision
  // 1e-5.
  // REQUIRES: 0 <= tolerance < 1
  double tolerance = 0;

  // How far above its minimum the objective may be, relative to itself, for the verdict "met".
  // REQUIRES: 0 < gap < 1
  double gap = 0.01;

  // How fast the penalty grows, per iteration. Slower costs iterations and comes nearer to the
  // minimum; where the gap is not reached, the iteration slows down by itself.
  // REQUIRES: 1 < growth <= 2
  double growth = 1.1;

  // REQUIRES: max_iterations >= 1
  index_t max_iterations = 1000;
};

template <Scalar T>
struct RobustPcaResult {
  // L = U diag(sigma) V^H, of its rank exactly; the verdict of its certificate is that of the
  // split.
  SvdResult<T> low_rank;
  Matrix<T> sparse;      // S, m x n
  index_t nonzeros = 0;  // of S

  double lambda = 0;
  // ||L||_* + lambda ||A - L||_1, moduli summed over the entries. 0 if the run was stopped.
  double objective = 0;
  double residual = 0;  // ||A - L - S||_F / ||A||_F
  // An upper bound of (objective - minimum) / objective, from a feasible point of the dual problem.
  // 1, which says nothing, if the run was stopped.
  double gap = 0;
  index_t iterations = 0;
  Status status = Status::converged;
  bool met = false;  // tolerance and gap were reached
};

// Returns L and S that minimise ||L||_* + lambda ||S||_1 subject to L + S = A (principal component
// pursuit). Where A is a matrix of low rank whose singular vectors are spread out, plus a sparse
// one whose nonzeros lie anywhere, of any size, these two are the solution with high
// probability [1, Theorem 1.1].
//
// Accuracy: residual and gap. What is planted as in the theorem comes back to about tolerance.
// Cost: each iteration one decomposition of an m x n matrix: of the few triplets above a threshold
// where they are few of many, else all. Commonly 30 to 150 iterations. Six copies of A beside the
// decomposition.
// Throws NonFiniteInput, InvalidArgument if an option breaks its REQUIRES line, MemoryLimit,
// Cancelled (TimeLimit) before the first iteration has ended; after it the result is the last
// iterate, and status says so.
//
// [1] Candes, Li, Ma, Wright, J. ACM 58(3):11, 2011.
// [2] Lin, Chen, Ma, arXiv:1009.5055, 2010: the inexact augmented Lagrangian method.
template <Scalar T>
[[nodiscard]] RobustPcaResult<T> robust_pca(MatrixView<const T> A,
                                            const RobustPcaOptions& options = {},
                                            Context& context = default_context());

}  // namespace eckart
