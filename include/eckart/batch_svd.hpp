// eckart/batch_svd.hpp - every singular triplet of many small matrices of one shape, in one call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// `count` matrices of rows x cols: entry (i, j) of matrix b is
//   data[i row_stride + j col_stride + b matrix_stride].
// Strides rather than a leading dimension: the entries of a batch are gathered one by one anyway,
// so that a row-major NumPy array and its transposed results cost nothing.
// Non-owning; copy it by value. T may be const.
template <class T>
requires Scalar<std::remove_const_t<T>>
struct BatchView {
  T* data = nullptr;
  index_t count = 0;
  index_t rows = 0;
  index_t cols = 0;
  index_t row_stride = 1;
  index_t col_stride = 0;
  index_t matrix_stride = 0;
  bool conjugated = false;  // what is stored is the complex conjugate

  T& operator()(index_t b, index_t i, index_t j) const {
    return data[i * row_stride + j * col_stride + b * matrix_stride];
  }
  // What is stored in the same place, read as the adjoints of the matrices.
  BatchView adjoint() const {
    return {data, count, cols, rows, col_stride, row_stride, matrix_stride, !conjugated};
  }
  operator BatchView<const T>() const  // NOLINT: a view is as good as a view of const
      requires(!std::is_const_v<T>) {
    return {data, count, rows, cols, row_stride, col_stride, matrix_stride, conjugated};
  }
};

// Returns the view of matrices that follow one another without gaps, each column-major.
template <class T>
BatchView<T> column_major_batch(T* data, index_t count, index_t rows, index_t cols) {
  return {data, count, rows, cols, 1, rows, rows * cols};
}
// Returns the view of a C-contiguous array of shape (count, rows, cols).
template <class T>
BatchView<T> row_major_batch(T* data, index_t count, index_t rows, index_t cols) {
  return {data, count, rows, cols, cols, 1, rows * cols};
}

struct BatchSvdOptions {
  Vectors vectors = Vectors::thin;

  // The verdict compares residuals and orthogonality with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Judge every matrix by its factors as they were written: about a third more time at 16 x 16,
  // a fifth at 64 x 64.
  bool certify = true;
};

struct BatchSvdReport {
  std::string scalar;  // "float64", ...
  index_t count = 0;
  index_t rows = 0;
  index_t cols = 0;

  // Matrices with a NaN or an infinity, or with a singular value that exceeds the largest number
  // of T; their outputs are NaN. In rising order.
  std::vector<index_t> failed;
  index_t fallbacks = 0;  // matrices that the lanes left to the dense chain, and why:
  std::vector<std::string> reasons;

  // The largest over all matrices but those that failed, evaluated from their definitions:
  // max(||A v - sigma u||, ||A^H u - sigma v||) / sigma_1, ||U^H U - I||_F / sqrt(columns), the
  // same for V, and | ||A||_F^2 - sum sigma^2 | / ||A||_F^2. Values only: the last one alone.
  double residual = 0;
  double orthogonality_U = 0;
  double orthogonality_V = 0;
  double energy_defect = 0;
  index_t worst = -1;  // the matrix with the largest of the first three, or of the last
  bool certified = false;
  double accuracy = 0;  // asked for
  bool met = false;     // certified, and none of the numbers exceeds the accuracy

  double seconds = 0;
  std::uint64_t peak_bytes = 0;  // predicted working memory, without inputs and results
  int threads = 1;
  std::string isa;  // instruction-set level of our kernels: "base", "v3", "v4"
};

// A_b = U_b diag(sigma_b) V_b^H for every b < count, k = min(rows, cols).
template <Scalar T>
struct BatchSvdResult {
  Matrix<T> U;  // U_b are the columns [b c, (b + 1) c); c = k, or rows for full vectors
  std::vector<real_t<T>> sigma;  // k values for each matrix, falling
  Matrix<T> V;                   // likewise
  BatchSvdReport report;

  // Views of the factors of matrix b.
  MatrixView<const T> left(index_t b) const { return part(U, b); }
  MatrixView<const T> right(index_t b) const { return part(V, b); }
  std::span<const real_t<T>> values(index_t b) const {
    const auto k = static_cast<std::size_t>(std::min(report.rows, report.cols));
    return std::span(sigma).subspan(static_cast<std::size_t>(b) * k, k);
  }

 private:
  MatrixView<const T> part(const Matrix<T>& X, index_t b) const {
    const index_t width = report.count > 0 ? X.cols() / report.count : 0;
    return X.view().columns(b * width, width);
  }
};

// Decomposes every matrix of the batch. The signs are those of dense_svd.
//
// Accuracy: of every matrix that of dense_svd: ||A - U S V^H|| / (||A|| max(m, n) eps) <= 5
// (complex scalars: 10), likewise for orthogonality, at any scale of its entries. A matrix gets the
// same bits alone and at any place of any batch, for any number of threads.
//
// Cost: for min(m, n) <= 128 and m n <= 16384 one matrix in each SIMD lane, 8 double or 16 float
// at a time; above, one matrix at a time on each thread. No allocation for a matrix;
// batch_svd_bytes for a thread, beyond the result.
//
// Throws InvalidArgument on negative sizes, MemoryLimit if the context's cap is too small,
// Cancelled within one piece of work after context.cancel().
//
// Source: Golub and Reinsch, Numer. Math. 14:403-420, 1970, across lanes.
template <Scalar T>
[[nodiscard]] BatchSvdResult<T> batch_svd(BatchView<const T> A,
                                          const BatchSvdOptions& options = {},
                                          Context& context = default_context());

// The same into storage of the caller, which must not overlap A: U has rows x k (thin) or
// rows x rows (full) matrices, V cols x k or cols x cols, sigma count k values. U and V are
// ignored for values only. What U and V view may be adjoint(): to fill NumPy's Vh, pass
// row_major_batch(Vh, count, k, cols).adjoint().
template <Scalar T>
BatchSvdReport batch_svd_into(BatchView<const T> A,
                              BatchView<T> U,
                              std::span<real_t<T>> sigma,
                              BatchView<T> V,
                              const BatchSvdOptions& options = {},
                              Context& context = default_context());

// Returns the bytes that batch_svd allocates for a thread.
template <Scalar T>
double batch_svd_bytes(index_t rows, index_t cols, const BatchSvdOptions& options);

}  // namespace eckart
