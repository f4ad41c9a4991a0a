#include "eckart/apps/spectral.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/hermitian_svd.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

template <Scalar T>
Matrix<T> entries_of(const LinearOperator<T>& A, Context& context) {
  const index_t n = A.cols();
  const double bytes = sizeof(T) * double(n) * double(n) + hermitian_svd_bytes<T>(n);
  const std::uint64_t cap = context.memory_cap_bytes();
  if (cap > 0 && bytes > static_cast<double>(cap)) {
    throw MemoryLimit(fmt::format("the spectral decomposition of a {0} x {0} matrix", n),
                      static_cast<std::uint64_t>(bytes), cap);
  }
  Matrix<T> entries(n, n);
  constexpr index_t block = 256;
  for (index_t first = 0; first < n; first += block) {
    const index_t count = std::min(block, n - first);
    Matrix<T> unit(n, count);
    for (index_t j = 0; j < count; ++j) unit(first + j, j) = 1;
    A.apply(std::as_const(unit).view(), entries.view().columns(first, count), context);
  }
  return entries;
}

template <Scalar T>
std::string text_of(T x) {
  if constexpr (is_complex<T>) {
    return fmt::format("{}{:+}i", x.real(), x.imag());
  } else {
    return fmt::format("{}", x);
  }
}

// Averages an asymmetry within the tolerance away and returns the largest.
template <Scalar T>
double make_hermitian(Matrix<T>& A, double tolerance) {
  double largest = 0, worst = 0;
  index_t row = 0, col = 0;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      const auto size = static_cast<double>(std::abs(A(i, j)));
      if (!std::isfinite(size)) throw NonFiniteInput(i, j, size);
      largest = std::max(largest, size);
      // Halves do not overflow.
      const double asymmetry =
          2 *
          static_cast<double>(std::abs(A(i, j) / real_t<T>(2) - conjugate(A(j, i)) / real_t<T>(2)));
      if (i > j || !(asymmetry > worst)) continue;
      worst = asymmetry;
      row = i;
      col = j;
    }
  }
  if (worst > tolerance * largest) {
    const std::string pair =
        row == col ? fmt::format("entry ({0}, {0}) is {1}, which is not real", row + 1,
                                 text_of(A(row, row)))
                   : fmt::format("entry ({}, {}) is {}, entry ({}, {}) is {}", row + 1, col + 1,
                                 text_of(A(row, col)), col + 1, row + 1, text_of(A(col, row)));
    throw InvalidArgument(fmt::format(
        "the matrix is not {}: {}; they differ by {:.6g}, {:.2g} of the largest entry, and at most "
        "{:.2g} of it is tolerated",
        is_complex<T> ? "Hermitian" : "symmetric", pair, worst, worst / largest, tolerance));
  }
  if (!(worst > 0)) return 0;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i <= j; ++i) {
      const T mean = A(i, j) / real_t<T>(2) + conjugate(A(j, i)) / real_t<T>(2);
      A(i, j) = i == j ? T(std::real(mean)) : mean;
      A(j, i) = conjugate(A(i, j));
    }
  }
  return worst;
}

}  // namespace

template <Scalar T>
SpectralDecomposition<T> spectral_decomposition(const LinearOperator<T>& A,
                                                const SpectralOptions& options,
                                                Context& context) {
  require(options.tolerance >= 0 && options.tolerance < 1,
          fmt::format("tolerance must be at least 0 and below 1, got {}", options.tolerance));
  require(options.count.value_or(0) >= 0,
          fmt::format("count must be >= 0, got {}", options.count.value_or(0)));
  require(A.rows() == A.cols(),
          fmt::format("a Hermitian matrix is square; this one is {} x {}", A.rows(), A.cols()));
  SpectralDecomposition<T> result;
  Matrix<T> entries = entries_of(A, context);
  result.asymmetry = make_hermitian(entries, options.tolerance);
  SvdResult<T> svd = hermitian_svd(*make_operator(std::as_const(entries).view()),
                                   {.accuracy = options.accuracy}, context);
  result.report = std::move(svd.report);

  // Those of largest modulus come first.
  const index_t kept = std::min(options.count.value_or(A.cols()), A.cols());
  std::vector<index_t> order(at(kept));
  std::iota(order.begin(), order.end(), index_t{0});
  if (options.order != EigenvalueOrder::modulus) {
    const bool rising = options.order == EigenvalueOrder::rising;
    std::stable_sort(order.begin(), order.end(), [&](index_t i, index_t j) {
      return rising ? svd.lambda[at(i)] < svd.lambda[at(j)] : svd.lambda[at(i)] > svd.lambda[at(j)];
    });
  }
  result.V = Matrix<T>::uninitialized(A.rows(), kept);
  for (index_t j = 0; j < kept; ++j) {
    result.lambda.push_back(svd.lambda[at(order[at(j)])]);
    std::copy_n(svd.V.view().column(order[at(j)]), A.rows(), result.V.view().column(j));
  }
  return result;
}

template SpectralDecomposition<float> spectral_decomposition(const LinearOperator<float>&,
                                                             const SpectralOptions&,
                                                             Context&);
template SpectralDecomposition<double> spectral_decomposition(const LinearOperator<double>&,
                                                              const SpectralOptions&,
                                                              Context&);
template SpectralDecomposition<std::complex<float>> spectral_decomposition(
    const LinearOperator<std::complex<float>>&, const SpectralOptions&, Context&);
template SpectralDecomposition<std::complex<double>> spectral_decomposition(
    const LinearOperator<std::complex<double>>&, const SpectralOptions&, Context&);

}  // namespace eckart
