// What Cholesky QR does to a block of rows that lies in the cache.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// The upper triangle of G (n x n) <- G + X^T X, for rows x n matrices X. Entries of G below the
// diagonal are left alone.
template <class Real>
struct GramSum {
  index_t rows;
  index_t n;
  const Real* X;
  index_t ldx;
  Real* G;
  index_t ldg;
  index_t ahead = 0;  // the rows so far below are fetched into the cache meanwhile
};
template <class Real>
void add_gram(const GramSum<Real>& task);

// X <- X R^-1 for a rows x n matrix X and an upper triangle R.
// Accuracy: row by row as substitution: |X_new R - X| <= c n eps |X_new| |R|.
// REQUIRES: the reciprocals of R's diagonal are finite
template <class Real>
struct UpperSolve {
  index_t rows;
  index_t n;
  Real* X;
  index_t ldx;
  const Real* R;
  index_t ldr;
};
template <class Real>
void solve_upper_from_right(const UpperSolve<Real>& task);

}  // namespace eckart::kernels
