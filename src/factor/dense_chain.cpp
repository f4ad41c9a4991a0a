#include "factor/dense_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/parallel.hpp"
#include "eckart/error.hpp"
#include "factor/direct_svd.hpp"
#include "factor/one_sided_jacobi.hpp"
#include "factor/padded.hpp"
#include "factor/triangularize.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

template <Scalar T>
bool divide_and_conquer(MatrixView<T> A,
                        Vectors vectors,
                        const Select& select,
                        DenseFactors<T>& factors,
                        const Context& context) {
  return direct_svd<T>(BidiagonalSolver::divide_and_conquer, A, vectors, select, factors, context);
}

template <Scalar T>
bool qr_iteration(MatrixView<T> A,
                  Vectors vectors,
                  const Select& select,
                  DenseFactors<T>& factors,
                  const Context& context) {
  return direct_svd<T>(BidiagonalSolver::qr_iteration, A, vectors, select, factors, context);
}

// Jacobi allocates more than what failed before it, which is all that was announced: throws
// MemoryLimit where that exceeds the cap.
template <Scalar T>
void require_jacobi_memory(index_t rows, index_t cols, Vectors vectors, const Context& context) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  const double results = vectors == Vectors::none ? 0 : (m + n) * n;
  const double bytes = sizeof(T) * (m * n + results + one_sided_jacobi_elements<T>(rows, cols));
  const std::uint64_t cap = context.memory_cap_bytes();
  if (cap != 0 && !(bytes <= static_cast<double>(cap))) {
    throw MemoryLimit("one-sided Jacobi", static_cast<std::uint64_t>(std::min(bytes, 1.8e19)), cap);
  }
}

template <Scalar T>
bool jacobi(MatrixView<T> A,
            Vectors vectors,
            const Select& select,
            DenseFactors<T>& factors,
            const Context& context) {
  core::throw_if_stopped(context);
  const index_t n = A.cols;
  require_jacobi_memory<T>(A.rows, n, vectors, context);
  if (vectors == Vectors::none) {
    factors.sigma = one_sided_jacobi(A, MatrixView<T>{}, MatrixView<T>{}, context);
    return true;
  }
  factors.U = Matrix<T>(A.rows, n);
  factors.V = Matrix<T>(n, n);
  factors.sigma = one_sided_jacobi(A, factors.U.view(), factors.V.view(), context);
  factors.range = {0, n};
  if (select.choose) {
    factors.range = select.choose(std::vector<double>(factors.sigma.begin(), factors.sigma.end()));
    keep_columns(factors.U, factors.range);
    keep_columns(factors.V, factors.range);
  }
  if (vectors == Vectors::full && A.rows > n) {
    factors.U = complete_basis<T>(std::as_const(factors.U).view(), context);
  }
  return true;
}

template <Scalar T>
bool all_finite(MatrixView<const T> A, const Context& context) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  constexpr index_t columns_per_chunk = 4;
  std::vector<char> finite(static_cast<std::size_t>(core::count_chunks(A.cols, columns_per_chunk)),
                           1);
  core::for_each_chunk(A.cols, columns_per_chunk, context,
                       [&](index_t c, index_t first, index_t last) {
                         for (index_t j = first; j < last; ++j) {
                           const auto* column = reinterpret_cast<const Real*>(A.column(j));
                           if (!kernels::kernels<Real>().scan(A.rows * parts, column).finite) {
                             finite[static_cast<std::size_t>(c)] = 0;
                           }
                         }
                       });
  return std::find(finite.begin(), finite.end(), 0) == finite.end();
}

template <class Real>
bool finite_and_ordered(const std::vector<Real>& sigma) {
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    if (!(sigma[i] >= 0 && std::isfinite(sigma[i]))) return false;
    if (i > 0 && !(sigma[i] <= sigma[i - 1])) return false;
  }
  return true;
}

}  // namespace

template <Scalar T>
std::span<const DenseStep<T>> dense_chain(DenseAlgorithm first) {
  static constexpr std::array<DenseStep<T>, 3> chain = {{
      {"divide and conquer", divide_and_conquer<T>},
      {"QR iteration", qr_iteration<T>},
      {"one-sided Jacobi", jacobi<T>},
  }};
  return std::span(chain).subspan(static_cast<std::size_t>(first));
}

template <Scalar T>
void keep_columns(Matrix<T>& X, TripletRange range) {
  if (range.first > 0) {
    std::copy(X.view().column(range.first), X.view().column(range.first + range.count), X.data());
  }
  X.keep_columns(range.count);
}

template <Scalar T>
DenseFactors<T> factor_dense(index_t rows,
                             index_t cols,
                             const std::function<void(MatrixView<T>)>& fill,
                             Vectors vectors,
                             const Select& select,
                             std::span<const DenseStep<T>> chain,
                             std::vector<std::string>& fallbacks,
                             const Context& context) {
  if (cols == 0) {  // nothing to decompose; full vectors are the identity
    DenseFactors<T> factors;
    factors.U = Matrix<T>(vectors == Vectors::none ? 0 : rows, vectors == Vectors::full ? rows : 0);
    for (index_t i = 0; i < factors.U.cols(); ++i) factors.U(i, i) = 1;
    return factors;
  }
  PaddedMatrix<T> A(rows, cols);
  for (const DenseStep<T>& step : chain) {
    fill(A.view());
    DenseFactors<T> factors;
    const bool succeeded = step.run(A.view(), vectors, select, factors, context);
    const bool sound = finite_and_ordered(factors.sigma) &&
                       all_finite<T>(factors.U.view(), context) &&
                       all_finite<T>(factors.V.view(), context);
    if (succeeded && sound) {
      for (real_t<T>& s : factors.sigma) s += 0;  // -0 becomes +0
      return factors;
    }
    fallbacks.push_back(
        fmt::format("{} {}", step.name,
                    succeeded ? "gave values that are not finite and ordered"
                              : "failed: it did not converge, or left the range of numbers"));
  }
  throw Error("no dense algorithm succeeded: " + fmt::format("{}", fmt::join(fallbacks, "; ")));
}

template <Scalar T>
DenseFactors<T> factor_small(MatrixView<const T> A,
                             std::vector<std::string>& fallbacks,
                             const Context& context) {
  return factor_dense<T>(
      A.rows, A.cols,
      [&](MatrixView<T> copy) {
        for (index_t j = 0; j < A.cols; ++j) std::copy_n(A.column(j), A.rows, copy.column(j));
      },
      Vectors::thin, {}, dense_chain<T>(DenseAlgorithm::divide_and_conquer), fallbacks, context);
}

template std::span<const DenseStep<float>> dense_chain(DenseAlgorithm);
template std::span<const DenseStep<double>> dense_chain(DenseAlgorithm);
template std::span<const DenseStep<std::complex<float>>> dense_chain(DenseAlgorithm);
template std::span<const DenseStep<std::complex<double>>> dense_chain(DenseAlgorithm);
template DenseFactors<float> factor_dense(index_t,
                                          index_t,
                                          const std::function<void(MatrixView<float>)>&,
                                          Vectors,
                                          const Select&,
                                          std::span<const DenseStep<float>>,
                                          std::vector<std::string>&,
                                          const Context&);
template DenseFactors<double> factor_dense(index_t,
                                           index_t,
                                           const std::function<void(MatrixView<double>)>&,
                                           Vectors,
                                           const Select&,
                                           std::span<const DenseStep<double>>,
                                           std::vector<std::string>&,
                                           const Context&);
template DenseFactors<std::complex<float>> factor_dense(
    index_t,
    index_t,
    const std::function<void(MatrixView<std::complex<float>>)>&,
    Vectors,
    const Select&,
    std::span<const DenseStep<std::complex<float>>>,
    std::vector<std::string>&,
    const Context&);
template DenseFactors<std::complex<double>> factor_dense(
    index_t,
    index_t,
    const std::function<void(MatrixView<std::complex<double>>)>&,
    Vectors,
    const Select&,
    std::span<const DenseStep<std::complex<double>>>,
    std::vector<std::string>&,
    const Context&);
template DenseFactors<float> factor_small(MatrixView<const float>,
                                          std::vector<std::string>&,
                                          const Context&);
template DenseFactors<double> factor_small(MatrixView<const double>,
                                           std::vector<std::string>&,
                                           const Context&);
template DenseFactors<std::complex<float>> factor_small(MatrixView<const std::complex<float>>,
                                                        std::vector<std::string>&,
                                                        const Context&);
template DenseFactors<std::complex<double>> factor_small(MatrixView<const std::complex<double>>,
                                                         std::vector<std::string>&,
                                                         const Context&);
template void keep_columns(Matrix<float>&, TripletRange);
template void keep_columns(Matrix<double>&, TripletRange);
template void keep_columns(Matrix<std::complex<float>>&, TripletRange);
template void keep_columns(Matrix<std::complex<double>>&, TripletRange);

}  // namespace eckart::factor
