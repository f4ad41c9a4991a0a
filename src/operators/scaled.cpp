#include "operators/scaled.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "eckart/error.hpp"
#include "operators/sparse_entries.hpp"

namespace eckart::operators {
namespace {

template <Scalar T>
class ScaledOperator final : public LinearOperator<T>, public SparseSource<T> {
 public:
  ScaledOperator(const LinearOperator<T>& A, int exponent) : A_(A), exponent_(exponent) {}

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Shard row_shard() const override { return A_.row_shard(); }
  Shard col_shard() const override { return A_.col_shard(); }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return A_.entries_per_product(); }
  std::uint64_t stored_bytes() const override { return A_.stored_bytes(); }
  std::uint64_t bytes_per_read() const override { return A_.bytes_per_read(); }
  index_t reads() const override { return A_.reads(); }

  // Half of the factor before the product and half after: neither X nor Y leaves the range.
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    const Matrix<T> scaled = times(X, exponent_ / 2, context);
    A_.apply(scaled.view(), Y, context);
    times_in_place(Y, exponent_ - exponent_ / 2, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    const Matrix<T> scaled = times(Y, exponent_ / 2, context);
    A_.apply_adjoint(scaled.view(), X, context);
    times_in_place(X, exponent_ - exponent_ / 2, context);
  }
  // Half of the factor for the rows, half for the columns: each is representable.
  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    if (!map.column_shift.empty() || !map.row_shift.empty()) {
      return LinearOperator<T>::column_energies(map, context);
    }
    using Real = real_t<T>;
    AffineMap<T> scaled = map;
    if (scaled.row_scale.empty())
      scaled.row_scale.assign(static_cast<std::size_t>(row_shard().count), Real{1});
    if (scaled.column_scale.empty()) {
      scaled.column_scale.assign(static_cast<std::size_t>(cols()), Real{1});
    }
    for (Real& s : scaled.row_scale) s = std::ldexp(s, exponent_ / 2);
    for (Real& s : scaled.column_scale) s = std::ldexp(s, exponent_ - exponent_ / 2);
    return A_.column_energies(scaled, context);
  }
  double rounding_level() const override { return std::ldexp(A_.rounding_level(), exponent_); }
  void copy_to(MatrixView<T> A, Context& context) const override {
    A_.copy_to(A, context);
    times_in_place(A, exponent_, context);
  }
  std::optional<SparseMatrix<T>> sparse_entries() const override {
    std::optional<SparseMatrix<T>> entries = operators::sparse_entries(A_);
    if (!entries) return entries;
    const index_t count = entries->stored_entries();
    Context one_thread;
    times_in_place({entries->values.data(), count, 1, std::max<index_t>(1, count)}, exponent_,
                   one_thread);
    return entries;
  }

 private:
  static void times_in_place(MatrixView<T> X, int exponent, const Context& context) {
    constexpr index_t rows_per_chunk = 8192;
    core::for_each_chunk(X.rows, rows_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           for (index_t j = 0; j < X.cols; ++j) {
                             for (index_t i = first; i < last; ++i) {
                               if constexpr (is_complex<T>) {
                                 X(i, j) = {std::ldexp(X(i, j).real(), exponent),
                                            std::ldexp(X(i, j).imag(), exponent)};
                               } else {
                                 X(i, j) = std::ldexp(X(i, j), exponent);
                               }
                             }
                           }
                         });
  }
  static Matrix<T> times(MatrixView<const T> X, int exponent, const Context& context) {
    Matrix<T> scaled(X.rows, X.cols);
    for (index_t j = 0; j < X.cols; ++j) {
      std::copy_n(X.column(j), X.rows, scaled.view().column(j));
    }
    times_in_place(scaled.view(), exponent, context);
    return scaled;
  }

  const LinearOperator<T>& A_;
  int exponent_;
};

// Returns the largest element of A x in modulus for a random x of unit size; 0 where one is not
// finite, which whoever uses the products is to report.
template <Scalar T>
double product_size(const LinearOperator<T>& A, Context& context) {
  Matrix<T> x(A.col_shard().count, 1);
  Matrix<T> y(A.row_shard().count, 1);
  core::fill_gaussian(x.view(), 0, 0, 0, context, A.col_shard().first);
  A.apply(std::as_const(x).view(), y.view(), context);
  double largest = 0;
  bool finite = true;
  for (index_t i = 0; i < y.rows(); ++i) {
    const double element = std::max(std::abs(static_cast<double>(std::real(y(i, 0)))),
                                    std::abs(static_cast<double>(std::imag(y(i, 0)))));
    finite = finite && std::isfinite(element);
    largest = std::max(largest, element);
  }
  if (A.row_shard().any(!finite)) return 0;
  if (!A.row_shard().alone()) A.row_shard().ranks->max({&largest, 1});
  return largest;
}

}  // namespace

int exponent_of(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return exponent;
}

template <Scalar T>
Prepared<T>::Prepared(const LinearOperator<T>& A, Context& context) : A_(A) {
  double size = 0;
  if (A.storage() == Storage::matrix_free) {
    size = product_size(A, context);
  } else {
    const EntryScan scan = A.scan(context);
    if (!scan.finite()) {
      throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
    }
    size = max_abs_ = scan.max_abs;
    min_abs_ = scan.min_abs;
  }
  constexpr int widest = sizeof(real_t<T>) == 8 ? 200 : 30;
  const int exponent = exponent_of(size) - 1;  // 2^exponent <= size, representable
  if (size == 0 || std::abs(exponent) <= widest) return;
  scale_ = std::ldexp(1.0, exponent);
  scaled_ = std::make_unique<ScaledOperator<T>>(A, -exponent);
}

template <Scalar T>
std::vector<real_t<T>> Prepared<T>::to_scale(std::vector<real_t<T>> sigma) const {
  for (real_t<T>& s : sigma) s = static_cast<real_t<T>>(static_cast<double>(s) / scale_);
  return sigma;
}

template class Prepared<float>;
template class Prepared<double>;
template class Prepared<std::complex<float>>;
template class Prepared<std::complex<double>>;

}  // namespace eckart::operators
