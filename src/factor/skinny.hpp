// Products with panels, on the calling thread: our own kernels where real, gemm where complex.
#pragma once

#include "eckart/matrix.hpp"

namespace eckart::factor {

// C <- beta C + alpha A X, where A and C have as few rows as a panel has columns. beta is 0 or 1.
// REQUIRES: C.rows is a multiple of 16
template <Scalar T>
void wide_product(
    real_t<T> alpha, MatrixView<const T> A, MatrixView<const T> X, real_t<T> beta, MatrixView<T> C);

// C <- beta C + alpha A X^T, where X has as few rows, and C as few columns. beta is 0 or 1.
// REQUIRES: C.cols is a multiple of 16
template <Scalar T>
void tall_product(
    real_t<T> alpha, MatrixView<const T> A, MatrixView<const T> X, real_t<T> beta, MatrixView<T> C);

}  // namespace eckart::factor
