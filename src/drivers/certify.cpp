#include "eckart/certify.hpp"

#include <fmt/format.h>

#include <vector>

#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "factor/certificate.hpp"
#include "operators/scaled.hpp"

namespace eckart {

template <Scalar T>
Certificate certify(const LinearOperator<T>& A,
                    MatrixView<const T> U,
                    std::span<const real_t<T>> sigma,
                    MatrixView<const T> V,
                    const CertifyOptions& options,
                    Context& context) {
  const index_t k = static_cast<index_t>(sigma.size());
  require(U.rows == A.rows() && U.cols == k,
          fmt::format("U is {} x {}; with A {} x {} and {} singular values it must be {} x {}",
                      U.rows, U.cols, A.rows(), A.cols(), k, A.rows(), k));
  require(V.rows == A.cols() && V.cols == k,
          fmt::format("V is {} x {}; with A {} x {} and {} singular values it must be {} x {}",
                      V.rows, V.cols, A.rows(), A.cols(), k, A.cols(), k));
  require(options.probes >= 1 && options.probes <= 16,
          fmt::format("probes must be between 1 and 16, got {}", options.probes));
  drivers::require_accuracy(options.accuracy);

  const operators::Prepared<T> prepared(A, context);
  const std::vector<real_t<T>> scaled = prepared.to_scale({sigma.begin(), sigma.end()});
  SvdReport report;
  factor::fill_certificate<T>(prepared.matrix(), U, scaled, V, options, {}, -1, context, report);
  report.certificate.frobenius_norm.value *= prepared.scale();
  return report.certificate;
}

template Certificate certify(const LinearOperator<float>&,
                             MatrixView<const float>,
                             std::span<const float>,
                             MatrixView<const float>,
                             const CertifyOptions&,
                             Context&);
template Certificate certify(const LinearOperator<double>&,
                             MatrixView<const double>,
                             std::span<const double>,
                             MatrixView<const double>,
                             const CertifyOptions&,
                             Context&);
template Certificate certify(const LinearOperator<std::complex<float>>&,
                             MatrixView<const std::complex<float>>,
                             std::span<const float>,
                             MatrixView<const std::complex<float>>,
                             const CertifyOptions&,
                             Context&);
template Certificate certify(const LinearOperator<std::complex<double>>&,
                             MatrixView<const std::complex<double>>,
                             std::span<const double>,
                             MatrixView<const std::complex<double>>,
                             const CertifyOptions&,
                             Context&);

}  // namespace eckart
