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

// In how many orientations a sparse operator keeps its matrix. Both: each product runs over rows.
// One takes about half of the memory; one of the two products then takes about three times as long.
enum class SparseStorage { both_orientations, one_orientation };

// Returns an operator over a sparse matrix that must outlive it. Values are kept in the fewest
// bytes that hold them exactly (none if all are one; those of float if all fit), indices in 32 bits
// if the dimensions allow; arrays of A that are so already are used where they stand.
// Memory: stored_bytes() tells all that the products read, arrays of A included. Beyond A that is
// at most 8 + 2 sizeof(T) bytes per entry for both orientations. The threads of the context build.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(
    const SparseMatrix<T>& A,
    SparseStorage storage = SparseStorage::both_orientations,
    const Context& context = default_context());

// The same of a matrix that the operator takes over.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(
    SparseMatrix<T>&& A,
    SparseStorage storage = SparseStorage::both_orientations,
    const Context& context = default_context());

// The same over compressed rows or columns of someone else. If their indices do not rise strictly,
// the operator works on a sorted copy.
// Throws InvalidArgument naming the first offset or index that is wrong.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(
    const SparseView<T>& A,
    SparseStorage storage = SparseStorage::both_orientations,
    const Context& context = default_context());

// Returns the operator diag(row_scale) (A - 1 column_shift^T - row_shift 1^T) diag(column_scale).
// A is never densified: a product costs one product with A and O((m + n) b) more.
// A must outlive the result. Throws InvalidArgument if a vector of the map has the wrong length.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_affine(const LinearOperator<T>& A, AffineMap<T> map);

// Returns the operator A^H. A must outlive it.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_adjoint(const LinearOperator<T>& A);

// Returns the operator of a matrix whose rows are spread over ranks: A holds those of this rank,
// which come after those of the ranks before it and may be none. The rows of n-long blocks are
// spread evenly. Every rank calls it, and whatever is then called with the result. Centre, scale or
// weight the rows of each rank before: of the result, standardisation() finds the columns' means.
// A and ranks must outlive it.
// Cost of a product: that of A, and n b numbers to and from this rank in log2(ranks) messages.
// Throws InvalidArgument if the ranks disagree about the number of columns.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_sharded(const LinearOperator<T>& A,
                                                const Communicator& ranks);

// Returns the map that centres the columns of A (subtracts their means) and, if scale, divides
// them by their standard deviation (divisor m - 1; a constant column is divided by 1).
// Cost: one look at the entries, two if scale.
template <Scalar T>
AffineMap<T> standardisation(const LinearOperator<T>& A, bool center, bool scale, Context& context);

}  // namespace eckart
