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
#include "core/philox.hpp"
#include "drivers/driver.hpp"
#include "eckart/error.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/copies.hpp"
#include "factor/dense_chain.hpp"
#include "factor/sign_rule.hpp"
#include "factor/spectral_transform.hpp"
#include "factor/tall_qr.hpp"
#include "kernels/kernels.hpp"
#include "operators/scaled.hpp"
#include "operators/sparse_entries.hpp"

namespace eckart {
namespace {

constexpr double default_factor_bytes = 4.0 * (1 << 30);

// What the iteration keeps beside a transform.
template <Scalar T>
double iteration_bytes(const LinearOperator<T>& A, index_t k) {
  const index_t n = std::min(A.rows(), A.cols());
  const double vectors = 4 * static_cast<double>(A.rows() + A.cols()) * static_cast<double>(k + 8);
  return lanczos_svd_bytes<T>(n, n, k) +
         sizeof(T) * (vectors + factor::certificate_elements(A.rows(), A.cols(), k));
}

// Copies of the entries that a factorization starts from.
template <Scalar T>
double entries_bytes(const LinearOperator<T>& A) {
  return 5.0 * (sizeof(T) + sizeof(index_t)) *
         static_cast<double>(A.entries_per_product() + A.rows() + A.cols());
}

template <Scalar T>
double dense_bytes(const LinearOperator<T>& A, index_t k) {
  const double copy =
      A.storage() == Storage::matrix_free
          ? sizeof(T) * static_cast<double>(A.rows()) * static_cast<double>(A.cols())
          : 0;
  return dense_svd_bytes<T>(A.rows(), A.cols(), Vectors::thin, k) + copy;
}

// The method for automatic, before any fill is known.
template <Scalar T>
SmallestMethod first_choice(const LinearOperator<T>& A, index_t k, const Context& context) {
  const index_t n = std::min(A.rows(), A.cols());
  const auto cap = static_cast<double>(context.memory_cap_bytes());
  const bool fits = cap == 0 || dense_bytes(A, k) <= cap;
  const bool small = n <= 256 || 4 * k >= n;
  // Products with n vectors, and n^3: more than a filter costs only for large matrices.
  const bool formable = n <= 3000;
  if (A.storage() == Storage::dense) return fits ? SmallestMethod::dense : SmallestMethod::filter;
  const bool factorable = A.storage() == Storage::sparse;
  if (fits && (small || (!factorable && formable))) return SmallestMethod::dense;
  return factorable ? SmallestMethod::factor : SmallestMethod::filter;
}

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

  // Throws MemoryLimit if the factors do not fit.
  void run_factored(const SparseMatrix<T>& entries, double most_bytes) {
    if (begin()) return;
    entries_ = &entries;
    most_bytes_ = most_bytes;
    {
      auto timer = report_.stage("factor");
      context_.report_progress({"factor", -1, -1});
      if (near_zero()) {
        G_ = factor::make_inverse<T>(entries, least_value(), most_bytes, context_);
      } else {
        // Not the target itself: it may be a singular value.
        const double shift = target_ + std::cbrt(eps) * target_ + 100 * eps * norm_;
        G_ = factor::make_shifted_inverse<T>(entries, shift, most_bytes, context_);
      }
    }
    report_.why = fmt::format("sparse QR factorization of {}, Lanczos on its inverse",
                              format_bytes(static_cast<std::uint64_t>(G_->bytes())));
    const bool complete = find_all();
    finish(complete);
  }

  double norm() const { return norm_; }

  // Of the tall orientation; nothing if they are not sparse.
  std::optional<SparseMatrix<T>> entries() const { return operators::sparse_entries(tall_); }

  void run_filtered() {
    if (begin()) return;
    // The sharper the filter, the fewer steps and the more products in each.
    for (index_t degree = 64;; degree *= 4) {
      G_ = factor::make_filter<T>(tall_, std::min(target_, norm_), norm_, degree);
      report_.why = fmt::format("Lanczos on a polynomial of degree {} in A^H A", degree);
      products_per_vector_ = 2 * static_cast<double>(degree);
      start_ = V_.clone();
      V_ = {};
      W_ = {};
      const bool complete = find_all();
      const bool last = degree >= 1024 || context_.cancelled();
      if (last || (complete && accurate())) return finish(complete);
      report_.fallbacks.push_back(
          fmt::format("a polynomial of degree {} did not reach the accuracy", degree));
    }
  }

 private:
  static constexpr double eps = std::numeric_limits<real_t<T>>::epsilon();
  static constexpr bool is_double = sizeof(real_t<T>) == 8;
  // Of the leading triplets of G those down to this share of the first are taken at a time: below,
  // its rounding would show.
  static constexpr double gain_range = is_double ? 1e-3 : 3e-2;
  // Of the triplets of G, relative to the first.
  static constexpr double inner_accuracy = is_double ? 1e-12 : 4e-6;

  static constexpr std::uint32_t power_stream = 41;

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
    if (norm_ > 0) return false;
    drivers::fill_zero_result(result_, A_.rows(), A_.cols(), k_);
    certify();
    return true;
  }

  // Shifting by less would bring out the zeros of the doubled matrix.
  bool near_zero() const { return target_ <= std::sqrt(eps) * norm_; }

  index_t found() const { return V_.cols(); }

  // Singular values below it are not told apart by an inverse: the errors of solving, a few
  // eps ||A||, must stay small beside it.
  double least_value() const { return 16 * eps * norm_; }

  // Finds triplets of G until the k nearest to the target are among them, and probes for others.
  // Returns false if some may still be missing.
  bool find_all() {
    bool complete = true;
    index_t missed = 0;
    for (index_t wanted = k_;;) {
      complete = extend(wanted) && complete;
      extract();
      if (context_.cancelled()) return false;
      if (found() == n_) return complete;
      if (!reaches_far_enough()) {
        wanted = found() + std::min(std::max<index_t>(4, found() / 2), n_ - found());
      } else if (options_.certify && something_missed()) {
        if (++missed > 5) return false;
        wanted = found() + 1;
      } else {
        return complete;
      }
    }
  }

  // Adds leading triplets of G to V and W until there are that many. Returns whether all converged.
  bool extend(index_t wanted) {
    auto timer = report_.stage("iterate");
    bool converged = true;
    while (found() < wanted && !context_.cancelled()) {
      const double rounding = rounding_of_rest();
      const factor::DeflatedOperator<T> rest(*G_, std::as_const(V_).view(),
                                             std::as_const(W_).view(), rounding);
      LanczosSvdOptions<T> options{.accuracy = inner_accuracy,
                                   .max_steps = is_filter() ? 60 : 0,
                                   .seed = options_.seed,
                                   .certify = false};
      if (start_.cols() > 0) options.warm_start = std::as_const(start_).view();
      SvdResult<T> more = lanczos_svd<T>(rest, {.rank = wanted - found()}, options, context_);
      start_ = {};
      report_.iterations += more.report.iterations;
      report_.restarts += more.report.restarts;
      report_.products +=
          static_cast<index_t>(products_per_vector_ * static_cast<double>(more.report.products));
      report_.passes_over_A += products_per_vector_ * more.report.passes_over_A;
      converged = converged && more.report.status == Status::converged;
      if (more.sigma.empty()) return false;
      index_t taken = 1;
      while (taken < static_cast<index_t>(more.sigma.size()) &&
             more.sigma[static_cast<std::size_t>(taken)] >= gain_range * more.sigma[0]) {
        ++taken;
      }
      last_gain_ = static_cast<double>(more.sigma[static_cast<std::size_t>(taken - 1)]);
      more.U.keep_columns(taken);
      more.V.keep_columns(taken);
      if (!is_filter()) sharpen(rest, more.U, more.V);
      append(V_, more.U.view());
      append(W_, more.V.view());
    }
    return converged;
  }

  // A step of inverse iteration with triplets of G. What Lanczos leaves in directions of small gain
  // is little beside G, but A enlarges it: this takes it down to the rounding of solving.
  void sharpen(const LinearOperator<T>& rest, Matrix<T>& V, Matrix<T>& W) {
    Matrix<T> R(V.cols(), V.cols());
    rest.apply_adjoint(std::as_const(V).view(), W.view(), context_);
    factor::tall_qr(W.view(), R.view(), context_);
    rest.apply(std::as_const(W).view(), V.view(), context_);
    factor::tall_qr(V.view(), R.view(), context_);
  }

  // The errors in a product with what is left of G: those of solving with a matrix of norm ||A||,
  // eps ||A|| ||G||^2, by a few steps of the power method.
  double rounding_of_rest() {
    if (is_filter()) return eps * products_per_vector_;
    const factor::DeflatedOperator<T> rest(*G_, std::as_const(V_).view(), std::as_const(W_).view());
    Matrix<T> x(n_, 1);
    Matrix<T> y(n_, 1);
    core::fill_gaussian(x.view(), options_.seed, power_stream, found(), context_);
    double norm = 0;
    const auto length = [&](Matrix<T>& z) {
      const double result = std::sqrt(kernels::kernels<T>().shifted_energy(n_, z.data(), T{0}, 1));
      for (index_t i = 0; i < n_ && result > 0; ++i) z(i, 0) /= static_cast<real_t<T>>(result);
      return result;
    };
    length(x);
    for (int step = 0; step < 3; ++step) {
      rest.apply(std::as_const(x).view(), y.view(), context_);
      norm = std::max(norm, length(y));
      rest.apply_adjoint(std::as_const(y).view(), x.view(), context_);
      norm = std::max(norm, length(x));
    }
    // Solving with the doubled matrix passes through the left vectors: for a gain of
    // g = t / (sigma^2 - t^2) errors grow by (sigma g / t)^2.
    const double growth = near_zero() ? norm * norm : norm * norm + norm / target_;
    return eps * norm_ * growth;
  }

  static void append(Matrix<T>& X, MatrixView<const T> more) {
    Matrix<T> longer(more.rows, X.cols() + more.cols);
    factor::copy<T>(std::as_const(X).view(), longer.view().columns(0, X.cols()));
    factor::copy<T>(more, longer.view().columns(X.cols(), more.cols));
    X = std::move(longer);
  }

  bool is_filter() const { return products_per_vector_ > 0; }

  // U, sigma, V <- the singular triplets of A on the spans that were found: with orthonormal bases
  // of them, A V = U M, M = X S Y^H.
  void extract() {
    auto timer = report_.stage("extract");
    const index_t d = found();
    if (d == 0) return;
    Matrix<T> R(d, d);
    right_ = V_.clone();
    factor::tall_qr(right_.view(), R.view(), context_);
    if (near_zero() || is_filter()) {
      left_ = G_->left_vectors(std::as_const(right_).view(), std::as_const(W_).view(), context_);
    } else {
      left_ = left_vectors_near_target();
    }
    factor::tall_qr(left_.view(), R.view(), context_);
    const Matrix<T> AV = image_of_right();
    Matrix<T> M(d, d);
    blas::multiply<T>(blas::Op::adjoint, blas::Op::none, T{1}, std::as_const(left_).view(),
                      AV.view(), T{0}, M.view(), context_);
    factor::DenseFactors<T> small =
        factor::factor_small<T>(std::as_const(M).view(), report_.fallbacks, context_);
    blas::multiply_in_place<T>(left_.view(), std::as_const(small.U).view(), context_);
    blas::multiply_in_place<T>(right_.view(), std::as_const(small.V).view(), context_);
    sigma_ = std::move(small.sigma);
  }

  // Left vectors for right_, which turns into right singular vectors on its span: only of those,
  // told apart to rounding, does an inverse make no others. The transform gives both sides at once,
  // but loses the left one where sigma is small beside the target. Then the inverse of A itself
  // gives them.
  Matrix<T> left_vectors_near_target() {
    const Matrix<T> AV = image_of_right();
    const factor::DenseFactors<T> small =
        factor::factor_small<T>(AV.view(), report_.fallbacks, context_);
    blas::multiply_in_place<T>(right_.view(), std::as_const(small.V).view(), context_);
    if (static_cast<double>(small.sigma.back()) >= target_ / 8) {
      return G_->left_vectors(std::as_const(right_).view(), std::as_const(right_).view(), context_);
    }
    const auto inverse = factor::make_inverse<T>(*entries_, least_value(), most_bytes_, context_);
    Matrix<T> W(n_, right_.cols());
    inverse->apply_adjoint(std::as_const(right_).view(), W.view(), context_);
    for (index_t j = 0; j < W.cols(); ++j) {
      T* w = W.view().column(j);
      const auto length =
          static_cast<real_t<T>>(std::sqrt(kernels::kernels<T>().shifted_energy(n_, w, T{0}, 1)));
      for (index_t i = 0; i < n_; ++i) w[i] /= length;
    }
    return inverse->left_vectors(std::as_const(right_).view(), std::as_const(W).view(), context_);
  }

  Matrix<T> image_of_right() {
    Matrix<T> AV(tall_.rows(), right_.cols());
    tall_.apply(std::as_const(right_).view(), AV.view(), context_);
    report_.products += right_.cols();
    report_.passes_over_A += 1;
    return AV;
  }

  // Whether every singular value as near to the target as the k-th of those found has a larger gain
  // than the last one found, and so would have been found before it.
  bool reaches_far_enough() const {
    if (target_ == 0) return true;
    const TripletRange range = nearest_triplets(k_, target_)(doubles(sigma_));
    double distance = 0;
    for (index_t i = range.first; i < range.first + range.count; ++i) {
      distance = std::max(
          distance, std::abs(static_cast<double>(sigma_[static_cast<std::size_t>(i)]) - target_));
    }
    const double least =
        std::min(G_->gain(std::max(0.0, target_ - distance)), G_->gain(target_ + distance));
    return least >= last_gain_ * (1 - std::sqrt(eps));
  }

  // Looks for a triplet of G larger than the last one found.
  bool something_missed() {
    auto timer = report_.stage("probe");
    const factor::DeflatedOperator<T> rest(*G_, std::as_const(V_).view(), std::as_const(W_).view());
    SvdReport own;
    const factor::Remainder<T> remainder = factor::probe_remainder<T>(
        rest, MatrixView<const T>{nullptr, n_, 0, n_}, {}, MatrixView<const T>{nullptr, n_, 0, n_},
        CertifyOptions{}.probes, options_.seed, context_, own);
    return !(remainder.seen <= last_gain_ * (1 + 10 * std::sqrt(eps)));
  }

  // Whether the triplets found have residuals within the accuracy.
  bool accurate() {
    const std::vector<double> residuals =
        factor::true_residuals<T>(tall_, std::as_const(left_).view(), sigma_,
                                  std::as_const(right_).view(), context_, report_);
    const double allowed = accuracy_ * norm_ / 1.02 + A_.rounding_level();
    return std::all_of(residuals.begin(), residuals.end(), [&](double r) { return r <= allowed; });
  }

  // result <- the k nearest of the triplets found.
  void finish(bool complete) {
    const TripletRange range = nearest_triplets(k_, target_)(doubles(sigma_));
    factor::keep_columns(left_, range);
    factor::keep_columns(right_, range);
    result_.U = std::move(wide_ ? right_ : left_);
    result_.V = std::move(wide_ ? left_ : right_);
    result_.sigma.assign(sigma_.begin() + range.first, sigma_.begin() + range.first + range.count);
    factor::apply_sign_rule(result_.U.view(), result_.V.view(), range.count, context_);
    if (context_.cancelled()) {
      report_.status = Status::cancelled;
    } else if (!complete) {
      report_.status = Status::iteration_limit;
    }
    certify();
    if (!complete) {
      result_.report.certificate.met = false;
      result_.report.certificate.findings.push_back(
          "the iteration stopped early: nearer singular values may have been missed");
    }
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

  const SparseMatrix<T>* entries_ = nullptr;  // when factored
  double most_bytes_ = 0;
  std::unique_ptr<factor::SpectralTransform<T>> G_;
  double products_per_vector_ = 0;  // with A, of one product with G
  Matrix<T> start_;                 // approximate vectors of an earlier G
  Matrix<T> V_, W_;                 // triplets of G found so far
  double last_gain_ = 0;            // of the last of them
  Matrix<T> left_, right_;          // triplets of A made from them
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
  const SmallestMethod method =
      options.method == SmallestMethod::automatic ? first_choice(A, k, context) : options.method;
  if (method == SmallestMethod::dense) return dense_bytes(A, k);
  const double iteration = iteration_bytes(A, k);
  if (method == SmallestMethod::filter) return iteration;
  const double others = iteration + entries_bytes(A);
  const auto cap = static_cast<double>(context.memory_cap_bytes());
  const double budget = options.factor_bytes > 0 ? options.factor_bytes : default_factor_bytes;
  // The fill stays below that of a dense matrix.
  const double order = static_cast<double>(A.rows() + A.cols());
  const double full = sizeof(T) * 4 * order * order + 1024 * (order + 1);
  const double factors = std::min(budget, full);
  return others + (cap > 0 ? std::min(factors, std::max(0.0, cap - others)) : factors);
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
  SmallestMethod method = automatic ? first_choice(A, k, context) : options.method;
  if (method == SmallestMethod::dense) return by_dense(A, k, options, context);

  SvdResult<T> result;
  const double bytes = smallest_svd_bytes(A, count, options, context);
  result.report = drivers::start_report("smallest", A, options.seed, bytes, context);
  const operators::Prepared<T> prepared(A, context);
  const LinearOperator<T>& matrix = prepared.matrix();
  SmallestSvd<T> search(matrix, k, options.target / prepared.scale(), options, context, result);
  if (method == SmallestMethod::factor) {
    const std::optional<SparseMatrix<T>> entries = search.entries();
    require(automatic || entries.has_value(),
            "the factor method needs a sparse matrix without shifts: its entries");
    if (!entries) method = SmallestMethod::filter;
    try {
      if (entries) search.run_factored(*entries, bytes - iteration_bytes(A, k) - entries_bytes(A));
    } catch (const MemoryLimit& refusal) {
      if (!automatic) throw;
      const auto cap = static_cast<double>(context.memory_cap_bytes());
      const bool formable = std::min(A.rows(), A.cols()) <= 3000;
      if (formable && (cap == 0 || dense_bytes(A, k) <= cap)) {
        SvdResult<T> dense = by_dense(A, k, options, context);
        dense.report.fallbacks.insert(dense.report.fallbacks.begin(), refusal.what());
        return dense;
      }
      result.report.fallbacks.push_back(refusal.what());
      method = SmallestMethod::filter;
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
