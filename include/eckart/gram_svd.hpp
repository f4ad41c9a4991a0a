// eckart/gram_svd.hpp - the textbook method: eigenvectors of A^H A.
#pragma once

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct GramSvdOptions {
  // The certificate's verdict compares residuals with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Fill report.certificate: one more pass over A with the vectors, and a probe.
  bool certify = true;
};

// Returns the leading k = min(rank, m, n) singular triplets from the eigendecomposition of the
// smaller of A^H A and A A^H. Shipped because it is what textbooks teach and because it is fast
// for tall matrices whose small singular values do not matter.
//
// Accuracy: forming the Gram matrix squares the condition number:
//   |sigma_i - exact| <= c max(m, n) eps sigma_1^2 / sigma_i,
// so values below about sqrt(eps) sigma_1 (1e-8 in double, 3e-4 in float) carry no digits, and
// their vectors on the other side are not orthogonal. The certificate says so; nothing else does.
//
// Cost: n products with A and with A^H (n <= m; else the other way round), k for the other side;
// O(m n^2 + n^3) flops, n^2 + (m + n) k elements.
//
// Throws NonFiniteInput, InvalidArgument if rank < 0, MemoryLimit.
// Source: Golub and Van Loan, Matrix Computations, 4th ed., Section 8.6.3 (and its warning).
template <Scalar T>
[[nodiscard]] SvdResult<T> gram_svd(const LinearOperator<T>& A,
                                    index_t rank,
                                    const GramSvdOptions& options = {},
                                    Context& context = default_context());

// Returns the bytes that gram_svd allocates.
template <Scalar T>
double gram_svd_bytes(index_t rows, index_t cols, index_t rank);

}  // namespace eckart
