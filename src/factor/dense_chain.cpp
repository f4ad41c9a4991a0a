#include "factor/dense_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "blas/lapack.hpp"
#include "eckart/error.hpp"
#include "factor/one_sided_jacobi.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

template <Scalar T>
int jacobi(MatrixView<T> A, MatrixView<T> U, real_t<T>* sigma, MatrixView<T> VH) {
  const index_t n = A.cols;
  Matrix<T> left(A.rows, n);
  Matrix<T> V(n, n);
  const std::vector<real_t<T>> values = one_sided_jacobi(A, left.view(), V.view());
  std::copy(values.begin(), values.end(), sigma);
  if (U.data == nullptr) return 0;
  if (U.cols > n) left = blas::complete_basis<T>(left.view());
  for (index_t j = 0; j < U.cols; ++j) std::copy_n(left.view().column(j), U.rows, U.column(j));
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) VH(i, j) = conjugate(V(j, i));
  }
  return 0;
}

template <Scalar T>
bool all_finite(MatrixView<const T> A) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  for (index_t j = 0; j < A.cols; ++j) {
    const auto* column = reinterpret_cast<const Real*>(A.column(j));
    if (!kernels::kernels<Real>().scan(A.rows * parts, column).finite) return false;
  }
  return true;
}

template <class Real>
bool finite_and_ordered(const std::vector<Real>& sigma) {
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    if (!(sigma[i] >= 0 && std::isfinite(sigma[i]))) return false;
    if (i > 0 && !(sigma[i] <= sigma[i - 1])) return false;
  }
  return true;
}

// Returns a rows x cols matrix with room for one more column behind it. LAPACK hands rows of a
// matrix to gemv as strided vectors, and OpenBLAS 0.3.21's zgemv reads one element beyond such a
// vector: a whole column beyond the matrix, which may be unmapped memory.
template <Scalar T>
Matrix<T> with_spare_column(index_t rows, index_t cols) {
  Matrix<T> A(rows, cols + 1);
  A.keep_columns(cols);
  return A;
}

}  // namespace

template <Scalar T>
std::span<const DenseStep<T>> dense_chain(DenseAlgorithm first) {
  static constexpr std::array<DenseStep<T>, 3> chain = {{
      {"divide and conquer", blas::svd_divide_and_conquer<T>},
      {"QR iteration", blas::svd_qr_iteration<T>},
      {"one-sided Jacobi", jacobi<T>},
  }};
  return std::span(chain).subspan(static_cast<std::size_t>(first));
}

template <Scalar T>
DenseFactors<T> factor_dense(index_t rows,
                             index_t cols,
                             const std::function<void(MatrixView<T>)>& fill,
                             Vectors vectors,
                             std::span<const DenseStep<T>> chain,
                             std::vector<std::string>& fallbacks) {
  DenseFactors<T> factors;
  factors.sigma.resize(static_cast<std::size_t>(cols));
  Matrix<T> A = with_spare_column<T>(rows, cols);
  Matrix<T> VH;
  if (vectors != Vectors::none) {
    factors.U = with_spare_column<T>(rows, vectors == Vectors::full ? rows : cols);
    VH = with_spare_column<T>(cols, cols);
  }
  if (cols == 0) {  // nothing to decompose; full vectors are the identity
    for (index_t i = 0; i < factors.U.cols(); ++i) factors.U(i, i) = 1;
    factors.V = std::move(VH);
    return factors;
  }

  for (const DenseStep<T>& step : chain) {
    fill(A.view());
    const int unconverged = step.run(A.view(), factors.U.view(), factors.sigma.data(), VH.view());
    const bool sound = finite_and_ordered(factors.sigma) && all_finite<T>(factors.U.view()) &&
                       all_finite<T>(VH.view());
    if (unconverged == 0 && sound) {
      for (real_t<T>& s : factors.sigma) s += 0;  // -0 becomes +0
      A = {};
      factors.V = Matrix<T>(VH.cols(), VH.rows());
      for (index_t j = 0; j < VH.cols(); ++j) {
        for (index_t i = 0; i < VH.rows(); ++i) factors.V(j, i) = conjugate(VH(i, j));
      }
      return factors;
    }
    fallbacks.push_back(
        unconverged != 0
            ? fmt::format("{} failed (LAPACK reports {})", step.name, unconverged)
            : fmt::format("{} gave values that are not finite and ordered", step.name));
  }
  throw Error("no dense algorithm succeeded: " + fmt::format("{}", fmt::join(fallbacks, "; ")));
}

template <Scalar T>
DenseFactors<T> factor_small(MatrixView<const T> A, std::vector<std::string>& fallbacks) {
  return factor_dense<T>(
      A.rows, A.cols,
      [&](MatrixView<T> copy) {
        for (index_t j = 0; j < A.cols; ++j) std::copy_n(A.column(j), A.rows, copy.column(j));
      },
      Vectors::thin, dense_chain<T>(DenseAlgorithm::divide_and_conquer), fallbacks);
}

template std::span<const DenseStep<float>> dense_chain(DenseAlgorithm);
template std::span<const DenseStep<double>> dense_chain(DenseAlgorithm);
template std::span<const DenseStep<std::complex<float>>> dense_chain(DenseAlgorithm);
template std::span<const DenseStep<std::complex<double>>> dense_chain(DenseAlgorithm);
template DenseFactors<float> factor_dense(index_t,
                                          index_t,
                                          const std::function<void(MatrixView<float>)>&,
                                          Vectors,
                                          std::span<const DenseStep<float>>,
                                          std::vector<std::string>&);
template DenseFactors<double> factor_dense(index_t,
                                           index_t,
                                           const std::function<void(MatrixView<double>)>&,
                                           Vectors,
                                           std::span<const DenseStep<double>>,
                                           std::vector<std::string>&);
template DenseFactors<std::complex<float>> factor_dense(
    index_t,
    index_t,
    const std::function<void(MatrixView<std::complex<float>>)>&,
    Vectors,
    std::span<const DenseStep<std::complex<float>>>,
    std::vector<std::string>&);
template DenseFactors<std::complex<double>> factor_dense(
    index_t,
    index_t,
    const std::function<void(MatrixView<std::complex<double>>)>&,
    Vectors,
    std::span<const DenseStep<std::complex<double>>>,
    std::vector<std::string>&);
template DenseFactors<float> factor_small(MatrixView<const float>, std::vector<std::string>&);
template DenseFactors<double> factor_small(MatrixView<const double>, std::vector<std::string>&);
template DenseFactors<std::complex<float>> factor_small(MatrixView<const std::complex<float>>,
                                                        std::vector<std::string>&);
template DenseFactors<std::complex<double>> factor_small(MatrixView<const std::complex<double>>,
                                                         std::vector<std::string>&);

}  // namespace eckart::factor
