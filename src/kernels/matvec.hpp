// Products of a few columns with vectors: what a reduction that sweeps over a matrix is made of.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// y_j <- a_j^H x for the columns a_j of the m x n matrix A (leading dimension ld).
template <Scalar T>
void adjoint_times(index_t m, index_t n, const T* A, index_t ld, const T* x, T* y);

// y <- y + A x for the m x n matrix A.
template <Scalar T>
void add_times(index_t m, index_t n, const T* A, index_t ld, const T* x, T* y);

}  // namespace eckart::kernels
