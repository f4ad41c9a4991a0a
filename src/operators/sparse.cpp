// Compressed sparse rows, kept in both orientations so that each product runs over rows.
#include <algorithm>
#include <utility>

#include "core/parallel.hpp"
#include "eckart/operators.hpp"
#include "kernels/kernels.hpp"
#include "operators/entries.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Rows cut into blocks of about equal work. The cut depends on the matrix alone.
template <Scalar T>
std::vector<index_t> balanced_rows(const SparseMatrix<T>& A) {
  constexpr index_t blocks = 128;
  constexpr index_t most_rows = 4096;  // bounds the scratch of one block
  constexpr index_t row_cost = 4;      // a row costs about as much as that many entries
  const index_t work = A.stored_entries() + row_cost * A.rows;
  const index_t share = std::max<index_t>(1024, core::count_chunks(work, blocks));
  std::vector<index_t> cuts = {0};
  index_t start = 0;
  for (index_t i = 0; i < A.rows; ++i) {
    const index_t done = A.offsets[at(i) + 1] - A.offsets[at(start)] + row_cost * (i + 1 - start);
    if (done >= share || i + 1 - start >= most_rows || i + 1 == A.rows) {
      cuts.push_back(i + 1);
      start = i + 1;
    }
  }
  return cuts;
}

// X_rows <- X with its rows contiguous.
template <Scalar T>
void to_rows(MatrixView<const T> X, T* X_rows, const Context& context) {
  constexpr index_t rows_per_chunk = 4096;
  core::for_each_chunk(X.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = 0; j < X.cols; ++j) {
      const T* x = X.column(j);
      for (index_t i = first; i < last; ++i) X_rows[i * X.cols + j] = x[i];
    }
  });
}

// Y <- A X.
template <Scalar T>
void multiply(const SparseMatrix<T>& A,
              const std::vector<index_t>& cuts,
              MatrixView<const T> X,
              MatrixView<T> Y,
              const Context& context) {
  Matrix<T> X_rows(X.cols, X.rows);
  to_rows(X, X_rows.data(), context);
  const index_t blocks = static_cast<index_t>(cuts.size()) - 1;
  core::for_each_chunk(blocks, 1, context, [&](index_t c, index_t, index_t) {
    const index_t first = cuts[at(c)];
    const index_t last = cuts[at(c) + 1];
    Matrix<T> Y_rows(X.cols, last - first);
    kernels::kernels<T>().spmm({.first = first,
                                .last = last,
                                .offsets = A.offsets.data(),
                                .columns = A.columns.data(),
                                .values = A.values.data(),
                                .X = X_rows.data(),
                                .width = X.cols,
                                .Y = Y_rows.data()});
    for (index_t j = 0; j < Y.cols; ++j) {
      for (index_t i = first; i < last; ++i) Y(i, j) = Y_rows(j, i - first);
    }
  });
}

template <Scalar T>
class SparseOperator final : public LinearOperator<T> {
 public:
  explicit SparseOperator(const SparseMatrix<T>& A) : A_(A), AH_(transpose(A)) {
    for (T& value : AH_.values) value = conjugate(value);
    A_cuts_ = balanced_rows(A_);
    AH_cuts_ = balanced_rows(AH_);
  }

  index_t rows() const override { return A_.rows; }
  index_t cols() const override { return A_.cols; }
  Storage storage() const override { return Storage::sparse; }
  index_t entries_per_product() const override { return A_.stored_entries(); }
  std::uint64_t stored_bytes() const override {
    const auto entries = static_cast<std::uint64_t>(A_.stored_entries());
    return 2 * entries * (sizeof(T) + sizeof(index_t)) +
           sizeof(index_t) * static_cast<std::uint64_t>(A_.rows + A_.cols + 2);
  }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    multiply(A_, A_cuts_, X, Y, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    multiply(AH_, AH_cuts_, Y, X, context);
  }

  EntryScan scan(Context&) const override {
    EntryScan scan;
    const index_t entries = A_.stored_entries();
    if (entries == 0) return scan;
    scan = operators::scan_column<T>({A_.values.data(), entries, 1, entries}, 0, false);
    if (!scan.finite()) {
      const index_t p = scan.nonfinite_row;  // the position among the stored entries
      const auto next = std::upper_bound(A_.offsets.begin(), A_.offsets.end(), p);
      scan.nonfinite_row = static_cast<index_t>(next - A_.offsets.begin()) - 1;
      scan.nonfinite_col = A_.columns[at(p)];
    }
    return scan;
  }

  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    std::vector<double> energies(at(cols()));
    double weights = 0;  // sum of the squared row scales
    for (index_t i = 0; i < rows(); ++i) {
      weights += operators::row_scale_at(map, i) * operators::row_scale_at(map, i);
    }
    constexpr index_t columns_per_chunk = 512;
    core::for_each_chunk(cols(), columns_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           for (index_t j = first; j < last; ++j)
                             energies[at(j)] = column_energy(map, j, weights);
                         });
    return energies;
  }

  std::vector<ColumnSummary<T>> column_summaries(Context&) const override {
    std::vector<ColumnSummary<T>> summaries(at(cols()));
    for (index_t j = 0; j < cols(); ++j) {
      operators::ColumnSummer<T> summer;
      for (index_t p = AH_.offsets[at(j)]; p < AH_.offsets[at(j) + 1]; ++p) {
        summer.add(conjugate(AH_.values[at(p)]));
      }
      summaries[at(j)] = summer.summary(rows());
    }
    return summaries;
  }

  void copy_to(MatrixView<T> A, Context& context) const override {
    constexpr index_t columns_per_chunk = 64;
    core::for_each_chunk(cols(), columns_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           for (index_t j = first; j < last; ++j) {
                             std::fill_n(A.column(j), A.rows, T{});
                             for (index_t p = AH_.offsets[at(j)]; p < AH_.offsets[at(j) + 1]; ++p) {
                               A(AH_.columns[at(p)], j) = conjugate(AH_.values[at(p)]);
                             }
                           }
                         });
  }

 private:
  // The entries that are not stored are zero: with a shift s each still holds |s|^2.
  double column_energy(const AffineMap<T>& map, index_t j, double weights) const {
    const index_t first = AH_.offsets[at(j)];
    const index_t last = AH_.offsets[at(j) + 1];
    double sum = 0;
    if (map.row_shift.empty()) {
      double stored_weights = 0;
      for (index_t p = first; p < last; ++p) {
        const index_t i = AH_.columns[at(p)];
        sum += operators::mapped_energy_of_entry(map, i, j, conjugate(AH_.values[at(p)]));
        stored_weights += operators::row_scale_at(map, i) * operators::row_scale_at(map, i);
      }
      const auto zero =
          operators::column_scale_at(map, j) * std::complex<double>(operators::shift_at(map, 0, j));
      return sum + std::max(0.0, weights - stored_weights) * std::norm(zero);
    }
    index_t p = first;
    for (index_t i = 0; i < rows(); ++i) {
      T entry = 0;
      if (p < last && AH_.columns[at(p)] == i) entry = conjugate(AH_.values[at(p++)]);
      sum += operators::mapped_energy_of_entry(map, i, j, entry);
    }
    return sum;
  }

  const SparseMatrix<T>& A_;
  SparseMatrix<T> AH_;
  std::vector<index_t> A_cuts_;
  std::vector<index_t> AH_cuts_;
};

}  // namespace

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(const SparseMatrix<T>& A) {
  validate(A);
  return std::make_unique<SparseOperator<T>>(A);
}

template std::unique_ptr<LinearOperator<float>> make_operator(const SparseMatrix<float>&);
template std::unique_ptr<LinearOperator<double>> make_operator(const SparseMatrix<double>&);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_operator(
    const SparseMatrix<std::complex<float>>&);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_operator(
    const SparseMatrix<std::complex<double>>&);

}  // namespace eckart
