#include "factor/pivoted_qr.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "blas/lapack.hpp"
#include "core/parallel.hpp"
#include "factor/block_jacobi.hpp"
#include "factor/reflectors.hpp"

namespace eckart::factor {
namespace {

// Returns the rows in falling order of their largest entry.
template <Scalar T>
std::vector<index_t> rows_by_size(MatrixView<const T> A) {
  using Real = real_t<T>;
  std::vector<Real> size(static_cast<std::size_t>(A.rows), Real{0});
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      Real& largest = size[static_cast<std::size_t>(i)];
      largest = std::max({largest, std::abs(std::real(A(i, j))), std::abs(std::imag(A(i, j)))});
    }
  }
  std::vector<index_t> order(static_cast<std::size_t>(A.rows));
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t i, index_t j) {
    return size[static_cast<std::size_t>(i)] > size[static_cast<std::size_t>(j)];
  });
  return order;
}

constexpr index_t columns_per_chunk = 32;

// Row order[i] of C <- row i.
template <Scalar T>
void scatter_rows(MatrixView<T> C, const std::vector<index_t>& order, const Context& context) {
  core::for_each_chunk(C.cols, columns_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         std::vector<T> column(order.size());
                         for (index_t j = first; j < last; ++j) {
                           std::copy_n(C.column(j), C.rows, column.begin());
                           for (std::size_t i = 0; i < order.size(); ++i)
                             C(order[i], j) = column[i];
                         }
                       });
}

template <Scalar T>
void gather_rows(MatrixView<T> C, const std::vector<index_t>& order, const Context& context) {
  core::for_each_chunk(C.cols, columns_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         std::vector<T> column(order.size());
                         for (index_t j = first; j < last; ++j) {
                           for (std::size_t i = 0; i < order.size(); ++i)
                             column[i] = C(order[i], j);
                           std::copy(column.begin(), column.end(), C.column(j));
                         }
                       });
}

// Returns how many columns are factored between two looks at the context: few in a large matrix.
template <Scalar T>
index_t panel_width(MatrixView<const T> A) {
  constexpr double elements = 1.3e8 * 8 / sizeof(T);
  const double entries = static_cast<double>(A.rows) * static_cast<double>(A.cols);
  return static_cast<index_t>(std::clamp(elements / std::max(entries, 1.0), 8.0, 32.0));
}

}  // namespace

template <Scalar T>
PivotedQr<T>::PivotedQr(MatrixView<T> A, const Context& context)
    : factors_(A), row_order_(rows_by_size<T>(A)), column_order_(static_cast<std::size_t>(A.cols)) {
  gather_rows(A, row_order_, context);
  const auto n = static_cast<std::size_t>(A.cols);
  blas::Pivoting<T> pivoting{
      std::vector<T>(n), std::vector<blas::blas_int>(n), std::vector<real_t<T>>(n), {}};
  std::iota(pivoting.order.begin(), pivoting.order.end(), 1);
  for (std::size_t j = 0; j < n; ++j) {
    pivoting.norms[j] = norm_of<T>(A.column(static_cast<index_t>(j)), A.rows);
  }
  pivoting.exact = pivoting.norms;
  while (pivoting.done < A.cols) {
    core::throw_if_stopped(context);
    blas::reflect_panel_pivoted(A, panel_width<T>(A), pivoting);
  }
  tau_ = std::move(pivoting.tau);
  for (std::size_t j = 0; j < n; ++j) column_order_[j] = pivoting.order[j] - 1;
  while (rank_ < A.cols && A(rank_, rank_) != T{0}) ++rank_;
}

template <Scalar T>
void PivotedQr<T>::copy_adjoint_of_r(MatrixView<T> L) const {
  for (index_t j = 0; j < L.cols; ++j) {
    std::fill_n(L.column(j), j, T{});
    for (index_t i = j; i < L.rows; ++i) L(i, j) = conjugate(factors_(j, i));
  }
}

template <Scalar T>
void PivotedQr<T>::apply_q(MatrixView<T> C, const Context& context) const {
  apply_reflectors<T>(Stored::columns, factors_, tau_, C, context);
  scatter_rows(C, row_order_, context);
}

template <Scalar T>
void PivotedQr<T>::apply_p(MatrixView<T> C, const Context& context) const {
  scatter_rows(C, column_order_, context);
}

template class PivotedQr<float>;
template class PivotedQr<double>;
template class PivotedQr<std::complex<float>>;
template class PivotedQr<std::complex<double>>;

}  // namespace eckart::factor
