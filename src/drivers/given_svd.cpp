#include "eckart/given_svd.hpp"

#include <fmt/format.h>

#include <chrono>
#include <complex>
#include <utility>

#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "factor/certificate.hpp"
#include "factor/sign_rule.hpp"
#include "operators/scaled.hpp"

namespace eckart {

template <Scalar T>
SvdResult<T> given_svd(const LinearOperator<T>& A,
                       Matrix<T> U,
                       std::vector<real_t<T>> sigma,
                       Matrix<T> V,
                       const char* name,
                       const CertifyOptions& options,
                       Context& context) {
  const auto start = std::chrono::steady_clock::now();
  drivers::require_accuracy(options.accuracy);
  const auto k = static_cast<index_t>(sigma.size());
  require(U.rows() == A.row_shard().count && V.rows() == A.col_shard().count && U.cols() == k &&
              V.cols() == k,
          fmt::format("U is {} x {} and V is {} x {}; with {} singular values expected {} x {} and "
                      "{} x {}",
                      U.rows(), U.cols(), V.rows(), V.cols(), k, A.row_shard().count, k,
                      A.col_shard().count, k));
  SvdResult<T> result;
  const auto bytes = sizeof(T) * static_cast<double>((U.rows() + V.rows()) * k);
  result.report = drivers::start_report(name, A, options.seed, bytes, context);
  const operators::Prepared<T> prepared(A, context);
  factor::apply_sign_rule(U.view(), V.view(), k, context, A.col_shard());
  result.sigma = prepared.to_scale(sigma);
  factor::fill_certificate<T>(prepared.matrix(), std::as_const(U).view(), result.sigma,
                              std::as_const(V).view(), options, {}, -1, context, result.report);
  result.U = std::move(U);
  result.V = std::move(V);
  drivers::finish(result, prepared.scale(), start);
  return result;
}

template SvdResult<float> given_svd(const LinearOperator<float>&,
                                    Matrix<float>,
                                    std::vector<float>,
                                    Matrix<float>,
                                    const char*,
                                    const CertifyOptions&,
                                    Context&);
template SvdResult<double> given_svd(const LinearOperator<double>&,
                                     Matrix<double>,
                                     std::vector<double>,
                                     Matrix<double>,
                                     const char*,
                                     const CertifyOptions&,
                                     Context&);
template SvdResult<std::complex<float>> given_svd(const LinearOperator<std::complex<float>>&,
                                                  Matrix<std::complex<float>>,
                                                  std::vector<float>,
                                                  Matrix<std::complex<float>>,
                                                  const char*,
                                                  const CertifyOptions&,
                                                  Context&);
template SvdResult<std::complex<double>> given_svd(const LinearOperator<std::complex<double>>&,
                                                   Matrix<std::complex<double>>,
                                                   std::vector<double>,
                                                   Matrix<std::complex<double>>,
                                                   const char*,
                                                   const CertifyOptions&,
                                                   Context&);

}  // namespace eckart
