// Dense SVD: scale by a power of two, work on the tall orientation, decompose with fallbacks, then
// the sign rule and the certificate.
#include "eckart/dense_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/parallel.hpp"
#include "drivers/driver.hpp"
#include "drivers/spread.hpp"
#include "eckart/error.hpp"
#include "eckart/jacobi_svd.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/dense_chain.hpp"
#include "factor/direct_svd.hpp"
#include "factor/padded.hpp"
#include "factor/sign_rule.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

// A <- A / 2^exponent, exact unless an entry falls below the normal range.
template <Scalar T>
void divide_by_power_of_two(MatrixView<T> A, int exponent, const Context& context) {
  using Real = real_t<T>;
  if (exponent == 0) return;
  // The factor itself may be out of range; two halves of it are not.
  const Real half = std::ldexp(Real{1}, -exponent / 2);
  const Real rest = std::ldexp(Real{1}, -exponent + exponent / 2);
  core::for_each_chunk(A.cols, 64, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      auto* reals = reinterpret_cast<Real*>(A.column(j));
      for (index_t i = 0; i < A.rows * (is_complex<T> ? 2 : 1); ++i)
        reals[i] = reals[i] * half * rest;
    }
  });
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
  if (algorithm == DenseAlgorithm::jacobi) return {0, algorithm, true};  // it scales upwards
  const Scaling scaling = scale_by_largest(prepared, algorithm);
  constexpr index_t small = 128;
  const double least = std::numeric_limits<real_t<T>>::min();
  const bool vanishes = std::ldexp(prepared.min_abs(), -scaling.exponent) < least;
  if (vanishes && n <= small) return {0, DenseAlgorithm::jacobi, true};
  return scaling;
}

// Throws InvalidArgument unless the triplets exist, are no more than planned for, and are all of
// them for full vectors.
void require_range(TripletRange range, index_t n, index_t most, Vectors vectors) {
  require(
      range.first >= 0 && range.count >= 0 && range.first <= n && range.count <= n - range.first,
      fmt::format("select returned {} triplets from {} on; there are {}", range.count, range.first,
                  n));
  require(range.count <= most,
          fmt::format("select returned {} triplets, more than at_most = {}", range.count, most));
  require(vectors != Vectors::full || range.count == n,
          fmt::format("select returned {} triplets; full vectors need all {}", range.count, n));
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

std::function<TripletRange(std::span<const double>)> leading_triplets(index_t k) {
  return [k](std::span<const double> sigma) {
    return TripletRange{0, std::min(k, static_cast<index_t>(sigma.size()))};
  };
}

std::function<TripletRange(std::span<const double>)> trailing_triplets(index_t k) {
  return [k](std::span<const double> sigma) {
    const auto n = static_cast<index_t>(sigma.size());
    return TripletRange{n - std::min(k, n), std::min(k, n)};
  };
}

std::function<TripletRange(std::span<const double>)> triplets_between(double least, double most) {
  return [=](std::span<const double> sigma) {
    const auto above =
        std::count_if(sigma.begin(), sigma.end(), [&](double s) { return s >= most; });
    const auto within =
        std::count_if(sigma.begin(), sigma.end(), [&](double s) { return s >= least && s < most; });
    return TripletRange{above, within};
  };
}

template <Scalar T>
double dense_svd_bytes(index_t rows, index_t cols, Vectors vectors, index_t count) {
  const index_t tall = std::max(rows, cols);
  const index_t n = std::min(rows, cols);
  const double m = static_cast<double>(factor::PaddedMatrix<T>::leading_dimension(tall));
  const double copy = m * static_cast<double>(n + 1);
  // A wide matrix is copied before it is turned.
  const double turned = rows < cols ? static_cast<double>(rows) * static_cast<double>(cols) : 0;
  const double work = factor::direct_svd_elements<T>(tall, n, vectors, count);
  if (vectors == Vectors::none) return sizeof(T) * (copy + std::max(work, turned) + 4096);
  // The certificate comes when the copy and the workspace are gone.
  const auto k = static_cast<double>(count);
  const double results = (vectors == Vectors::full ? m * m : m * k) + static_cast<double>(n) * k;
  const double certificate = results + factor::certificate_elements(rows, cols, count, true);
  return sizeof(T) * (std::max(copy + std::max(work, turned), certificate) + 4096);
}

template <Scalar T>
SvdResult<T> dense_svd(const LinearOperator<T>& A,
                       const DenseSvdOptions& options,
                       Context& context) {
  const auto start = std::chrono::steady_clock::now();
  drivers::require_accuracy(options.accuracy);
  if (!A.row_shard().alone()) return drivers::spread_dense_svd(A, options, context);
  if (A.storage() == Storage::matrix_free) {  // form it once, then look at entries freely
    drivers::require_memory(
        "dense",
        dense_svd_bytes<T>(A.rows(), A.cols(), options.vectors, std::min(A.rows(), A.cols())) +
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
  const bool wide = A.rows() < A.cols();
  const index_t n = std::min(A.rows(), A.cols());
  const index_t most = options.select && options.at_most >= 0 ? std::min(options.at_most, n) : n;
  double bytes = dense_svd_bytes<T>(A.rows(), A.cols(), options.vectors, most);
  const double jacobi_bytes = jacobi_svd_bytes<T>(A.rows(), A.cols(), options.vectors);
  if (options.algorithm == DenseAlgorithm::jacobi) bytes = std::max(bytes, jacobi_bytes);
  report = drivers::start_report("dense", A, 0, bytes, context);
  const operators::Prepared<T> prepared(A, context);
  Scaling scaling = choose_scaling(prepared, n, options.algorithm);
  if (scaling.algorithm == DenseAlgorithm::jacobi) {
    bytes = std::max(bytes, jacobi_bytes);
    drivers::require_memory("dense", bytes, context);
    report.peak_bytes = static_cast<std::uint64_t>(std::min(bytes, 1.8e19));
  }
  TripletRange range;
  {
    auto timer = report.stage("decompose");
    context.report_progress({"decompose", -1, -1});
    // The caller selects among the values of A itself.
    factor::Select select;
    if (options.select) {
      select.at_most = most;
      select.choose = [&](std::span<const double> sigma) {
        std::vector<double> values(sigma.begin(), sigma.end());
        for (double& s : values) s = std::ldexp(s, scaling.exponent);
        const TripletRange selected = options.select(values);
        require_range(selected, n, most, options.vectors);
        return selected;
      };
    }
    const auto decompose = [&] {
      return factor::factor_dense<T>(
          std::max(A.rows(), A.cols()), n,
          [&](MatrixView<T> to) {
            drivers::copy_tall(A, to, context);
            divide_by_power_of_two(to, scaling.exponent, context);
          },
          options.vectors, select, factor::dense_chain<T>(scaling.algorithm), report.fallbacks,
          context);
    };
    const drivers::StopAtOnce stop(context);
    factor::DenseFactors<T> factors;
    try {
      factors = decompose();
    } catch (const Cancelled&) {
      throw;
    } catch (const InvalidArgument&) {  // of the selection
      throw;
    } catch (const Error&) {
      if (!scaling.left_unscaled) throw;
      scaling = scale_by_largest(prepared, options.algorithm);
      factors = decompose();
    }
    result.U = std::move(wide ? factors.V : factors.U);
    result.V = std::move(wide ? factors.U : factors.V);
    result.sigma = std::move(factors.sigma);
    range = factors.range;
    report.passes_over_A += 1;
  }
  const bool part = options.vectors != Vectors::none && range.count < n;
  if (part) {
    result.sigma.erase(result.sigma.begin() + range.first + range.count, result.sigma.end());
    result.sigma.erase(result.sigma.begin(), result.sigma.begin() + range.first);
  }
  if (options.vectors != Vectors::none) {
    factor::apply_sign_rule(result.U.view(), result.V.view(), range.count, context);
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
          prepared.matrix(), result.U.view().columns(0, range.count), sigma,
          result.V.view().columns(0, range.count),
          {.accuracy = options.accuracy, .leading = range.first == 0, .sampled = true}, {}, -1,
          context, report);
    }
    report.certificate.frobenius_norm.value *= prepared.scale();
  }
  drivers::finish(result, 1, start);
  return result;
}

template <Scalar T>
std::vector<real_t<T>> singular_values_in_place(MatrixView<T> A, Context& context) {
  require(A.rows >= A.cols,
          fmt::format("A is {} x {}: wide; give its conjugate transpose", A.rows, A.cols));
  if (A.cols == 0) return {};
  const auto op = make_operator<T>(MatrixView<const T>(A));
  const operators::Prepared<T> prepared(*op, context);  // throws where an entry is not finite
  const drivers::StopAtOnce stop(context);
  factor::DenseFactors<T> factors;
  if (!factor::direct_svd<T>(factor::BidiagonalSolver::divide_and_conquer, A, Vectors::none, {},
                             factors, context)) {
    throw Error("the values of the bidiagonal form did not converge, and A is gone: use dense_svd");
  }
  if (!std::isfinite(factors.sigma[0])) {
    throw Overflow(fmt::format(
        "a singular value exceeds the largest {} number; divide the matrix by a power of two",
        scalar_name<T>()));
  }
  return factors.sigma;
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
template double dense_svd_bytes<float>(index_t, index_t, Vectors, index_t);
template double dense_svd_bytes<double>(index_t, index_t, Vectors, index_t);
template double dense_svd_bytes<std::complex<float>>(index_t, index_t, Vectors, index_t);
template double dense_svd_bytes<std::complex<double>>(index_t, index_t, Vectors, index_t);
template std::vector<real_t<float>> singular_values_in_place(MatrixView<float>, Context&);
template std::vector<real_t<double>> singular_values_in_place(MatrixView<double>, Context&);
template std::vector<real_t<std::complex<float>>> singular_values_in_place(
    MatrixView<std::complex<float>>, Context&);
template std::vector<real_t<std::complex<double>>> singular_values_in_place(
    MatrixView<std::complex<double>>, Context&);

}  // namespace eckart
