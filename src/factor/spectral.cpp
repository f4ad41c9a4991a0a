#include "factor/spectral.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "factor/dense_chain.hpp"

namespace eckart::factor {
namespace {

template <Scalar T>
bool all_finite(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [](T x) { return std::isfinite(x); });
}

// Returns the largest row sum of moduli, at least ||A||_2.
template <Scalar T>
real_t<T> row_sum_norm(MatrixView<const T> A) {
  std::vector<real_t<T>> sums(static_cast<std::size_t>(A.rows));
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) sums[static_cast<std::size_t>(i)] += std::abs(A(i, j));
  }
  return *std::max_element(sums.begin(), sums.end());
}

template <Scalar T>
Spectral<T> decompose_shifted(index_t n,
                              const std::function<void(MatrixView<T>)>& fill,
                              std::vector<std::string>& fallbacks,
                              const Context& context) {
  real_t<T> shift = 0;
  const auto fill_shifted = [&](MatrixView<T> A) {
    fill(A);
    shift = row_sum_norm<T>(A);
    for (index_t i = 0; i < n; ++i) A(i, i) += shift;
  };
  DenseFactors<T> factors =
      factor_dense<T>(n, n, fill_shifted, Vectors::thin, {},
                      dense_chain<T>(DenseAlgorithm::divide_and_conquer), fallbacks, context);
  for (real_t<T>& value : factors.sigma) value -= shift;
  return {std::move(factors.sigma), std::move(factors.V)};
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
  spectral.Q = Matrix<T>(from.Q.rows(), from.Q.cols());
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
                                EigenSolver<T> solver,
                                std::vector<std::string>& fallbacks,
                                const Context& context) {
  Spectral<T> spectral;
  if (n == 0) return spectral;
  spectral.Q = Matrix<T>(n, n);
  fill(spectral.Q.view());
  spectral.lambda = solver(spectral.Q.view());
  if (spectral.lambda.empty() || !all_finite(spectral.lambda)) {
    fallbacks.push_back("the Hermitian eigensolver failed; a shift of A was decomposed instead");
    spectral.Q = {};
    spectral = decompose_shifted<T>(n, fill, fallbacks, context);
  }
  sort_by_modulus(spectral);
  return spectral;
}

template Spectral<float> decompose_hermitian(index_t,
                                             const std::function<void(MatrixView<float>)>&,
                                             EigenSolver<float>,
                                             std::vector<std::string>&,
                                             const Context&);
template Spectral<double> decompose_hermitian(index_t,
                                              const std::function<void(MatrixView<double>)>&,
                                              EigenSolver<double>,
                                              std::vector<std::string>&,
                                              const Context&);
template Spectral<std::complex<float>> decompose_hermitian(
    index_t,
    const std::function<void(MatrixView<std::complex<float>>)>&,
    EigenSolver<std::complex<float>>,
    std::vector<std::string>&,
    const Context&);
template Spectral<std::complex<double>> decompose_hermitian(
    index_t,
    const std::function<void(MatrixView<std::complex<double>>)>&,
    EigenSolver<std::complex<double>>,
    std::vector<std::string>&,
    const Context&);

}  // namespace eckart::factor
