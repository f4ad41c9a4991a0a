// Products of a few neighbouring reflectors on rows that hold many columns side by side: the loops
// of the back-transform of src/factor/bulge_chasing.
#pragma once

#include <complex>

#include "eckart/types.hpp"

namespace eckart::kernels {

// Reflectors of a strip.
template <class T>
inline constexpr index_t strip_reflectors = is_complex<T> ? 4 : 8;
// Columns of X that a packed row holds: real parts, then imaginary parts.
template <class T>
inline constexpr index_t strip_columns = 192 / static_cast<index_t>(sizeof(real_t<T>));
// Reals of a row of V and of a packed row of X.
template <class T>
inline constexpr index_t strip_vector_size = (is_complex<T> ? 2 : 1) * strip_reflectors<T>;
template <class T>
inline constexpr index_t strip_row_size = (is_complex<T> ? 2 : 1) * strip_columns<T>;

// VT <- V T for the compact WY form I - V T V^H of H_0 H_1 ..., H_j = I - tau_j v_j v_j^H.
// V and VT have one row after the other, in a row the real parts first. tau: real parts first.
template <class T>
void scale_strip(index_t rows, const real_t<T>* V, const real_t<T>* tau, real_t<T>* VT);

// X <- (I - VT V^H) X for packed rows of X.
template <class T>
void apply_strip(index_t rows, const real_t<T>* V, const real_t<T>* VT, real_t<T>* X);

}  // namespace eckart::kernels
