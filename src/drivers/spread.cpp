#include "drivers/spread.hpp"

#include <algorithm>
#include <utility>

#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/sign_rule.hpp"
#include "factor/spread_svd.hpp"
#include "operators/scaled.hpp"

namespace eckart::drivers {

template <Scalar T>
double exchange_bytes(const LinearOperator<T>& A) {
  if (A.row_shard().alone()) return 0;
  // A block of all rows, twice: by columns for the product, and by rows for the messages.
  return 3 * sizeof(T) * static_cast<double>(A.cols()) *
         static_cast<double>(factor::product_width(A));
}

template <Scalar T>
double thin_dense_bytes(const LinearOperator<T>& A) {
  const index_t min_dim = std::min(A.rows(), A.cols());
  if (A.row_shard().alone()) {
    return dense_svd_bytes<T>(A.rows(), A.cols(), Vectors::thin, min_dim);
  }
  const auto n = static_cast<double>(min_dim);
  const auto here = static_cast<double>(A.row_shard().largest + A.col_shard().largest);
  const auto ranks = static_cast<double>(A.row_shard().ranks->size());
  // A and Q R's workspace; R, its factors and their workspace; a triangle for each rank.
  return sizeof(T) * (3 * here * n + (14 + ranks) * n * n) + exchange_bytes(A);
}

template <Scalar T>
SvdResult<T> spread_dense_svd(const LinearOperator<T>& A,
                              const DenseSvdOptions& options,
                              Context& context) {
  require(options.vectors != Vectors::full,
          "full vectors of a matrix that is spread over ranks; ask for thin ones");
  require(options.algorithm == DenseAlgorithm::divide_and_conquer,
          "a dense algorithm by name for a matrix that is spread over ranks; leave it unset");
  const auto start = std::chrono::steady_clock::now();
  SvdResult<T> result;
  SvdReport& report = result.report;
  report = start_report("dense", A, 0, thin_dense_bytes(A), context);
  const operators::Prepared<T> prepared(A, context);
  const LinearOperator<T>& B = prepared.matrix();
  const bool wide = B.rows() < B.cols();
  const std::unique_ptr<LinearOperator<T>> BH = wide ? make_adjoint(B) : nullptr;
  const LinearOperator<T>& tall = wide ? *BH : B;
  if (tall.cols() > 0) {
    auto timer = report.stage("decompose");
    Matrix<T> copy(tall.row_shard().count, tall.cols());
    tall.copy_to(copy.view(), context);
    factor::DenseFactors<T> factors = factor::spread_svd<T>(
        std::move(copy), tall.row_shard(), tall.col_shard(), report.fallbacks, context);
    result.sigma = std::move(factors.sigma);
    result.U = std::move(wide ? factors.V : factors.U);
    result.V = std::move(wide ? factors.U : factors.V);
    report.passes_over_A += 1;
  } else {
    fill_zero_result(result, B, 0);
  }
  TripletRange range{0, tall.cols()};
  if (options.select) {
    std::vector<double> values(result.sigma.begin(), result.sigma.end());
    for (double& value : values) value *= prepared.scale();
    range = options.select(values);
  }
  const bool vectors = options.vectors == Vectors::thin;
  if (vectors && range.count < tall.cols()) {
    const auto first = result.sigma.begin() + range.first;
    result.sigma = std::vector<real_t<T>>(first, first + range.count);
    factor::keep_columns(result.U, range);
    factor::keep_columns(result.V, range);
  }
  factor::apply_sign_rule(result.U.view(), result.V.view(), result.U.cols(), context,
                          A.col_shard());
  if (options.certify && vectors) {
    factor::fill_certificate<T>(B, result.U.view(), result.sigma, result.V.view(),
                                {.accuracy = options.accuracy, .leading = range.first == 0}, {}, -1,
                                context, report);
  } else if (options.certify) {
    factor::fill_values_certificate<T>(B, result.sigma, options.accuracy, context, report);
  }
  if (!vectors) {
    result.U = {};
    result.V = {};
  }
  finish(result, prepared.scale(), start);
  return result;
}

template double exchange_bytes(const LinearOperator<float>&);
template double exchange_bytes(const LinearOperator<double>&);
template double exchange_bytes(const LinearOperator<std::complex<float>>&);
template double exchange_bytes(const LinearOperator<std::complex<double>>&);
template double thin_dense_bytes(const LinearOperator<float>&);
template double thin_dense_bytes(const LinearOperator<double>&);
template double thin_dense_bytes(const LinearOperator<std::complex<float>>&);
template double thin_dense_bytes(const LinearOperator<std::complex<double>>&);
template SvdResult<float> spread_dense_svd(const LinearOperator<float>&,
                                           const DenseSvdOptions&,
                                           Context&);
template SvdResult<double> spread_dense_svd(const LinearOperator<double>&,
                                            const DenseSvdOptions&,
                                            Context&);
template SvdResult<std::complex<float>> spread_dense_svd(const LinearOperator<std::complex<float>>&,
                                                         const DenseSvdOptions&,
                                                         Context&);
template SvdResult<std::complex<double>> spread_dense_svd(
    const LinearOperator<std::complex<double>>&, const DenseSvdOptions&, Context&);

}  // namespace eckart::drivers
