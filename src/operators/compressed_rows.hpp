// Sparse rows in the smallest types that hold them, and their products with blocks of vectors.
#pragma once

#include <vector>

#include "core/array.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/sparse_matrix.hpp"
#include "kernels/spmm.hpp"

namespace eckart::operators {

// How the values of a sparse matrix are kept; in each case exactly.
enum class Values { ones, narrow, full };

// A sparse m x n matrix by rows. Column indices take 32 bits when n allows; values take none when
// all are one, and half of T when each is a number of that size. Arrays that have the right type
// already are used where they stand. The products have the same bits for any number of threads.
template <Scalar T>
class CompressedRows {
 public:
  using Narrow = kernels::narrow_t<T>;

  CompressedRows() = default;
  // The compressed rows (columns, if A is by columns) of a valid view, whose arrays must stay.
  // REQUIRES: their indices rise strictly
  CompressedRows(const SparseView<T>& A, const Context& context);

  // Returns the transpose (no conjugate). Memory: 2 bytes per entry beyond the result.
  CompressedRows transposed(const Context& context) const;

  index_t rows() const { return rows_; }
  index_t cols() const { return cols_; }
  index_t stored_entries() const { return offsets_[rows_]; }
  Values values() const { return kind_; }

  // Whether arrays of the view are read by the products.
  bool borrows_columns() const { return borrows_columns_; }
  bool borrows_values() const { return kind_ == Values::full; }

  // Bytes of all arrays, those of others included.
  std::uint64_t stored_bytes() const;

  // Y <- A X, or conj(A) X. X is n x b, Y is m x b.
  // Memory: n rows of at most 128 bytes.
  void times(MatrixView<const T> X, MatrixView<T> Y, bool conjugated, const Context& context) const;

  // X <- A^T Y, or A^H Y. Y is m x b, X is n x b. Slower than times of the transpose.
  // Memory: m + n rows of at most 128 bytes.
  // REQUIRES: prepare_transposed_products has been called
  void transposed_times(MatrixView<const T> Y,
                        MatrixView<T> X,
                        bool conjugated,
                        const Context& context) const;

  // Cuts the columns into panels of about equal work. Memory: 32 bytes per row, and at most 2 per
  // entry more.
  void prepare_transposed_products();

  const core::Array<index_t>& offsets() const { return offsets_; }

  // Calls f(columns, values) with the typed arrays; values is of kernels::Ones if none are stored.
  template <class F>
  void visit(const F& f) const {
    const auto with_values = [&](const auto* columns) {
      switch (kind_) {
        case Values::ones:
          return f(columns, static_cast<const kernels::Ones*>(nullptr));
        case Values::narrow:
          return f(columns, narrow_.data());
        case Values::full:
          return f(columns, full_.data());
      }
    };
    wide_ ? with_values(columns64_.data()) : with_values(columns32_.data());
  }

 private:
  // Rows [first, last), or the entries [begin, end) of one row that is heavier than a share of
  // the work; the sums of such parts are added in their order.
  struct Part {
    index_t first;
    index_t last;
    index_t begin;
    index_t end;
    index_t slot;  // of the sums of a part of a row; -1: whole rows
  };

  void cut_into_parts();
  void multiply_strip(
      const T* X, index_t width, MatrixView<T> Y, bool conjugated, const Context& context) const;

  index_t rows_ = 0;
  index_t cols_ = 0;
  bool wide_ = false;  // column indices of 64 bits
  bool borrows_columns_ = false;
  Values kind_ = Values::full;
  core::Array<index_t> offsets_;
  core::Array<std::int32_t> columns32_;
  core::Array<index_t> columns64_;
  core::Array<T> full_;
  core::Array<Narrow> narrow_;
  std::vector<Part> parts_;
  index_t slots_ = 0;
  std::vector<index_t> panels_;      // cuts of the columns
  core::Array<index_t> panel_cuts_;  // cuts of the entries of each row, by panel
};

// Returns an entry as a T.
template <Scalar T, class Value>
T value_at(const Value* values, index_t p) {
  if constexpr (std::same_as<Value, kernels::Ones>) {
    return T{1};
  } else {
    return static_cast<T>(values[p]);
  }
}

}  // namespace eckart::operators
