#include "factor/spectral.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "blas/blas.hpp"
#include "core/philox.hpp"
#include "factor/dense_chain.hpp"
#include "factor/direct_svd.hpp"
#include "factor/padded.hpp"

namespace eckart::factor {
namespace {

constexpr index_t probes = 4;

// Returns the smaller one of two bounds of ||A||_2: the largest row sum of moduli, and the
// Frobenius norm.
template <Scalar T>
double bound_norm(MatrixView<const T> A) {
  std::vector<double> sums(static_cast<std::size_t>(A.rows));
  double squares = 0;
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      const auto modulus = static_cast<double>(std::abs(A(i, j)));
      sums[static_cast<std::size_t>(i)] += modulus;
      squares += modulus * modulus;
    }
  }
  return std::min(*std::max_element(sums.begin(), sums.end()), std::sqrt(squares));
}

template <Scalar T>
double largest_column_norm(MatrixView<const T> X) {
  double largest = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    double sum = 0;
    for (index_t i = 0; i < X.rows; ++i) sum += static_cast<double>(std::norm(X(i, j)));
    largest = std::max(largest, sum);
  }
  return std::sqrt(largest);
}

// Returns a lower bound of ||A||_2 by the power method from random vectors.
template <Scalar T>
double estimate_norm(MatrixView<const T> A, const Context& context) {
  constexpr int steps = 20;
  Matrix<T> X(A.cols, probes);
  Matrix<T> Y(A.rows, probes);
  core::fill_gaussian(X.view(), 0, 0, 0, context);
  double length = largest_column_norm<T>(X.view());
  double estimate = 0;
  for (int step = 0; step < steps; ++step) {
    const auto unit = T(static_cast<real_t<T>>(1 / length));
    blas::multiply<T>(blas::Op::none, blas::Op::none, unit, A, X.view(), T{0}, Y.view(), context);
    length = largest_column_norm<T>(Y.view());
    if (!(length > 0)) break;
    estimate = std::max(estimate, length);
    std::swap(X, Y);
  }
  return estimate;
}

// Returns x rounded up to a number of few bits, which adds to other such numbers without rounding.
double round_up(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  constexpr int bits = 6;
  return std::ldexp(std::ceil(std::ldexp(x, bits - exponent)), exponent - bits);
}

// Whether u = v in all triplets of a shifted matrix whose values are more than rounding. In one
// that is not positive semidefinite they differ in sign.
template <Scalar T>
bool is_semidefinite(const DenseFactors<T>& shifted, double shift) {
  const index_t n = shifted.V.rows();
  const double rounding =
      static_cast<double>(n) * std::numeric_limits<real_t<T>>::epsilon() * shift;
  for (index_t j = 0; j < n; ++j) {
    if (!(static_cast<double>(shifted.sigma[static_cast<std::size_t>(j)]) > rounding)) break;
    double inner = 0;
    for (index_t i = 0; i < n; ++i) {
      inner += static_cast<double>(std::real(conjugate(shifted.U(i, j)) * shifted.V(i, j)));
    }
    if (inner < 0.5) return false;
  }
  return true;
}

// Reorders by falling |lambda|; equal ones keep their order.
template <Scalar T>
void sort_by_modulus(Spectral<T>& spectral) {
  const Spectral<T> from = {spectral.lambda, std::move(spectral.Q)};
  std::vector<std::size_t> order(from.lambda.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return std::abs(from.lambda[i]) > std::abs(from.lambda[j]);
  });
  spectral.Q = Matrix<T>::uninitialized(from.Q.rows(), from.Q.cols());
  for (std::size_t j = 0; j < order.size(); ++j) {
    spectral.lambda[j] = from.lambda[order[j]];
    std::copy_n(from.Q.view().column(static_cast<index_t>(order[j])), from.Q.rows(),
                spectral.Q.view().column(static_cast<index_t>(j)));
  }
}

}  // namespace

template <Scalar T>
Spectral<T> decompose_hermitian(index_t n,
                                const std::function<void(MatrixView<T>)>& fill,
                                std::vector<std::string>& fallbacks,
                                const Context& context) {
  Spectral<T> spectral;
  if (n == 0) return spectral;
  bool trust_estimate = true;
  double shift = 0;
  const auto fill_shifted = [&](MatrixView<T> A) {
    fill(A);
    shift = bound_norm<T>(A);
    if (trust_estimate) shift = std::min(shift, 1.25 * estimate_norm<T>(A, context));
    shift = round_up(shift);
    for (index_t i = 0; i < n; ++i) A(i, i) += static_cast<real_t<T>>(shift);
  };
  const auto decompose = [&] {
    return factor_dense<T>(n, n, fill_shifted, Vectors::thin, {},
                           dense_chain<T>(DenseAlgorithm::divide_and_conquer), fallbacks, context);
  };
  DenseFactors<T> factors = decompose();
  if (!is_semidefinite(factors, shift)) {
    fallbacks.push_back("the norm of A was estimated too low; A was decomposed again with a bound");
    trust_estimate = false;
    factors = {};
    factors = decompose();
  }
  factors.U = {};
  spectral = {std::move(factors.sigma), std::move(factors.V)};
  for (real_t<T>& value : spectral.lambda) value -= static_cast<real_t<T>>(shift);
  sort_by_modulus(spectral);
  return spectral;
}

template <Scalar T>
double decompose_hermitian_elements(index_t n) {
  const auto order = static_cast<double>(n);
  const auto column = static_cast<double>(PaddedMatrix<T>::leading_dimension(n));
  return column * (order + 1) +
         std::max(2 * probes * order, direct_svd_elements<T>(n, n, Vectors::thin, n)) + 8 * order;
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template Spectral<float> decompose_hermitian(index_t,
                                             const std::function<void(MatrixView<float>)>&,
                                             std::vector<std::string>&,
                                             const Context&);
template Spectral<double> decompose_hermitian(index_t,
                                              const std::function<void(MatrixView<double>)>&,
                                              std::vector<std::string>&,
                                              const Context&);
template Spectral<cfloat> decompose_hermitian(index_t,
                                              const std::function<void(MatrixView<cfloat>)>&,
                                              std::vector<std::string>&,
                                              const Context&);
template Spectral<cdouble> decompose_hermitian(index_t,
                                               const std::function<void(MatrixView<cdouble>)>&,
                                               std::vector<std::string>&,
                                               const Context&);
template double decompose_hermitian_elements<float>(index_t);
template double decompose_hermitian_elements<double>(index_t);
template double decompose_hermitian_elements<cfloat>(index_t);
template double decompose_hermitian_elements<cdouble>(index_t);

}  // namespace eckart::factor
