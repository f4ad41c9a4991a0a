#include "least_squares.hpp"

#include <cmath>
#include <complex>
#include <limits>
#include <span>

#include "decompose.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "threads.hpp"

namespace eckart::lapack {
namespace {

// Returns e with the largest real or imaginary part of X in [2^e, 2^(e+1)); 0 for zeros.
// Throws NonFiniteInput.
template <Scalar T>
int exponent_of(MatrixView<const T> X, Context& context) {
  const EntryScan scan = throw_if_not_finite<T>(X, context);
  return scan.max_abs > 0 ? std::ilogb(scan.max_abs) : 0;
}

template <Scalar T>
T times_power(T x, int exponent) {
  if constexpr (is_complex<T>) {
    return {std::ldexp(x.real(), exponent), std::ldexp(x.imag(), exponent)};
  } else {
    return std::ldexp(x, exponent);
  }
}

// Returns 2^exponent X.
template <Scalar T>
Matrix<T> scaled_copy(MatrixView<const T> X, int exponent) {
  Matrix<T> copy(X.rows, X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) copy(i, j) = times_power(X(i, j), exponent);
  }
  return copy;
}

// How many singular values count.
template <class Real>
index_t count_rank(std::span<const Real> sigma, Real rcond) {
  const Real least = rcond > 0 && rcond < 1 ? rcond : std::numeric_limits<Real>::epsilon() / 2;
  const auto counts = [&](Real s) { return s > least * sigma[0]; };
  return std::count_if(sigma.begin(), sigma.end(), counts);
}

}  // namespace

template <Scalar T>
int solve_least_squares(MatrixView<const T> A,
                        MatrixView<T> B,
                        real_t<T> rcond,
                        real_t<T>* sigma,
                        index_t* rank) noexcept {
  using Real = real_t<T>;
  const index_t k = std::min(A.rows, A.cols);
  *rank = 0;
  if (k == 0 || B.cols == 0) {
    for (index_t j = 0; j < B.cols; ++j) std::fill_n(B.column(j), A.cols, T{0});
    if (k == 0) return 0;
  }
  Context context(threads());
  int exponent = 0;  // of B
  const MatrixView<T> given = B.block(0, 0, A.rows, B.cols);
  const Outcome looked = outcome_of([&] { exponent = exponent_of<T>(given, context); });
  int info = info_of(looked, 6);
  if (info == 0) {
    info = info_of(outcome_of([&] {
                     const int size = exponent_of<T>(A, context);
                     const Matrix<T> scaled = scaled_copy<T>(A, -size);
                     const Matrix<T> rhs = scaled_copy<T>(given, -exponent);
                     const auto op = make_operator<T>(scaled.view());
                     const SvdResult<T> svd = dense_svd<T>(*op, {.certify = false}, context);
                     *rank = count_rank<Real>(svd.sigma, rcond);
                     Matrix<T> X(A.cols, B.cols);
                     if (B.cols > 0 && *rank > 0) {
                       // X = V diag(1 / sigma) U^H B
                       Matrix<T> C(*rank, B.cols);
                       make_operator<T>(svd.U.view().columns(0, *rank))
                           ->apply_adjoint(rhs.view(), C.view(), context);
                       for (index_t j = 0; j < B.cols; ++j) {
                         for (index_t i = 0; i < *rank; ++i)
                           C(i, j) /= svd.sigma[static_cast<std::size_t>(i)];
                       }
                       make_operator<T>(svd.V.view().columns(0, *rank))
                           ->apply(std::as_const(C).view(), X.view(), context);
                     }
                     for (index_t i = 0; i < k; ++i)
                       sigma[i] = std::ldexp(svd.sigma[static_cast<std::size_t>(i)], size);
                     if (!std::isfinite(sigma[0])) throw Overflow("a singular value is too large");
                     if (A.rows > A.cols && *rank == A.cols && B.cols > 0) {
                       Matrix<T> AX(A.rows, B.cols);
                       op->apply(std::as_const(X).view(), AX.view(), context);
                       for (index_t j = 0; j < B.cols; ++j) {
                         Real squares = 0;
                         for (index_t i = 0; i < A.rows; ++i)
                           squares += std::norm(rhs(i, j) - AX(i, j));
                         std::fill_n(B.column(j) + A.cols, A.rows - A.cols, T{0});
                         B(A.cols, j) = times_power(T{std::sqrt(squares)}, exponent);
                       }
                     }
                     for (index_t j = 0; j < B.cols; ++j) {
                       for (index_t i = 0; i < A.cols; ++i)
                         B(i, j) = times_power(X(i, j), exponent - size);
                     }
                     const MatrixView<const T> solution = B.block(0, 0, A.cols, B.cols);
                     if (B.cols > 0 && !make_operator<T>(solution)->scan(context).finite()) {
                       throw Overflow("a solution is too large");
                     }
                   }),
                   4);
  }
  if (info != 0) {
    std::fill_n(sigma, k, std::numeric_limits<Real>::quiet_NaN());
    fill_with_nan(B);
  }
  return info;
}

template int solve_least_squares(
    MatrixView<const float>, MatrixView<float>, float, float*, index_t*) noexcept;
template int solve_least_squares(
    MatrixView<const double>, MatrixView<double>, double, double*, index_t*) noexcept;
template int solve_least_squares(MatrixView<const std::complex<float>>,
                                 MatrixView<std::complex<float>>,
                                 float,
                                 float*,
                                 index_t*) noexcept;
template int solve_least_squares(MatrixView<const std::complex<double>>,
                                 MatrixView<std::complex<double>>,
                                 double,
                                 double*,
                                 index_t*) noexcept;

}  // namespace eckart::lapack
