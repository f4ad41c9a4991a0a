// The Cholesky factor of a small positive definite matrix, for systems by the thousand.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

#include "eckart/matrix.hpp"

namespace eckart::apps {

// A <- L, lower triangular with L L^H = A; above the diagonal A keeps its entries. A pivot below
// what rounding leaves of its diagonal entry is raised to that: the matrix is known to be positive
// definite. Source: Golub, Van Loan, Matrix Computations, 4th ed., Algorithm 4.2.1.
template <Scalar T>
void cholesky(Matrix<T>& A) {
  const auto eps = std::numeric_limits<real_t<T>>::epsilon();
  for (index_t j = 0; j < A.cols(); ++j) {
    const real_t<T> least =
        std::max(eps * std::real(A(j, j)), std::numeric_limits<real_t<T>>::min());
    real_t<T> pivot = std::real(A(j, j));
    for (index_t k = 0; k < j; ++k) pivot -= std::norm(A(j, k));
    A(j, j) = std::sqrt(std::max(pivot, least));
    for (index_t i = j + 1; i < A.rows(); ++i) {
      T sum = A(i, j);
      for (index_t k = 0; k < j; ++k) sum -= A(i, k) * conjugate(A(j, k));
      A(i, j) = sum / A(j, j);
    }
  }
}

// x <- (L L^H)^-1 x.
template <Scalar T>
void cholesky_solve(const Matrix<T>& L, T* x) {
  for (index_t i = 0; i < L.rows(); ++i) {
    for (index_t k = 0; k < i; ++k) x[i] -= L(i, k) * x[k];
    x[i] /= L(i, i);
  }
  for (index_t i = L.rows(); i-- > 0;) {
    for (index_t k = i + 1; k < L.rows(); ++k) x[i] -= conjugate(L(k, i)) * x[k];
    x[i] /= L(i, i);
  }
}

}  // namespace eckart::apps
