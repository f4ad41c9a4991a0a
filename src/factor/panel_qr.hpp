// Householder QR of a tall panel in compact WY form, with explicit vectors.
#pragma once

#include "eckart/matrix.hpp"

namespace eckart::factor {

// V holds the panel P (m x w) and is overwritten by the vectors of
//   P = Q [R; 0],  Q = I - V T V^H:
// unit lower trapezoidal, the ones and zeros written out, so that gemm can read them.
// T and R (w x w, upper triangular) are written in full; the diagonal of R is real. If m < w only
// the first m columns of V and T carry reflectors, the others are zero, and R is m x w inside its
// first m rows.
// Cost: 2 m w^2 flops for the factorization and as many for T; scratch holds w^2 elements.
// Source: recursion on halves, Elmroth, Gustavson, IBM J. Res. Dev. 44(4):605-624, 2000.
template <Scalar T>
void panel_qr(MatrixView<T> V, MatrixView<T> R, MatrixView<T> factor, T* scratch);

}  // namespace eckart::factor
