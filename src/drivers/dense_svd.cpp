// Dense SVD: scale by a power of two, work on the tall orientation, divide and conquer with
// fallbacks, then the sign rule and the certificate.
#include "eckart/dense_svd.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/dense_chain.hpp"
#include "factor/sign_rule.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

// A <- A / 2^exponent, exact unless an entry falls below the normal range.
template <Scalar T>
void divide_by_power_of_two(MatrixView<T> A, int exponent) {
  for (index_t j = 0; j < A.cols; ++j) {
    auto* reals = reinterpret_cast<real_t<T>*>(A.column(j));
    for (index_t i = 0; i < A.rows * (is_complex<T> ? 2 : 1); ++i) {
      reals[i] = std::ldexp(reals[i], -exponent);
    }
  }
}

// Writes A, or A^H if adjoint, divided by 2^exponent.
template <Scalar T>
void copy_scaled(
    const LinearOperator<T>& A, bool adjoint, int exponent, MatrixView<T> to, Context& context) {
  if (!adjoint) {
    A.copy_to(to, context);
  } else {
    Matrix<T> copy(A.rows(), A.cols());
    A.copy_to(copy.view(), context);
    for (index_t j = 0; j < to.cols; ++j) {
      for (index_t i = 0; i < to.rows; ++i) to(i, j) = conjugate(copy(j, i));
    }
  }
  divide_by_power_of_two(to, exponent);
}

}  // namespace

const char* to_string(DenseAlgorithm algorithm) {
  switch (algorithm) {
    case DenseAlgorithm::divide_and_conquer:
      return "divide and conquer";
    case DenseAlgorithm::qr_iteration:
      return "QR iteration";
    case DenseAlgorithm::jacobi:
      return "one-sided Jacobi";
  }
  return "unknown";
}

template <Scalar T>
double dense_svd_bytes(index_t rows, index_t cols, Vectors vectors) {
  const auto m = static_cast<double>(std::max(rows, cols));
  const auto n = static_cast<double>(std::min(rows, cols));
  const double wide_copy = rows < cols ? m * n : 0;
  if (vectors == Vectors::none) return sizeof(T) * (m * n + wide_copy + 40 * n + n * n);
  const double U = m * (vectors == Vectors::full ? m : n);
  // A, U, V twice, LAPACK's workspace, and the certificate's blocks.
  return sizeof(T) * (m * n + wide_copy + U + 2 * n * n + 5 * n * n + 64 * (m + n) + 128 * (m + n));
}

template <Scalar T>
SvdResult<T> dense_svd(const LinearOperator<T>& A,
                       const DenseSvdOptions& options,
                       Context& context) {
  const auto start = std::chrono::steady_clock::now();
  drivers::require_accuracy(options.accuracy);
  if (A.storage() == Storage::matrix_free) {  // form it once, then look at entries freely
    Matrix<T> copy(A.rows(), A.cols());
    A.copy_to(copy.view(), context);
    SvdResult<T> result =
        dense_svd<T>(*make_operator<T>(std::as_const(copy).view()), options, context);
    result.report.products = A.cols();
    return result;
  }
  SvdResult<T> result;
  SvdReport& report = result.report;
  report = drivers::start_report("dense", A, 0,
                                 dense_svd_bytes<T>(A.rows(), A.cols(), options.vectors), context);
  const operators::Prepared<T> prepared(A, context);
  const int exponent = prepared.max_abs() > 0 ? operators::exponent_of(prepared.max_abs()) - 1 : 0;
  const bool wide = A.rows() < A.cols();
  const index_t n = std::min(A.rows(), A.cols());
  {
    auto timer = report.stage("decompose");
    context.report_progress({"decompose", -1, -1});
    factor::DenseFactors<T> factors = factor::factor_dense<T>(
        std::max(A.rows(), A.cols()), n,
        [&](MatrixView<T> to) { copy_scaled(A, wide, exponent, to, context); }, options.vectors,
        factor::dense_chain<T>(options.algorithm), report.fallbacks);
    result.U = std::move(wide ? factors.V : factors.U);
    result.V = std::move(wide ? factors.U : factors.V);
    result.sigma = std::move(factors.sigma);
    report.passes_over_A += 1;
  }
  if (options.vectors != Vectors::none) {
    factor::apply_sign_rule(result.U.view(), result.V.view(), n, context);
  }

  // sigma belongs to A / 2^exponent; the prepared matrix is A / scale, one or the other.
  for (real_t<T>& s : result.sigma) {
    s = std::ldexp(s, exponent - (operators::exponent_of(prepared.scale()) - 1));
  }
  if (options.certify && options.vectors == Vectors::none) {
    factor::fill_values_certificate<T>(prepared.matrix(), result.sigma, options.accuracy, context,
                                       report);
  } else if (options.certify) {
    factor::fill_certificate<T>(prepared.matrix(), result.U.view().columns(0, n), result.sigma,
                                result.V.view().columns(0, n), {.accuracy = options.accuracy}, {},
                                -1, context, report);
  }
  drivers::finish(result, prepared.scale(), start);
  return result;
}

template SvdResult<float> dense_svd(const LinearOperator<float>&, const DenseSvdOptions&, Context&);
template SvdResult<double> dense_svd(const LinearOperator<double>&,
                                     const DenseSvdOptions&,
                                     Context&);
template SvdResult<std::complex<float>> dense_svd(const LinearOperator<std::complex<float>>&,
                                                  const DenseSvdOptions&,
                                                  Context&);
template SvdResult<std::complex<double>> dense_svd(const LinearOperator<std::complex<double>>&,
                                                   const DenseSvdOptions&,
                                                   Context&);
template double dense_svd_bytes<float>(index_t, index_t, Vectors);
template double dense_svd_bytes<double>(index_t, index_t, Vectors);
template double dense_svd_bytes<std::complex<float>>(index_t, index_t, Vectors);
template double dense_svd_bytes<std::complex<double>>(index_t, index_t, Vectors);

}  // namespace eckart
