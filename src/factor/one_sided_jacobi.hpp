// Preconditioned one-sided Jacobi: small singular values as accurate as large ones, and the method
// that cannot fail on finite input.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// A (m x n, m >= n) <- destroyed; U (m x n) <- left vectors, V (n x n) <- right vectors, or both
// empty for values only; returns sigma in falling order. A value that is not representable is
// infinite. Iterates a bounded number of sweeps, whatever the input.
//
// Accuracy: for A = D1 B D2 with D1, D2 diagonal, every singular value to relative accuracy of a
// modest multiple of n eps times the condition number of B, and of what pivoting leaves of it
// [1, 2]; no entry of A is scaled out of its range, so this holds from 1e-300 to 1 in one matrix.
// Cost: two QR factorisations, the decomposition of a triangle by divide and conquer, then one to
// four sweeps of 4 to 12 n^3 flops as matrix products; one_sided_jacobi_elements of memory.
//
// [1] Drmac and Veselic, SIAM J. Matrix Anal. Appl. 29(4):1322-1342 and 1343-1362, 2008.
// [2] Demmel, Gu, Eisenstat, Slapnicar, Veselic and Drmac, Linear Algebra Appl. 299:21-80, 1999.
template <Scalar T>
std::vector<real_t<T>> one_sided_jacobi(MatrixView<T> A,
                                        MatrixView<T> U,
                                        MatrixView<T> V,
                                        const Context& context = Context(1));

// Returns the elements of T that one_sided_jacobi allocates for an m x n matrix.
template <Scalar T>
double one_sided_jacobi_elements(index_t rows, index_t cols);

}  // namespace eckart::factor
