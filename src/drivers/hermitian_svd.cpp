// Hermitian SVD: check the symmetry, decompose, take moduli; then the sign rule and the
// certificate.
#include "eckart/hermitian_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "factor/certificate.hpp"
#include "factor/sign_rule.hpp"
#include "factor/spectral.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

template <Scalar T>
std::string entry_text(MatrixView<const T> A, index_t i, index_t j) {
  if constexpr (is_complex<T>) {
    return fmt::format("{}{:+}i", A(i, j).real(), A(i, j).imag());
  } else {
    return fmt::format("{}", A(i, j));
  }
}

// Throws InvalidArgument naming the first entry that is not the conjugate of its mirror image.
template <Scalar T>
void require_hermitian(MatrixView<const T> A) {
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i <= j; ++i) {
      if (A(i, j) == conjugate(A(j, i))) continue;
      const std::string what =
          i == j ? fmt::format("entry ({0}, {0}) is {1}, which is not real", i + 1,
                               entry_text(A, i, i))
                 : fmt::format("entry ({}, {}) is {}, entry ({}, {}) is {}", i + 1, j + 1,
                               entry_text(A, i, j), j + 1, i + 1, entry_text(A, j, i));
      throw InvalidArgument(
          fmt::format("the matrix is not {}: {}", is_complex<T> ? "Hermitian" : "symmetric", what));
    }
  }
}

// U <- V sign(lambda), sigma <- |lambda|
template <Scalar T>
void take_moduli(SvdResult<T>& result) {
  const index_t n = result.V.cols();
  result.U = result.V.clone();
  result.sigma.resize(result.lambda.size());
  for (index_t j = 0; j < n; ++j) {
    const real_t<T> lambda = result.lambda[static_cast<std::size_t>(j)];
    result.sigma[static_cast<std::size_t>(j)] = std::abs(lambda);
    if (!(lambda < 0)) continue;
    for (index_t i = 0; i < n; ++i) result.U(i, j) = -result.U(i, j);
  }
}

}  // namespace

template <Scalar T>
double hermitian_svd_bytes(index_t n) {
  const auto order = static_cast<double>(n);
  // The certificate comes when the workspace is gone.
  const double certificate = 2 * order * order + factor::certificate_elements(n, n, n);
  return sizeof(T) *
         (std::max(factor::decompose_hermitian_elements<T>(n), certificate) + 8 * order + 4096);
}

template <Scalar T>
SvdResult<T> hermitian_svd(const LinearOperator<T>& A,
                           const HermitianSvdOptions& options,
                           Context& context) {
  const auto start = std::chrono::steady_clock::now();
  drivers::require_accuracy(options.accuracy);
  require(A.rows() == A.cols(),
          fmt::format("a Hermitian matrix is square; this one is {} x {}", A.rows(), A.cols()));
  const index_t n = A.rows();
  SvdResult<T> result;
  SvdReport& report = result.report;
  report = drivers::start_report("hermitian", A, 0, hermitian_svd_bytes<T>(n), context);
  const operators::Prepared<T> prepared(A, context);
  {
    auto timer = report.stage("decompose");
    context.report_progress({"decompose", -1, -1});
    const drivers::StopAtOnce stop(context);
    const auto fill = [&](MatrixView<T> to) {
      prepared.matrix().copy_to(to, context);
      require_hermitian<T>(to);
    };
    factor::Spectral<T> spectral =
        factor::decompose_hermitian<T>(n, fill, report.fallbacks, context);
    result.lambda = std::move(spectral.lambda);
    result.V = std::move(spectral.Q);
    report.passes_over_A += 1;
  }
  factor::apply_sign_rule(MatrixView<T>{}, result.V.view(), n, context);
  take_moduli(result);
  if (options.certify) {
    factor::fill_certificate<T>(prepared.matrix(), result.U.view(), result.sigma, result.V.view(),
                                {.accuracy = options.accuracy, .sampled = true}, {}, -1, context,
                                report);
  }
  drivers::finish(result, prepared.scale(), start);
  for (std::size_t i = 0; i < result.lambda.size(); ++i) {
    result.lambda[i] = result.lambda[i] < 0 ? -result.sigma[i] : result.sigma[i];
  }
  return result;
}

template SvdResult<float> hermitian_svd(const LinearOperator<float>&,
                                        const HermitianSvdOptions&,
                                        Context&);
template SvdResult<double> hermitian_svd(const LinearOperator<double>&,
                                         const HermitianSvdOptions&,
                                         Context&);
template SvdResult<std::complex<float>> hermitian_svd(const LinearOperator<std::complex<float>>&,
                                                      const HermitianSvdOptions&,
                                                      Context&);
template SvdResult<std::complex<double>> hermitian_svd(const LinearOperator<std::complex<double>>&,
                                                       const HermitianSvdOptions&,
                                                       Context&);
template double hermitian_svd_bytes<float>(index_t);
template double hermitian_svd_bytes<double>(index_t);
template double hermitian_svd_bytes<std::complex<float>>(index_t);
template double hermitian_svd_bytes<std::complex<double>>(index_t);

}  // namespace eckart
