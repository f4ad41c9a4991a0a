#include "factor/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "core/parallel.hpp"
#include "factor/over_ranks.hpp"
#include "factor/sampled_residuals.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

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
template std::vector<double> true_residuals(const LinearOperator<float>&,
                                            MatrixView<const float>,
                                            std::span<const float>,
                                            MatrixView<const float>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const float>);
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
template std::vector<double> true_residuals(const LinearOperator<double>&,
                                            MatrixView<const double>,
                                            std::span<const double>,
                                            MatrixView<const double>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const double>);
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
template std::vector<double> true_residuals(const LinearOperator<std::complex<float>>&,
                                            MatrixView<const std::complex<float>>,
                                            std::span<const float>,
                                            MatrixView<const std::complex<float>>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const std::complex<float>>);
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
template std::vector<double> true_residuals(const LinearOperator<std::complex<double>>&,
                                            MatrixView<const std::complex<double>>,
                                            std::span<const double>,
                                            MatrixView<const std::complex<double>>,
                                            Context&,
                                            SvdReport&,
                                            MatrixView<const std::complex<double>>);
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
