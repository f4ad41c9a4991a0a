// eckart/jacobi_svd.hpp - every singular triplet to high relative accuracy.
#pragma once

#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct JacobiSvdOptions {
  Vectors vectors = Vectors::thin;

  // The certificate's verdict compares residuals with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Fill report.certificate.
  bool certify = true;
};

// Returns all k = min(m, n) singular triplets by preconditioned one-sided Jacobi. m x 0 and 0 x n
// matrices have none; full vectors are then the identity.
//
// Accuracy: for A = D1 B D2 with D1, D2 diagonal and B well conditioned, every singular value to
// c max(m, n) eps cond(B) relative to itself, c about 1, where dense_svd promises as much relative
// to sigma_1 alone. Entries may spread over the whole range of T: A is not scaled down. For other
// matrices it is as accurate as dense_svd, and often more so; the certificate speaks of errors
// relative to sigma_1 for every method.
//
// Cost: two QR factorisations, the decomposition of a triangle as dense_svd makes it, and one to
// four sweeps of 4 to 12 n^3 flops that finish it; jacobi_svd_bytes of memory. A run that is
// cancelled stops at its next parallel loop; the QR factorisation with pivoting has none.
//
// Throws Cancelled, NonFiniteInput with the position of the first NaN or infinity, Overflow if
// sigma_1 is not representable in T, MemoryLimit if the context's cap is too small.
// Source: Drmac and Veselic, SIAM J. Matrix Anal. Appl. 29(4):1322-1342 and 1343-1362, 2008.
template <Scalar T>
[[nodiscard]] SvdResult<T> jacobi_svd(const LinearOperator<T>& A,
                                      const JacobiSvdOptions& options = {},
                                      Context& context = default_context());

// Returns the bytes that jacobi_svd allocates for an m x n matrix.
template <Scalar T>
double jacobi_svd_bytes(index_t rows, index_t cols, Vectors vectors);

}  // namespace eckart
