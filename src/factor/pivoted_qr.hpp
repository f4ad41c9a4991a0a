// QR factorisation with rows sorted and columns pivoted: small rows and columns keep their digits.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// A = Q R P^H for an m x n matrix, m >= n, whose storage holds the factors from then on.
//
// Accuracy: every row of A is changed by a modest multiple of eps times its own largest entry,
// and every column by eps times its length [1]; so the factors serve D1 B D2 with diagonal D1, D2.
// Cost: 4 n^2 (m - n/3) flops, half of them products of matrix and vector; 32 n elements.
// Source: [1] Cox and Higham, in Numerical Analysis 1997, pages 57-73, after Powell and Reid
// (1969): rows are sorted by their largest entry before the pivoting.
template <Scalar T>
class PivotedQr {
 public:
  // REQUIRES: A.rows >= A.cols; entries so far from overflow that ||A||_F is representable.
  // Throws Cancelled if context.must_stop().
  PivotedQr(MatrixView<T> A, const Context& context);

  // Returns the number of leading rows of R that are not zero.
  index_t rank() const { return rank_; }

  // L <- the first rank() rows of R, conjugate-transposed: n x rank(), lower trapezoidal.
  void copy_adjoint_of_r(MatrixView<T> L) const;

  // C <- Q C for an m x k matrix.
  void apply_q(MatrixView<T> C, const Context& context) const;

  // C <- P C for an n x k matrix.
  void apply_p(MatrixView<T> C, const Context& context) const;

 private:
  MatrixView<T> factors_;
  std::vector<T> tau_;
  std::vector<index_t> row_order_;
  std::vector<index_t> column_order_;
  index_t rank_ = 0;
};

}  // namespace eckart::factor
