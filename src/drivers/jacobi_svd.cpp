// Jacobi SVD: work on the tall orientation, unscaled; then the sign rule and the certificate.
#include "eckart/jacobi_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/one_sided_jacobi.hpp"
#include "factor/padded.hpp"
#include "factor/sign_rule.hpp"
#include "factor/triangularize.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

// Fills U, sigma and V of the result.
template <Scalar T>
void decompose(const LinearOperator<T>& A,
               Vectors vectors,
               Context& context,
               SvdResult<T>& result) {
  const bool wide = A.rows() < A.cols();
  const index_t m = std::max(A.rows(), A.cols());
  const index_t n = std::min(A.rows(), A.cols());
  factor::PaddedMatrix<T> copy(m, n);
  drivers::copy_tall(A, copy.view(), context);
  Matrix<T> U;
  Matrix<T> V;
  if (vectors != Vectors::none) {
    U = Matrix<T>::uninitialized(m, n);
    V = Matrix<T>::uninitialized(n, n);
  }
  const drivers::StopAtOnce stop(context);
  result.sigma = factor::one_sided_jacobi(copy.view(), U.view(), V.view(), context);
  copy = {};
  if (vectors == Vectors::full && m > n) {
    U = factor::complete_basis<T>(std::as_const(U).view(), context);
  }
  result.U = std::move(wide ? V : U);
  result.V = std::move(wide ? U : V);
}

}  // namespace

template <Scalar T>
double jacobi_svd_bytes(index_t rows, index_t cols, Vectors vectors) {
  const index_t k = std::min(rows, cols);
  const index_t tall = std::max(rows, cols);
  const auto m = static_cast<double>(tall);
  const auto n = static_cast<double>(k);
  const double copy =
      static_cast<double>(factor::PaddedMatrix<T>::leading_dimension(tall)) * (n + 1);
  const double turned = rows < cols ? m * n : 0;  // A before it is turned
  const double work = factor::one_sided_jacobi_elements<T>(std::max(rows, cols), k);
  if (vectors == Vectors::none) return sizeof(T) * (copy + std::max(turned, work) + 4096);
  const double results = m * n + n * n;
  const double full = vectors == Vectors::full ? m * m + 800 * m : 0;
  const double decomposition = copy + std::max(turned, results + work);
  const double certificate = results + full + factor::certificate_elements(rows, cols, k);
  return sizeof(T) * (std::max(decomposition, certificate) + 4096);
}

template <Scalar T>
SvdResult<T> jacobi_svd(const LinearOperator<T>& A,
                        const JacobiSvdOptions& options,
                        Context& context) {
  const auto start = std::chrono::steady_clock::now();
  drivers::require_accuracy(options.accuracy);
  const double bytes = jacobi_svd_bytes<T>(A.rows(), A.cols(), options.vectors);
  if (A.storage() == Storage::matrix_free) {  // form it once, then look at entries freely
    const double formed = sizeof(T) * static_cast<double>(A.rows()) * static_cast<double>(A.cols());
    drivers::require_memory("jacobi", bytes + formed, context);
    Matrix<T> copy(A.rows(), A.cols());
    A.copy_to(copy.view(), context);
    SvdResult<T> result =
        jacobi_svd<T>(*make_operator<T>(std::as_const(copy).view()), options, context);
    result.report.products = A.cols();
    return result;
  }
  SvdResult<T> result;
  SvdReport& report = result.report;
  report = drivers::start_report("jacobi", A, 0, bytes, context);
  const operators::Prepared<T> prepared(A, context);  // finite; scaled for the certificate alone
  {
    auto timer = report.stage("decompose");
    context.report_progress({"decompose", -1, -1});
    decompose(A, options.vectors, context, result);
    report.passes_over_A += 1;
  }
  if (!result.sigma.empty() && !std::isfinite(result.sigma[0])) {
    throw Overflow(fmt::format(
        "a singular value exceeds the largest {} number; divide the matrix by a power of two",
        scalar_name<T>()));
  }
  const std::vector<real_t<T>> sigma = prepared.to_scale(result.sigma);
  if (options.vectors != Vectors::none) {
    const index_t k = std::min(A.rows(), A.cols());
    factor::apply_sign_rule(result.U.view(), result.V.view(), k, context);
    if (options.certify) {
      factor::fill_certificate<T>(
          prepared.matrix(), result.U.view().columns(0, k), sigma, result.V.view().columns(0, k),
          {.accuracy = options.accuracy, .sampled = true}, {}, -1, context, report);
    }
  } else if (options.certify) {
    factor::fill_values_certificate<T>(prepared.matrix(), sigma, options.accuracy, context, report);
  }
  report.certificate.frobenius_norm.value *= prepared.scale();
  drivers::finish(result, 1, start);
  return result;
}

template SvdResult<float> jacobi_svd(const LinearOperator<float>&,
                                     const JacobiSvdOptions&,
                                     Context&);
template SvdResult<double> jacobi_svd(const LinearOperator<double>&,
                                      const JacobiSvdOptions&,
                                      Context&);
template SvdResult<std::complex<float>> jacobi_svd(const LinearOperator<std::complex<float>>&,
                                                   const JacobiSvdOptions&,
                                                   Context&);
template SvdResult<std::complex<double>> jacobi_svd(const LinearOperator<std::complex<double>>&,
                                                    const JacobiSvdOptions&,
                                                    Context&);
template double jacobi_svd_bytes<float>(index_t, index_t, Vectors);
template double jacobi_svd_bytes<double>(index_t, index_t, Vectors);
template double jacobi_svd_bytes<std::complex<float>>(index_t, index_t, Vectors);
template double jacobi_svd_bytes<std::complex<double>>(index_t, index_t, Vectors);

}  // namespace eckart
