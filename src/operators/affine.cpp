// diag(row_scale) (A - 1 column_shift^T - row_shift 1^T) diag(column_scale), never formed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/parallel.hpp"
#include "core/sketch.hpp"
#include "eckart/operators.hpp"
#include "operators/entries.hpp"
#include "operators/sparse_entries.hpp"
#include "operators/spread_rows.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Y <- diag(scale) X; X and Y may be the same.
template <Scalar T>
void scale_rows(const std::vector<real_t<T>>& scale,
                MatrixView<const T> X,
                MatrixView<T> Y,
                const Context& context) {
  constexpr index_t rows_per_chunk = 8192;
  core::for_each_chunk(X.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = 0; j < X.cols; ++j) {
      for (index_t i = first; i < last; ++i) Y(i, j) = scale[at(i)] * X(i, j);
    }
  });
}

// Returns for each column of X the sum over rows of w_i x_ij (w conjugated if asked);
// an empty w means ones. Fixed chunks, added in order.
template <Scalar T>
std::vector<T> weighted_sums(const std::vector<T>& w,
                             bool conjugated,
                             MatrixView<const T> X,
                             const Context& context) {
  constexpr index_t rows_per_chunk = 4096;
  Matrix<T> partial(X.cols, core::count_chunks(X.rows, rows_per_chunk));
  core::for_each_chunk(
      X.rows, rows_per_chunk, context, [&](index_t c, index_t first, index_t last) {
        for (index_t j = 0; j < X.cols; ++j) {
          T sum = 0;
          for (index_t i = first; i < last; ++i) {
            const T weight = w.empty() ? T{1} : conjugated ? conjugate(w[at(i)]) : w[at(i)];
            sum += weight * X(i, j);
          }
          partial(j, c) = sum;
        }
      });
  std::vector<T> sums(at(X.cols), T{});
  for (index_t c = 0; c < partial.cols(); ++c) {
    for (index_t j = 0; j < X.cols; ++j) sums[at(j)] += partial(j, c);
  }
  return sums;
}

// Y <- Y - w s^T, with w conjugated if asked; an empty w means ones.
template <Scalar T>
void subtract_outer(const std::vector<T>& w,
                    bool conjugated,
                    const std::vector<T>& s,
                    MatrixView<T> Y,
                    const Context& context) {
  constexpr index_t rows_per_chunk = 4096;
  core::for_each_chunk(Y.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = 0; j < Y.cols; ++j) {
      for (index_t i = first; i < last; ++i) {
        const T weight = w.empty() ? T{1} : conjugated ? conjugate(w[at(i)]) : w[at(i)];
        Y(i, j) -= weight * s[at(j)];
      }
    }
  });
}

// A test matrix whose rows are scaled.
template <Scalar T>
class ScaledTest {
 public:
  ScaledTest(const core::TestMatrix<T>& test, const std::vector<real_t<T>>& scale)
      : values_(test.values, test.values + test.rows * test.per_row), view_(test) {
    for (index_t i = 0; i < test.rows && !scale.empty(); ++i) {
      for (index_t e = 0; e < test.per_row; ++e) values_[at(i * test.per_row + e)] *= scale[at(i)];
    }
    view_.values = values_.data();
  }
  const core::TestMatrix<T>& view() const { return view_; }

  // Returns for each column the sum over rows of w_i (conjugated if asked) times the entry; an
  // empty w means ones.
  std::vector<T> weighted_sums(const std::vector<T>& w, bool conjugated) const {
    std::vector<T> sums(at(view_.cols));
    for (index_t i = 0; i < view_.rows; ++i) {
      const T weight = w.empty() ? T{1} : conjugated ? conjugate(w[at(i)]) : w[at(i)];
      for (index_t e = i * view_.per_row; e < (i + 1) * view_.per_row; ++e) {
        sums[at(view_.columns[e])] += weight * view_.values[e];
      }
    }
    return sums;
  }

 private:
  std::vector<real_t<T>> values_;
  core::TestMatrix<T> view_;
};

// sum <- sum + diag(scale) part; an empty scale means ones.
template <Scalar T>
void add_scaled(const std::vector<real_t<T>>& scale,
                const Matrix<T>& part,
                MatrixView<T> sum,
                const Context& context) {
  constexpr index_t rows_per_chunk = 8192;
  core::for_each_chunk(sum.rows, rows_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t j = 0; j < sum.cols; ++j) {
                           for (index_t i = first; i < last; ++i) {
                             sum(i, j) += scale.empty() ? part(i, j) : scale[at(i)] * part(i, j);
                           }
                         }
                       });
}

template <Scalar T>
class AffineOperator final : public LinearOperator<T>,
                             public operators::SparseSource<T>,
                             public core::SketchSource<T> {
 public:
  AffineOperator(const LinearOperator<T>& A, AffineMap<T> map) : A_(A), map_(std::move(map)) {}

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return A_.entries_per_product(); }
  std::uint64_t stored_bytes() const override { return A_.stored_bytes(); }
  std::uint64_t bytes_per_read() const override { return A_.bytes_per_read(); }
  index_t reads() const override { return A_.reads(); }
  bool reads_once(Gram side) const override {
    return side == Gram::columns && map_.row_scale.empty() && A_.reads_once(side);
  }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    Matrix<T> scaled;
    if (!map_.column_scale.empty()) {
      scaled = Matrix<T>(X.rows, X.cols);
      scale_rows(map_.column_scale, X, scaled.view(), context);
      X = std::as_const(scaled).view();
    }
    A_.apply(X, Y, context);
    if (!map_.column_shift.empty()) {
      subtract_outer({}, false, weighted_sums(map_.column_shift, false, X, context), Y, context);
    }
    if (!map_.row_shift.empty()) {
      subtract_outer(map_.row_shift, false, weighted_sums<T>({}, false, X, context), Y, context);
    }
    if (!map_.row_scale.empty()) scale_rows<T>(map_.row_scale, Y, Y, context);
  }

  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    Matrix<T> scaled;
    if (!map_.row_scale.empty()) {
      scaled = Matrix<T>(Y.rows, Y.cols);
      scale_rows(map_.row_scale, Y, scaled.view(), context);
      Y = std::as_const(scaled).view();
    }
    A_.apply_adjoint(Y, X, context);
    if (!map_.column_shift.empty()) {
      subtract_outer(map_.column_shift, true, weighted_sums<T>({}, false, Y, context), X, context);
    }
    if (!map_.row_shift.empty()) {
      subtract_outer({}, false, weighted_sums(map_.row_shift, true, Y, context), X, context);
    }
    if (!map_.column_scale.empty()) scale_rows<T>(map_.column_scale, X, X, context);
  }

  // What the map does to A X is done to rows of it between the two products. Scaled rows are left
  // to two products, as the second wants them scaled once more.
  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    if (side == Gram::rows || !map_.row_scale.empty()) {
      return LinearOperator<T>::apply_gram(side, X, Y, Z, step, context);
    }
    Matrix<T> scaled;
    if (!map_.column_scale.empty()) {
      scaled = Matrix<T>(X.rows, X.cols);
      scale_rows(map_.column_scale, X, scaled.view(), context);
      X = std::as_const(scaled).view();
    }
    const std::vector<T> along_columns = map_.column_shift.empty()
                                             ? std::vector<T>(at(X.cols))
                                             : weighted_sums(map_.column_shift, false, X, context);
    const std::vector<T> along_rows =
        map_.row_shift.empty() ? std::vector<T>() : weighted_sums<T>({}, false, X, context);
    const auto shift = [&](index_t first, MatrixView<T> rows) {
      for (index_t j = 0; j < rows.cols; ++j) {
        for (index_t i = 0; i < rows.rows; ++i) rows(i, j) -= along_columns[at(j)];
        for (index_t i = 0; i < rows.rows && !along_rows.empty(); ++i) {
          rows(i, j) -= map_.row_shift[at(first + i)] * along_rows[at(j)];
        }
      }
      if (step) step(first, rows);
    };
    const int reads = A_.apply_gram(side, X, Y, Z, shift, context);
    const MatrixView<const T> product = Y;
    if (!map_.column_shift.empty()) {
      subtract_outer(map_.column_shift, true, weighted_sums<T>({}, false, product, context), Z,
                     context);
    }
    if (!map_.row_shift.empty()) {
      subtract_outer({}, false, weighted_sums(map_.row_shift, true, product, context), Z, context);
    }
    if (!map_.column_scale.empty()) scale_rows<T>(map_.column_scale, Z, Z, context);
    return reads;
  }

  // A is sketched by test matrices that are scaled; what shifts add to that is of rank one.
  int add_sketches(const core::TestMatrix<T>& Omega,
                   MatrixView<T> Y,
                   const core::TestMatrix<T>& Psi,
                   MatrixView<T> Z,
                   Context& context) const override {
    const ScaledTest<T> right(Omega, map_.column_scale);
    const ScaledTest<T> left(Psi, map_.row_scale);
    Matrix<T> Y_part(Y.rows, Y.cols);
    Matrix<T> Z_part(Z.rows, Z.cols);
    const int reads =
        core::add_sketches(A_, right.view(), Y_part.view(), left.view(), Z_part.view(), context);
    if (!map_.column_shift.empty()) {
      subtract_outer({}, false, right.weighted_sums(map_.column_shift, false), Y_part.view(),
                     context);
      subtract_outer(map_.column_shift, true, left.weighted_sums({}, false), Z_part.view(),
                     context);
    }
    if (!map_.row_shift.empty()) {
      subtract_outer(map_.row_shift, false, right.weighted_sums({}, false), Y_part.view(), context);
      subtract_outer({}, false, left.weighted_sums(map_.row_shift, true), Z_part.view(), context);
    }
    add_scaled(map_.row_scale, Y_part, Y, context);
    add_scaled(map_.column_scale, Z_part, Z, context);
    return reads;
  }

  // Finite shifts and scales keep finite entries finite; how large they become is told by the
  // columns' energies, unless those overflow.
  EntryScan scan(Context& context) const override {
    EntryScan scan = A_.scan(context);
    if (!scan.finite() || map_.identity() || rows() == 0) return scan;
    double largest = 0;
    for (const double energy : A_.column_energies(map_, context)) {
      largest = std::max(largest, energy);
    }
    const double size = std::sqrt(largest / static_cast<double>(rows()));
    if (std::isfinite(size) && size > 0) scan.max_abs = size;
    scan.min_abs = scan.max_abs;
    return scan;
  }

  double rounding_level() const override {
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    double row_scale = map_.row_scale.empty() ? 1 : 0;
    for (const real_t<T> s : map_.row_scale) {
      row_scale = std::max(row_scale, std::abs(static_cast<double>(s)));
    }
    double column_part = 0;  // ||column_shift * column_scale||^2
    double column_scales = 0;
    for (index_t j = 0; j < cols(); ++j) {
      const double scale = operators::column_scale_at(map_, j);
      if (!map_.column_shift.empty()) {
        column_part += std::norm(scale * std::complex<double>(map_.column_shift[at(j)]));
      }
      column_scales += scale * scale;
    }
    double row_part = 0;
    for (const T shift : map_.row_shift) row_part += std::norm(std::complex<double>(shift));
    return 8 * eps * row_scale *
           (std::sqrt(static_cast<double>(rows()) * column_part) +
            std::sqrt(row_part * column_scales));
  }

  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    if (map.identity()) return A_.column_energies(map_, context);
    return LinearOperator<T>::column_energies(map, context);
  }

  void copy_to(MatrixView<T> A, Context& context) const override {
    A_.copy_to(A, context);
    constexpr index_t columns_per_chunk = 32;
    core::for_each_chunk(
        A.cols, columns_per_chunk, context, [&](index_t, index_t first, index_t last) {
          for (index_t j = first; j < last; ++j) {
            const T column_scale = map_.column_scale.empty() ? T{1} : T{map_.column_scale[at(j)]};
            for (index_t i = 0; i < A.rows; ++i) {
              const T row_scale = map_.row_scale.empty() ? T{1} : T{map_.row_scale[at(i)]};
              A(i, j) = row_scale * (A(i, j) - operators::shift_at(map_, i, j)) * column_scale;
            }
          }
        });
  }

  // A shift fills the matrix.
  std::optional<SparseMatrix<T>> sparse_entries() const override {
    if (!map_.column_shift.empty() || !map_.row_shift.empty()) return std::nullopt;
    std::optional<SparseMatrix<T>> entries = operators::sparse_entries(A_);
    if (!entries) return entries;
    for (index_t i = 0; i < entries->rows; ++i) {
      const T row_scale = map_.row_scale.empty() ? T{1} : T{map_.row_scale[at(i)]};
      for (index_t p = entries->offsets[at(i)]; p < entries->offsets[at(i + 1)]; ++p) {
        const index_t j = entries->columns[at(p)];
        const T column_scale = map_.column_scale.empty() ? T{1} : T{map_.column_scale[at(j)]};
        entries->values[at(p)] = row_scale * entries->values[at(p)] * column_scale;
      }
    }
    return entries;
  }

 private:
  const LinearOperator<T>& A_;
  AffineMap<T> map_;
};

void require_length(std::size_t length, index_t wanted, const char* name, const char* what) {
  require(length == 0 || length == at(wanted),
          fmt::format("{} has {} entries; the matrix has {} {}", name, length, wanted, what));
}

}  // namespace

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_affine(const LinearOperator<T>& A, AffineMap<T> map) {
  if (!A.row_shard().alone()) {
    const auto* spread = dynamic_cast<const operators::SpreadRows<T>*>(&A);
    require(spread != nullptr,
            "an affine map of a matrix that others spread over ranks: map the rows of each rank, "
            "then spread them");
    return spread->mapped(std::move(map));
  }
  require_length(map.column_shift.size(), A.cols(), "column_shift", "columns");
  require_length(map.column_scale.size(), A.cols(), "column_scale", "columns");
  require_length(map.row_shift.size(), A.rows(), "row_shift", "rows");
  require_length(map.row_scale.size(), A.rows(), "row_scale", "rows");
  return std::make_unique<AffineOperator<T>>(A, std::move(map));
}

template <Scalar T>
AffineMap<T> standardisation(const LinearOperator<T>& A,
                             bool center,
                             bool scale,
                             Context& context) {
  AffineMap<T> map;
  const index_t m = A.rows();
  const index_t n = A.cols();
  if (m == 0 || n == 0) return map;
  const std::vector<ColumnSummary<T>> summaries = A.column_summaries(context);
  if (center) {
    for (const ColumnSummary<T>& summary : summaries) map.column_shift.push_back(summary.mean);
  }
  if (scale) {
    // The deviation is about the mean, whether that is subtracted or not. Each column is brought
    // to about 1 by a power of two first: squares of its entries may not be representable.
    using Real = real_t<T>;
    AffineMap<T> deviations;
    std::vector<int> exponents;
    for (const ColumnSummary<T>& summary : summaries) {
      deviations.column_shift.push_back(summary.mean);
      int exponent = 0;
      std::frexp(summary.max_abs, &exponent);
      constexpr int widest = std::numeric_limits<Real>::max_exponent - 2;
      exponents.push_back(std::clamp(exponent, -widest, widest));
      deviations.column_scale.push_back(std::ldexp(Real{1}, -exponents.back()));
    }
    const std::vector<double> energies = A.column_energies(deviations, context);
    for (std::size_t j = 0; j < summaries.size(); ++j) {
      const double deviation = m > 1 ? std::sqrt(energies[j] / static_cast<double>(m - 1)) : 0;
      // The mean of a constant column is its value, to the last bit: summaries are rounded once.
      const bool constant = !(deviation > 0);
      map.column_scale.push_back(
          constant ? Real{1} : static_cast<Real>(std::ldexp(1 / deviation, -exponents[j])));
    }
  }
  return map;
}

template std::unique_ptr<LinearOperator<float>> make_affine(const LinearOperator<float>&,
                                                            AffineMap<float>);
template std::unique_ptr<LinearOperator<double>> make_affine(const LinearOperator<double>&,
                                                             AffineMap<double>);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_affine(
    const LinearOperator<std::complex<float>>&, AffineMap<std::complex<float>>);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_affine(
    const LinearOperator<std::complex<double>>&, AffineMap<std::complex<double>>);
template AffineMap<float> standardisation(const LinearOperator<float>&, bool, bool, Context&);
template AffineMap<double> standardisation(const LinearOperator<double>&, bool, bool, Context&);
template AffineMap<std::complex<float>> standardisation(const LinearOperator<std::complex<float>>&,
                                                        bool,
                                                        bool,
                                                        Context&);
template AffineMap<std::complex<double>> standardisation(
    const LinearOperator<std::complex<double>>&, bool, bool, Context&);

}  // namespace eckart
