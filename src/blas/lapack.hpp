// The LAPACK routines that we call, on the calling thread, with workspace handled inside.
#pragma once

#include <vector>

#include "blas/fortran.hpp"
#include "eckart/matrix.hpp"

namespace eckart::blas {

// A <- R with A = R^H R, upper triangle; the strict lower triangle is set to zero.
// Returns false if A is not numerically positive definite.
template <Scalar T>
[[nodiscard]] bool cholesky(MatrixView<T> A);

// X <- Q with orthonormal columns, R (n x n, upper triangular) <- the factor, X = Q R.
// REQUIRES: X.rows >= X.cols
template <Scalar T>
void householder_qr(MatrixView<T> X, MatrixView<T> R);

// X <- reflectors of Q below the diagonal, R on and above it; tau (min(m, n)) <- their factors.
template <Scalar T>
void reflect_to_triangle(MatrixView<T> X, T* tau);

// What a QR factorisation with column pivoting carries from panel to panel.
template <Scalar T>
struct Pivoting {
  std::vector<T> tau;            // by columns, as far as done
  std::vector<blas_int> order;   // one more than where each column stood
  std::vector<real_t<T>> norms;  // of what is left of the columns to come, as they are updated
  std::vector<real_t<T>> exact;  // and when they were last evaluated
  index_t done = 0;
};

// Factors at most width more columns of X, which is pivoted.done columns on its way to reflectors
// below the diagonal and R on and above it, and updates what is left. Stops early where norms must
// be evaluated again.
// REQUIRES: one more column can be read behind X.
template <Scalar T>
void reflect_panel_pivoted(MatrixView<T> X, index_t width, Pivoting<T>& pivoting);

// A (Hermitian, both triangles) <- eigenvectors; returns the eigenvalues in rising order.
// Returns an empty vector if the iteration failed.
template <Scalar T>
[[nodiscard]] std::vector<real_t<T>> hermitian_eigen(MatrixView<T> A);

}  // namespace eckart::blas
