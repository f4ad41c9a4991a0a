// The engine behind GESVJ and GEJSV: every singular value to its own digits.
#pragma once

#include "decompose.hpp"

namespace eckart::lapack {

// Where the factors of A = U diag(2^exponent sigma) V^H go (m >= n); views without data are not
// wanted. U has n columns, or m. They may overlap A.
template <Scalar T>
struct JacobiFactors {
  real_t<T>* sigma = nullptr;
  MatrixView<T> U = {};
  MatrixView<T> V = {};
  bool times_sigma = false;  // U diag(sigma) in place of U
  bool onto_V = false;       // what stands in V, times V, in place of V
  real_t<T>* scale =
      nullptr;  // <- 2^exponent: 1 unless a singular value would not be representable
};

// Returns how it went; NaN stands in all wanted places if it did not go well. Never throws.
template <Scalar T>
Outcome decompose_accurately(MatrixView<const T> A, const JacobiFactors<T>& factors) noexcept;

// How many of the n numbers exceed least.
template <class Real>
index_t count_above(const Real* sigma, index_t n, Real least) {
  return std::count_if(sigma, sigma + n, [=](Real s) { return s > least; });
}

// Returns the norm of the pseudoinverse of A with its columns brought to length one; -1 if A has
// no inverse from the left, or no condition is known.
template <Scalar T>
real_t<T> scaled_condition(MatrixView<const T> A) noexcept;

}  // namespace eckart::lapack
