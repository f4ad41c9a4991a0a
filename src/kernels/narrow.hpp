// Products of a long matrix with a narrow block, read where they stand. A general gemm packs the
// long matrix first, which costs as much as the product itself.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// C <- C + alpha A X, or C <- C + A^T X with A as long as X: the long matrix A is rows x cols.
template <class Real>
struct NarrowProduct {
  index_t rows;
  index_t cols;
  index_t width;  // columns of X and of C
  Real alpha;     // of A X alone
  const Real* A;
  index_t lda;
  const Real* X;  // cols x width for A X, rows x width for A^T X
  index_t ldx;
  Real* C;  // rows x width for A X, cols x width for A^T X
  index_t ldc;
};
template <class Real>
void narrow_product(const NarrowProduct<Real>& task);
template <class Real>
void narrow_adjoint_product(const NarrowProduct<Real>& task);

}  // namespace eckart::kernels
