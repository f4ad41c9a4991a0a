// Least squares of least norm.
#pragma once

#include "eckart/matrix.hpp"

namespace eckart::lapack {

// The first A.cols rows of B (max(m, n) x p) <- the X of least norm that minimises ||A X - B||,
// with B's first m rows for B. Singular values up to rcond sigma_1 count as zero; an rcond outside
// (0, 1) means half the distance from 1 to the next number. If rank = n < m, row n of B receives
// the norm of each column of A X - B, the rows below it zeros.
// Returns LAPACK's INFO. Never throws.
template <Scalar T>
int solve_least_squares(MatrixView<const T> A,
                        MatrixView<T> B,
                        real_t<T> rcond,
                        real_t<T>* sigma,
                        index_t* rank) noexcept;

}  // namespace eckart::lapack
