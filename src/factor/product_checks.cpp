#include "factor/product_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "blas/blas.hpp"
#include "eckart/error.hpp"
#include "factor/over_ranks.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

// Returns the first row that holds a NaN or an infinity, by columns; -1 if there is none.
template <Scalar T>
index_t first_nonfinite_row(MatrixView<const T> X) {
  for (index_t j = 0; j < X.cols; ++j) {
    if (std::isfinite(kernels::kernels<T>().shifted_energy(X.rows, X.column(j), T{0}, 1))) continue;
    for (index_t i = 0; i < X.rows; ++i) {
      if (!std::isfinite(std::real(X(i, j))) || !std::isfinite(std::imag(X(i, j)))) return i;
    }
  }
  return -1;
}

}  // namespace

template <Scalar T>
void require_finite_product(const LinearOperator<T>& A,
                            MatrixView<const T> X,
                            Side side,
                            Context& context) {
  const index_t bad = first_nonfinite_row<T>(X);
  if (bad < 0) return;
  // A NaN in row i of A V comes from row i of A.
  const bool of_rows = side == Side::rows;
  const Shard shard = of_rows ? A.row_shard() : A.col_shard();
  const auto fail = [&] {
    throw InvalidArgument(fmt::format(
        "the operator's product {} is not finite (NaN or infinity) in row {} for a finite block of "
        "vectors",
        of_rows ? "A X" : "A^H Y", shard.first + bad + 1));
  };
  if (!shard.alone()) fail();  // the other ranks make no product now
  Matrix<T> unit(X.rows, 1);
  Matrix<T> line(of_rows ? A.cols() : A.rows(), 1);
  unit(bad, 0) = 1;
  if (of_rows) {
    A.apply_adjoint(std::as_const(unit).view(), line.view(), context);
  } else {
    A.apply(std::as_const(unit).view(), line.view(), context);
  }
  const index_t other = first_nonfinite_row<T>(line.view());
  if (other >= 0) {
    const T value = line(other, 0);
    const double part = std::isfinite(std::real(value)) ? static_cast<double>(std::imag(value))
                                                        : static_cast<double>(std::real(value));
    throw of_rows ? NonFiniteInput(bad, other, part) : NonFiniteInput(other, bad, part);
  }
  fail();
}

template <Scalar T>
void require_adjoint(const LinearOperator<T>& A,
                     MatrixView<const T> V,
                     MatrixView<const T> Z,
                     std::span<const real_t<T>> sigma,
                     const Context& context) {
  if (sigma.empty()) return;
  Matrix<T> C(V.cols, V.cols);
  inner_products<T>(V, Z, C.view(), A.col_shard(), context);
  double largest = 0;
  for (index_t j = 0; j < C.cols(); ++j) {
    C(j, j) -= sigma[static_cast<std::size_t>(j)];
    for (index_t i = 0; i < C.rows(); ++i) {
      largest = std::max(largest, static_cast<double>(std::abs(C(i, j))));
    }
  }
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double slack = 1000 * eps * std::sqrt(static_cast<double>(A.rows() + A.cols())) *
                           static_cast<double>(sigma[0]) +
                       1000 * A.rounding_level();
  require(largest <= slack,
          fmt::format("apply_adjoint is not the adjoint of apply: <A x, y> and <x, A^H y> differ "
                      "by {:.1e} times what rounding explains",
                      slack > 0 ? largest / slack : std::numeric_limits<double>::infinity()));
}

template void require_finite_product(const LinearOperator<float>&,
                                     MatrixView<const float>,
                                     Side,
                                     Context&);
template void require_finite_product(const LinearOperator<double>&,
                                     MatrixView<const double>,
                                     Side,
                                     Context&);
template void require_finite_product(const LinearOperator<std::complex<float>>&,
                                     MatrixView<const std::complex<float>>,
                                     Side,
                                     Context&);
template void require_finite_product(const LinearOperator<std::complex<double>>&,
                                     MatrixView<const std::complex<double>>,
                                     Side,
                                     Context&);
template void require_adjoint(const LinearOperator<float>&,
                              MatrixView<const float>,
                              MatrixView<const float>,
                              std::span<const float>,
                              const Context&);
template void require_adjoint(const LinearOperator<double>&,
                              MatrixView<const double>,
                              MatrixView<const double>,
                              std::span<const double>,
                              const Context&);
template void require_adjoint(const LinearOperator<std::complex<float>>&,
                              MatrixView<const std::complex<float>>,
                              MatrixView<const std::complex<float>>,
                              std::span<const float>,
                              const Context&);
template void require_adjoint(const LinearOperator<std::complex<double>>&,
                              MatrixView<const std::complex<double>>,
                              MatrixView<const std::complex<double>>,
                              std::span<const double>,
                              const Context&);

}  // namespace eckart::factor
