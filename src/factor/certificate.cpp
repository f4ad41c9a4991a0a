#include "factor/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "factor/dense_chain.hpp"
#include "factor/golub_kahan.hpp"
#include "factor/over_ranks.hpp"
#include "factor/sampled_residuals.hpp"
#include "factor/spread_svd.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

constexpr std::uint32_t probe_stream = 7;

// From so many triplets on, a sample is cheaper than the definitions.
constexpr index_t many = 48;

// Returns ||x - s y||^2.
template <Scalar T>
double squared_distance(const T* x, real_t<T> s, const T* y, index_t n) {
  constexpr index_t piece = 1024;
  std::array<T, piece> difference;
  double sum = 0;
  for (index_t first = 0; first < n; first += piece) {
    const index_t count = std::min(piece, n - first);
    for (index_t i = 0; i < count; ++i) {
      difference[static_cast<std::size_t>(i)] = x[first + i] - s * y[first + i];
    }
    sum += kernels::kernels<T>().shifted_energy(count, difference.data(), T{0}, 1);
  }
  return sum;
}

// Y <- Y - U diag(sigma) C, with C given.
template <Scalar T>
void subtract_product(MatrixView<const T> U,
                      std::span<const real_t<T>> sigma,
                      Matrix<T> C,
                      MatrixView<T> Y,
                      const Context& context) {
  for (index_t j = 0; j < C.cols(); ++j) {
    for (index_t i = 0; i < C.rows(); ++i) C(i, j) *= sigma[static_cast<std::size_t>(i)];
  }
  blas::multiply<T>(Op::none, Op::none, T{-1}, U, std::as_const(C).view(), T{1}, Y, context);
}

// A - U diag(sigma) V^H.
template <Scalar T>
class RemainderOperator final : public LinearOperator<T> {
 public:
  RemainderOperator(const LinearOperator<T>& A,
                    MatrixView<const T> U,
                    std::span<const real_t<T>> sigma,
                    MatrixView<const T> V)
      : A_(A), U_(U), sigma_(sigma), V_(V) {}

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Shard row_shard() const override { return A_.row_shard(); }
  Shard col_shard() const override { return A_.col_shard(); }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    A_.apply(X, Y, context);
    if (V_.cols == 0) return;
    Matrix<T> C(V_.cols, X.cols);
    inner_products<T>(V_, X, C.view(), A_.col_shard(), context);
    subtract_product(U_, sigma_, std::move(C), Y, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    A_.apply_adjoint(Y, X, context);
    if (U_.cols == 0) return;
    Matrix<T> C(U_.cols, Y.cols);
    inner_products<T>(U_, Y, C.view(), A_.row_shard(), context);
    subtract_product(V_, sigma_, std::move(C), X, context);
  }
  // U diag(sigma) V^H X is taken off the rows of A X between the two products.
  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    if (!A_.reads_once(side) || side == Gram::rows || U_.cols == 0) {
      return LinearOperator<T>::apply_gram(side, X, Y, Z, step, context);
    }
    Matrix<T> C(V_.cols, X.cols);
    blas::multiply<T>(Op::adjoint, Op::none, T{1}, V_, X, T{0}, C.view(), context);
    for (index_t j = 0; j < C.cols(); ++j) {
      for (index_t i = 0; i < C.rows(); ++i) C(i, j) *= sigma_[static_cast<std::size_t>(i)];
    }
    const auto subtract = [&](index_t first, MatrixView<T> rows) {
      const blas::BlasThreads guard;
      blas::gemm<T>(Op::none, Op::none, T{-1}, U_.block(first, 0, rows.rows, U_.cols),
                    std::as_const(C).view(), T{1}, rows);
      if (step) step(first, rows);
    };
    const int reads = A_.apply_gram(side, X, Y, Z, subtract, context);
    Matrix<T> D(U_.cols, X.cols);
    blas::multiply<T>(Op::adjoint, Op::none, T{1}, U_, Y, T{0}, D.view(), context);
    subtract_product(V_, sigma_, std::move(D), Z, context);
    return reads;
  }
  std::uint64_t bytes_per_read() const override { return A_.bytes_per_read(); }

 private:
  const LinearOperator<T>& A_;
  MatrixView<const T> U_;
  std::span<const real_t<T>> sigma_;
  MatrixView<const T> V_;
};

// Decomposes a remainder with few rows or columns: its norm, exactly.
template <Scalar T>
void look_at_small_remainder(const LinearOperator<T>& R,
                             Context& context,
                             Remainder<T>& remainder,
                             SvdReport& report) {
  const bool wide = R.rows() < R.cols();
  const index_t n = std::min(R.rows(), R.cols());
  const Shard longer = wide ? R.col_shard() : R.row_shard();
  const Shard shorter = wide ? R.row_shard() : R.col_shard();
  Matrix<T> identity(shorter.count, n);
  for (index_t i = 0; i < shorter.count; ++i) identity(i, shorter.first + i) = 1;
  Matrix<T> tall(longer.count, n);  // R or R^H
  if (wide) {
    R.apply_adjoint(std::as_const(identity).view(), tall.view(), context);
  } else {
    R.apply(std::as_const(identity).view(), tall.view(), context);
  }
  report.products += n;
  report.passes_over_A += 1;
  DenseFactors<T> factors =
      spread_svd<T>(std::move(tall), longer, shorter, report.fallbacks, context);
  remainder.seen = static_cast<double>(factors.sigma[0]);
  remainder.directions = std::move(wide ? factors.U : factors.V);
}

// Returns ||X^H X - I||_F / sqrt(k).
template <Scalar T>
double orthogonality_loss(MatrixView<const T> X, const Shard& shard, const Context& context) {
  if (X.cols == 0) return 0;
  Matrix<T> G(X.cols, X.cols);
  inner_products<T>(X, X, G.view(), shard, context);
  for (index_t i = 0; i < X.cols; ++i) G(i, i) -= T{1};
  double sum = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    sum += kernels::kernels<T>().shifted_energy(X.cols, G.view().column(j), T{0}, 1);
  }
  return std::sqrt(sum / static_cast<double>(X.cols));
}

Bound exact(double value) { return {value, BoundKind::exact, 0}; }

// A measured number for a message; NaN and infinity by name.
std::string format_measure(double value) {
  if (std::isnan(value)) return "NaN";
  return std::isinf(value) ? "infinite" : fmt::format("{:.1e}", value);
}

// The larger of two numbers; a NaN wins and stays.
double worse(double a, double b) { return !(b <= a) && !std::isnan(a) ? b : a; }

// Energy from sigma and ||A||_F.
template <class Real>
void fill_energy(std::span<const Real> sigma, double frobenius_norm, Certificate& certificate) {
  certificate.frobenius_norm = exact(frobenius_norm);
  double held = 0;  // in units of ||A||_F^2, small terms first
  for (std::size_t i = sigma.size(); i-- > 0;) {
    const double share = frobenius_norm > 0 ? static_cast<double>(sigma[i]) / frobenius_norm : 0;
    held += share * share;
  }
  const bool zero = frobenius_norm == 0;
  certificate.energy = exact(zero ? 1 : held);
  certificate.frobenius_error = exact(zero ? 0 : std::sqrt(std::max(0.0, 1 - held)));
}

// sqrt(sum r_i^2): ||A - U S V^H||_F for a complete factorization.
double root_of_squares(const std::vector<double>& residuals) {
  double sum = 0;
  for (const double residual : residuals) sum += residual * residual;
  return std::sqrt(sum);
}

// ||A - A_k||_F where 1 - energy is no more than its rounding: from the residuals of a complete
// factorization, else from the probes.
template <Scalar T>
void refine_frobenius_error(std::span<const real_t<T>> sigma,
                            const std::vector<double>& residuals,
                            const Remainder<T>& remainder,
                            bool complete,
                            Certificate& certificate) {
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double norm = certificate.frobenius_norm.value;
  const double error = certificate.frobenius_error.value;
  if (!certificate.frobenius_error.known() || norm == 0) return;
  // ||A||^2 - sum sigma^2 is ||A - A_k||^2 for exact triplets; residuals r make it uncertain by
  // 2 sum sigma r, and rounding by eps.
  double uncertain = 1e4 * eps;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    uncertain += 40 * static_cast<double>(sigma[i]) / norm * residuals[i] / norm;
  }
  if (error * error > uncertain) return;
  if (complete) {
    certificate.frobenius_error = certificate.residual;  // of the same kind
    certificate.frobenius_error.value = root_of_squares(residuals) / norm;
  } else {
    certificate.frobenius_error = {remainder.frobenius / norm, BoundKind::estimated, 0};
  }
}

// Returns an upper bound of ||A - U S V^H||_F / ||A||_F, of the kind that the residuals are.
//
// Complete: A - U S V^H = (A V - U S) V^H + A (I - V V^H), or the same from the other side. Else
//   ||A - U S V^H||^2 = ||A||^2 - sum sigma^2 - 2 sum sigma_i Re(u_i^H A v_i - sigma_i)
//                       + tr(S (U^H U) S (V^H V)) - sum sigma^2
// with |u^H A v - sigma| <= r + sigma ||U^H U - I||; and the sums are rounded.
template <class Real>
Bound frobenius_bound(std::span<const Real> sigma,
                      const std::vector<double>& residuals,
                      bool complete,
                      const Certificate& certificate) {
  const double norm = certificate.frobenius_norm.value;
  const double root_k = std::sqrt(static_cast<double>(sigma.size()));
  const double loss_U = root_k * certificate.orthogonality_U.value;
  const double loss_V = root_k * certificate.orthogonality_V.value;
  Bound bound = certificate.residual;
  bound.failure_probability *= 3;  // of the residuals, and of either loss
  if (complete) {
    bound.value = root_of_squares(residuals) / norm + loss_U + loss_V;
    return bound;
  }
  double moved = 0;
  double fourth = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const double share = static_cast<double>(sigma[i]) / norm;
    moved += share * residuals[i] / norm;
    fourth += share * share * share * share;
  }
  const double left = std::max(0.0, 1 - certificate.energy.value);
  bound.value = std::sqrt(left + 32 * static_cast<double>(std::numeric_limits<Real>::epsilon()) +
                          2 * moved + 3 * std::sqrt(fourth) * (loss_U + loss_V) + loss_U * loss_V);
  return bound;
}

// Returns the sharper of two upper bounds of ||A - A_k||_2 / scale: the probes', and that of
// ||A - A_k||_F.
template <class Real>
Bound spectral_bound(double probed,
                     index_t probes,
                     double scale,
                     std::span<const Real> sigma,
                     const std::vector<double>& residuals,
                     bool complete,
                     const Certificate& certificate) {
  const Bound by_probes = {probed / scale, BoundKind::probabilistic,
                           std::pow(10.0, -static_cast<double>(probes))};
  if (!certificate.frobenius_norm.known() || certificate.frobenius_norm.value == 0) {
    return by_probes;
  }
  Bound by_energy = frobenius_bound(sigma, residuals, complete, certificate);
  by_energy.value *= certificate.frobenius_norm.value / scale;
  return by_energy.value <= by_probes.value ? by_energy : by_probes;
}

template <class Real>
bool ordered(std::span<const Real> sigma) {
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    if (!(sigma[i] >= 0) || !std::isfinite(sigma[i])) return false;
    if (i > 0 && !(sigma[i] <= sigma[i - 1])) return false;
  }
  return true;
}

}  // namespace

double certificate_elements(index_t rows, index_t cols, index_t k, bool sampled) {
  if (sampled && k > many) return 6 * 16 * static_cast<double>(std::max(rows, cols) + k) + 1024;
  // Two blocks of residuals, the probes and their images, and the probe's own basis of 16 + 4.
  const auto width = static_cast<double>(std::min<index_t>(k, 64));
  const auto size = static_cast<double>(k);
  return static_cast<double>(rows + cols) * (2 * width + 6 + 32) + size * size + 1024;
}

template <Scalar T>
double frobenius_norm(const LinearOperator<T>& A, Context& context) {
  double sum = 0;
  for (const double energy : A.column_energies({}, context)) sum += energy;
  return std::sqrt(sum);
}

template <Scalar T>
Remainder<T> probe_remainder(const LinearOperator<T>& A,
                             MatrixView<const T> U,
                             std::span<const real_t<T>> sigma,
                             MatrixView<const T> V,
                             index_t probes,
                             std::uint64_t seed,
                             Context& context,
                             SvdReport& report) {
  Remainder<T> remainder;
  const index_t min_dim = std::min(A.rows(), A.cols());
  if (min_dim == 0) return remainder;
  const RemainderOperator<T> R(A, U, sigma, V);

  const bool in_memory = A.bytes_per_read() == 0;
  const Shard left = A.row_shard();
  const Shard right = A.col_shard();
  Matrix<T> Omega(right.count, probes);
  Matrix<T> Y(left.count, probes);
  Matrix<T> start(right.count, in_memory ? 0 : probes);  // R^H Y
  core::fill_gaussian(Omega.view(), seed, probe_stream, 0, context, right.first);
  if (in_memory) {
    R.apply(std::as_const(Omega).view(), Y.view(), context);
    report.products += probes;
    report.passes_over_A += 1;
  } else {
    report.passes_over_A += R.apply_gram(Gram::columns, std::as_const(Omega).view(), Y.view(),
                                         start.view(), {}, context);
    report.products += 2 * probes;
  }
  const std::vector<double> before = column_lengths<T>(Omega.view(), right);
  const std::vector<double> after = column_lengths<T>(Y.view(), left);
  double largest = 0;
  double energy = 0;
  for (std::size_t j = 0; j < after.size(); ++j) {
    energy += after[j] * after[j];
    largest = std::max(largest, after[j]);
    remainder.seen = std::max(remainder.seen, after[j] / before[j]);
  }
  remainder.frobenius = std::sqrt(energy / static_cast<double>(probes));
  remainder.upper = 10 * std::sqrt(2 / std::numbers::pi) * largest;

  constexpr index_t small = 24;
  if (min_dim <= small) {  // cheaper to look at all of it
    look_at_small_remainder(R, context, remainder, report);
    return remainder;
  }
  // A few Lanczos steps from the probes' images find what the remainder's norm really is.
  const index_t steps = in_memory ? 4 : 2;
  const index_t block = in_memory ? 4 : probes;
  if (largest == 0) return remainder;
  SvdReport own;  // the probe's steps are not the driver's iterations
  GolubKahanBasis<T> basis(R, steps * block, block,
                           in_memory ? Recurrence::bidiagonal : Recurrence::gram, seed, context,
                           own);
  if (in_memory) {
    start = Matrix<T>(right.count, std::min(block, probes));
    R.apply_adjoint(std::as_const(Y).view().columns(0, start.cols()), start.view(), context);
    report.products += start.cols();
    report.passes_over_A += 1;
  }
  basis.start_from(std::as_const(start).view());
  for (index_t step = 0; step < steps; ++step) basis.expand();
  basis.solve();
  report.products += own.products;
  report.passes_over_A += own.passes_over_A;
  remainder.seen = std::max(remainder.seen, static_cast<double>(basis.theta().front()));
  remainder.directions = Matrix<T>(right.count, block);
  basis.lift_right(remainder.directions.view());
  return remainder;
}

template <Scalar T>
std::vector<double> true_residuals(const LinearOperator<T>& A,
                                   MatrixView<const T> U,
                                   std::span<const real_t<T>> sigma,
                                   MatrixView<const T> V,
                                   Context& context,
                                   SvdReport& report,
                                   MatrixView<const T> image) {
  const index_t k = static_cast<index_t>(sigma.size());
  const bool known = k > 0 && image.cols == k;
  const Shard rows = A.row_shard();
  const Shard cols = A.col_shard();
  std::vector<double> of_left(sigma.size());  // squares
  std::vector<double> of_right(sigma.size());
  const index_t width = std::min(product_width(A), k);
  Matrix<T> AV(rows.count, known ? 0 : width);
  Matrix<T> AHU(cols.count, width);
  for (index_t first = 0; first < k; first += width) {
    const index_t count = std::min(width, k - first);
    if (!known) A.apply(V.columns(first, count), AV.view().columns(0, count), context);
    A.apply_adjoint(U.columns(first, count), AHU.view().columns(0, count), context);
    report.products += known ? count : 2 * count;
    const MatrixView<const T> images =
        known ? image.columns(first, count) : std::as_const(AV).view();
    core::for_each_chunk(count, 1, context, [&](index_t, index_t j, index_t) {
      const index_t t = first + j;
      const real_t<T> s = sigma[static_cast<std::size_t>(t)];
      of_left[static_cast<std::size_t>(t)] =
          squared_distance<T>(images.column(j), s, U.column(t), rows.count);
      for (index_t i = 0; i < cols.count; ++i) AHU(i, j) -= s * V(i, t);
      of_right[static_cast<std::size_t>(t)] =
          kernels::kernels<T>().shifted_energy(cols.count, AHU.view().column(j), T{0}, 1);
    });
  }
  if (k > 0) report.passes_over_A += known ? 1 : 2;
  sum_over_ranks(rows, of_left);
  sum_over_ranks(cols, of_right);
  std::vector<double> residuals;
  for (std::size_t t = 0; t < sigma.size(); ++t) {
    residuals.push_back(worse(std::sqrt(of_left[t]), std::sqrt(of_right[t])));
  }
  return residuals;
}

template <Scalar T>
bool missed_triplet(const Remainder<T>& remainder,
                    std::span<const real_t<T>> sigma,
                    double accuracy,
                    double rounding_level) {
  if (sigma.empty()) return false;
  const double last = static_cast<double>(sigma.back());
  const double slack = 2 * (accuracy * static_cast<double>(sigma.front()) + rounding_level);
  return !(remainder.seen <= last + slack);
}

namespace {

// The verdict: what keeps the triplets from the accuracy asked for, one sentence each.
// residuals are relative; allowed is the accuracy and the rounding that A itself carries.
template <class Real>
std::vector<std::string> judge(const Certificate& certificate,
                               const std::vector<double>& residuals,
                               std::span<const Real> sigma,
                               double allowed) {
  std::vector<std::string> findings;
  if (!ordered(sigma)) {
    findings.push_back("the singular values are not finite, non-negative and in falling order");
  }
  const auto failing = std::count_if(residuals.begin(), residuals.end(),
                                     [&](double residual) { return !(residual <= allowed); });
  if (failing > 0) {
    findings.push_back(fmt::format(
        "{} of {} triplets have a residual above {:.1e}; the worst is {}", failing,
        residuals.size(), certificate.accuracy, format_measure(certificate.residual.value)));
  }
  const auto check_orthogonality = [&](const Bound& loss, const char* name) {
    if (loss.value <= certificate.accuracy) return;
    findings.push_back(fmt::format("the columns of {} are not orthonormal: off by {}", name,
                                   format_measure(loss.value)));
  };
  check_orthogonality(certificate.orthogonality_U, "U");
  check_orthogonality(certificate.orthogonality_V, "V");
  return findings;
}

}  // namespace

template <Scalar T>
void fill_certificate(const LinearOperator<T>& A,
                      MatrixView<const T> U,
                      std::span<const real_t<T>> sigma,
                      MatrixView<const T> V,
                      const CertifyOptions& options,
                      std::vector<double> residuals,
                      double frobenius,
                      Context& context,
                      SvdReport& report,
                      Remainder<T>* remainder) {
  auto timer = report.stage("certificate");
  Certificate certificate;
  certificate.accuracy = options.accuracy > 0 ? options.accuracy : default_accuracy<T>();
  certificate.residual.kind = BoundKind::exact;
  const bool sampled = options.sampled && A.row_shard().alone();
  if (residuals.empty() && sampled && static_cast<index_t>(sigma.size()) > many) {
    SampledResiduals seen = sample_residuals(A, U, sigma, V, options.seed, context, report);
    residuals = std::move(seen.residuals);
    const auto bound = [&](double value) {
      return Bound{value, BoundKind::probabilistic, seen.failure_probability};
    };
    certificate.residual = bound(0);
    certificate.orthogonality_U = bound(seen.orthogonality_U);
    certificate.orthogonality_V = bound(seen.orthogonality_V);
  } else {
    if (residuals.empty()) residuals = true_residuals(A, U, sigma, V, context, report);
    certificate.orthogonality_U = exact(orthogonality_loss(U, A.row_shard(), context));
    certificate.orthogonality_V = exact(orthogonality_loss(V, A.col_shard(), context));
  }
  if (frobenius < 0 && A.storage() != Storage::matrix_free) frobenius = frobenius_norm(A, context);

  double largest_residual = 0;
  for (const double residual : residuals) largest_residual = worse(largest_residual, residual);
  const bool finite = std::isfinite(largest_residual) && ordered(sigma) &&
                      std::isfinite(certificate.orthogonality_U.value) &&
                      std::isfinite(certificate.orthogonality_V.value);
  const index_t min_dim = std::min(A.rows(), A.cols());
  const bool complete = static_cast<index_t>(sigma.size()) == min_dim;
  Remainder<T> probed;
  if (finite && remainder == nullptr) {
    if (complete && frobenius >= 0) {  // nothing can be missing
      probed.upper = root_of_squares(residuals);
    } else {
      probed = probe_remainder(A, U, sigma, V, options.probes, options.seed, context, report);
    }
    remainder = &probed;
  }

  // Everything is relative to ||A||_2: sigma_1, or what else is known where that is not given.
  double scale = finite && !sigma.empty() ? static_cast<double>(sigma[0]) : 0;
  if (finite) scale = std::max(scale, remainder->seen);
  if (finite && complete && frobenius > 0) {
    scale = std::max(scale, frobenius / std::sqrt(static_cast<double>(min_dim)));
  }
  if (!(scale > 0)) scale = 1;
  const double allowed = certificate.accuracy + A.rounding_level() / scale;
  if (finite && allowed > 2 * certificate.accuracy) {
    report.warnings.push_back(
        fmt::format("centring cancels most of the matrix: its rounding, {:.1e} of what is left, "
                    "stands above the accuracy asked for, and residuals are judged against it",
                    A.rounding_level() / scale));
  }
  certificate.residual.value = largest_residual / scale;
  if (frobenius >= 0) fill_energy(sigma, frobenius, certificate);
  if (finite) {
    refine_frobenius_error(sigma, residuals, *remainder, complete, certificate);
    certificate.spectral_error = spectral_bound(remainder->upper, options.probes, scale, sigma,
                                                residuals, complete, certificate);
    certificate.spectral_error_seen = exact(remainder->seen / scale);
  }
  for (double& residual : residuals) residual /= scale;

  certificate.findings = judge(certificate, residuals, sigma, allowed);
  if (finite && options.leading &&
      missed_triplet(*remainder, sigma, certificate.accuracy, A.rounding_level())) {
    certificate.findings.push_back(fmt::format(
        "a triplet is missing or wrong: the remainder A - U S V^H has a singular value of at least "
        "{:.6g} ||A||, and the last one returned is {:.6g} ||A||",
        remainder->seen / scale, static_cast<double>(sigma.back()) / scale));
  }
  certificate.met = certificate.findings.empty();
  certificate.residuals = std::move(residuals);
  report.certificate = std::move(certificate);
}

template <Scalar T>
void fill_values_certificate(const LinearOperator<T>& A,
                             std::span<const real_t<T>> sigma,
                             double accuracy,
                             Context& context,
                             SvdReport& report) {
  auto timer = report.stage("certificate");
  Certificate certificate;
  certificate.accuracy = accuracy > 0 ? accuracy : default_accuracy<T>();
  fill_energy(sigma, frobenius_norm(A, context), certificate);
  if (!ordered(sigma)) {
    certificate.findings.push_back(
        "the singular values are not finite, non-negative and in falling order");
  }
  const double off = std::abs(certificate.energy.value - 1);
  if (!(off <= certificate.accuracy)) {
    certificate.findings.push_back(fmt::format(
        "the squares of the singular values miss ||A||_F^2 by a factor of 1 + {:.1e}", off));
  }
  certificate.met = certificate.findings.empty();
  report.certificate = std::move(certificate);
}

template double frobenius_norm(const LinearOperator<float>&, Context&);
template Remainder<float> probe_remainder(const LinearOperator<float>&,
                                          MatrixView<const float>,
                                          std::span<const float>,
                                          MatrixView<const float>,
                                          index_t,
                                          std::uint64_t,
                                          Context&,
                                          SvdReport&);
template std::vector<double> true_residuals(const LinearOperator<float>&,
                                            MatrixView<const float>,
                                            std::span<const float>,
                                            MatrixView<const float>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const float>);
template bool missed_triplet(const Remainder<float>&, std::span<const float>, double, double);
template void fill_certificate(const LinearOperator<float>&,
                               MatrixView<const float>,
                               std::span<const float>,
                               MatrixView<const float>,
                               const CertifyOptions&,
                               std::vector<double>,
                               double,
                               Context&,
                               SvdReport&,
                               Remainder<float>*);
template void fill_values_certificate(
    const LinearOperator<float>&, std::span<const float>, double, Context&, SvdReport&);
template double frobenius_norm(const LinearOperator<double>&, Context&);
template Remainder<double> probe_remainder(const LinearOperator<double>&,
                                           MatrixView<const double>,
                                           std::span<const double>,
                                           MatrixView<const double>,
                                           index_t,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template std::vector<double> true_residuals(const LinearOperator<double>&,
                                            MatrixView<const double>,
                                            std::span<const double>,
                                            MatrixView<const double>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const double>);
template bool missed_triplet(const Remainder<double>&, std::span<const double>, double, double);
template void fill_certificate(const LinearOperator<double>&,
                               MatrixView<const double>,
                               std::span<const double>,
                               MatrixView<const double>,
                               const CertifyOptions&,
                               std::vector<double>,
                               double,
                               Context&,
                               SvdReport&,
                               Remainder<double>*);
template void fill_values_certificate(
    const LinearOperator<double>&, std::span<const double>, double, Context&, SvdReport&);
template double frobenius_norm(const LinearOperator<std::complex<float>>&, Context&);
template Remainder<std::complex<float>> probe_remainder(const LinearOperator<std::complex<float>>&,
                                                        MatrixView<const std::complex<float>>,
                                                        std::span<const float>,
                                                        MatrixView<const std::complex<float>>,
                                                        index_t,
                                                        std::uint64_t,
                                                        Context&,
                                                        SvdReport&);
template std::vector<double> true_residuals(const LinearOperator<std::complex<float>>&,
                                            MatrixView<const std::complex<float>>,
                                            std::span<const float>,
                                            MatrixView<const std::complex<float>>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const std::complex<float>>);
template bool missed_triplet(const Remainder<std::complex<float>>&,
                             std::span<const float>,
                             double,
                             double);
template void fill_certificate(const LinearOperator<std::complex<float>>&,
                               MatrixView<const std::complex<float>>,
                               std::span<const float>,
                               MatrixView<const std::complex<float>>,
                               const CertifyOptions&,
                               std::vector<double>,
                               double,
                               Context&,
                               SvdReport&,
                               Remainder<std::complex<float>>*);
template void fill_values_certificate(const LinearOperator<std::complex<float>>&,
                                      std::span<const float>,
                                      double,
                                      Context&,
                                      SvdReport&);
template double frobenius_norm(const LinearOperator<std::complex<double>>&, Context&);
template Remainder<std::complex<double>> probe_remainder(
    const LinearOperator<std::complex<double>>&,
    MatrixView<const std::complex<double>>,
    std::span<const double>,
    MatrixView<const std::complex<double>>,
    index_t,
    std::uint64_t,
    Context&,
    SvdReport&);
template std::vector<double> true_residuals(const LinearOperator<std::complex<double>>&,
                                            MatrixView<const std::complex<double>>,
                                            std::span<const double>,
                                            MatrixView<const std::complex<double>>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const std::complex<double>>);
template bool missed_triplet(const Remainder<std::complex<double>>&,
                             std::span<const double>,
                             double,
                             double);
template void fill_certificate(const LinearOperator<std::complex<double>>&,
                               MatrixView<const std::complex<double>>,
                               std::span<const double>,
                               MatrixView<const std::complex<double>>,
                               const CertifyOptions&,
                               std::vector<double>,
                               double,
                               Context&,
                               SvdReport&,
                               Remainder<std::complex<double>>*);
template void fill_values_certificate(const LinearOperator<std::complex<double>>&,
                                      std::span<const double>,
                                      double,
                                      Context&,
                                      SvdReport&);

}  // namespace eckart::factor
