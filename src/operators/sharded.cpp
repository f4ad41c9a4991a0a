// A matrix whose rows are spread over ranks: products with the rows here, and
// what the ranks must tell each other for them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/sketch.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "operators/spread_rows.hpp"

namespace eckart {
namespace {

// Memory that stays from product to product: new pages would cost about as much
// as to fill them.
template <Scalar T>
class Scratch {
 public:
  // Returns a block whose entries are anything.
  MatrixView<T> block(index_t rows, index_t cols) {
    const auto size = static_cast<std::size_t>(rows * cols);
    if (size_ < size) {
      values_ = std::make_unique_for_overwrite<T[]>(size);
      size_ = size;
    }
    return {values_.get(), rows, cols, std::max<index_t>(rows, 1)};
  }

 private:
  std::unique_ptr<T[]> values_;
  std::size_t size_ = 0;
};

template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  for (index_t j = 0; j < from.cols; ++j) std::copy_n(from.column(j), from.rows, to.column(j));
}

// Cuts a block of rows into one of each rank, which lie one after the other in
// the same memory.
template <Scalar T>
class Pieces {
 public:
  Pieces(MatrixView<T> memory, std::vector<index_t> bounds)
      : memory_(memory), bounds_(std::move(bounds)) {}

  MatrixView<T> of(int rank) {
    const auto r = static_cast<std::size_t>(rank);
    const index_t rows = bounds_[r + 1] - bounds_[r];
    return {memory_.data + bounds_[r] * memory_.cols, rows, memory_.cols,
            std::max<index_t>(rows, 1)};
  }
  int count() const { return static_cast<int>(bounds_.size()) - 1; }
  // The rows of rank's piece in a block of all rows.
  template <class U>
  MatrixView<U> rows_of(int rank, MatrixView<U> all) const {
    const auto r = static_cast<std::size_t>(rank);
    return all.block(bounds_[r], 0, bounds_[r + 1] - bounds_[r], all.cols);
  }

  // All entries as real numbers, and the bounds of the pieces among them.
  std::span<real_t<T>> numbers() {
    return {reinterpret_cast<real_t<T>*>(memory_.data),
            static_cast<std::size_t>(memory_.rows * memory_.cols * parts)};
  }
  std::vector<index_t> bounds_of_numbers() const {
    std::vector<index_t> scaled = bounds_;
    for (index_t& bound : scaled) bound *= memory_.cols * parts;
    return scaled;
  }

 private:
  static constexpr index_t parts = is_complex<T> ? 2 : 1;
  MatrixView<T> memory_;
  std::vector<index_t> bounds_;
};

template <Scalar T>
class ShardedOperator final : public LinearOperator<T>,
                              public core::SketchSource<T>,
                              public operators::SpreadRows<T> {
 public:
  ShardedOperator(std::unique_ptr<LinearOperator<T>> A, const Communicator& ranks)
      : ShardedOperator(*A, ranks) {
    owned_ = std::move(A);
  }
  ShardedOperator(const LinearOperator<T>& A, const Communicator& ranks)
      : A_(A),
        ranks_(ranks),
        row_shard_(Shard::counted(ranks, A.rows())),
        col_shard_(Shard::even(ranks, A.cols())),
        bounds_(even_bounds(A.cols(), ranks.size())) {
    const auto n = static_cast<double>(A.cols());
    std::vector<double> widest = {n, -n};
    ranks.max(widest);
    require(widest[0] == -widest[1],
            fmt::format("the rows of a matrix are spread over ranks: one has "
                        "{:.0f} columns and "
                        "another {:.0f}; expected the same",
                        -widest[1], widest[0]));
    const double level = A.rounding_level();
    std::vector<double> sums = {static_cast<double>(A.entries_per_product()), level * level};
    ranks.sum(sums);
    entries_ = static_cast<index_t>(sums[0]);
    rounding_level_ = ranks.size() == 1 ? level : std::sqrt(sums[1]);
  }

  index_t rows() const override { return row_shard_.total; }
  index_t cols() const override { return A_.cols(); }
  Shard row_shard() const override { return row_shard_; }
  Shard col_shard() const override { return col_shard_; }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return entries_; }
  std::uint64_t stored_bytes() const override { return A_.stored_bytes(); }
  double rounding_level() const override { return rounding_level_; }

  std::unique_ptr<LinearOperator<T>> mapped(AffineMap<T> map) const override {
    return std::make_unique<ShardedOperator>(make_affine(A_, std::move(map)), ranks_);
  }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    if (row_shard_.alone()) return A_.apply(X, Y, context);
    const MatrixView<const T> all = gathered(X);
    if (A_.rows() > 0) A_.apply(all, Y, context);
  }

  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    if (row_shard_.alone()) return A_.apply_adjoint(Y, X, context);
    const MatrixView<T> part = first_.block(cols(), X.cols);
    if (A_.rows() > 0) A_.apply_adjoint(Y, part, context);
    scatter_sums(part, X);
  }

  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    if (row_shard_.alone()) return A_.apply_gram(side, X, Y, Z, step, context);
    if (side == Gram::rows) return LinearOperator<T>::apply_gram(side, X, Y, Z, step, context);
    const MatrixView<const T> all = gathered(X);
    const MatrixView<T> part = first_.block(cols(), X.cols);
    int reads = 1;
    if (A_.rows() > 0) reads = A_.apply_gram(side, all, Y, part, step, context);
    scatter_sums(part, Z);
    return reads;
  }

  // The test matrix of all columns goes to every rank, and the sums for them come back.
  int add_sketches(const core::TestMatrix<T>& Omega,
                   MatrixView<T> Y,
                   const core::TestMatrix<T>& Psi,
                   MatrixView<T> Z,
                   Context& context) const override {
    if (row_shard_.alone()) return core::add_sketches(A_, Omega, Y, Psi, Z, context);
    using Real = real_t<T>;
    const index_t per_row = Omega.per_row;
    Matrix<Real> memory(cols(), 2 * per_row);  // columns and values
    Pieces<Real> pieces(memory.view(), bounds_);
    const MatrixView<Real> here = pieces.of(ranks_.rank());
    for (index_t i = 0; i < Omega.rows; ++i) {
      for (index_t e = 0; e < per_row; ++e) {
        here(i, e) = static_cast<Real>(Omega.columns[i * per_row + e]);
        here(i, per_row + e) = Omega.values[i * per_row + e];
      }
    }
    ranks_.gather_pieces(pieces.numbers(), pieces.bounds_of_numbers());
    std::vector<std::int32_t> columns;
    std::vector<Real> values;
    for (int r = 0; r < pieces.count(); ++r) {
      const MatrixView<Real> piece = pieces.of(r);
      for (index_t i = 0; i < piece.rows; ++i) {
        for (index_t e = 0; e < per_row; ++e) {
          columns.push_back(static_cast<std::int32_t>(piece(i, e)));
          values.push_back(piece(i, per_row + e));
        }
      }
    }
    const MatrixView<T> part = first_.block(cols(), Z.cols);
    std::fill_n(part.data, part.rows * part.cols, T{});
    int reads = 1;
    if (A_.rows() > 0) {
      const core::TestMatrix<T> all{cols(), Omega.cols, per_row, columns.data(), values.data()};
      reads = core::add_sketches(A_, all, Y, Psi, part, context);
    }
    Matrix<T> sums = Matrix<T>::uninitialized(Z.rows, Z.cols);
    scatter_sums(part, sums.view());
    for (index_t j = 0; j < Z.cols; ++j) {
      for (index_t i = 0; i < Z.rows; ++i) Z(i, j) += sums(i, j);
    }
    return reads;
  }

  EntryScan scan(Context& context) const override {
    EntryScan scan = A_.scan(context);
    if (row_shard_.alone()) return scan;
    const double none = -std::numeric_limits<double>::infinity();
    // The first bad row has the most rows from it on.
    const double bad =
        scan.finite() ? none : static_cast<double>(rows() - row_shard_.first - scan.nonfinite_row);
    std::vector<double> largest = {scan.max_abs, -scan.min_abs, bad};
    ranks_.max(largest);
    const bool named_here = bad == largest[2] && bad != none;
    std::vector<double> sums = {static_cast<double>(scan.nonzeros),
                                named_here ? static_cast<double>(scan.nonfinite_col) : 0};
    ranks_.sum(sums);
    // A NaN or an infinity cannot be added up: its kind is told.
    const double value = scan.nonfinite_value;
    std::vector<double> kind = {named_here && std::isnan(value) ? 1.0 : 0.0,
                                named_here && value > 0 ? 1.0 : 0.0};
    ranks_.max(kind);
    scan.max_abs = largest[0];
    scan.min_abs = -largest[1];
    scan.nonzeros = static_cast<index_t>(sums[0]);
    if (largest[2] == none) return scan;
    scan.nonfinite_row = rows() - static_cast<index_t>(largest[2]);
    scan.nonfinite_col = static_cast<index_t>(sums[1]);
    const double infinity = std::numeric_limits<double>::infinity();
    scan.nonfinite_value = kind[0] > 0   ? std::numeric_limits<double>::quiet_NaN()
                           : kind[1] > 0 ? infinity
                                         : -infinity;
    return scan;
  }

  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    std::vector<double> energies = A_.column_energies(map, context);
    ranks_.sum(energies);
    return energies;
  }

  std::vector<ColumnSummary<T>> column_summaries(Context& context) const override {
    std::vector<ColumnSummary<T>> summaries = A_.column_summaries(context);
    if (row_shard_.alone()) return summaries;
    const std::size_t n = summaries.size();
    const bool here = A_.rows() > 0;
    const double share = static_cast<double>(A_.rows()) / static_cast<double>(rows());
    const double none = -std::numeric_limits<double>::infinity();
    std::vector<double> sums(2 * n);
    std::vector<double> largest(5 * n, none);  // of the means' parts, both ways, and the moduli
    for (std::size_t j = 0; j < n && here; ++j) {
      const std::complex<double> mean(summaries[j].mean);
      sums[2 * j] = share * mean.real();
      sums[2 * j + 1] = share * mean.imag();
      const double values[] = {mean.real(), -mean.real(), mean.imag(), -mean.imag(),
                               summaries[j].max_abs};
      std::copy_n(values, 5, largest.begin() + static_cast<std::ptrdiff_t>(5 * j));
    }
    ranks_.sum(sums);
    ranks_.max(largest);
    for (std::size_t j = 0; j < n; ++j) {
      // Equal means are the mean, to the last bit: a constant column must be
      // told.
      const auto part = [&](std::size_t p) {
        const double most = largest[5 * j + 2 * p];
        return most == -largest[5 * j + 2 * p + 1] ? most : sums[2 * j + p];
      };
      if constexpr (is_complex<T>) {
        summaries[j].mean = T(static_cast<real_t<T>>(part(0)), static_cast<real_t<T>>(part(1)));
      } else {
        summaries[j].mean = static_cast<T>(part(0));
      }
      summaries[j].max_abs = largest[5 * j + 4];
    }
    return summaries;
  }

  void copy_to(MatrixView<T> A, Context& context) const override {
    if (A_.rows() > 0) A_.copy_to(A, context);
  }

 private:
  // All n rows of X, of which each rank holds some; in the second memory.
  MatrixView<const T> gathered(MatrixView<const T> X) const {
    Pieces<T> pieces(first_.block(cols(), X.cols), bounds_);
    copy<T>(X, pieces.of(ranks_.rank()));
    ranks_.gather_pieces(pieces.numbers(), pieces.bounds_of_numbers());
    const MatrixView<T> all = second_.block(cols(), X.cols);
    for (int r = 0; r < pieces.count(); ++r) copy<T>(pieces.of(r), pieces.rows_of(r, all));
    return all;
  }

  // X <- the rows of this rank in the sum of all ranks' parts, those of no rows
  // being zero. The part lies in the first memory.
  void scatter_sums(MatrixView<const T> part, MatrixView<T> X) const {
    Pieces<T> pieces(second_.block(cols(), X.cols), bounds_);
    for (int r = 0; r < pieces.count(); ++r) {
      const MatrixView<T> piece = pieces.of(r);
      if (A_.rows() > 0) {
        copy<T>(pieces.rows_of(r, part), piece);
      } else {
        std::fill_n(piece.data, piece.rows * piece.cols, T{});
      }
    }
    ranks_.sum_pieces(pieces.numbers(), pieces.bounds_of_numbers());
    copy<T>(pieces.of(ranks_.rank()), X);
  }

  std::unique_ptr<LinearOperator<T>> owned_;  // A, where nobody else keeps it
  const LinearOperator<T>& A_;
  const Communicator& ranks_;
  Shard row_shard_;
  Shard col_shard_;
  std::vector<index_t> bounds_;  // of the columns' shards
  mutable Scratch<T> first_;     // a driver calls from one thread
  mutable Scratch<T> second_;
  index_t entries_ = 0;
  double rounding_level_ = 0;
};

}  // namespace

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_sharded(const LinearOperator<T>& A,
                                                const Communicator& ranks) {
  return std::make_unique<ShardedOperator<T>>(A, ranks);
}

template std::unique_ptr<LinearOperator<float>> make_sharded(const LinearOperator<float>&,
                                                             const Communicator&);
template std::unique_ptr<LinearOperator<double>> make_sharded(const LinearOperator<double>&,
                                                              const Communicator&);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_sharded(
    const LinearOperator<std::complex<float>>&, const Communicator&);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_sharded(
    const LinearOperator<std::complex<double>>&, const Communicator&);

}  // namespace eckart
