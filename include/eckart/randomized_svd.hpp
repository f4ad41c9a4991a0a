// eckart/randomized_svd.hpp - leading singular triplets by randomized subspace iteration.
#pragma once

#include <cstdint>
#include <optional>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct RandomizedSvdOptions {
  // Sample columns beyond the requested rank: the sketch has l = min(rank + oversampling, m, n)
  // columns. More of them converge in fewer, dearer iterations. Unset: rank / 10, at least 10.
  // REQUIRES: oversampling >= 0
  std::optional<index_t> oversampling = {};

  // Power iterations q at most, each reading A twice. Fewer are made when the residuals reach the
  // accuracy before. 0 is the plain sketch.
  // REQUIRES: power_iterations >= 0
  index_t power_iterations = 400;

  // Largest degree of the Chebyshev polynomial that replaces as many power iterations. 1 is a power
  // iteration with a shift; more saves iterations, orthogonalisations and small decompositions.
  // REQUIRES: degree >= 1
  index_t degree = 12;

  // Seed of the Gaussian test matrix Omega. Equal seeds give a bit-identical result for any
  // thread count, on one build at one instruction-set level.
  std::uint64_t seed = 0;

  // The iteration stops when every residual is at most accuracy sigma_1.
  // 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Fill report.certificate, and go on when its probe finds a missed triplet.
  bool certify = true;
};

// Returns approximations of the k = min(rank, m, n) leading singular triplets.
//
// Accuracy: residuals <= accuracy sigma_1 when report.status is converged; sigma_1 / sigma_k may be
// 1e6 and more. iteration_limit, time_limit or cancelled: the result is the best so far, certified.
// Without power iterations V of width l = k + p satisfies, for k >= 2 and p >= 2,
//   E ||A - A V V^H||_F <= sqrt(1 + k / (p - 1)) (sum_{j>k} sigma_j^2)^(1/2)   [1, Thm 10.5].
//
// Cost: 3 passes over A and 2 for each power iteration; randomized_svd_bytes of memory.
// Throws NonFiniteInput, InvalidArgument if rank < 0, an option breaks its REQUIRES line, or the
// operator's adjoint is not its adjoint.
//
// [1] Halko, Martinsson, Tropp, SIAM Review 53(2):217-288, 2011, Algorithms 4.4 and 5.1.
// [2] Zhou, Saad, Tiago, Chelikowsky, J. Comput. Phys. 219(1):172-184, 2006: the filter.
// [3] Feng, Yu, Xie, Tang, ACM TOMS Algorithm 1043, 2024: the shift.
template <Scalar T>
[[nodiscard]] SvdResult<T> randomized_svd(const LinearOperator<T>& A,
                                          index_t rank,
                                          const RandomizedSvdOptions& options = {},
                                          Context& context = default_context());

// Returns the bytes that randomized_svd allocates.
template <Scalar T>
double randomized_svd_bytes(index_t rows,
                            index_t cols,
                            index_t rank,
                            const RandomizedSvdOptions& options = {});

}  // namespace eckart
