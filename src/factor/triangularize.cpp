#include "factor/triangularize.hpp"

#include <algorithm>
#include <span>

#include "blas/lapack.hpp"
#include "core/parallel.hpp"
#include "factor/copies.hpp"
#include "factor/reflectors.hpp"

namespace eckart::factor {

template <Scalar T>
std::vector<T> triangularize(MatrixView<T> X, const Context& context) {
  constexpr index_t width = 64;
  const index_t k = std::min(X.rows, X.cols);
  std::vector<T> tau(static_cast<std::size_t>(k));
  for (index_t j = 0; j < k; j += width) {
    core::throw_if_stopped(context);
    const index_t count = std::min(width, k - j);
    const MatrixView<T> panel = X.block(j, j, X.rows - j, count);
    const std::span<T> factors =
        std::span(tau).subspan(static_cast<std::size_t>(j), static_cast<std::size_t>(count));
    blas::reflect_to_triangle(panel, factors.data());
    apply_adjoint_reflectors<T>(Stored::columns, panel, factors,
                                X.block(j, j + count, X.rows - j, X.cols - j - count), context);
  }
  return tau;
}

template <Scalar T>
Matrix<T> complete_basis(MatrixView<const T> X, const Context& context) {
  const index_t m = X.rows;
  const index_t n = X.cols;
  Matrix<T> Q(m, m);
  const MatrixView<T> given = Q.view().columns(0, n);
  copy<T>(X, given);
  if (n == m) return Q;
  const std::vector<T> tau = triangularize<T>(given, context);
  for (index_t j = n; j < m; ++j) Q(j, j) = 1;
  apply_reflectors<T>(Stored::columns, given, tau, Q.view().columns(n, m - n), context);
  copy<T>(X, given);  // Householder's Q spans the same space with other signs
  return Q;
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template std::vector<float> triangularize(MatrixView<float>, const Context&);
template std::vector<double> triangularize(MatrixView<double>, const Context&);
template std::vector<cfloat> triangularize(MatrixView<cfloat>, const Context&);
template std::vector<cdouble> triangularize(MatrixView<cdouble>, const Context&);
template Matrix<float> complete_basis(MatrixView<const float>, const Context&);
template Matrix<double> complete_basis(MatrixView<const double>, const Context&);
template Matrix<cfloat> complete_basis(MatrixView<const cfloat>, const Context&);
template Matrix<cdouble> complete_basis(MatrixView<const cdouble>, const Context&);

}  // namespace eckart::factor
