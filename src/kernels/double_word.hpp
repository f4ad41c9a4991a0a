// Products with a matrix whose sums are kept as two words each: about twice the digits of Real.
// A complex matrix is read as two real ones, of every second number.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// A + A_low, rows x cols. Entry (i, j) stands at A[step i + ld j].
template <class Real>
struct WideMatrix {
  const Real* A;
  const Real* A_low;  // or null: zeros; laid out as A
  index_t rows, cols, step, ld;
};

// f <- f + (A + A_low) z: z and f as two words, f_lo not yet carried into f_hi.
template <class Real>
struct WideProduct {
  WideMatrix<Real> matrix;
  const Real *z_hi, *z_lo;  // cols
  Real *f_hi, *f_lo;        // rows
};
template <class Real>
void add_wide_product(const WideProduct<Real>& task);

// sums <- sums + (A + A_low)^T w: the same of w and sums. The order of the sum depends on rows
// alone.
template <class Real>
struct WideSums {
  WideMatrix<Real> matrix;
  const Real *w_hi, *w_lo;  // rows
  Real *sums_hi, *sums_lo;  // cols
};
template <class Real>
void add_wide_sums(const WideSums<Real>& task);

}  // namespace eckart::kernels
