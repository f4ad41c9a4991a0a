// eckart/apps/spectral.hpp - the eigenvalues and eigenvectors of a Hermitian matrix.
#pragma once

#include <optional>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"

namespace eckart {

enum class EigenvalueOrder {
  falling,  // largest first, signs counted
  rising,   // smallest first
  modulus,  // largest |lambda| first: the order of the singular values
};

struct SpectralOptions {
  // The order of what is returned.
  EigenvalueOrder order = EigenvalueOrder::falling;

  // How many eigenvalues are kept, those of largest modulus; unset: all.
  // REQUIRES: *count >= 0
  std::optional<index_t> count = {};

  // An asymmetry |a_ij - conj(a_ji)| of up to tolerance times the largest modulus of an entry is
  // taken for rounding and averaged away.
  // REQUIRES: 0 <= tolerance < 1
  double tolerance = 0;

  // As of HermitianSvdOptions.
  double accuracy = 0;
};

// A = V diag(lambda) Vᴴ, or the k terms of it with the largest |lambda|.
template <Scalar T>
struct SpectralDecomposition {
  std::vector<real_t<T>> lambda;
  Matrix<T> V;           // n x k, orthonormal columns, signs by the rule of svd_result.hpp
  double asymmetry = 0;  // the largest that was averaged away
  // Of all n eigenvalues. The certificate is that of the singular value decomposition with
  // sigma = |lambda| and u = v, or -v where lambda < 0: its residuals are |A v - lambda v| /
  // sigma_1.
  SvdReport report;
};

// Returns the spectral decomposition of a Hermitian (real: symmetric) n x n matrix.
//
// Accuracy, cost: those of hermitian_svd; two more copies of A.
// Throws InvalidArgument if A is not square, or names the largest asymmetry above the tolerance
// with its place; NonFiniteInput, Overflow, MemoryLimit, Cancelled.
template <Scalar T>
SpectralDecomposition<T> spectral_decomposition(const LinearOperator<T>& A,
                                                const SpectralOptions& options = {},
                                                Context& context = default_context());

}  // namespace eckart
