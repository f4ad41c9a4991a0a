#include "jacobi.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <utility>

#include "eckart/copy.hpp"
#include "eckart/error.hpp"
#include "eckart/jacobi_svd.hpp"
#include "eckart/operators.hpp"
#include "threads.hpp"

namespace eckart::lapack {
namespace {

// Returns factor A.
template <Scalar T>
Matrix<T> scaled(MatrixView<const T> A, real_t<T> factor) {
  Matrix<T> result(A.rows, A.cols);
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) result(i, j) = A(i, j) * factor;
  }
  return result;
}

// Returns the length of a column, at any scale of its entries.
template <Scalar T>
real_t<T> length_of(MatrixView<const T> column) {
  real_t<T> length = 0;
  for (index_t i = 0; i < column.rows; ++i) length = std::hypot(length, std::abs(column(i, 0)));
  return length;
}

template <Scalar T>
SvdResult<T> jacobi(MatrixView<const T> A, Vectors vectors, Context& context) {
  return jacobi_svd<T>(*make_operator<T>(A), {.vectors = vectors, .certify = false}, context);
}

// The decomposition of A, or of 2^-exponent A where sigma_1 is beyond the largest number.
template <Scalar T>
SvdResult<T> jacobi_within_range(MatrixView<const T> A,
                                 Vectors vectors,
                                 int* exponent,
                                 Context& context) {
  *exponent = 0;
  try {
    return jacobi<T>(A, vectors, context);
  } catch (const Overflow&) {
    *exponent = 40;  // the square root of any number of entries
    const Matrix<T> smaller = scaled<T>(A, std::ldexp(real_t<T>{1}, -*exponent));
    return jacobi<T>(smaller.view(), vectors, context);
  }
}

template <Scalar T>
void write(const SvdResult<T>& svd, const JacobiFactors<T>& factors, Context& context) {
  const MatrixView<T>& U = factors.U;
  const MatrixView<T>& V = factors.V;
  if (U.data != nullptr) copy<T>(svd.U.view().columns(0, U.cols), U, context);
  if (U.data != nullptr && factors.times_sigma) {
    for (index_t j = 0; j < U.cols; ++j) {
      const real_t<T> s = svd.sigma[static_cast<std::size_t>(j)];
      for (index_t i = 0; i < U.rows; ++i) U(i, j) *= s;
    }
  }
  if (V.data == nullptr) return;
  if (!factors.onto_V) return copy<T>(svd.V.view(), V, context);
  Matrix<T> product(V.rows, V.cols);
  make_operator<T>(MatrixView<const T>(V))->apply(svd.V.view(), product.view(), context);
  copy<T>(std::as_const(product).view(), V, context);
}

}  // namespace

template <Scalar T>
Outcome decompose_accurately(MatrixView<const T> A, const JacobiFactors<T>& factors) noexcept {
  using Real = real_t<T>;
  *factors.scale = 1;
  if (A.cols == 0) return Outcome::done;
  const Outcome outcome = outcome_of([&] {
    const bool none = factors.U.data == nullptr && factors.V.data == nullptr;
    const bool full = factors.U.cols > A.cols;
    Context context(threads());
    int exponent = 0;
    const SvdResult<T> svd = jacobi_within_range<T>(A,
                                                    none   ? Vectors::none
                                                    : full ? Vectors::full
                                                           : Vectors::thin,
                                                    &exponent, context);
    std::copy(svd.sigma.begin(), svd.sigma.end(), factors.sigma);
    *factors.scale = std::ldexp(Real{1}, exponent);
    write(svd, factors, context);
  });
  if (outcome != Outcome::done) {
    std::fill_n(factors.sigma, A.cols, std::numeric_limits<Real>::quiet_NaN());
    fill_with_nan(factors.U);
    fill_with_nan(factors.V);
  }
  return outcome;
}

template <Scalar T>
real_t<T> scaled_condition(MatrixView<const T> A) noexcept {
  using Real = real_t<T>;
  Real condition = -1;
  outcome_of([&] {
    Context context(threads());
    Matrix<T> unit(A.rows, A.cols);
    for (index_t j = 0; j < A.cols; ++j) {
      const Real length = length_of<T>(A.columns(j, 1));
      if (length == 0) return;
      // Not by 1 / length, which may not be representable.
      for (index_t i = 0; i < A.rows; ++i) unit(i, j) = A(i, j) / length;
    }
    const SvdResult<T> svd = jacobi<T>(std::as_const(unit).view(), Vectors::none, context);
    if (svd.sigma.back() > 0) condition = 1 / svd.sigma.back();
  });
  return condition;
}

template Outcome decompose_accurately(MatrixView<const float>,
                                      const JacobiFactors<float>&) noexcept;
template Outcome decompose_accurately(MatrixView<const double>,
                                      const JacobiFactors<double>&) noexcept;
template Outcome decompose_accurately(MatrixView<const std::complex<float>>,
                                      const JacobiFactors<std::complex<float>>&) noexcept;
template Outcome decompose_accurately(MatrixView<const std::complex<double>>,
                                      const JacobiFactors<std::complex<double>>&) noexcept;
template float scaled_condition(MatrixView<const float>) noexcept;
template double scaled_condition(MatrixView<const double>) noexcept;
template float scaled_condition(MatrixView<const std::complex<float>>) noexcept;
template double scaled_condition(MatrixView<const std::complex<double>>) noexcept;

}  // namespace eckart::lapack
