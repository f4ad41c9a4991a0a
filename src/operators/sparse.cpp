// Sparse matrices, kept by rows, by columns or both.
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/parallel.hpp"
#include "eckart/operators.hpp"
#include "operators/compressed_rows.hpp"
#include "operators/entries.hpp"
#include "operators/sparse_entries.hpp"

namespace eckart {
namespace {

using operators::CompressedRows;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Sums over rows of w_i^2 r_i^q for q = 0, 1, 2, with w the row scales and r the row shifts in a
// unit whose squares are representable.
struct RowMoments {
  double weight = 0;
  std::complex<double> first = 0;
  double second = 0;

  template <Scalar T>
  void add(const AffineMap<T>& map, index_t i, double unit) {
    const double scale = operators::row_scale_at(map, i);
    weight += scale * scale;
    if (map.row_shift.empty()) return;
    const std::complex<double> shift = std::complex<double>(map.row_shift[at(i)]) / unit;
    first += scale * scale * shift;
    second += std::norm(scale * shift);
  }
};

// Returns a power of two of about the largest of the shifts, or 1.
template <Scalar T>
double unit_of(const std::vector<T>& shifts) {
  double largest = 0;
  for (const T shift : shifts) largest = std::max(largest, static_cast<double>(std::abs(shift)));
  return largest > 0 && std::isfinite(largest) ? std::ldexp(1.0, std::ilogb(largest)) : 1;
}

template <Scalar T>
class SparseOperator final : public LinearOperator<T>, public operators::SparseSource<T> {
 public:
  // REQUIRES: the indices rise strictly; the arrays stay
  SparseOperator(const SparseView<T>& A, SparseStorage storage, const Context& context)
      : rows_(A.rows), cols_(A.cols) {
    (A.by_columns ? by_columns_ : by_rows_) = CompressedRows<T>(A, context);
    if (storage == SparseStorage::one_orientation) {
      (A.by_columns ? by_columns_ : by_rows_).prepare_transposed_products();
    } else if (A.by_columns) {
      by_rows_ = by_columns_.transposed(context);
    } else {
      by_columns_ = by_rows_.transposed(context);
    }
    has_rows_ = !A.by_columns || storage == SparseStorage::both_orientations;
    has_columns_ = A.by_columns || storage == SparseStorage::both_orientations;
  }

  // Keeps of a matrix what the products read.
  SparseOperator(SparseMatrix<T>&& A, SparseStorage storage, const Context& context)
      : SparseOperator(SparseView<T>(A), storage, context) {
    owned_ = std::move(A);  // arrays stay where they are
    if (!by_rows_.borrows_columns()) std::vector<index_t>().swap(owned_.columns);
    if (!by_rows_.borrows_values()) std::vector<T>().swap(owned_.values);
  }

  index_t rows() const override { return rows_; }
  index_t cols() const override { return cols_; }
  Storage storage() const override { return Storage::sparse; }
  index_t entries_per_product() const override { return any().stored_entries(); }
  std::uint64_t stored_bytes() const override {
    return (has_rows_ ? by_rows_.stored_bytes() : 0) +
           (has_columns_ ? by_columns_.stored_bytes() : 0);
  }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    if (has_rows_) return by_rows_.times(X, Y, false, context);
    by_columns_.transposed_times(X, Y, false, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    if (has_columns_) return by_columns_.times(Y, X, true, context);
    by_rows_.transposed_times(Y, X, true, context);
  }

  std::optional<SparseMatrix<T>> sparse_entries() const override {
    SparseMatrix<T> entries;
    entries.rows = any().rows();
    entries.cols = any().cols();
    any().visit([&](const auto* indices, const auto* values) {
      for (index_t l = 0; l < entries.rows; ++l) {
        for (index_t p = any().offsets()[l]; p < any().offsets()[l + 1]; ++p) {
          const T value = operators::value_at<T>(values, p);
          if (value == T{}) continue;
          entries.columns.push_back(indices[p]);
          entries.values.push_back(value);
        }
        entries.offsets.push_back(entries.stored_entries());
      }
    });
    return has_rows_ ? std::move(entries) : transpose(entries);
  }

  EntryScan scan(Context&) const override {
    EntryScan scan;
    const index_t entries = any().stored_entries();
    if (entries == 0) return scan;
    any().visit([&](const auto* columns, const auto* values) {
      using Value = std::remove_cvref_t<decltype(*values)>;
      if constexpr (std::same_as<Value, kernels::Ones>) {
        scan.max_abs = scan.min_abs = 1;
        scan.nonzeros = entries;
      } else {
        scan = operators::scan_column<Value>({values, entries, 1, entries}, 0, false);
        if (scan.finite()) return;
        const index_t p = scan.nonfinite_row;  // the position among the stored entries
        const index_t* offsets = any().offsets().data();
        const index_t line = std::upper_bound(offsets, offsets + any().rows() + 1, p) - offsets - 1;
        scan.nonfinite_row = has_rows_ ? line : columns[p];
        scan.nonfinite_col = has_rows_ ? columns[p] : line;
      }
    });
    return scan;
  }

  // The entries that are not stored are zero: with a shift s each still holds |s|^2.
  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    RowMoments all;
    const double unit = unit_of(map.row_shift);
    for (index_t i = 0; i < rows(); ++i) all.add(map, i, unit);
    std::vector<RowMoments> stored(at(cols()));
    std::vector<double> energies(at(cols()));
    for_each_entry(context, [&](index_t i, index_t j, T value) {
      energies[at(j)] += operators::mapped_energy_of_entry(map, i, j, value);
      stored[at(j)].add(map, i, unit);
    });
    for (index_t j = 0; j < cols(); ++j) {
      const double scale = operators::column_scale_at(map, j);
      const std::complex<double> shift =
          map.column_shift.empty() ? 0 : scale * std::complex<double>(map.column_shift[at(j)]);
      // Sum of w_i^2 |s + r_i|^2 over the rows without an entry.
      const RowMoments& seen = stored[at(j)];
      const double zeros =
          std::norm(shift) * (all.weight - seen.weight) +
          2 * scale * unit * std::real(std::conj(shift) * (all.first - seen.first)) +
          scale * unit * (scale * unit * (all.second - seen.second));
      energies[at(j)] += std::max(0.0, zeros);
    }
    return energies;
  }

  std::vector<ColumnSummary<T>> column_summaries(Context& context) const override {
    std::vector<operators::ColumnSummer<T>> summers(at(cols()));
    for_each_entry(context, [&](index_t, index_t j, T value) { summers[at(j)].add(value); });
    std::vector<ColumnSummary<T>> summaries;
    for (const auto& summer : summers) summaries.push_back(summer.summary(rows()));
    return summaries;
  }

  void copy_to(MatrixView<T> A, Context& context) const override {
    constexpr index_t columns_per_chunk = 64;
    core::for_each_chunk(cols(), columns_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           for (index_t j = first; j < last; ++j) {
                             std::fill_n(A.column(j), A.rows, T{});
                           }
                         });
    for_each_entry(context, [&](index_t i, index_t j, T value) { A(i, j) = value; });
  }

 private:
  const CompressedRows<T>& any() const { return has_rows_ ? by_rows_ : by_columns_; }

  // Calls f(i, j, value) for every entry. Those of a column come one after the other, in the order
  // of the rows; different columns may be visited at the same time.
  template <class F>
  void for_each_entry(const Context& context, const F& f) const {
    const CompressedRows<T>& lines = has_columns_ ? by_columns_ : by_rows_;
    const index_t lines_per_chunk = has_columns_ ? 512 : std::max<index_t>(lines.rows(), 1);
    lines.visit([&](const auto* indices, const auto* values) {
      core::for_each_chunk(
          lines.rows(), lines_per_chunk, context, [&](index_t, index_t first, index_t last) {
            for (index_t l = first; l < last; ++l) {
              for (index_t p = lines.offsets()[l]; p < lines.offsets()[l + 1]; ++p) {
                const T value = operators::value_at<T>(values, p);
                has_columns_ ? f(indices[p], l, value) : f(l, indices[p], value);
              }
            }
          });
    });
  }

  SparseMatrix<T> owned_;
  index_t rows_;
  index_t cols_;
  bool has_rows_ = false;
  bool has_columns_ = false;
  CompressedRows<T> by_rows_;
  CompressedRows<T> by_columns_;  // the transpose, by its rows
};

}  // namespace

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(const SparseMatrix<T>& A,
                                                 SparseStorage storage,
                                                 const Context& context) {
  validate(A);
  return std::make_unique<SparseOperator<T>>(SparseView<T>(A), storage, context);
}

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(SparseMatrix<T>&& A,
                                                 SparseStorage storage,
                                                 const Context& context) {
  validate(A);
  return std::make_unique<SparseOperator<T>>(std::move(A), storage, context);
}

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_operator(const SparseView<T>& A,
                                                 SparseStorage storage,
                                                 const Context& context) {
  if (!validate(A)) return make_operator(compressed(A), storage, context);
  return std::make_unique<SparseOperator<T>>(A, storage, context);
}

template std::unique_ptr<LinearOperator<float>> make_operator(const SparseMatrix<float>&,
                                                              SparseStorage,
                                                              const Context&);
template std::unique_ptr<LinearOperator<float>> make_operator(SparseMatrix<float>&&,
                                                              SparseStorage,
                                                              const Context&);
template std::unique_ptr<LinearOperator<float>> make_operator(const SparseView<float>&,
                                                              SparseStorage,
                                                              const Context&);
template std::unique_ptr<LinearOperator<double>> make_operator(const SparseMatrix<double>&,
                                                               SparseStorage,
                                                               const Context&);
template std::unique_ptr<LinearOperator<double>> make_operator(SparseMatrix<double>&&,
                                                               SparseStorage,
                                                               const Context&);
template std::unique_ptr<LinearOperator<double>> make_operator(const SparseView<double>&,
                                                               SparseStorage,
                                                               const Context&);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_operator(
    const SparseMatrix<std::complex<float>>&, SparseStorage, const Context&);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_operator(
    SparseMatrix<std::complex<float>>&&, SparseStorage, const Context&);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_operator(
    const SparseView<std::complex<float>>&, SparseStorage, const Context&);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_operator(
    const SparseMatrix<std::complex<double>>&, SparseStorage, const Context&);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_operator(
    SparseMatrix<std::complex<double>>&&, SparseStorage, const Context&);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_operator(
    const SparseView<std::complex<double>>&, SparseStorage, const Context&);

}  // namespace eckart
