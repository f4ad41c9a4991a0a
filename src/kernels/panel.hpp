// Householder QR of a few long columns: the innermost loops of src/factor/panel_qr.
#pragma once

#include <complex>

#include "eckart/types.hpp"

namespace eckart::kernels {

// Overwrites the w columns of V (m x w, columns ld apart) with the vectors of the QR factorization
// V = (I - V T V^H) [R; 0]: entry (j, j) is 1, entries above are 0. R and T are w x w with leading
// dimension ldf; only their upper triangles are written.
// REQUIRES: m >= w
template <class T>
void factor_columns(index_t m, index_t w, T* V, index_t ld, T* R, T* factor, index_t ldf);

}  // namespace eckart::kernels
