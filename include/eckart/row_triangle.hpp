// eckart/row_triangle.hpp - what rows that arrive in blocks have to do with each other.
#pragma once

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// The upper triangle R with R^H R = X^H X for a matrix X of n columns whose rows come block by
// block. The condition number is that of X, not its square: no Gram matrix is formed. Cost: 4 n^2
// flops for a row; 2 n^2 elements beyond two blocks. Source: Demmel, Grigori, Hoemmen, Langou, SIAM
// J. Sci. Comput. 34(1), 2012: the flat tree.
template <Scalar T>
class RowTriangle {
 public:
  explicit RowTriangle(index_t cols);

  // Adds rows, given as a matrix of as many columns. Blocks of any height will do; a few n are
  // best. Throws InvalidArgument if the columns do not fit, NonFiniteInput with the place in the
  // block.
  void add(MatrixView<const T> rows, Context& context = default_context());

  index_t rows_added() const { return added_; }
  // n x n; below as many rows as were added, zeros.
  const Matrix<T>& R() const { return R_; }

 private:
  index_t added_ = 0;
  Matrix<T> R_;
};

}  // namespace eckart
