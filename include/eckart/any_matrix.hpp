// eckart/any_matrix.hpp - a matrix whose storage and scalar are known only at run time,
// such as one read from a file.
#pragma once

#include <complex>
#include <memory>
#include <variant>

#include "eckart/matrix.hpp"
#include "eckart/sparse_matrix.hpp"
#include "eckart/types.hpp"

namespace eckart {

// A dense m x n matrix in memory that something else owns (a Matrix, a memory-mapped file).
// If row_major, element (i, j) is values(j, i): values is the n x m transpose.
template <Scalar T>
struct DenseMatrix {
  MatrixView<const T> values;
  bool row_major = false;
  std::shared_ptr<const void> owner;  // keeps values alive

  index_t rows() const { return row_major ? values.cols : values.rows; }
  index_t cols() const { return row_major ? values.rows : values.cols; }
  const T& operator()(index_t i, index_t j) const {
    return row_major ? values(j, i) : values(i, j);
  }
};

// Returns a DenseMatrix that owns the given matrix.
template <Scalar T>
DenseMatrix<T> own(Matrix<T> matrix, bool row_major = false) {
  auto owner = std::make_shared<Matrix<T>>(std::move(matrix));
  return {std::as_const(*owner).view(), row_major, owner};
}

using AnyMatrix = std::variant<DenseMatrix<float>,
                               DenseMatrix<double>,
                               DenseMatrix<std::complex<float>>,
                               DenseMatrix<std::complex<double>>,
                               SparseMatrix<float>,
                               SparseMatrix<double>,
                               SparseMatrix<std::complex<float>>,
                               SparseMatrix<std::complex<double>>>;

}  // namespace eckart
