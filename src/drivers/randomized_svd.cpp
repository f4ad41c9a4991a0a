// Randomized subspace iteration: Halko, Martinsson, Tropp (2011), Algorithms 4.4 and 5.1, with the
// power iterations replaced by Chebyshev filters.
// Stages: sketch and Rayleigh-Ritz -> filter and Rayleigh-Ritz until the residuals reach the
// accuracy -> probe for missed triplets -> result.
#include "eckart/randomized_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "drivers/driver.hpp"
#include "drivers/spread.hpp"
#include "eckart/certify.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/sign_rule.hpp"
#include "factor/subspace_iteration.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

// Sketch width l for k triplets; cannot overflow.
index_t sketch_width(index_t min_dim, index_t k, const RandomizedSvdOptions& options) {
  const index_t usual = std::max<index_t>(10, k / 10);
  return k + std::min(options.oversampling.value_or(usual), min_dim - k);
}

template <class T>
Matrix<T> leading_columns(MatrixView<const T> X, index_t count) {
  Matrix<T> copy = Matrix<T>::uninitialized(X.rows, count);
  for (index_t j = 0; j < count; ++j) std::copy_n(X.column(j), X.rows, copy.view().column(j));
  return copy;
}

template <Scalar T>
class RandomizedSvd {
 public:
  RandomizedSvd(const LinearOperator<T>& A,
                index_t k,
                const RandomizedSvdOptions& options,
                Context& context,
                SvdResult<T>& result)
      : A_(A),
        k_(k),
        options_(options),
        context_(context),
        result_(result),
        wide_(A.rows() < A.cols()),
        AH_(wide_ ? make_adjoint(A) : nullptr),
        tall_(wide_ ? *AH_ : A),
        accuracy_(options.accuracy > 0 ? options.accuracy : default_accuracy<T>()),
        left_(options.power_iterations),
        search_(tall_,
                k,
                sketch_width(tall_.cols(), k, options),
                options.seed,
                context,
                result.report) {}

  void run() {
    context_.report_progress({"sketch", 0, -1});
    search_.start();
    for (int missed = 0;; ++missed) {
      iterate();
      take_result();
      if (!options_.certify) return;
      const bool decided = result_.report.status != Status::converged || left_ == 0 || missed == 20;
      if (decided) return certify(nullptr);
      factor::Remainder<T> remainder = probe();
      if (!factor::missed_triplet<T>(remainder, result_.sigma, accuracy_, tall_.rounding_level())) {
        return certify(&remainder);
      }
      const index_t added = std::min<index_t>(2, remainder.directions.cols());
      search_.admit(std::as_const(remainder.directions).view().columns(0, added));
      --left_;
    }
  }

 private:
  // Refines until the residuals reach the accuracy, or what stops it before: see status.
  void iterate() {
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    const double first = search_.residual();
    double best = first;
    int idle = 0;  // rounds at the level of rounding that did not halve the residual
    Status& status = result_.report.status;
    status = Status::converged;
    while (!(search_.residual() <= allowed())) {
      if (tall_.row_shard().any(context_.cancelled())) {
        status = drivers::stop_status(context_);
        return;
      }
      if (left_ == 0 || idle == 3) {
        status = Status::iteration_limit;
        return;
      }
      left_ -= search_.refine(accuracy_, std::min(options_.degree, left_));
      const double now = search_.residual();
      idle = now <= 1000 * eps && !(now <= best / 2) ? idle + 1 : 0;
      best = std::min(best, now);
      const double done = std::log(first / now) / std::log(first / accuracy_);
      context_.report_progress({"power iteration",
                                std::isfinite(done) ? std::clamp(done, 0.0, 1.0) : -1.0, now,
                                search_.converged(accuracy_)});
    }
  }

  // The accuracy, and the rounding that A itself carries, relative to sigma_1.
  double allowed() const {
    const auto largest = static_cast<double>(search_.sigma()[0]);
    return accuracy_ + (largest > 0 ? tall_.rounding_level() / largest : 0);
  }

  void take_result() {
    result_.U = {};
    result_.V = {};
    Matrix<T> left = leading_columns<T>(search_.left(), k_);
    Matrix<T> right = leading_columns<T>(search_.right(), k_);
    result_.sigma.assign(search_.sigma().begin(), search_.sigma().begin() + k_);
    result_.U = std::move(wide_ ? right : left);
    result_.V = std::move(wide_ ? left : right);
    factor::apply_sign_rule(result_.U.view(), result_.V.view(), k_, context_, A_.col_shard());
  }

  // Looks for what the result misses, in the orientation of the search.
  factor::Remainder<T> probe() {
    auto timer = result_.report.stage("probe");
    const Matrix<T>& left = wide_ ? result_.V : result_.U;
    const Matrix<T>& right = wide_ ? result_.U : result_.V;
    return factor::probe_remainder<T>(tall_, left.view(), result_.sigma, right.view(),
                                      CertifyOptions{}.probes, options_.seed, context_,
                                      result_.report);
  }

  void certify(factor::Remainder<T>* remainder) {
    factor::fill_certificate<T>(A_, result_.U.view(), result_.sigma, result_.V.view(),
                                {.accuracy = accuracy_, .seed = options_.seed}, {}, -1, context_,
                                result_.report, remainder);
  }

  const LinearOperator<T>& A_;
  index_t k_;
  const RandomizedSvdOptions& options_;
  Context& context_;
  SvdResult<T>& result_;
  bool wide_;
  std::unique_ptr<LinearOperator<T>> AH_;  // when wide
  const LinearOperator<T>& tall_;          // rows >= cols
  double accuracy_;
  index_t left_;  // power iterations that may still be made
  factor::SubspaceIteration<T> search_;
};

}  // namespace

template <Scalar T>
double randomized_svd_bytes(index_t rows,
                            index_t cols,
                            index_t rank,
                            const RandomizedSvdOptions& options) {
  const index_t min_dim = std::min(rows, cols);
  const index_t k = std::min(rank, min_dim);
  const index_t width = sketch_width(min_dim, k, options);
  // A sparse product holds a row-major copy of its block, which is more than a QR needs: while it
  // iterates of all columns, then of those that the certificate multiplies at a time.
  const auto longer = static_cast<double>(std::max(rows, cols));
  const double product = static_cast<double>(width) * longer;
  const double result = static_cast<double>(rows + cols) * static_cast<double>(k) + 64 * longer +
                        factor::certificate_elements(rows, cols, k);
  return sizeof(T) * (factor::SubspaceIteration<T>::elements(rows, cols, width, options.degree) +
                      std::max(product, result));
}

template <Scalar T>
SvdResult<T> randomized_svd(const LinearOperator<T>& A,
                            index_t rank,
                            const RandomizedSvdOptions& options,
                            Context& context) {
  const auto start = std::chrono::steady_clock::now();
  require(rank >= 0, fmt::format("rank must be >= 0, got {}", rank));
  require(options.oversampling.value_or(0) >= 0,
          fmt::format("oversampling must be >= 0, got {}", options.oversampling.value_or(0)));
  require(options.power_iterations >= 0,
          fmt::format("power_iterations must be >= 0, got {}", options.power_iterations));
  require(options.degree >= 1, fmt::format("degree must be >= 1, got {}", options.degree));
  drivers::require_accuracy(options.accuracy);

  const index_t width =
      sketch_width(std::min(A.rows(), A.cols()), std::min({rank, A.rows(), A.cols()}), options);
  const double bytes =
      randomized_svd_bytes<T>(drivers::rows_counted(A.row_shard(), width),
                              drivers::rows_counted(A.col_shard(), width), rank, options) +
      drivers::exchange_bytes(A);
  SvdResult<T> result;
  result.report = drivers::start_report("randomized", A, options.seed, bytes, context);
  const operators::Prepared<T> prepared(A, context);
  result.report.products += prepared.products();
  result.report.passes_over_A += static_cast<double>(prepared.products());
  const index_t k = std::min({rank, A.rows(), A.cols()});
  if (k == 0) {
    drivers::fill_zero_result(result, A, 0);
    if (options.certify) {
      factor::fill_certificate<T>(prepared.matrix(), result.U.view(), result.sigma, result.V.view(),
                                  {.accuracy = options.accuracy}, {}, -1, context, result.report);
    }
  } else {
    RandomizedSvd<T>(prepared.matrix(), k, options, context, result).run();
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
