#include "eckart/row_triangle.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "eckart/error.hpp"
#include "factor/tall_qr.hpp"

namespace eckart {

template <Scalar T>
RowTriangle<T>::RowTriangle(index_t cols) : R_(cols, cols) {}

template <Scalar T>
void RowTriangle<T>::add(MatrixView<const T> rows, Context& context) {
  const index_t n = R_.cols();
  require(rows.cols == n,
          "the block has " + std::to_string(rows.cols) + " columns, not " + std::to_string(n));
  // The old triangle, then the rows; zeros make it tall.
  const index_t kept = std::min(n, added_);
  Matrix<T> stack(std::max(n, kept + rows.rows), n);
  for (index_t j = 0; j < n; ++j) {
    std::copy_n(R_.view().column(j), std::min(kept, j + 1), stack.view().column(j));
    for (index_t i = 0; i < rows.rows; ++i) {
      const T x = rows(i, j);
      if (!std::isfinite(std::real(x)) || !std::isfinite(std::imag(x))) {
        throw NonFiniteInput(i, j, static_cast<double>(std::real(x)));
      }
      stack(kept + i, j) = x;
    }
  }
  factor::tall_qr<T>(stack.view(), R_.view(), context);
  for (index_t j = 0; j < n; ++j) std::fill(&R_(0, j) + j + 1, &R_(0, j) + n, T(0));
  added_ += rows.rows;
}

template class RowTriangle<float>;
template class RowTriangle<double>;
template class RowTriangle<std::complex<float>>;
template class RowTriangle<std::complex<double>>;

}  // namespace eckart
