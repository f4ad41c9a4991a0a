// Loops on raw pointers, compiled at three instruction-set levels: "base" (x86-64), "v3" (AVX2,
// FMA) and "v4" (AVX-512). No allocation, no exceptions, no BLAS. The bits of a result depend on
// the level, never on alignment.
#pragma once

#include <complex>

#include "eckart/types.hpp"

namespace eckart::kernels {

// What one look at an array of real numbers tells.
template <class Real>
struct Scan {
  Real max_abs = 0;  // over the finite entries
  Real min_abs = 0;  // over the nonzero finite entries; infinity when there are none
  index_t nonzeros = 0;
  bool finite = true;
};

// One function per kernel and type.
template <class T>
struct Kernels {
  using Real = real_t<T>;
  Scan<Real> (*scan)(index_t n, const Real* x);
  // Sum of |scale (x_i - shift)|^2 in double.
  double (*shifted_energy)(index_t n, const T* x, T shift, double scale);
  // sums_i <- sums_i + (scale_i (x_i - shift_i))^2 for real numbers.
  void (*add_energies)(
      index_t n, const Real* x, const double* shift, const double* scale, double* sums);
};

// Returns the kernels of the level in use, level().
template <class T>
const Kernels<T>& kernels();

// Returns the level in use: "base", "v3" or "v4".
const char* isa_level();

}  // namespace eckart::kernels
