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

// Entries in any order, by what tells row, column and value of entry e.
template <class Row, class Col, class Value>
struct Entries {
  index_t count;
  Row row;
  Col col;
  Value value;
};

template <Scalar T>
T value_of(std::span<const T> values, index_t e) {
  return values.empty() ? T{1} : values[at(e)];
}

// Returns the entries by rows, those of a row in their given order.
// Throws InvalidArgument naming the first entry outside rows x cols.
template <Scalar T, class... Parts>
SparseMatrix<T> gathered(index_t rows, index_t cols, const Entries<Parts...>& entries) {
  require(rows >= 0 && cols >= 0,
          fmt::format("a matrix cannot have {} rows and {} columns", rows, cols));
  SparseMatrix<T> A;
  A.rows = rows;
  A.cols = cols;
  A.offsets.assign(at(rows) + 1, 0);
  for (index_t e = 0; e < entries.count; ++e) {
    const index_t row = entries.row(e);
    const index_t col = entries.col(e);
    if (row < 0 || row >= rows || col < 0 || col >= cols) {
      throw InvalidArgument(fmt::format("entry {} is at ({}, {}), outside the {} x {} matrix", e,
                                        row, col, rows, cols));
    }
    ++A.offsets[at(row) + 1];
  }
  std::partial_sum(A.offsets.begin(), A.offsets.end(), A.offsets.begin());
  A.columns.resize(at(entries.count));
  A.values.resize(at(entries.count));
  std::vector<index_t> next(A.offsets.begin(), A.offsets.end() - 1);
  for (index_t e = 0; e < entries.count; ++e) {
    const index_t p = next[at(entries.row(e))]++;
    A.columns[at(p)] = entries.col(e);
    A.values[at(p)] = entries.value(e);
  }
  return A;
}

// Checks offsets and indices, and returns whether the indices of every line rise strictly; if that
// is demanded, throws where they do not.
template <Scalar T>
bool check(const SparseView<T>& A, bool must_rise) {
  require(A.rows >= 0 && A.cols >= 0,
          fmt::format("a matrix cannot have {} rows and {} columns", A.rows, A.cols));
  const index_t lines = A.by_columns ? A.cols : A.rows;
  const index_t most = A.by_columns ? A.rows : A.cols;
  const char* line = A.by_columns ? "column" : "row";
  const char* cross = A.by_columns ? "row" : "column";
  const index_t entries = A.stored_entries();
  return std::visit(
      [&](auto offsets, auto indices) {
        require(offsets.size() == at(lines) + 1,
                fmt::format("offsets has {} entries; a matrix of {} {}s needs {}", offsets.size(),
                            lines, line, lines + 1));
        require(offsets.front() == 0, fmt::format("offsets starts at {}, not 0", offsets.front()));
        require(
            offsets.back() == entries,
            fmt::format("offsets ends at {}, but there are {} entries", offsets.back(), entries));
        bool rises = true;
        // Messages are made only when something is wrong: this looks at every entry.
        for (index_t i = 0; i < lines; ++i) {
          const index_t first = offsets[at(i)];
          const index_t last = offsets[at(i) + 1];
          if (first > last || last > entries) {
            throw InvalidArgument(
                fmt::format("offsets falls from {} to {} at {} {}", first, last, line, i));
          }
          for (index_t p = first; p < last; ++p) {
            const index_t index = indices[at(p)];
            if (index < 0 || index >= most) {
              throw InvalidArgument(fmt::format("entry {} of {} {} has {} {}, outside 0..{}",
                                                p - first, line, i, cross, index, most - 1));
            }
            if (p == first || indices[at(p) - 1] < indices[at(p)]) continue;
            rises = false;
            if (must_rise) {
              throw InvalidArgument(
                  fmt::format("the {}s of {} {} do not rise strictly: {} follows {}", cross, line,
                              i, index, indices[at(p) - 1]));
            }
          }
        }
        return rises;
      },
      A.offsets, A.indices);
}

}  // namespace

template <Scalar T>
SparseMatrix<T> from_triplets(index_t rows, index_t cols, std::vector<Triplet<T>> triplets) {
  const Entries entries{.count = static_cast<index_t>(triplets.size()),
                        .row = [&](index_t e) { return triplets[at(e)].row; },
                        .col = [&](index_t e) { return triplets[at(e)].col; },
                        .value = [&](index_t e) { return triplets[at(e)].value; }};
  SparseMatrix<T> A = gathered<T>(rows, cols, entries);
  triplets = {};
  sort_rows_and_add_duplicates(A);
  return A;
}

template <Scalar T>
SparseMatrix<T> from_coordinates(index_t rows,
                                 index_t cols,
                                 const IndexSpan& row_of,
                                 const IndexSpan& col_of,
                                 std::span<const T> values) {
  return std::visit(
      [&](auto row_span, auto col_span) {
        require(row_span.size() == col_span.size() &&
                    (values.empty() || values.size() == row_span.size()),
                fmt::format("there are {} row indices, {} column indices and {} values",
                            row_span.size(), col_span.size(), values.size()));
        const Entries entries{.count = static_cast<index_t>(row_span.size()),
                              .row = [&](index_t e) { return index_t{row_span[at(e)]}; },
                              .col = [&](index_t e) { return index_t{col_span[at(e)]}; },
                              .value = [&](index_t e) { return value_of(values, e); }};
        SparseMatrix<T> A = gathered<T>(rows, cols, entries);
        sort_rows_and_add_duplicates(A);
        return A;
      },
      row_of, col_of);
}

template <Scalar T>
SparseMatrix<T> compressed(const SparseView<T>& A) {
  validate(A);
  return std::visit(
      [&](auto offsets, auto indices) {
        // The line of entry e: entries come in the order of the lines.
        index_t line = 0;
        const auto line_of = [&](index_t e) {
          if (e < index_t{offsets[at(line)]}) line = 0;
          while (index_t{offsets[at(line) + 1]} <= e) ++line;
          return line;
        };
        const auto index_of = [&](index_t e) { return index_t{indices[at(e)]}; };
        const auto value = [&](index_t e) { return value_of(A.values, e); };
        const index_t count = A.stored_entries();
        SparseMatrix<T> B =
            A.by_columns ? gathered<T>(A.rows, A.cols, Entries{count, index_of, line_of, value})
                         : gathered<T>(A.rows, A.cols, Entries{count, line_of, index_of, value});
        sort_rows_and_add_duplicates(B);
        return B;
      },
      A.offsets, A.indices);
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
  require(
      A.columns.size() == A.values.size(),
      fmt::format("there are {} column indices and {} values", A.columns.size(), A.values.size()));
  check(SparseView<T>(A), true);
}

template <Scalar T>
bool validate(const SparseView<T>& A) {
  require(A.values.empty() || static_cast<index_t>(A.values.size()) == A.stored_entries(),
          fmt::format("there are {} {} indices and {} values", A.stored_entries(),
                      A.by_columns ? "row" : "column", A.values.size()));
  return check(A, false);
}

template SparseMatrix<float> from_triplets(index_t, index_t, std::vector<Triplet<float>>);
template SparseMatrix<float> from_coordinates(
    index_t, index_t, const IndexSpan&, const IndexSpan&, std::span<const float>);
template SparseMatrix<float> compressed(const SparseView<float>&);
template SparseMatrix<float> transpose(const SparseMatrix<float>&);
template void validate(const SparseMatrix<float>&);
template bool validate(const SparseView<float>&);
template SparseMatrix<double> from_triplets(index_t, index_t, std::vector<Triplet<double>>);
template SparseMatrix<double> from_coordinates(
    index_t, index_t, const IndexSpan&, const IndexSpan&, std::span<const double>);
template SparseMatrix<double> compressed(const SparseView<double>&);
template SparseMatrix<double> transpose(const SparseMatrix<double>&);
template void validate(const SparseMatrix<double>&);
template bool validate(const SparseView<double>&);
template SparseMatrix<std::complex<float>> from_triplets(index_t,
                                                         index_t,
                                                         std::vector<Triplet<std::complex<float>>>);
template SparseMatrix<std::complex<float>> from_coordinates(
    index_t, index_t, const IndexSpan&, const IndexSpan&, std::span<const std::complex<float>>);
template SparseMatrix<std::complex<float>> compressed(const SparseView<std::complex<float>>&);
template SparseMatrix<std::complex<float>> transpose(const SparseMatrix<std::complex<float>>&);
template void validate(const SparseMatrix<std::complex<float>>&);
template bool validate(const SparseView<std::complex<float>>&);
template SparseMatrix<std::complex<double>> from_triplets(
    index_t, index_t, std::vector<Triplet<std::complex<double>>>);
template SparseMatrix<std::complex<double>> from_coordinates(
    index_t, index_t, const IndexSpan&, const IndexSpan&, std::span<const std::complex<double>>);
template SparseMatrix<std::complex<double>> compressed(const SparseView<std::complex<double>>&);
template SparseMatrix<std::complex<double>> transpose(const SparseMatrix<std::complex<double>>&);
template void validate(const SparseMatrix<std::complex<double>>&);
template bool validate(const SparseView<std::complex<double>>&);

}  // namespace eckart
