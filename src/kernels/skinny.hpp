// Products in which one dimension is the width of a panel. A general gemm packs its operands; here
// the large operand is read where it stands, once.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// C <- beta C + alpha A X for a width x k matrix A, beta 0 or 1.
// REQUIRES: width is a multiple of 16
template <class Real>
struct WideProduct {
  int width;
  index_t inner;  // k
  index_t cols;
  Real alpha;
  Real beta;
  const Real* A;
  index_t lda;
  const Real* X;  // k x cols
  index_t ldx;
  Real* C;  // width x cols
  index_t ldc;
};
template <class Real>
void wide_product(const WideProduct<Real>& task);

// C <- beta C + alpha A X^T for a width x k matrix X, beta 0 or 1.
// REQUIRES: width is a multiple of 16
template <class Real>
struct TallProduct {
  int width;
  index_t inner;  // k
  index_t rows;
  Real alpha;
  Real beta;
  const Real* A;  // rows x k
  index_t lda;
  const Real* X;
  index_t ldx;
  Real* C;  // rows x width
  index_t ldc;
};
template <class Real>
void tall_product(const TallProduct<Real>& task);

}  // namespace eckart::kernels
