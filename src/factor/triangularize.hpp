// Householder QR for matrices whose columns may be of any length, and what it serves for.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// X (m x n) <- reflectors of Q below the diagonal, R on and above it; returns their factors,
// min(m, n) of them: tau for apply_reflectors.
// Accuracy: every column is changed by a modest multiple of eps times its length.
// Cost: 2 n^2 (m - n/3) flops for m >= n; panels on the calling thread, the rest as products of
// blocks. Throws Cancelled if context.must_stop().
// REQUIRES: one more column can be read behind X: see PaddedMatrix.
template <Scalar T>
std::vector<T> triangularize(MatrixView<T> X, const Context& context);

// Returns Q (m x m), orthonormal, whose first columns are those of X (m x n, m >= n), which are
// orthonormal themselves.
// Cost: that of triangularize, and 4 m n (m - n) flops; m^2 elements.
template <Scalar T>
Matrix<T> complete_basis(MatrixView<const T> X, const Context& context);

}  // namespace eckart::factor
