#include "factor/pivoted_qr.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "blas/lapack.hpp"
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

// Row order[i] of C <- row i.
template <Scalar T>
void scatter_rows(MatrixView<T> C, const std::vector<index_t>& order) {
  std::vector<T> column(order.size());
  for (index_t j = 0; j < C.cols; ++j) {
    std::copy_n(C.column(j), C.rows, column.begin());
    for (std::size_t i = 0; i < order.size(); ++i) C(order[i], j) = column[i];
  }
}

template <Scalar T>
void gather_rows(MatrixView<T> C, const std::vector<index_t>& order) {
  std::vector<T> column(order.size());
  for (index_t j = 0; j < C.cols; ++j) {
    for (std::size_t i = 0; i < order.size(); ++i) column[i] = C(order[i], j);
    std::copy(column.begin(), column.end(), C.column(j));
  }
}

}  // namespace

template <Scalar T>
PivotedQr<T>::PivotedQr(MatrixView<T> A)
    : factors_(A), tau_(static_cast<std::size_t>(A.cols)), row_order_(rows_by_size<T>(A)) {
  gather_rows(A, row_order_);
  blas::reflect_to_triangle_pivoted(A, tau_.data(), column_order_);
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
  scatter_rows(C, row_order_);
}

template <Scalar T>
void PivotedQr<T>::apply_p(MatrixView<T> C) const {
  scatter_rows(C, column_order_);
}

template class PivotedQr<float>;
template class PivotedQr<double>;
template class PivotedQr<std::complex<float>>;
template class PivotedQr<std::complex<double>>;

}  // namespace eckart::factor
