// eckart/single_pass_svd.hpp - approximate leading triplets from one read of the matrix.
#pragma once

#include <cstdint>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct SinglePassSvdOptions {
  // Columns of the sketch of the range beyond rank; unset (-1): rank + 10. The sketch of the other
  // side has half as many again, plus those of the error estimate.
  // REQUIRES: oversampling >= -1
  index_t oversampling = -1;

  // Gaussian vectors from which the error is estimated: the estimate of ||A - A_k||_F is off by a
  // factor of about 1 + 1 / sqrt(2 error_vectors) where one direction dominates what is left, and
  // by less where many do. REQUIRES: error_vectors >= 2
  index_t error_vectors = 20;

  std::uint64_t seed = 0;

  // The verdict compares the estimated residual with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;
};

// Returns approximations of the k = min(rank, m, n) leading singular triplets: the SVD of the
// generalised Nystroem approximation (A Omega) (Psi^H A Omega)^+ (Psi^H A), cut to k.
//
// Accuracy: of the order of sigma_{k+1} and more; nothing is iterated. From Theta^H A, which the
// same read gives for error_vectors Gaussian vectors Theta, the certificate has estimates of
// ||A||_F and of ||A - U diag(sigma) V^H||_F, without bias [2, Section 6]. No residual of a triplet
// exceeds the second; that is the residual that the verdict looks at.
// Cost: one read of A where apply_gram takes one, else two; 2 (2.5 l + error_vectors) products, l =
// rank + oversampling; single_pass_svd_bytes of memory.
// Throws NonFiniteInput, InvalidArgument if an option breaks its REQUIRES line, MemoryLimit.
// Squares of entries must be representable.
//
// [1] Nakatsukasa, arXiv:2009.11392, 2020.
// [2] Tropp, Yurtsever, Udell, Cevher, SIAM J. Sci. Comput. 41(4):A2430-A2463, 2019.
template <Scalar T>
[[nodiscard]] SvdResult<T> single_pass_svd(const LinearOperator<T>& A,
                                           index_t rank,
                                           const SinglePassSvdOptions& options = {},
                                           Context& context = default_context());

// Returns the bytes that single_pass_svd allocates, on the rank with most rows where A is spread.
template <Scalar T>
double single_pass_svd_bytes(const LinearOperator<T>& A,
                             index_t rank,
                             const SinglePassSvdOptions& options = {});

}  // namespace eckart
