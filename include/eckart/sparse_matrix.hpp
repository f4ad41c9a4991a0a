// eckart/sparse_matrix.hpp - sparse matrices: a compressed one that is owned, views of others.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// An m x n matrix by its stored entries: row i holds values[p] at columns[p] for
// offsets[i] <= p < offsets[i + 1]. A compressed-sparse-column matrix is the same arrays
// read as the transpose.
// INVARIANT (checked by validate): offsets has rows + 1 entries, starts at 0, never falls and
// ends at values.size() == columns.size(); within a row the columns rise strictly.
template <Scalar T>
struct SparseMatrix {
  index_t rows = 0;
  index_t cols = 0;
  std::vector<index_t> offsets = {0};
  std::vector<index_t> columns;
  std::vector<T> values;

  index_t stored_entries() const { return static_cast<index_t>(values.size()); }
};

// Indices that someone else owns.
using IndexSpan = std::variant<std::span<const std::int32_t>, std::span<const index_t>>;

// Compressed arrays that someone else owns: rows or, if by_columns, columns. Row i holds values[p]
// at column indices[p] for offsets[i] <= p < offsets[i + 1]; if values is empty, every entry is
// one. Entries of a row may come in any order; those at the same place are added.
template <Scalar T>
struct SparseView {
  index_t rows = 0;
  index_t cols = 0;
  IndexSpan offsets;
  IndexSpan indices;
  std::span<const T> values = {};
  bool by_columns = false;

  SparseView() = default;
  SparseView(index_t row_count,
             index_t col_count,
             IndexSpan offset_array,
             IndexSpan index_array,
             std::span<const T> value_array = {},
             bool columns_are_compressed = false)
      : rows(row_count),
        cols(col_count),
        offsets(offset_array),
        indices(index_array),
        values(value_array),
        by_columns(columns_are_compressed) {}
  SparseView(const SparseMatrix<T>& A)  // NOLINT: a matrix is as good as a view of it
      : SparseView(A.rows,
                   A.cols,
                   std::span<const index_t>(A.offsets),
                   std::span<const index_t>(A.columns),
                   A.values) {}

  index_t stored_entries() const {
    return std::visit([](auto span) { return static_cast<index_t>(span.size()); }, indices);
  }
};

// One entry on its way into a SparseMatrix.
template <Scalar T>
struct Triplet {
  index_t row;
  index_t col;
  T value;
};

// Returns the matrix with the given entries, in any order. Entries at the same place are added,
// in their order.
// Cost: O(entries + rows + cols) time, twice the storage of the result.
// Throws InvalidArgument naming the first entry outside rows x cols.
template <Scalar T>
SparseMatrix<T> from_triplets(index_t rows, index_t cols, std::vector<Triplet<T>> triplets);

// The same from one array each; if values is empty, every entry is one.
// Throws InvalidArgument if the arrays have different lengths.
template <Scalar T>
SparseMatrix<T> from_coordinates(index_t rows,
                                 index_t cols,
                                 const IndexSpan& row_of,
                                 const IndexSpan& col_of,
                                 std::span<const T> values);

// Returns the matrix of a view by rows, sorted, with entries at the same place added.
// Throws InvalidArgument as validate does.
template <Scalar T>
SparseMatrix<T> compressed(const SparseView<T>& A);

// Returns the transpose (no conjugate). Cost: O(entries + rows + cols).
template <Scalar T>
SparseMatrix<T> transpose(const SparseMatrix<T>& A);

// Throws InvalidArgument naming the first broken place of the invariant.
template <Scalar T>
void validate(const SparseMatrix<T>& A);

// Throws InvalidArgument naming the first offset or index that is wrong. Returns whether the
// indices of every row (column) rise strictly.
template <Scalar T>
bool validate(const SparseView<T>& A);

}  // namespace eckart
