// Copies of blocks, plain, transposed and adjoint, by strips that stay in the cache.
#pragma once

#include <algorithm>

#include "eckart/matrix.hpp"

namespace eckart::factor {

template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  for (index_t j = 0; j < from.cols; ++j) std::copy_n(from.column(j), from.rows, to.column(j));
}

// Calls visit(i, j) for all places of a rows x cols block, so that both walks over it, by rows and
// by columns, touch few cache lines at a time.
template <class Visit>
void for_each_place(index_t rows, index_t cols, const Visit& visit) {
  constexpr index_t strip = 16;
  for (index_t first = 0; first < rows; first += strip) {
    const index_t last = std::min(rows, first + strip);
    for (index_t j = 0; j < cols; ++j) {
      for (index_t i = first; i < last; ++i) visit(i, j);
    }
  }
}

template <Scalar T>
void copy_transpose(MatrixView<const T> from, MatrixView<T> to) {
  for_each_place(from.rows, from.cols, [&](index_t i, index_t j) { to(j, i) = from(i, j); });
}

template <Scalar T>
void copy_adjoint(MatrixView<const T> from, MatrixView<T> to) {
  for_each_place(from.rows, from.cols,
                 [&](index_t i, index_t j) { to(j, i) = conjugate(from(i, j)); });
}

}  // namespace eckart::factor
