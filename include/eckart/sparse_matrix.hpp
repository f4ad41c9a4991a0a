// eckart/sparse_matrix.hpp - compressed sparse rows, the one sparse storage of the library.
#pragma once

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

// One entry on its way into a SparseMatrix.
template <Scalar T>
struct Triplet {
  index_t row;
  index_t col;
  T value;
};

// Returns the matrix with the given entries, in any order. Entries at the same place are added.
// Cost: O(entries + rows + cols) time, twice the storage of the result.
// Throws InvalidArgument naming the first entry outside rows x cols.
template <Scalar T>
SparseMatrix<T> from_triplets(index_t rows, index_t cols, std::vector<Triplet<T>> triplets);

// Returns the transpose (no conjugate). Cost: O(entries + rows + cols).
template <Scalar T>
SparseMatrix<T> transpose(const SparseMatrix<T>& A);

// Throws InvalidArgument naming the first broken place of the invariant.
template <Scalar T>
void validate(const SparseMatrix<T>& A);

}  // namespace eckart
