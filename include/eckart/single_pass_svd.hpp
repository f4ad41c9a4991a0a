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

  // Random vectors from which the error is estimated: the estimate of ||A - A_k||_F is off by a
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
// The test matrices Omega and Psi have eight random signs in every row, others zeros: they sample
// as well as Gaussian ones [2, Sections 3.9 and 7], and what they combine costs no more than
// reading it.
//
// SketchySVD [2] keeps a third sketch, of both sides at once, for what is computed here from the
// sketch of the range: this takes the same read and one sketch less, and stands for both.
//
// Accuracy: of the order of sigma_{k+1} and more; nothing is iterated. From Theta^H A, which the
// same read gives for error_vectors vectors Theta of random signs, the certificate has an estimate
// of ||A - U diag(sigma) V^H||_F, without bias [2, Section 6]; all sketches together give ||A||_F.
// No residual of a triplet exceeds the first; that is the residual that the verdict looks at.
// Cost: one read of a dense A, 48 m n flops; two products with 2.5 l + error_vectors columns in all
// of another, l = rank + oversampling; single_pass_svd_bytes of memory.
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
