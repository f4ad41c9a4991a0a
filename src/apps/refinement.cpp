// Bjorck, BIT 7:257-278, 1967: with r = b - A z the solution obeys
//   [I A; A^H S^2  0] [r; z] = [b; 0].
// Each step evaluates what is missing on the right to twice the digits, and corrects r and z by the
// decomposition of S A. Both are kept as two words, so that every entry of z gains digits.

#include "apps/refinement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "apps/rank_sums.hpp"
#include "apps/wide_vector.hpp"
#include "eckart/operators.hpp"

namespace eckart::apps {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Returns b - r - A z.
template <Scalar T>
WideVector<T> missing_above(const RefinementProblem<T>& p,
                            const T* b,
                            const WideVector<T>& r,
                            const WideVector<T>& z,
                            Context& context) {
  WideVector<T> f(p.A.rows);
  for (index_t i = 0; i < p.A.rows; ++i) f.set(i, b[i]);
  f.subtract(r);
  f.subtract_product(p.A, p.A_low, z, context);
  return f;
}

// Returns -A^H S^2 r, rounded.
template <Scalar T>
std::vector<T> missing_below(const RefinementProblem<T>& p,
                             const WideVector<T>& r,
                             Context& context) {
  WideVector<T> weighted = r;
  if (!p.weights.empty()) {
    for (index_t i = 0; i < p.A.rows; ++i) weighted.scale(i, p.weights[at(i)]);
  }
  std::vector<T> g = adjoint_product(p.A, p.A_low, weighted, p.rows, context);
  for (T& entry : g) entry = -entry;
  return g;
}

// What one step adds to r and z.
template <Scalar T>
struct Correction {
  Matrix<T> r, z;
  double size = 0;  // largest modulus in z
};

// Solves [I A; A^H S^2 0] [dr; dz] = [f; g] by the factors of S A: with c = U^H S f - V^H g /
// sigma, dz = V c / sigma and S dr = S f - U c.
template <Scalar T>
Correction<T> correct(const RefinementProblem<T>& p,
                      const WideVector<T>& f,
                      const std::vector<T>& g,
                      Context& context) {
  const index_t m = p.A.rows, n = p.A.cols;
  const auto root = [&](index_t i) {
    return p.weight_roots.empty() ? real_t<T>{1} : p.weight_roots[at(i)];
  };
  Correction<T> d{Matrix<T>(m, 1), Matrix<T>(n, 1)};
  Matrix<T> c(n, 1), below(n, 1), Uc(m, 1);
  for (index_t i = 0; i < m; ++i) d.r(i, 0) = root(i) * f.rounded(i);
  const auto U = make_operator<T>(p.factors.U.view());
  const auto V = make_operator<T>(p.factors.V.view());
  if (m > 0) U->apply_adjoint(std::as_const(d.r).view(), c.view(), context);
  sum_over_ranks(p.rows, c.data(), n);
  V->apply_adjoint({g.data(), n, 1, std::max<index_t>(1, n)}, below.view(), context);
  for (index_t i = 0; i < n; ++i) c(i, 0) -= below(i, 0) / p.factors.sigma[at(i)];
  if (m > 0) U->apply(std::as_const(c).view(), Uc.view(), context);
  for (index_t i = 0; i < m; ++i) d.r(i, 0) = (d.r(i, 0) - Uc(i, 0)) / root(i);
  for (index_t i = 0; i < n; ++i) c(i, 0) /= p.factors.sigma[at(i)];
  V->apply(std::as_const(c).view(), d.z.view(), context);
  for (index_t i = 0; i < n; ++i) d.size = std::max(d.size, double(std::abs(d.z(i, 0))));
  return d;
}

}  // namespace

template <Scalar T>
RefinementOutcome refine(const RefinementProblem<T>& problem,
                         const T* b,
                         bool steps_wanted,
                         T* z_out,
                         T* residual,
                         Context& context) {
  const index_t m = problem.A.rows, n = problem.A.cols;
  constexpr index_t most_steps = 40;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  WideVector<T> r(m), z(n);
  RefinementOutcome outcome;
  double before = std::numeric_limits<double>::infinity(), largest = 0;
  for (index_t step = 0; step <= most_steps; ++step) {
    const Correction<T> d = correct(problem, missing_above(problem, b, r, z, context),
                                    missing_below(problem, r, context), context);
    const double relative = step == 0 || !(d.size > 0) ? 0 : d.size / largest;
    // Half the size of the last one, or this is noise; below eps^2 nothing is left to gain.
    if (step > 0) {
      outcome.converged = before <= eps || relative <= eps;
      if (!(relative <= before / 2)) break;
      outcome.steps = step;
      outcome.last_correction = relative;
      before = std::min(1.0, relative);
    }
    for (index_t i = 0; i < m; ++i) r.add(i, d.r(i, 0));
    for (index_t j = 0; j < n; ++j) {
      z.add(j, d.z(j, 0));
      largest = std::max(largest, double(std::abs(z.rounded(j))));
    }
    if (step == 0) before = 0.5;  // corrections must at once be smaller than what they correct
    if (!steps_wanted || (step > 0 && relative <= eps * eps)) break;
  }
  for (index_t j = 0; j < n; ++j) z_out[j] = z.rounded(j);
  const WideVector<T> left = missing_above(problem, b, WideVector<T>(m), z, context);
  for (index_t i = 0; i < m; ++i) residual[i] = left.rounded(i);
  return outcome;
}

template RefinementOutcome refine(
    const RefinementProblem<float>&, const float*, bool, float*, float*, Context&);
template RefinementOutcome refine(
    const RefinementProblem<double>&, const double*, bool, double*, double*, Context&);
template RefinementOutcome refine(const RefinementProblem<std::complex<float>>&,
                                  const std::complex<float>*,
                                  bool,
                                  std::complex<float>*,
                                  std::complex<float>*,
                                  Context&);
template RefinementOutcome refine(const RefinementProblem<std::complex<double>>&,
                                  const std::complex<double>*,
                                  bool,
                                  std::complex<double>*,
                                  std::complex<double>*,
                                  Context&);

}  // namespace eckart::apps
