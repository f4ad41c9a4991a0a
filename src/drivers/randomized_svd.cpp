// Randomized subspace iteration: Halko, Martinsson, Tropp (2011), Algorithms 4.4 and 5.1.
// Stages: sketch -> power iteration -> project -> small SVD -> lift.
#include "eckart/randomized_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "blas/blas.hpp"
#include "core/philox.hpp"
#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "factor/certificate.hpp"
#include "factor/dense_chain.hpp"
#include "factor/orthonormalize.hpp"
#include "factor/sign_rule.hpp"
#include "factor/tall_qr.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

constexpr std::uint32_t sketch_stream = 2;

// Returns Q, m x width with orthonormal columns, range(Q) ~ range((A A^H)^q A Omega).
// Re-orthonormalizing after every product matters: without it, directions with
// sigma_j < sigma_1 eps^(1 / (2q + 1)) drown in rounding error [Section 4.5].
template <Scalar T>
Matrix<T> find_range(const LinearOperator<T>& A,
                     index_t width,
                     const RandomizedSvdOptions& options,
                     Context& context,
                     SvdReport& report) {
  Matrix<T> Z(A.cols(), width);  // n x l
  Matrix<T> Q(A.rows(), width);  // m x l
  Matrix<T> R(width, width);
  {
    auto timer = report.stage("sketch");
    context.report_progress({"sketch", 0, -1});
    core::fill_gaussian(Z.view(), options.seed, sketch_stream, 0, context);
    A.apply(std::as_const(Z).view(), Q.view(), context);  // Q <- A Omega
    factor::tall_qr(Q.view(), R.view(), context);
  }
  report.products += width;
  report.passes_over_A += 1;
  for (index_t i = 0; i < options.power_iterations; ++i) {
    if (context.cancelled()) {
      report.status = Status::cancelled;
      break;
    }
    auto timer = report.stage("power iteration");
    A.apply_adjoint(std::as_const(Q).view(), Z.view(), context);  // Z <- A^H Q
    factor::tall_qr(Z.view(), R.view(), context);
    A.apply(std::as_const(Z).view(), Q.view(), context);  // Q <- A Z
    factor::tall_qr(Q.view(), R.view(), context);
    report.products += 2 * width;
    report.passes_over_A += 2;
    ++report.iterations;
    context.report_progress(
        {"power iteration",
         static_cast<double>(i + 1) / static_cast<double>(options.power_iterations + 1), -1});
  }
  return Q;
}

}  // namespace

template <Scalar T>
double randomized_svd_bytes(index_t rows,
                            index_t cols,
                            index_t rank,
                            const RandomizedSvdOptions& options) {
  const index_t min_dim = std::min(rows, cols);
  const index_t k = std::min(rank, min_dim);
  const auto l = static_cast<double>(k + std::min(options.oversampling, min_dim - k));
  // Q, Z, B^H, the results, and small factors.
  return sizeof(T) * (static_cast<double>(rows + cols) * (2 * l + static_cast<double>(k)) +
                      12 * l * l + factor::certificate_elements(rows, cols, k));
}

template <Scalar T>
SvdResult<T> randomized_svd(const LinearOperator<T>& A,
                            index_t rank,
                            const RandomizedSvdOptions& options,
                            Context& context) {
  const auto start = std::chrono::steady_clock::now();
  require(rank >= 0, fmt::format("rank must be >= 0, got {}", rank));
  require(options.oversampling >= 0,
          fmt::format("oversampling must be >= 0, got {}", options.oversampling));
  require(options.power_iterations >= 0,
          fmt::format("power_iterations must be >= 0, got {}", options.power_iterations));
  drivers::require_accuracy(options.accuracy);

  const index_t min_dim = std::min(A.rows(), A.cols());
  const index_t k = std::min(rank, min_dim);
  const index_t width = k + std::min(options.oversampling, min_dim - k);  // l, cannot overflow

  SvdResult<T> result;
  SvdReport& report = result.report;
  report =
      drivers::start_report("randomized", A, options.seed,
                            randomized_svd_bytes<T>(A.rows(), A.cols(), rank, options), context);
  const operators::Prepared<T> prepared(A, context);
  if (k == 0) {
    drivers::fill_zero_result(result, A.rows(), A.cols(), 0);
  } else {
    const Matrix<T> Q = find_range(prepared.matrix(), width, options, context, report);
    Matrix<T> BH(A.cols(), width);  // B^H = A^H Q, n x l: tall, so its SVD is cheap
    Matrix<T> R(width, width);
    {
      auto timer = report.stage("project");
      prepared.matrix().apply_adjoint(Q.view(), BH.view(), context);
      factor::tall_qr(BH.view(), R.view(), context);  // B^H = BH R
      report.products += width;
      report.passes_over_A += 1;
    }
    auto timer = report.stage("small SVD and lift");
    const factor::DenseFactors<T> small =
        factor::factor_small<T>(std::as_const(R).view(), report.fallbacks, context);  // R = W S X^H
    result.sigma.assign(small.sigma.begin(), small.sigma.begin() + k);
    result.U = Matrix<T>(A.rows(), k);
    result.V = Matrix<T>(A.cols(), k);
    // A ~= Q B = Q (BH W S X^H)^H = (Q X) S (BH W)^H
    blas::multiply<T>(blas::Op::none, blas::Op::none, T{1}, Q.view(), small.V.view().columns(0, k),
                      T{0}, result.U.view(), context);
    blas::multiply<T>(blas::Op::none, blas::Op::none, T{1}, std::as_const(BH).view(),
                      small.U.view().columns(0, k), T{0}, result.V.view(), context);
    factor::apply_sign_rule(result.U.view(), result.V.view(), k, context);
  }
  if (options.certify) {
    factor::fill_certificate<T>(prepared.matrix(), result.U.view(), result.sigma, result.V.view(),
                                {.accuracy = options.accuracy, .seed = options.seed}, {}, -1,
                                context, report);
  }
  drivers::finish(result, prepared.scale(), start);
  return result;
}

template SvdResult<float> randomized_svd(const LinearOperator<float>&,
                                         index_t,
                                         const RandomizedSvdOptions&,
                                         Context&);
template SvdResult<double> randomized_svd(const LinearOperator<double>&,
                                          index_t,
                                          const RandomizedSvdOptions&,
                                          Context&);
template SvdResult<std::complex<float>> randomized_svd(const LinearOperator<std::complex<float>>&,
                                                       index_t,
                                                       const RandomizedSvdOptions&,
                                                       Context&);
template SvdResult<std::complex<double>> randomized_svd(const LinearOperator<std::complex<double>>&,
                                                        index_t,
                                                        const RandomizedSvdOptions&,
                                                        Context&);
template double randomized_svd_bytes<float>(index_t, index_t, index_t, const RandomizedSvdOptions&);
template double randomized_svd_bytes<double>(index_t,
                                             index_t,
                                             index_t,
                                             const RandomizedSvdOptions&);
template double randomized_svd_bytes<std::complex<float>>(index_t,
                                                          index_t,
                                                          index_t,
                                                          const RandomizedSvdOptions&);
template double randomized_svd_bytes<std::complex<double>>(index_t,
                                                           index_t,
                                                           index_t,
                                                           const RandomizedSvdOptions&);

}  // namespace eckart
