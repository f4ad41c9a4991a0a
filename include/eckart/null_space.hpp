// eckart/null_space.hpp - the vectors that a matrix annihilates.
#pragma once

#include <cstdint>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"

namespace eckart {

struct NullSpaceOptions {
  // Singular values up to tolerance * sigma_1 count as zeros. 0: max(m, n) eps.
  // REQUIRES: 0 <= tolerance < 1
  double tolerance = 0;

  // Seed of starting vectors.
  std::uint64_t seed = 0;
};

template <Scalar T>
struct NullSpace {
  Matrix<T> basis;              // n x nullity, orthonormal columns
  double sigma_1 = 0;           // about ||A||_2
  double threshold = 0;         // values up to it count as zeros: tolerance * sigma_1
  double largest_zero = 0;      // the largest singular value that counts as a zero
  double smallest_nonzero = 0;  // the smallest that does not; 0 if there is none
  double residual = 0;          // max ||A v|| over the basis, from fresh products
  // Of the decomposition. The verdict certificate.met holds for the split into zeros and others:
  // false if values near the threshold were not resolved.
  SvdReport report;
};

// Returns an orthonormal basis of the vectors v with ||A v|| <= tolerance sigma_1: the right
// singular vectors of the singular values that count as zeros and, where m < n, of the n - m
// columns without a value. The null space of A^H is that of make_adjoint(A).
//
// Accuracy: ||A v|| <= residual for each basis vector. The nullity is as certain as the gap between
// largest_zero and smallest_nonzero is wide; without a gap it is a matter of the tolerance.
// Cost: as smallest_svd, once for every doubling of the nullity beyond 8.
// Throws as smallest_svd.
template <Scalar T>
[[nodiscard]] NullSpace<T> null_space(const LinearOperator<T>& A,
                                      const NullSpaceOptions& options = {},
                                      Context& context = default_context());

}  // namespace eckart
