// eckart/matrix.hpp - dense column-major storage: a view and an owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/types.hpp"

namespace eckart {

// A rows x cols block inside column-major storage: element (i, j) is data[i + j * ld].
// Non-owning; copy it by value. T may be const.
// INVARIANT: rows >= 0, cols >= 0, ld >= max(1, rows).
template <class T>
requires Scalar<std::remove_const_t<T>>
struct MatrixView {
  T* data = nullptr;
  index_t rows = 0;
  index_t cols = 0;
  index_t ld = 1;

  T& operator()(index_t i, index_t j) const { return data[i + j * ld]; }
  T* column(index_t j) const { return data + j * ld; }
  bool empty() const { return rows == 0 || cols == 0; }

  // The columns [first, first + count), all rows.
  MatrixView columns(index_t first, index_t count) const {
    return {data + first * ld, rows, count, ld};
  }
  // The rows x cols block whose upper left corner is (row, col).
  MatrixView block(index_t row, index_t col, index_t block_rows, index_t block_cols) const {
    return {data + row + col * ld, block_rows, block_cols, ld};
  }
  operator MatrixView<const T>() const  // NOLINT: a view is as good as a view of const
      requires(!std::is_const_v<T>) {
    return {data, rows, cols, ld};
  }
};

// Returns rows * cols * size_bytes. Throws InvalidArgument if that does not fit 63 bits.
index_t checked_bytes(index_t rows, index_t cols, index_t size_bytes);

namespace detail {
// Returns storage aligned to a cache line; large storage lies on large pages, where the system
// has them. Throws std::bad_alloc.
void* allocate(std::size_t bytes);
void release(void* storage, std::size_t bytes) noexcept;
}  // namespace detail

// Owns a rows x cols matrix, zero-filled, in 64-byte-aligned column-major storage.
// Move-only: a copy must be asked for with clone(). ld() is max(1, rows): contiguous.
// Throws InvalidArgument on negative or overflowing sizes, std::bad_alloc when memory is out.
template <Scalar T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(index_t rows, index_t cols) {
    *this = uninitialized(rows, cols);
    if (data_) std::uninitialized_value_construct_n(data_.get(), rows * cols);
  }
  // A matrix whose entries must be written before they are read.
  static Matrix uninitialized(index_t rows, index_t cols) {
    Matrix A;
    const index_t entries = checked_bytes(rows, cols, sizeof(T));
    A.rows_ = rows;
    A.cols_ = cols;
    if (entries == 0) return A;
    // Vector kernels of a BLAS may read a few entries past the last one.
    constexpr std::size_t padding = 256;
    const std::size_t bytes = static_cast<std::size_t>(entries) + padding;
    A.data_ = {static_cast<T*>(detail::allocate(bytes)), Free{bytes}};
    return A;
  }
  Matrix(Matrix&& other) noexcept
      : data_(std::move(other.data_)),
        rows_(std::exchange(other.rows_, 0)),
        cols_(std::exchange(other.cols_, 0)) {}
  Matrix& operator=(Matrix&& other) noexcept {
    data_ = std::move(other.data_);
    rows_ = std::exchange(other.rows_, 0);
    cols_ = std::exchange(other.cols_, 0);
    return *this;
  }

  index_t rows() const { return rows_; }
  index_t cols() const { return cols_; }
  index_t ld() const { return rows_ > 0 ? rows_ : 1; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator()(index_t i, index_t j) { return data_.get()[i + j * ld()]; }
  const T& operator()(index_t i, index_t j) const { return data_.get()[i + j * ld()]; }

  MatrixView<T> view() { return {data_.get(), rows_, cols_, ld()}; }
  MatrixView<const T> view() const { return {data_.get(), rows_, cols_, ld()}; }

  Matrix clone() const {
    Matrix copy(rows_, cols_);
    std::copy_n(data_.get(), rows_ * cols_, copy.data_.get());
    return copy;
  }
  // Forgets all but the first count columns; the storage stays.
  // REQUIRES: 0 <= count <= cols()
  void keep_columns(index_t count) { cols_ = count; }

 private:
  struct Free {
    std::size_t bytes = 0;
    void operator()(T* p) const { detail::release(p, bytes); }
  };
  std::unique_ptr<T[], Free> data_;
  index_t rows_ = 0;
  index_t cols_ = 0;
};

}  // namespace eckart
