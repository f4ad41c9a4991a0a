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

// The same with column pivoting: column j of Q R is column order[j] of X. The diagonal of R falls
// in modulus.
template <Scalar T>
void reflect_to_triangle_pivoted(MatrixView<T> X, T* tau, std::vector<index_t>& order);

// Returns Q (m x m) whose first X.cols columns span those of X: a completed orthonormal basis.
template <Scalar T>
Matrix<T> complete_basis(MatrixView<const T> X);

// A (Hermitian, both triangles) <- eigenvectors; returns the eigenvalues in rising order.
// Returns an empty vector if the iteration failed.
template <Scalar T>
[[nodiscard]] std::vector<real_t<T>> hermitian_eigen(MatrixView<T> A);

}  // namespace eckart::blas
