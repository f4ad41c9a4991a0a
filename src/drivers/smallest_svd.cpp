// The triplets nearest to a value, as the leading ones of a transformed matrix. Stages: choose a
// method -> transform A -> leading triplets of the transform, by ranges of their size -> Rayleigh
// and Ritz with A itself -> look for what was missed -> result.
#include "eckart/smallest_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "blas/blas.hpp"
#include "drivers/driver.hpp"
#include "drivers/smallest_route.hpp"
#include "drivers/transform_triplets.hpp"
#include "eckart/error.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/copies.hpp"
#include "factor/dense_chain.hpp"
#include "factor/sign_rule.hpp"
#include "factor/spectral_transform.hpp"
#include "factor/tall_qr.hpp"
#include "operators/scaled.hpp"
#include "operators/sparse_entries.hpp"

namespace eckart {
namespace {

template <Scalar T>
class SmallestSvd {
 public:
  SmallestSvd(const LinearOperator<T>& A,
              index_t k,
              double target,
              const SmallestSvdOptions& options,
              Context& context,
              SvdResult<T>& result)
      : A_(A),
        k_(k),
        target_(target),
        options_(options),
        context_(context),
        result_(result),
        report_(result.report),
        wide_(A.rows() < A.cols()),
        AH_(wide_ ? make_adjoint(A) : nullptr),
        tall_(wide_ ? *AH_ : A),
        n_(tall_.cols()),
        accuracy_(options.accuracy > 0 ? options.accuracy : default_accuracy<T>()) {}

  // Both return whether nothing stopped them early, and leave the result in any case.
  // Throws MemoryLimit if the factors do not fit.
  bool run_factored(const SparseMatrix<T>& entries, double most_bytes) {
    if (begin()) return true;
    // Shifting by less would bring out the zeros of the doubled matrix.
    if (target_ <= std::sqrt(eps) * norm_) return invert(entries, most_bytes);
    factor_with([&] {
      // Not the target itself: it may be a singular value.
      const double shift = target_ + std::cbrt(eps) * target_ + 100 * eps * norm_;
      return factor::make_shifted_inverse<T>(entries, shift, norm_, most_bytes, context_);
    });
    // Below that, vectors lose more than a tenth of the accuracy.
    const double least = G_->gain(std::min(80 * eps / accuracy_, 0.125) * target_);
    const Outcome outcome = find_all(least);
    if (outcome != Outcome::exhausted) return finish(outcome);
    report_.fallbacks.push_back("values near zero are among the nearest: found from there");
    return invert(entries, most_bytes);
  }

  bool run_filtered() {
    if (begin()) return true;
    // The sharper the filter, the fewer steps and the more products in each.
    for (index_t degree = 64;; degree *= 4) {
      Matrix<T> start = triplets_ ? triplets_->V().clone() : Matrix<T>();
      G_ = factor::make_filter<T>(tall_, target_, norm_, degree);
      report_.why = fmt::format("Lanczos on a polynomial of degree {} in A^H A", degree);
      const Outcome outcome = find_all(0, std::move(start));
      const bool last = degree >= 1024 || outcome == Outcome::cancelled;
      if (last || (outcome == Outcome::complete && accurate())) return finish(outcome);
      report_.fallbacks.push_back(
          fmt::format("a polynomial of degree {} did not reach the accuracy", degree));
    }
  }

  double norm() const { return norm_; }

  // Of the tall orientation; nothing if they are not sparse.
  std::optional<SparseMatrix<T>> entries() const { return operators::sparse_entries(tall_); }

 private:
  static constexpr double eps = std::numeric_limits<real_t<T>>::epsilon();
  // The least accuracy that can be asked for.
  static constexpr double reachable = 5000 * eps;

  // How the search ends: with the k nearest; without those of gains below what the transform is
  // good for; with too many others between them, or without convergence.
  enum class Outcome { complete, exhausted, unfinished, cancelled };

  // Finds ||A||. Returns true if that is all there is to do.
  bool begin() {
    if (norm_ > 0) return false;
    if (k_ > 0) {
      auto timer = report_.stage("norm");
      const SvdResult<T> first =
          lanczos_svd<T>(tall_, {.rank = 1},
                         {.accuracy = 1e-2, .seed = options_.seed, .certify = false}, context_);
      report_.products += first.report.products;
      report_.passes_over_A += first.report.passes_over_A;
      norm_ = 1.02 * static_cast<double>(first.sigma[0]);
    }
    target_ = std::min(target_, norm_);  // the same triplets
    if (norm_ > 0) return false;
    drivers::fill_zero_result(result_, A_, k_);
    certify();
    return true;
  }

  bool invert(const SparseMatrix<T>& entries, double most_bytes) {
    factor_with([&] { return factor::make_inverse<T>(entries, norm_, most_bytes, context_); });
    return finish(find_all(0));
  }

  template <class Make>
  void factor_with(const Make& make) {
    auto timer = report_.stage("factor");
    context_.report_progress({"factor", -1, -1});
    triplets_.reset();
    G_.reset();
    G_ = make();
    report_.why = fmt::format("sparse QR factorization of {}, Lanczos on its inverse",
                              format_bytes(static_cast<std::uint64_t>(G_->bytes())));
  }

  // Finds triplets of G until the k nearest to the target are among them, and looks for what was
  // missed. Those with gains below least are of no use.
  Outcome find_all(double least, Matrix<T> start = {}) {
    const bool filter = G_->products_with_A() > 0;
    const double least_inner = (sizeof(real_t<T>) == 8 ? 256 : 32) * eps;
    const double inner = std::max(least_inner, std::min(accuracy_, default_accuracy<T>()) / 100);
    triplets_.emplace(*G_, inner, filter ? 60 : 0, options_.seed, context_);
    const index_t most = drivers::most_triplets(k_, n_);
    bool converged = true;
    int again = 0;
    for (index_t wanted = k_;;) {
      converged = triplets_->extend(wanted, least, std::move(start), report_) && converged;
      start = {};
      extract();
      const index_t found = triplets_->count();
      if (context_.cancelled()) return Outcome::cancelled;
      if (found < n_ && !reaches_far_enough()) {
        if (triplets_->exhausted()) return Outcome::exhausted;
        if (found < wanted || found >= most) return Outcome::unfinished;
        wanted = std::min(most, found + std::max<index_t>(4, found / 2));
        continue;
      }
      if (!options_.certify || found == n_) break;
      if (!triplets_->misses_one(report_)) break;
      if (++again > 5) return Outcome::unfinished;
      wanted = found + 1;
    }
    return converged ? Outcome::complete : Outcome::unfinished;
  }

  // U, sigma, V <- the singular triplets of A on the spans that were found: with orthonormal bases
  // of them, A V = U M, M = X S Y^H.
  void extract() {
    auto timer = report_.stage("extract");
    const index_t d = triplets_->count();
    Matrix<T> R(d, d);
    right_ = triplets_->V().clone();
    if (d == 0) return;
    factor::tall_qr(right_.view(), R.view(), context_);
    left_ = G_->left_vectors(std::as_const(right_).view(), triplets_->W().view(), context_);
    factor::tall_qr(left_.view(), R.view(), context_);
    Matrix<T> AV(tall_.rows(), d);
    tall_.apply(std::as_const(right_).view(), AV.view(), context_);
    report_.products += d;
    report_.passes_over_A += 1;
    Matrix<T> M(d, d);
    blas::multiply<T>(blas::Op::adjoint, blas::Op::none, T{1}, std::as_const(left_).view(),
                      std::as_const(AV).view(), T{0}, M.view(), context_);
    factor::DenseFactors<T> small =
        factor::factor_small<T>(std::as_const(M).view(), report_.fallbacks, context_);
    blas::multiply_in_place<T>(left_.view(), std::as_const(small.U).view(), context_);
    blas::multiply_in_place<T>(right_.view(), std::as_const(small.V).view(), context_);
    sigma_ = std::move(small.sigma);
  }

  TripletRange nearest() const { return nearest_triplets(k_, target_)(doubles(sigma_)); }

  // Whether every singular value as near to the target as the k-th of those found has a larger gain
  // than the last one found, and so would have been found before it.
  bool reaches_far_enough() const {
    const TripletRange range = nearest();
    if (range.count < k_) return false;
    if (target_ == 0) return true;
    const auto first = static_cast<double>(sigma_[static_cast<std::size_t>(range.first)]);
    const auto last =
        static_cast<double>(sigma_[static_cast<std::size_t>(range.first + range.count - 1)]);
    const double distance = std::max(std::abs(first - target_), std::abs(last - target_));
    const double least =
        std::min(G_->gain(std::max(0.0, target_ - distance)), G_->gain(target_ + distance));
    return least >= triplets_->last_gain() * (1 - std::sqrt(eps));
  }

  // Whether the nearest of the triplets found have residuals within the accuracy.
  bool accurate() {
    const TripletRange range = nearest();
    const std::vector<double> residuals = factor::true_residuals<T>(
        tall_, std::as_const(left_).view().columns(range.first, range.count),
        std::span<const real_t<T>>(sigma_).subspan(static_cast<std::size_t>(range.first),
                                                   static_cast<std::size_t>(range.count)),
        std::as_const(right_).view().columns(range.first, range.count), context_, report_);
    const double allowed = accuracy_ * norm_ / 1.02 + A_.rounding_level();
    return std::all_of(residuals.begin(), residuals.end(), [&](double r) { return r <= allowed; });
  }

  // result <- the k nearest of the triplets found. Returns whether nothing nearer can be missing.
  bool finish(Outcome outcome) {
    const TripletRange range = nearest();
    factor::keep_columns(left_, range);
    factor::keep_columns(right_, range);
    result_.U = std::move(wide_ ? right_ : left_);
    result_.V = std::move(wide_ ? left_ : right_);
    result_.sigma.assign(sigma_.begin() + range.first, sigma_.begin() + range.first + range.count);
    factor::apply_sign_rule(result_.U.view(), result_.V.view(), range.count, context_);
    if (outcome == Outcome::cancelled) {
      report_.status = Status::cancelled;
    } else if (outcome != Outcome::complete) {
      report_.status = Status::iteration_limit;
    }
    certify();
    if (options_.certify && !report_.certificate.met && accuracy_ < reachable) {
      report_.warnings.push_back(
          fmt::format("an accuracy of {:.1e} is below what Lanczos on an inverse reaches for sure, "
                      "{:.1e}; the dense method reaches it",
                      accuracy_, reachable));
    }
    if (outcome != Outcome::complete) {
      report_.certificate.met = false;
      report_.certificate.findings.push_back(
          "the iteration stopped early: nearer singular values may have been missed");
    }
    return outcome == Outcome::complete || outcome == Outcome::cancelled;
  }

  void certify() {
    if (!options_.certify) return;
    factor::fill_certificate<T>(A_, result_.U.view(), result_.sigma, result_.V.view(),
                                {.accuracy = accuracy_, .leading = false, .seed = options_.seed},
                                {}, -1, context_, report_);
  }

  static std::vector<double> doubles(const std::vector<real_t<T>>& values) {
    return {values.begin(), values.end()};
  }

  const LinearOperator<T>& A_;
  index_t k_;
  double target_;
  const SmallestSvdOptions& options_;
  Context& context_;
  SvdResult<T>& result_;
  SvdReport& report_;
  bool wide_;
  std::unique_ptr<LinearOperator<T>> AH_;  // when wide
  const LinearOperator<T>& tall_;          // rows >= cols
  index_t n_;
  double accuracy_;
  double norm_ = 0;  // at least ||A||, by about 2 per cent

  std::unique_ptr<factor::SpectralTransform<T>> G_;
  std::optional<drivers::TransformTriplets<T>> triplets_;  // of G
  Matrix<T> left_, right_;                                 // triplets of A made from them
  std::vector<real_t<T>> sigma_;
};

// Says which values rounding does not tell from zero. norm is about sigma_1.
template <Scalar T>
void warn_of_rounding(SvdResult<T>& result, double norm) {
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const auto size = static_cast<double>(result.report.rows + result.report.cols);
  const double level = eps * norm * std::max(4.0, std::sqrt(size));
  const auto below = std::count_if(result.sigma.begin(), result.sigma.end(),
                                   [&](real_t<T> s) { return static_cast<double>(s) <= level; });
  if (below == 0) return;
  result.report.warnings.push_back(
      fmt::format("{} of {} singular values are no larger than rounding makes of a zero, {:.1e}: "
                  "they are known "
                  "to lie below about that, their digits mean nothing",
                  below, result.sigma.size(), level));
}

// All values, and the vectors of those that are wanted.
template <Scalar T>
SvdResult<T> by_dense(const LinearOperator<T>& A,
                      index_t k,
                      const SmallestSvdOptions& options,
                      Context& context) {
  double norm = 0;
  SvdResult<T> result = dense_svd<T>(A,
                                     {.select =
                                          [&](std::span<const double> sigma) {
                                            norm = sigma.empty() ? 0 : sigma[0];
                                            return nearest_triplets(k, options.target)(sigma);
                                          },
                                      .at_most = k,
                                      .accuracy = options.accuracy,
                                      .certify = options.certify},
                                     context);
  result.report.seed = options.seed;
  result.report.why = "all singular values";
  warn_of_rounding(result, norm);
  return result;
}

}  // namespace

const char* to_string(SmallestMethod method) {
  switch (method) {
    case SmallestMethod::automatic:
      return "auto";
    case SmallestMethod::dense:
      return "dense";
    case SmallestMethod::factor:
      return "factor";
    case SmallestMethod::filter:
      return "filter";
  }
  return "unknown";
}

std::function<TripletRange(std::span<const double>)> nearest_triplets(index_t k, double target) {
  return [=](std::span<const double> sigma) {
    TripletRange range{0, static_cast<index_t>(sigma.size())};
    while (range.count > k) {  // the farther one of the two ends goes
      const double first = sigma[static_cast<std::size_t>(range.first)];
      const double last = sigma[static_cast<std::size_t>(range.first + range.count - 1)];
      if (std::abs(first - target) > std::abs(last - target)) ++range.first;
      --range.count;
    }
    return range;
  };
}

template <Scalar T>
double smallest_svd_bytes(const LinearOperator<T>& A,
                          index_t count,
                          const SmallestSvdOptions& options,
                          const Context& context) {
  const index_t k = std::min(count, std::min(A.rows(), A.cols()));
  return drivers::plan_smallest(A, k, options, context).bytes;
}

template <Scalar T>
SvdResult<T> smallest_svd(const LinearOperator<T>& A,
                          index_t count,
                          const SmallestSvdOptions& options,
                          Context& context) {
  const auto start = std::chrono::steady_clock::now();
  drivers::require_accuracy(options.accuracy);
  require(count >= 0, fmt::format("count must be >= 0, got {}", count));
  require(options.target >= 0 && std::isfinite(options.target),
          fmt::format("target must be >= 0 and finite, got {}", options.target));
  require(options.factor_bytes >= 0,
          fmt::format("factor_bytes must be >= 0, got {}", options.factor_bytes));

  const index_t k = std::min(count, std::min(A.rows(), A.cols()));
  const bool automatic = options.method == SmallestMethod::automatic;
  const drivers::SmallestRoute route = drivers::plan_smallest(A, k, options, context);
  SmallestMethod method = route.method;
  if (method == SmallestMethod::dense) return by_dense(A, k, options, context);

  SvdResult<T> result;
  result.report = drivers::start_report("smallest", A, options.seed, route.bytes, context);
  const operators::Prepared<T> prepared(A, context);
  const LinearOperator<T>& matrix = prepared.matrix();
  SmallestSvd<T> search(matrix, k, options.target / prepared.scale(), options, context, result);
  if (method == SmallestMethod::factor) {
    const std::optional<SparseMatrix<T>> entries = search.entries();
    require(automatic || entries.has_value(),
            "the factor method needs a sparse matrix without shifts: its entries");
    std::string trouble;
    try {
      if (!entries) {
        method = SmallestMethod::filter;
        trouble = "a shifted matrix has no entries to factor";
      } else if (!search.run_factored(*entries, route.factor_bytes)) {
        trouble = "too many values are about as near as those wanted";
      }
    } catch (const MemoryLimit& refusal) {
      if (!automatic) throw;
      method = SmallestMethod::filter;
      trouble = fmt::format("the factors take more than {}",
                            format_bytes(static_cast<std::uint64_t>(route.factor_bytes)));
    }
    if (automatic && !trouble.empty()) {
      if (route.dense_fits) {
        result = {};
        SvdResult<T> dense = by_dense(A, k, options, context);
        dense.report.fallbacks.insert(dense.report.fallbacks.begin(), trouble);
        return dense;
      }
      result.report.fallbacks.push_back(trouble);
    }
  }
  if (method == SmallestMethod::filter) search.run_filtered();
  drivers::finish(result, prepared.scale(), start);
  warn_of_rounding(result, search.norm() * prepared.scale());
  return result;
}

template SvdResult<float> smallest_svd(const LinearOperator<float>&,
                                       index_t,
                                       const SmallestSvdOptions&,
                                       Context&);
template double smallest_svd_bytes(const LinearOperator<float>&,
                                   index_t,
                                   const SmallestSvdOptions&,
                                   const Context&);
template SvdResult<double> smallest_svd(const LinearOperator<double>&,
                                        index_t,
                                        const SmallestSvdOptions&,
                                        Context&);
template double smallest_svd_bytes(const LinearOperator<double>&,
                                   index_t,
                                   const SmallestSvdOptions&,
                                   const Context&);
template SvdResult<std::complex<float>> smallest_svd(const LinearOperator<std::complex<float>>&,
                                                     index_t,
                                                     const SmallestSvdOptions&,
                                                     Context&);
template double smallest_svd_bytes(const LinearOperator<std::complex<float>>&,
                                   index_t,
                                   const SmallestSvdOptions&,
                                   const Context&);
template SvdResult<std::complex<double>> smallest_svd(const LinearOperator<std::complex<double>>&,
                                                      index_t,
                                                      const SmallestSvdOptions&,
                                                      Context&);
template double smallest_svd_bytes(const LinearOperator<std::complex<double>>&,
                                   index_t,
                                   const SmallestSvdOptions&,
                                   const Context&);

}  // namespace eckart
