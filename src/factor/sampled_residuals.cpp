#include "factor/sampled_residuals.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "blas/blas.hpp"
#include "core/philox.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

constexpr index_t combinations = 16;
constexpr double safety = 6;
constexpr double failure_of_one = 1.3e-10;
constexpr std::uint32_t stream = 11;

// The larger of two numbers; a NaN wins and stays.
double worse(double a, double b) { return !(b <= a) && !std::isnan(a) ? b : a; }

// Returns X^H W.
template <Scalar T>
Matrix<T> adjoint_product(MatrixView<const T> X, MatrixView<const T> W, const Context& context) {
  Matrix<T> product(X.cols, W.cols);
  blas::multiply<T>(Op::adjoint, Op::none, T{1}, X, W, T{0}, product.view(), context);
  return product;
}

// Raises residuals[i] to the bound that W^H (A x_i - sigma_i y_i) shows: conjugated, these are
// the rows of X^H (A^H W) - sigma Y^H W.
template <Scalar T>
void see_residuals(MatrixView<const T> W,
                   MatrixView<const T> AW,
                   MatrixView<const T> X,
                   std::span<const real_t<T>> sigma,
                   MatrixView<const T> Y,
                   std::vector<double>& residuals,
                   const Context& context) {
  const Matrix<T> left = adjoint_product<T>(X, AW, context);
  const Matrix<T> right = adjoint_product<T>(Y, W, context);
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const auto row = static_cast<index_t>(i);
    double sum = 0;
    for (index_t j = 0; j < W.cols; ++j) {
      sum += std::norm(std::complex<double>(left(row, j) - sigma[i] * right(row, j)));
    }
    const double bound = safety * std::sqrt(sum / static_cast<double>(W.cols));
    residuals[i] = worse(residuals[i], bound);
  }
}

// The bound on ||X^H X - I||_F / sqrt(k) that (X^H X - I) W shows.
template <Scalar T>
double see_orthogonality(MatrixView<const T> W, MatrixView<const T> X, const Context& context) {
  Matrix<T> XW(X.rows, W.cols);
  blas::multiply<T>(Op::none, Op::none, T{1}, X, W, T{0}, XW.view(), context);
  const Matrix<T> back = adjoint_product<T>(X, std::as_const(XW).view(), context);
  double sum = 0;
  for (index_t j = 0; j < W.cols; ++j) {
    for (index_t i = 0; i < X.cols; ++i) {
      sum += std::norm(std::complex<double>(back(i, j) - W(i, j)));
    }
  }
  return safety * std::sqrt(sum / static_cast<double>(W.cols * X.cols));
}

}  // namespace

template <Scalar T>
SampledResiduals sample_residuals(const LinearOperator<T>& A,
                                  MatrixView<const T> U,
                                  std::span<const real_t<T>> sigma,
                                  MatrixView<const T> V,
                                  std::uint64_t seed,
                                  Context& context,
                                  SvdReport& report) {
  SampledResiduals sampled;
  sampled.residuals.resize(sigma.size());
  if (sigma.empty()) return sampled;

  const auto k = static_cast<index_t>(sigma.size());
  Matrix<T> combined(std::max({A.rows(), A.cols(), k}), combinations);
  core::fill_gaussian(combined.view(), seed, stream, 0, context);
  const auto W = [&](index_t rows) {
    return std::as_const(combined).view().block(0, 0, rows, combinations);
  };
  {
    Matrix<T> AW(A.cols(), combinations);
    A.apply_adjoint(W(A.rows()), AW.view(), context);
    see_residuals<T>(W(A.rows()), std::as_const(AW).view(), V, sigma, U, sampled.residuals,
                     context);
  }
  {
    Matrix<T> AW(A.rows(), combinations);
    A.apply(W(A.cols()), AW.view(), context);
    see_residuals<T>(W(A.cols()), std::as_const(AW).view(), U, sigma, V, sampled.residuals,
                     context);
  }
  sampled.orthogonality_U = see_orthogonality<T>(W(k), U, context);
  sampled.orthogonality_V = see_orthogonality<T>(W(k), V, context);
  sampled.failure_probability = failure_of_one * (2 * static_cast<double>(k) + 2);
  report.products += 2 * combinations;
  report.passes_over_A += 2;
  return sampled;
}

template SampledResiduals sample_residuals(const LinearOperator<float>&,
                                           MatrixView<const float>,
                                           std::span<const float>,
                                           MatrixView<const float>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template SampledResiduals sample_residuals(const LinearOperator<double>&,
                                           MatrixView<const double>,
                                           std::span<const double>,
                                           MatrixView<const double>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template SampledResiduals sample_residuals(const LinearOperator<std::complex<float>>&,
                                           MatrixView<const std::complex<float>>,
                                           std::span<const float>,
                                           MatrixView<const std::complex<float>>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template SampledResiduals sample_residuals(const LinearOperator<std::complex<double>>&,
                                           MatrixView<const std::complex<double>>,
                                           std::span<const double>,
                                           MatrixView<const std::complex<double>>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);

}  // namespace eckart::factor
