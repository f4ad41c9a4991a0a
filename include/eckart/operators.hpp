// eckart/operators.hpp - dense, sparse and affine operators.
#pragma once

#include <memory>

#include "eckart/any_matrix.hpp"
#include "eckart/linear_operator.hpp"

namespace eckart {

// Returns an operator over a dense matrix; nothing is copied, the operator shares ownership.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(DenseMatrix<T> A);

// Returns an operator over a column-major view that must outlive it.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(MatrixView<const T> A);

// Returns an operator over a sparse matrix that must outlive it. Keeps a second, transposed
// copy so that both products run over rows: (8 + sizeof(T)) bytes per stored entry more.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(const SparseMatrix<T>& A);

// Returns the operator diag(row_scale) (A - 1 column_shift^T - row_shift 1^T) diag(column_scale).
// A is never densified: a product costs one product with A and O((m + n) b) more.
// A must outlive the result. Throws InvalidArgument if a vector of the map has the wrong length.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_affine(const LinearOperator<T>& A, AffineMap<T> map);

// Returns the operator A^H. A must outlive it.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_adjoint(const LinearOperator<T>& A);

// Returns the map that centres the columns of A (subtracts their means) and, if scale, divides
// them by their standard deviation (divisor m - 1; a constant column is divided by 1).
// Cost: one look at the entries, two if scale.
template <Scalar T>
AffineMap<T> standardisation(const LinearOperator<T>& A, bool center, bool scale, Context& context);

}  // namespace eckart
