// One step of divide and conquer: the SVD of a bidiagonal block from those of its two halves.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// The SVD of a bidiagonal block of m rows and m columns, or m + 1 columns if it is wide:
// B = U [diag(values) 0] V^T. U is m x m; V is square, its last column spans the null space of a
// wide block. The values stand in any order.
template <class Real>
struct BidiagonalBlock {
  index_t first = 0;  // row and column of the whole matrix
  index_t size = 0;   // m
  bool wide = false;
  MatrixView<Real> U;
  MatrixView<Real> V;
  std::vector<Real> values;

  index_t columns() const { return size + (wide ? 1 : 0); }
};

// Joins B = [top 0; alpha beta; 0 bottom], where alpha stands below the last column of top (which
// is wide) and beta above the first column of bottom. merged.values <- all m values: those of rank
// [first, first + count), falling from rank 0, come first, and the columns of merged.U and
// merged.V (m rows, and the null vector after the last if wide) are their vectors. Returns the
// rank of each column. The vectors of top and bottom are destroyed.
// REQUIRES: the entries of B are at most 1 in modulus; all values are wanted of a wide block
// Cost: 2 m^2 count flops, less what deflates. Memory: 2 m min(count, max(512, m / 4)) elements.
template <class Real>
std::vector<index_t> merge_blocks(BidiagonalBlock<Real>& top,
                                  Real alpha,
                                  Real beta,
                                  BidiagonalBlock<Real>& bottom,
                                  index_t first,
                                  index_t count,
                                  BidiagonalBlock<Real>& merged,
                                  const Context& context);

}  // namespace eckart::factor
