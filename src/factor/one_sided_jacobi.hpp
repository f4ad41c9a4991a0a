// One-sided Jacobi: the method that cannot fail on finite input.
#pragma once

#include <vector>

#include "eckart/matrix.hpp"

namespace eckart::factor {

// A (m x n, m >= n) <- destroyed; U (m x n) <- left vectors, V (n x n) <- right vectors; returns
// sigma in falling order.
//
// Accuracy: for A = B D with D diagonal, every singular value to relative accuracy of about
// eps cond(B) [1]. Sums run in a wider type, so squares of tiny columns do not vanish.
// Cost: QR, then about 6 n^3 flops a sweep, 5 to 10 sweeps, unblocked.
//
// [1] Demmel and Veselic, SIAM J. Matrix Anal. Appl. 13(4):1204-1245, 1992; order of rotations:
//     de Rijk, SIAM J. Sci. Stat. Comput. 10(2):359-371, 1989.
template <Scalar T>
std::vector<real_t<T>> one_sided_jacobi(MatrixView<T> A, MatrixView<T> U, MatrixView<T> V);

}  // namespace eckart::factor
