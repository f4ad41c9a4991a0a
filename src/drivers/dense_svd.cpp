// Dense SVD: scale by a power of two, work on the tall orientation, divide and conquer with
// fallbacks, then the sign rule and the certificate.
#include "eckart/dense_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
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

struct Scaling {
  int exponent;  // the matrix is divided by 2^exponent
  DenseAlgorithm algorithm;
  bool left_unscaled;  // although its entries are far from 1
};

// The largest entry is brought to [1, 2).
template <Scalar T>
Scaling scale_by_largest(const operators::Prepared<T>& prepared, DenseAlgorithm algorithm) {
  const int exponent = prepared.max_abs() > 0 ? operators::exponent_of(prepared.max_abs()) - 1 : 0;
  return {exponent, algorithm, false};
}

// Where the smallest entry would vanish by scaling, a small matrix is left as it is and goes to
// Jacobi, whose sums have the range for it.
template <Scalar T>
Scaling choose_scaling(const operators::Prepared<T>& prepared,
                       index_t n,
                       DenseAlgorithm algorithm) {
  const Scaling scaling = scale_by_largest(prepared, algorithm);
  constexpr index_t small = 128;
  const double least = std::numeric_limits<real_t<T>>::min();
  const bool vanishes = std::ldexp(prepared.min_abs(), -scaling.exponent) < least;
  if (vanishes && n <= small) return {0, DenseAlgorithm::jacobi, true};
  return scaling;
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
  const double spare = 2 * m + n;                    // a column behind each matrix
  const double wide_copy = rows < cols ? m * n : 0;  // A before it is turned
  if (vectors == Vectors::none) return sizeof(T) * (m * n + wide_copy + spare + 40 * n + n * n);
  // A, U, V and V^H, LAPACK's workspace, then the certificate.
  const double U = m * (vectors == Vectors::full ? m : n);
  const double real_work = is_complex<T> ? m * n : 0;  // zgesdd's, for tall matrices
  return sizeof(T) * (m * n + wide_copy + spare + U + 6 * n * n + real_work +
                      factor::certificate_elements(rows, cols, std::min(rows, cols)));
}

template <Scalar T>
SvdResult<T> dense_svd(const LinearOperator<T>& A,
                       const DenseSvdOptions& options,
                       Context& context) {
  const auto start = std::chrono::steady_clock::now();
  drivers::require_accuracy(options.accuracy);
  if (A.storage() == Storage::matrix_free) {  // form it once, then look at entries freely
    drivers::require_memory(
        "dense",
        dense_svd_bytes<T>(A.rows(), A.cols(), options.vectors) +
            sizeof(T) * static_cast<double>(A.rows()) * static_cast<double>(A.cols()),
        context);
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
  const bool wide = A.rows() < A.cols();
  const index_t n = std::min(A.rows(), A.cols());
  Scaling scaling = choose_scaling(prepared, n, options.algorithm);
  {
    auto timer = report.stage("decompose");
    context.report_progress({"decompose", -1, -1});
    const auto decompose = [&] {
      return factor::factor_dense<T>(
          std::max(A.rows(), A.cols()), n,
          [&](MatrixView<T> to) { copy_scaled(A, wide, scaling.exponent, to, context); },
          options.vectors, factor::dense_chain<T>(scaling.algorithm), report.fallbacks);
    };
    factor::DenseFactors<T> factors;
    try {
      factors = decompose();
    } catch (const Error&) {
      if (!scaling.left_unscaled) throw;
      scaling = scale_by_largest(prepared, options.algorithm);
      factors = decompose();
    }
    result.U = std::move(wide ? factors.V : factors.U);
    result.V = std::move(wide ? factors.U : factors.V);
    result.sigma = std::move(factors.sigma);
    report.passes_over_A += 1;
  }
  // LAPACK cannot be stopped half way: the result is complete, and late.
  if (context.cancelled()) report.status = Status::cancelled;
  if (options.vectors != Vectors::none) {
    factor::apply_sign_rule(result.U.view(), result.V.view(), n, context);
  }
  for (real_t<T>& s : result.sigma) s = std::ldexp(s, scaling.exponent);
  if (!result.sigma.empty() && !std::isfinite(result.sigma[0])) {
    throw Overflow(fmt::format(
        "a singular value exceeds the largest {} number; divide the matrix by a power of two",
        scalar_name<T>()));
  }

  if (options.certify) {
    const std::vector<real_t<T>> sigma = prepared.to_scale(result.sigma);
    if (options.vectors == Vectors::none) {
      factor::fill_values_certificate<T>(prepared.matrix(), sigma, options.accuracy, context,
                                         report);
    } else {
      factor::fill_certificate<T>(
          prepared.matrix(), result.U.view().columns(0, n), sigma, result.V.view().columns(0, n),
          {.accuracy = options.accuracy, .sampled = true}, {}, -1, context, report);
    }
    report.certificate.frobenius_norm.value *= prepared.scale();
  }
  drivers::finish(result, 1, start);
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
