// eckart/randomized_svd.hpp - leading singular triplets by randomized subspace iteration.
#pragma once

#include <cstdint>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct RandomizedSvdOptions {
  // Sample columns beyond the requested rank: the sketch has
  // l = min(rank + oversampling, m, n) columns.
  // REQUIRES: oversampling >= 0
  index_t oversampling = 10;

  // Rounds q of power iteration. Each reads A twice. Raise it when the singular values decay
  // slowly; the residuals in the certificate tell.
  // REQUIRES: power_iterations >= 0
  index_t power_iterations = 4;

  // Seed of the Gaussian test matrix Omega. Equal seeds give a bit-identical result for any
  // thread count, on one build at one instruction-set level.
  std::uint64_t seed = 0;

  // The certificate's verdict compares residuals with it. 0 means default_accuracy<T>(), which
  // this method reaches only when the singular values decay fast.
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Fill report.certificate: one more pass over A with the vectors, and a probe.
  bool certify = true;
};

// Returns approximations of the k = min(rank, m, n) leading singular triplets.
//
// Accuracy: the range basis Q of width l = k + p satisfies, for q = 0, k >= 2 and p >= 2,
//   E ||A - Q Q^H A||_F <= sqrt(1 + k / (p - 1)) (sum_{j>k} sigma_j^2)^(1/2)   [1, Thm 10.5];
// q power iterations raise the decay to the power 2q + 1. Nothing is promised for single
// triplets: read the certificate. Values below eps sigma_1 carry no digits.
//
// Cost: 2 (q + 1) passes over A; 2 (m + n) l + O(l^2) elements of memory.
// Throws NonFiniteInput, InvalidArgument if rank < 0 or an option breaks its REQUIRES line.
//
// [1] Halko, Martinsson, Tropp, SIAM Review 53(2):217-288, 2011, Algorithms 4.4 and 5.1.
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
