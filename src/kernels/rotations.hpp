// Chains of plane rotations applied to the columns of a matrix.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// (x, y) <- (c x + s y, c y - s x)
template <class Real>
struct PlaneRotation {
  Real c;
  Real s;
};

// Rotation k turns columns first + k step and first + (k + 1) step; they are applied in order.
template <class Real>
struct RotationChain {
  index_t first;
  index_t step;  // 1 or -1
  index_t count;
  const PlaneRotation<Real>* rotations;
};

// Applies the chains, one after the other, to the columns of X, which has the given number of
// rows: 6 flops for each row and rotation. Strips of rows pass through all chains at once, and a
// chain keeps the column that two neighbours share in registers. Fastest when the rows are a
// multiple of 64 bytes.
template <class Real>
void apply_rotations(
    index_t rows, Real* X, index_t ld, index_t chains, const RotationChain<Real>* chain);

}  // namespace eckart::kernels
