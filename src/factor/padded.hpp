// A matrix whose columns start at cache lines, and not at the same place of a page.
#pragma once

#include "eckart/matrix.hpp"

namespace eckart::factor {

// Owns a rows x cols matrix, uninitialized, for the inner loops of a reduction. Columns a multiple
// of 4096 bytes apart would fall into the same few lines of the cache.
template <Scalar T>
class PaddedMatrix {
 public:
  PaddedMatrix() = default;
  // One more column stands behind the matrix: LAPACK hands rows of a matrix to gemv as strided
  // vectors, and OpenBLAS 0.3.21's zgemv reads one element beyond such a vector.
  PaddedMatrix(index_t rows, index_t cols)
      : storage_(Matrix<T>::uninitialized(leading_dimension(rows), cols + 1)),
        rows_(rows),
        cols_(cols) {}

  index_t rows() const { return rows_; }
  index_t cols() const { return cols_; }
  MatrixView<T> view() { return storage_.view().block(0, 0, rows_, cols_); }
  MatrixView<const T> view() const { return storage_.view().block(0, 0, rows_, cols_); }

  static index_t leading_dimension(index_t rows) {
    constexpr index_t line = 64 / static_cast<index_t>(sizeof(T));
    constexpr index_t page = 4096 / static_cast<index_t>(sizeof(T));
    const index_t ld = (rows + line - 1) / line * line;
    return ld > 0 && ld % page == 0 ? ld + line : ld;
  }

 private:
  Matrix<T> storage_;
  index_t rows_ = 0;
  index_t cols_ = 0;
};

}  // namespace eckart::factor
