// Principal component pursuit by the inexact augmented Lagrangian method (Lin, Chen, Ma 2010,
// Algorithm 5): with the multiplier Y and the penalty mu,
//   L <- shrink the singular values of A - S + Y / mu by 1 / mu
//   S <- shrink the entries of A - L + Y / mu by lambda / mu
//   Y <- Y + mu (A - L - S)
// The dual problem, max Re <A, Y> subject to ||Y||_2 <= 1 and |y_ij| <= lambda, tells from any such
// Y how far the objective is from its minimum at most.

#include "eckart/apps/robust_pca.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eckart/apps/factors.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/operators.hpp"
#include "eckart/svd.hpp"

namespace eckart {
namespace {

void validate(const RobustPcaOptions& o) {
  require(!o.lambda || (*o.lambda > 0 && std::isfinite(*o.lambda)),
          fmt::format("lambda must be above 0 and finite, got {}", o.lambda.value_or(0)));
  require(o.tolerance >= 0 && o.tolerance < 1,
          fmt::format("tolerance must be at least 0 and below 1, got {}", o.tolerance));
  require(o.gap > 0 && o.gap < 1, fmt::format("gap must be above 0 and below 1, got {}", o.gap));
  require(o.growth > 1 && o.growth <= 2,
          fmt::format("growth must be above 1 and at most 2, got {}", o.growth));
  require(o.max_iterations >= 1,
          fmt::format("max_iterations must be at least 1, got {}", o.max_iterations));
}

template <Scalar T>
double tolerance_of(const RobustPcaOptions& options) {
  if (options.tolerance > 0) return options.tolerance;
  return std::same_as<real_t<T>, float> ? 1e-5 : 1e-7;
}

template <Scalar T>
double norm2_of(const Matrix<T>& A, Context& context) {
  SvdRequest request;
  request.rank.rank = 1;
  request.certify = false;
  const auto sigma = svd(*make_operator(A.view()), request, context).sigma;
  return sigma.empty() ? 0 : static_cast<double>(sigma.front());
}

// The two unknowns, the multiplier, and how the penalty moves. A is scaled to entries of about 1.
template <Scalar T>
class Pursuit {
 public:
  using Real = real_t<T>;

  Pursuit(Matrix<T> A, double lambda, const RobustPcaOptions& options, Context& context)
      : context_(context),
        A_(std::move(A)),
        S_(A_.rows(), A_.cols()),
        Y_(A_.clone()),
        L_(A_.rows(), A_.cols()),
        lambda_(lambda),
        growth_(options.growth) {
    double largest = 0, sum = 0;
    for (index_t i = 0; i < size(); ++i) {
      const auto modulus = static_cast<double>(std::abs(A_.data()[i]));
      largest = std::max(largest, modulus);
      sum += modulus;
      square_ += modulus * modulus;
    }
    const double norm2 = norm2_of(A_, context);
    const auto start = static_cast<Real>(1 / std::max(norm2, largest / lambda));
    for (index_t i = 0; i < size(); ++i) Y_.data()[i] *= start;  // feasible
    // From where no direction is kept to the penalty of [1, Section 5] in long strides.
    mu_ = std::min(1 / norm2, static_cast<double>(size()) / (4 * sum));
    long_strides_to_ = static_cast<double>(size()) / (4 * sum);
  }

  // One round of the three lines above; returns ||A - L - S||_F / ||A||_F.
  double iterate() {
    const auto unit = static_cast<Real>(1 / mu_);
    for (index_t i = 0; i < size(); ++i) {
      L_.data()[i] = A_.data()[i] - S_.data()[i] + unit * Y_.data()[i];
    }
    SvdResult<T> shrunk = above(1 / mu_);
    for (Real& sigma : shrunk.sigma) sigma -= unit;
    L_ = Factors<T>(shrunk).low_rank(static_cast<index_t>(shrunk.sigma.size()), context_);
    triplets_ = std::move(shrunk);

    const auto threshold = static_cast<Real>(lambda_ / mu_), penalty = static_cast<Real>(mu_);
    double square = 0;
    for (index_t i = 0; i < size(); ++i) {
      const T target = A_.data()[i] - L_.data()[i] + unit * Y_.data()[i];
      const Real modulus = std::abs(target);
      const T entry = modulus > threshold ? target * ((modulus - threshold) / modulus) : T(0);
      square += std::norm(A_.data()[i] - L_.data()[i] - entry);
      S_.data()[i] = entry;
      Y_.data()[i] = penalty * (target - entry);
    }
    mu_ *= mu_ < long_strides_to_ ? 1.5 : growth_;
    return std::sqrt(square / square_);
  }

  // Repeats the end of the way more slowly.
  void slow_down() {
    growth_ = std::sqrt(growth_);
    mu_ = long_strides_to_;
  }

  // Fills objective and gap.
  void judge(RobustPcaResult<T>& result) const {
    double nuclear = 0, ones = 0, inner = 0, largest = 0;
    for (const Real sigma : triplets_.sigma) nuclear += static_cast<double>(sigma);
    for (index_t i = 0; i < size(); ++i) {
      ones += static_cast<double>(std::abs(A_.data()[i] - L_.data()[i]));
      inner += static_cast<double>(std::real(conjugate(A_.data()[i]) * Y_.data()[i]));
      largest = std::max(largest, static_cast<double>(std::abs(Y_.data()[i])));
    }
    const double excess = std::max({1.0, norm2_of(Y_, context_), largest / lambda_});
    result.objective = nuclear + lambda_ * ones;
    result.gap = std::max(0.0, 1 - inner / excess / result.objective);
  }

  // Moves L and S, times scale, into the result.
  void take(Real scale, RobustPcaResult<T>& result) {
    for (Real& sigma : triplets_.sigma) sigma *= scale;
    for (index_t i = 0; i < size(); ++i) {
      S_.data()[i] *= scale;
      if (S_.data()[i] != T(0)) ++result.nonzeros;
    }
    result.objective *= static_cast<double>(scale);
    result.low_rank = std::move(triplets_);
    result.sparse = std::move(S_);
  }

 private:
  index_t size() const { return A_.rows() * A_.cols(); }

  // Returns the triplets of L_ whose singular values are above the threshold: by Lanczos from
  // those of the last round while they are few of many.
  SvdResult<T> above(double threshold) {
    const auto M = make_operator(std::as_const(L_).view());
    const index_t m = M->rows(), n = M->cols();
    const auto last = static_cast<index_t>(triplets_.sigma.size());
    constexpr index_t many = 400, few = 12;
    if (!is_single && std::min(m, n) >= many && last > 0 && last * few <= std::min(m, n)) {
      LanczosSvdOptions<T> options;
      options.warm_start = std::as_const(triplets_.V).view();
      options.certify = false;
      // The rule for noise keeps what is above a threshold that is proportional to it.
      RankRule rule;
      rule.choice = RankChoice::gavish_donoho;
      rule.noise = threshold / noise_threshold(m, n, 1);
      SvdResult<T> found = lanczos_svd(*M, rule, options, context_);
      if (found.report.status == Status::converged) return found;
      if (context_.cancelled()) throw Cancelled();
    }
    DenseSvdOptions options;
    options.select = triplets_between(threshold, std::numeric_limits<double>::infinity());
    options.certify = false;
    return dense_svd(*M, options, context_);
  }

  static constexpr bool is_single = std::same_as<Real, float>;

  Context& context_;
  Matrix<T> A_, S_, Y_, L_;
  SvdResult<T> triplets_;  // of L_
  double lambda_, growth_;
  double square_ = 0;  // ||A||_F^2
  double mu_ = 0, long_strides_to_ = 0;
};

// Iterates until tolerance and gap are reached, or something stops it.
template <Scalar T>
void pursue(Pursuit<T>& pursuit,
            double tolerance,
            const RobustPcaOptions& options,
            RobustPcaResult<T>& result,
            Context& context) {
  result.status = Status::iteration_limit;
  try {
    while (result.iterations < options.max_iterations) {
      result.residual = pursuit.iterate();
      ++result.iterations;
      context.report_progress({.stage = "pursuit", .fraction = -1, .residual = result.residual});
      if (context.cancelled()) throw Cancelled();
      if (!(result.residual <= tolerance)) continue;
      pursuit.judge(result);
      if (result.gap <= options.gap) {
        result.status = Status::converged;
        result.met = true;
        return;
      }
      pursuit.slow_down();
    }
  } catch (const Cancelled&) {
    if (result.iterations == 0) throw;
    result.status = context.stopped_by_time() ? Status::time_limit : Status::cancelled;
    result.gap = 1;
    return;
  }
  pursuit.judge(result);
}

bool stopped(Status status) { return status == Status::cancelled || status == Status::time_limit; }

// Fills the certificate of the factors: they are all of L, so nothing of it was left out.
template <Scalar T>
void judge_factors(const RobustPcaOptions& options, RobustPcaResult<T>& result) {
  Certificate& c = result.low_rank.report.certificate;
  double norm = 0;
  for (const auto sigma : result.low_rank.sigma) norm = std::hypot(norm, double(sigma));
  c.frobenius_norm = {norm, BoundKind::exact};
  c.energy = {1, BoundKind::exact};
  c.frobenius_error = c.spectral_error = c.spectral_error_seen = {0, BoundKind::exact};
  c.accuracy = tolerance_of<T>(options);
  c.met = result.met;
  if (!(result.residual <= c.accuracy)) {
    c.findings.push_back(fmt::format("||A - L - S|| is {:.2g} ||A||, above the {:.2g} asked for",
                                     result.residual, c.accuracy));
  }
  if (stopped(result.status)) {
    c.findings.push_back(
        "the run was stopped: how far the objective is above its minimum is unknown");
  } else if (!(result.gap <= options.gap)) {
    c.findings.push_back(
        fmt::format("the objective may be {:.2g} of itself above its minimum; {:.2g} was asked for",
                    result.gap, options.gap));
  }
}

}  // namespace

template <Scalar T>
RobustPcaResult<T> robust_pca(MatrixView<const T> A,
                              const RobustPcaOptions& options,
                              Context& context) {
  validate(options);
  const auto op = make_operator(A);
  const EntryScan scan = op->scan(context);
  if (!scan.finite()) {
    throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
  }
  RobustPcaResult<T> result;
  const auto longest = static_cast<double>(std::max<index_t>({1, A.rows, A.cols}));
  result.lambda = options.lambda.value_or(1 / std::sqrt(longest));
  if (scan.max_abs > 0) {
    // A power of two brings the entries near 1: squares neither overflow nor vanish.
    const int exponent = std::ilogb(scan.max_abs);
    Matrix<T> scaled = Matrix<T>::uninitialized(A.rows, A.cols);
    op->copy_to(scaled.view(), context);
    for (index_t i = 0; i < A.rows * A.cols; ++i) {
      // In two steps: one factor alone may be out of range.
      scaled.data()[i] *= std::ldexp(real_t<T>(1), -exponent / 2);
      scaled.data()[i] *= std::ldexp(real_t<T>(1), -(exponent - exponent / 2));
    }
    Pursuit<T> pursuit(std::move(scaled), result.lambda, options, context);
    pursue(pursuit, tolerance_of<T>(options), options, result, context);
    pursuit.take(std::ldexp(real_t<T>(1), exponent), result);
  } else {
    result.low_rank.U = Matrix<T>(A.rows, 0);
    result.low_rank.V = Matrix<T>(A.cols, 0);
    result.sparse = Matrix<T>(A.rows, A.cols);
    result.met = true;
  }
  SvdReport& report = result.low_rank.report;
  report.method = "principal component pursuit";
  report.scalar = scalar_name<T>();
  report.rows = A.rows;
  report.cols = A.cols;
  report.rank = static_cast<index_t>(result.low_rank.sigma.size());
  report.iterations = result.iterations;
  report.status = result.status;
  report.threads = context.threads();
  judge_factors(options, result);
  return result;
}

template RobustPcaResult<float> robust_pca(MatrixView<const float>,
                                           const RobustPcaOptions&,
                                           Context&);
template RobustPcaResult<double> robust_pca(MatrixView<const double>,
                                            const RobustPcaOptions&,
                                            Context&);
template RobustPcaResult<std::complex<float>> robust_pca(MatrixView<const std::complex<float>>,
                                                         const RobustPcaOptions&,
                                                         Context&);
template RobustPcaResult<std::complex<double>> robust_pca(MatrixView<const std::complex<double>>,
                                                          const RobustPcaOptions&,
                                                          Context&);

}  // namespace eckart
