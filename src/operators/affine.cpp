// diag(row_scale) (A - 1 column_shift^T - row_shift 1^T) diag(column_scale), never formed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/parallel.hpp"
#include "eckart/operators.hpp"
#include "operators/entries.hpp"

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

template <Scalar T>
class AffineOperator final : public LinearOperator<T> {
 public:
  AffineOperator(const LinearOperator<T>& A, AffineMap<T> map) : A_(A), map_(std::move(map)) {}

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return A_.entries_per_product(); }
  std::uint64_t stored_bytes() const override { return A_.stored_bytes(); }

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

  // Looks at A, not at the mapped entries: finite shifts and scales keep finite entries finite.
  EntryScan scan(Context& context) const override { return A_.scan(context); }

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
  if (center) {
    Matrix<T> ones(m, 1);
    std::fill_n(ones.data(), m, T{1});
    Matrix<T> sums(n, 1);
    A.apply_adjoint(std::as_const(ones).view(), sums.view(), context);
    map.column_shift.resize(at(n));
    for (index_t j = 0; j < n; ++j) {
      map.column_shift[at(j)] = conjugate(sums(j, 0)) / static_cast<real_t<T>>(m);
    }
  }
  if (scale) {
    AffineMap<T> deviations = map;
    if (!center) {  // the standard deviation is about the mean, whether it is subtracted or not
      deviations = standardisation(A, true, false, context);
    }
    const std::vector<double> energies = A.column_energies(deviations, context);
    map.column_scale.resize(at(n));
    for (index_t j = 0; j < n; ++j) {
      const double deviation =
          m > 1 ? std::sqrt(energies[at(j)] / static_cast<double>(m - 1)) : 0.0;
      // A constant column has rounding noise instead of zero for its deviation.
      const double mean = static_cast<double>(std::abs(deviations.column_shift[at(j)]));
      const double eps = std::numeric_limits<real_t<T>>::epsilon();
      const bool constant = !(deviation > 10 * eps * mean);
      map.column_scale[at(j)] = constant ? real_t<T>{1} : static_cast<real_t<T>>(1 / deviation);
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
