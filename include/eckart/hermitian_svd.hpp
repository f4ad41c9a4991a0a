// eckart/hermitian_svd.hpp - the spectral decomposition of a Hermitian matrix as its SVD.
#pragma once

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct HermitianSvdOptions {
  // The certificate's verdict compares residuals with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Fill report.certificate.
  bool certify = true;
};

// Returns all n singular triplets of a Hermitian (real: symmetric) n x n matrix from its spectral
// decomposition A = V diag(lambda) V^H: sigma = |lambda| in falling order, U = V sign(lambda), and
// result.lambda holds the eigenvalues in the order of sigma.
//
// Accuracy: normwise backward stable: eigenvalues to c n eps sigma_1 with c about 1; U and V agree
// up to sign in every bit.
//
// Cost: that of dense_svd with vectors, which decomposes a positive semidefinite shift of A;
// hermitian_svd_bytes of memory.
//
// Throws InvalidArgument if A is not square, or names the first entry, by columns, that is not the
// conjugate of its mirror image; NonFiniteInput, Overflow, MemoryLimit, Cancelled.
// Source: Golub and Van Loan, Matrix Computations, 4th ed., Section 8.1.
template <Scalar T>
[[nodiscard]] SvdResult<T> hermitian_svd(const LinearOperator<T>& A,
                                         const HermitianSvdOptions& options = {},
                                         Context& context = default_context());

// Returns the bytes that hermitian_svd allocates for an n x n matrix.
template <Scalar T>
double hermitian_svd_bytes(index_t n);

}  // namespace eckart
