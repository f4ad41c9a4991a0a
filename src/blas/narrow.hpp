// Products of a matrix with a narrow block of vectors by our own kernels.
#pragma once

#include "blas/blas.hpp"

namespace eckart::blas {

// Returns whether narrow_multiply serves C <- beta C + alpha op(A) B: real numbers, a block of at
// most 24 columns, and a matrix large enough to matter.
template <Scalar T>
bool is_narrow(Op op_a, Op op_b, MatrixView<const T> A, MatrixView<const T> B);

// C <- beta C + alpha op(A) B. A is read once, where it stands, in chunks that the threads share;
// the partial sums of chunks are added in order.
// REQUIRES: is_narrow
template <Scalar T>
void narrow_multiply(Op op_a,
                     T alpha,
                     MatrixView<const T> A,
                     MatrixView<const T> B,
                     T beta,
                     MatrixView<T> C,
                     const Context& context);

}  // namespace eckart::blas
