#include "eckart/sparse_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "eckart/error.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Sorts each row by column and adds entries at the same place, in their given order.
template <Scalar T>
void sort_rows_and_add_duplicates(SparseMatrix<T>& A) {
  struct Entry {
    index_t col;
    index_t place;
    T value;
  };
  std::vector<Entry> row;
  index_t written = 0;
  index_t first = 0;
  for (index_t i = 0; i < A.rows; ++i) {
    const index_t last = A.offsets[at(i) + 1];
    row.clear();
    for (index_t p = first; p < last; ++p) row.push_back({A.columns[at(p)], p, A.values[at(p)]});
    const auto earlier = [](const Entry& a, const Entry& b) {
      return a.col != b.col ? a.col < b.col : a.place < b.place;
    };
    if (!std::is_sorted(row.begin(), row.end(), earlier)) {
      std::sort(row.begin(), row.end(), earlier);
    }
    const index_t row_start = written;
    for (const Entry& entry : row) {
      if (written > row_start && A.columns[at(written - 1)] == entry.col) {
        A.values[at(written - 1)] += entry.value;
      } else {
        A.columns[at(written)] = entry.col;
        A.values[at(written)] = entry.value;
        ++written;
      }
    }
    first = last;
    A.offsets[at(i) + 1] = written;
  }
  A.columns.resize(at(written));
  A.values.resize(at(written));
}

}  // namespace

template <Scalar T>
SparseMatrix<T> from_triplets(index_t rows, index_t cols, std::vector<Triplet<T>> triplets) {
  require(rows >= 0 && cols >= 0,
          fmt::format("a matrix cannot have {} rows and {} columns", rows, cols));
  SparseMatrix<T> A;
  A.rows = rows;
  A.cols = cols;
  A.offsets.assign(at(rows) + 1, 0);
  for (std::size_t e = 0; e < triplets.size(); ++e) {
    const Triplet<T>& t = triplets[e];
    if (t.row < 0 || t.row >= rows || t.col < 0 || t.col >= cols) {
      throw InvalidArgument(fmt::format("entry {} is at ({}, {}), outside the {} x {} matrix", e,
                                        t.row, t.col, rows, cols));
    }
    ++A.offsets[at(t.row) + 1];
  }
  std::partial_sum(A.offsets.begin(), A.offsets.end(), A.offsets.begin());
  A.columns.resize(triplets.size());
  A.values.resize(triplets.size());
  std::vector<index_t> next(A.offsets.begin(), A.offsets.end() - 1);
  for (const Triplet<T>& t : triplets) {
    const index_t p = next[at(t.row)]++;
    A.columns[at(p)] = t.col;
    A.values[at(p)] = t.value;
  }
  triplets = {};
  sort_rows_and_add_duplicates(A);
  return A;
}

template <Scalar T>
SparseMatrix<T> transpose(const SparseMatrix<T>& A) {
  SparseMatrix<T> B;
  B.rows = A.cols;
  B.cols = A.rows;
  B.offsets.assign(at(B.rows) + 1, 0);
  for (const index_t j : A.columns) ++B.offsets[at(j) + 1];
  std::partial_sum(B.offsets.begin(), B.offsets.end(), B.offsets.begin());
  B.columns.resize(A.columns.size());
  B.values.resize(A.values.size());
  std::vector<index_t> next(B.offsets.begin(), B.offsets.end() - 1);
  for (index_t i = 0; i < A.rows; ++i) {
    for (index_t p = A.offsets[at(i)]; p < A.offsets[at(i) + 1]; ++p) {
      const index_t q = next[at(A.columns[at(p)])]++;
      B.columns[at(q)] = i;
      B.values[at(q)] = A.values[at(p)];
    }
  }
  return B;
}

template <Scalar T>
void validate(const SparseMatrix<T>& A) {
  require(A.rows >= 0 && A.cols >= 0,
          fmt::format("a matrix cannot have {} rows and {} columns", A.rows, A.cols));
  require(A.offsets.size() == at(A.rows) + 1,
          fmt::format("offsets has {} entries; a matrix of {} rows needs {}", A.offsets.size(),
                      A.rows, A.rows + 1));
  require(
      A.columns.size() == A.values.size(),
      fmt::format("there are {} column indices and {} values", A.columns.size(), A.values.size()));
  require(A.offsets.front() == 0, fmt::format("offsets starts at {}, not 0", A.offsets.front()));
  require(A.offsets.back() == A.stored_entries(),
          fmt::format("offsets ends at {}, but there are {} entries", A.offsets.back(),
                      A.stored_entries()));
  // Messages are made only when something is wrong: this looks at every entry.
  for (index_t i = 0; i < A.rows; ++i) {
    const index_t first = A.offsets[at(i)];
    const index_t last = A.offsets[at(i) + 1];
    if (first > last || last > A.stored_entries()) {
      throw InvalidArgument(fmt::format("offsets falls from {} to {} at row {}", first, last, i));
    }
    for (index_t p = first; p < last; ++p) {
      const index_t col = A.columns[at(p)];
      if (col < 0 || col >= A.cols) {
        throw InvalidArgument(fmt::format("entry {} of row {} has column {}, outside 0..{}",
                                          p - first, i, col, A.cols - 1));
      }
      if (p > first && A.columns[at(p - 1)] >= col) {
        throw InvalidArgument(
            fmt::format("the columns of row {} do not rise strictly: {} follows {}", i, col,
                        A.columns[at(p - 1)]));
      }
    }
  }
}

template SparseMatrix<float> from_triplets(index_t, index_t, std::vector<Triplet<float>>);
template SparseMatrix<double> from_triplets(index_t, index_t, std::vector<Triplet<double>>);
template SparseMatrix<std::complex<float>> from_triplets(index_t,
                                                         index_t,
                                                         std::vector<Triplet<std::complex<float>>>);
template SparseMatrix<std::complex<double>> from_triplets(
    index_t, index_t, std::vector<Triplet<std::complex<double>>>);
template SparseMatrix<float> transpose(const SparseMatrix<float>&);
template SparseMatrix<double> transpose(const SparseMatrix<double>&);
template SparseMatrix<std::complex<float>> transpose(const SparseMatrix<std::complex<float>>&);
template SparseMatrix<std::complex<double>> transpose(const SparseMatrix<std::complex<double>>&);
template void validate(const SparseMatrix<float>&);
template void validate(const SparseMatrix<double>&);
template void validate(const SparseMatrix<std::complex<float>>&);
template void validate(const SparseMatrix<std::complex<double>>&);

}  // namespace eckart
