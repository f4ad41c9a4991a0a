// Stages: check -> scale by powers of two -> weigh -> decompose -> solve and refine, or filter ->
// what the solution is worth.

#include "eckart/apps/least_squares.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "apps/double_word.hpp"
#include "apps/rank_sums.hpp"
#include "apps/refinement.hpp"
#include "apps/wide_vector.hpp"
#include "core/parallel.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/gather.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

template <Scalar T>
T times_power(T x, int exponent) {
  if constexpr (is_complex<T>) {
    return {std::ldexp(x.real(), exponent), std::ldexp(x.imag(), exponent)};
  } else {
    return std::ldexp(x, exponent);
  }
}

// y <- 2^exponent x, each of n numbers.
template <Scalar T>
void copy_times_power(index_t n, const T* x, int exponent, T* y) {
  const real_t<T> factor = std::ldexp(real_t<T>{1}, exponent);
  if (std::isnormal(factor)) {
    for (index_t i = 0; i < n; ++i) y[i] = factor * x[i];
  } else {
    for (index_t i = 0; i < n; ++i) y[i] = times_power(x[i], exponent);
  }
}

// Returns e with the largest in [2^e, 2^(e+1)); 0 for zeros.
int exponent_of(double largest) { return largest > 0 ? std::ilogb(largest) : 0; }

// The same of the parts of X. Throws NonFiniteInput.
template <Scalar T>
int exponent_of(MatrixView<const T> X, const Communicator* ranks, Context& context) {
  if (!ranks && X.empty()) return 0;
  const auto here = make_operator(X);
  const EntryScan scan = ranks ? make_sharded(*here, *ranks)->scan(context) : here->scan(context);
  if (!scan.finite()) {
    throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
  }
  return exponent_of(scan.max_abs);
}

// And of each column of X, which is finite.
template <Scalar T>
std::vector<int> column_exponents(MatrixView<const T> X,
                                  const Communicator* ranks,
                                  Context& context) {
  std::vector<double> largest;
  for (index_t j = 0; j < X.cols; ++j) {
    largest.push_back(X.rows > 0 ? make_operator(X.columns(j, 1))->scan(context).max_abs : 0);
  }
  if (ranks) ranks->max(largest);
  std::vector<int> exponents;
  for (const double size : largest) exponents.push_back(exponent_of(size));
  return exponents;
}

// Whether rows have weights: on a rank without rows there are none to be seen.
template <Scalar T>
bool is_weighted(const LeastSquaresOptions<T>& o) {
  const bool here = !o.weights.empty();
  return o.ranks ? Shard{.ranks = o.ranks}.any(here) : here;
}

// The largest weight of any row.
template <Scalar T>
double largest_weight(const LeastSquaresOptions<T>& o) {
  double largest = 0;
  for (const double weight : o.weights) largest = std::max(largest, weight);
  if (o.ranks) o.ranks->max(std::span(&largest, 1));
  return largest;
}

template <Scalar T>
void check(MatrixView<const T> A, MatrixView<const T> B, const LeastSquaresOptions<T>& o) {
  require(B.rows == A.rows, fmt::format("B has {} rows; A has {}", B.rows, A.rows));
  const int named = o.ridge.has_value() + o.choose_ridge.has_value() + o.rcond.has_value() +
                    o.truncate.has_value();
  require(named <= 1, "give at most one of ridge, choose_ridge, rcond and truncate");
  require(!o.ridge || (*o.ridge >= 0 && std::isfinite(*o.ridge)),
          fmt::format("ridge must be >= 0 and finite, got {}", o.ridge.value_or(0)));
  require(!o.rcond || (*o.rcond >= 0 && *o.rcond < 1),
          fmt::format("rcond must be at least 0 and below 1, got {}", o.rcond.value_or(0)));
  require(!o.truncate || *o.truncate >= 0,
          fmt::format("truncate must be >= 0, got {}", o.truncate.value_or(0)));
  require(!o.A_low.data || (o.A_low.rows == A.rows && o.A_low.cols == A.cols),
          "A_low must have the shape of A");
  if (o.weights.empty()) return;
  require(static_cast<index_t>(o.weights.size()) == A.rows,
          fmt::format("{} weights; A has {} rows", o.weights.size(), A.rows));
  for (std::size_t i = 0; i < o.weights.size(); ++i) {
    require(o.weights[i] >= 0 && std::isfinite(o.weights[i]),
            fmt::format("weight {} must be >= 0 and finite, got {}", i + 1, o.weights[i]));
  }
}

// Rows, columns and right-hand sides brought near 1 by powers of two, which is exact: the solution
// of the given problem is x_j = 2^(b_exponent - column_exponent_j) z_j.
template <Scalar T>
struct Scaled {
  Matrix<T> A, A_low;                // every row, columns scaled
  Matrix<T> B;                       // likewise
  std::vector<index_t> rows;         // those of positive weight
  std::vector<real_t<T>> weights;    // of these rows, times 4^-weight_exponent; empty: ones
  std::vector<real_t<T>> roots;      // their square roots
  std::vector<int> column_exponent;  // column j of A is 2^-column_exponent_j of the given one
  int b_exponent = 0, weight_exponent = 0;
  bool weighted = false;
  Shard shard;  // of the rows that count

  bool all_rows() const { return !weighted; }
  index_t count() const { return static_cast<index_t>(rows.size()); }
  index_t total() const { return shard.total; }  // on all ranks
};

constexpr index_t columns_per_chunk = 8;

// The largest entry in [1, 2): of every column if each, else of the matrix.
template <Scalar T>
Scaled<T> scale(MatrixView<const T> A,
                MatrixView<const T> B,
                const LeastSquaresOptions<T>& o,
                bool each,
                Context& context) {
  const index_t m = A.rows, n = A.cols;
  Scaled<T> s;
  const int exponent = exponent_of(A, o.ranks, context);
  s.b_exponent = exponent_of(B, o.ranks, context);
  s.column_exponent.assign(at(n), exponent);
  if (each) s.column_exponent = column_exponents(A, o.ranks, context);
  s.A = Matrix<T>::uninitialized(m, n);
  s.A_low = o.A_low.data ? Matrix<T>::uninitialized(m, n) : Matrix<T>();
  s.B = Matrix<T>::uninitialized(m, B.cols);
  core::for_each_chunk(n, columns_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      const int down = -s.column_exponent[at(j)];
      copy_times_power(m, A.column(j), down, s.A.view().column(j));
      if (o.A_low.data) copy_times_power(m, o.A_low.column(j), down, s.A_low.view().column(j));
    }
  });
  for (index_t j = 0; j < B.cols; ++j) {
    copy_times_power(m, B.column(j), -s.b_exponent, s.B.view().column(j));
  }
  s.weighted = is_weighted(o);
  if (s.weighted) {
    const double largest = largest_weight(o);
    require(largest > 0, "all weights are 0; nothing is left to fit");
    s.weight_exponent = std::ilogb(largest) / 2;
  }
  for (index_t i = 0; i < m; ++i) {
    const double weight = s.weighted ? std::ldexp(o.weights[at(i)], -2 * s.weight_exponent) : 1;
    const auto root = static_cast<real_t<T>>(std::sqrt(weight));
    if (!(root > 0)) continue;  // a row without a say
    s.rows.push_back(i);
    if (!s.weighted) continue;
    s.weights.push_back(static_cast<real_t<T>>(weight));
    s.roots.push_back(root);
  }
  s.shard = o.ranks ? Shard::counted(*o.ranks, s.count()) : Shard::whole(s.count());
  return s;
}

// Returns the rows of X that count, times their roots if asked.
template <Scalar T>
Matrix<T> counting_rows(const Scaled<T>& s,
                        const Matrix<T>& X,
                        bool weighted,
                        const Context& context) {
  Matrix<T> some = Matrix<T>::uninitialized(s.count(), X.cols());
  core::for_each_chunk(X.cols(), columns_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t j = first; j < last; ++j) {
                           for (index_t i = 0; i < s.count(); ++i) {
                             const T x = X(s.rows[at(i)], j);
                             some(i, j) = weighted && !s.roots.empty() ? s.roots[at(i)] * x : x;
                           }
                         }
                       });
  return some;
}

// The norm of a column of which these rows are here.
template <Scalar T>
double column_norm(MatrixView<const T> X, index_t j, const Shard& rows) {
  double sum = 0;
  for (index_t i = 0; i < X.rows; ++i) sum += std::norm(std::complex<double>(X(i, j)));
  apps::sum_over_ranks(rows, &sum, 1);
  return std::sqrt(sum);
}

// residuals of all rows, in the units of s, from Z.
template <Scalar T>
void fill_residuals(const Scaled<T>& s,
                    const Matrix<T>& Z,
                    Context& context,
                    LeastSquaresResult<T>& result) {
  const index_t m = s.A.rows(), n = s.A.cols(), p = s.B.cols();
  result.residuals = Matrix<T>(m, p);
  for (index_t c = 0; c < p; ++c) {
    apps::WideVector<T> r(m), z(n);
    for (index_t i = 0; i < m; ++i) r.set(i, s.B(i, c));
    for (index_t j = 0; j < n; ++j) z.set(j, Z(j, c));
    r.subtract_product(s.A.view(), s.A_low.view(), z, context);
    for (index_t i = 0; i < m; ++i) result.residuals(i, c) = r.rounded(i);
  }
}

// Norms, deviations and what was scaled; afterwards residuals are in the given units.
template <Scalar T>
void finish_residuals(const Scaled<T>& s, LeastSquaresResult<T>& result) {
  for (index_t c = 0; c < s.B.cols(); ++c) {
    double sum = 0;
    for (index_t i = 0; i < s.count(); ++i) {
      const double root = s.roots.empty() ? 1 : double(s.roots[at(i)]);
      sum += std::norm(root * std::complex<double>(result.residuals(s.rows[at(i)], c)));
    }
    apps::sum_over_ranks(s.shard, &sum, 1);
    const double norm = std::ldexp(std::sqrt(sum), s.b_exponent + s.weight_exponent);
    result.residual_norms.push_back(norm);
    const double free = result.degrees_of_freedom;
    result.deviation.push_back(free > 0 ? norm / std::sqrt(free) : 0);
    for (index_t i = 0; i < s.A.rows(); ++i) {
      result.residuals(i, c) = times_power(result.residuals(i, c), s.b_exponent);
    }
  }
}

// X from Z, by undoing the scaling. Throws Overflow.
template <Scalar T>
void fill_solution(const Scaled<T>& s, const Matrix<T>& Z, LeastSquaresResult<T>& result) {
  result.X = Matrix<T>(Z.rows(), Z.cols());
  for (index_t c = 0; c < Z.cols(); ++c) {
    for (index_t j = 0; j < Z.rows(); ++j) {
      const T x = times_power(Z(j, c), s.b_exponent - s.column_exponent[at(j)]);
      if (!std::isfinite(std::abs(x))) {
        throw Overflow(fmt::format("entry {} of the solution is not representable", j + 1));
      }
      result.X(j, c) = x;
    }
  }
}

// (A^H W A)^+ = D V diag(1 / sigma^2) V^H D with the first r triplets; its diagonal gives the
// standard errors.
template <Scalar T>
void fill_errors(const Scaled<T>& s,
                 const SvdResult<T>& factors,
                 index_t r,
                 bool covariance,
                 LeastSquaresResult<T>& result) {
  const index_t n = s.A.cols(), p = s.B.cols();
  const auto power = [&](index_t j) { return -s.column_exponent[at(j)] - s.weight_exponent; };
  if (result.degrees_of_freedom > 0) {
    result.standard_errors = Matrix<double>(n, p);
    for (index_t j = 0; j < n; ++j) {
      double sum = 0;
      for (index_t i = r; i-- > 0;) {
        sum += std::norm(std::complex<double>(factors.V(j, i)) /
                         static_cast<double>(factors.sigma[at(i)]));
      }
      for (index_t c = 0; c < p; ++c) {
        result.standard_errors(j, c) =
            std::ldexp(std::sqrt(sum), power(j)) * result.deviation[at(c)];
      }
    }
  }
  if (!covariance) return;
  Matrix<T> half(n, r);  // D V / sigma
  for (index_t i = 0; i < r; ++i) {
    for (index_t j = 0; j < n; ++j) {
      half(j, i) = times_power(factors.V(j, i) / factors.sigma[at(i)], power(j));
    }
  }
  result.covariance = Matrix<T>(n, n);
  for (index_t k = 0; k < n; ++k) {
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < r; ++i) {
        result.covariance(j, k) += half(j, i) * conjugate(half(k, i));
      }
    }
  }
}

// The factors of the rows on all ranks: U with the rows here, the rest on every rank.
template <Scalar T>
SvdResult<T> decompose(const Matrix<T>& A,
                       Vectors vectors,
                       const Communicator* ranks,
                       Context& context) {
  const auto here = make_operator(A.view());
  const DenseSvdOptions options{.vectors = vectors, .certify = false};
  if (!ranks) return dense_svd(*here, options, context);
  const auto whole = make_sharded(*here, *ranks);
  SvdResult<T> factors = dense_svd(*whole, options, context);
  if (vectors != Vectors::none) {
    factors.V = gather_rows<T>(factors.V.view(), whole->col_shard());
  }
  return factors;
}

// Returns the largest of all singular values over the smallest, infinite if that is a zero.
template <class Real>
double condition(const std::vector<Real>& sigma) {
  if (sigma.empty()) return 1;
  if (!(sigma.back() > 0)) return std::numeric_limits<double>::infinity();
  return double(sigma.front()) / double(sigma.back());
}

// Returns U^H B.
template <Scalar T>
Matrix<T> coefficients_of(const Matrix<T>& B,
                          const SvdResult<T>& factors,
                          const Shard& rows,
                          Context& context) {
  Matrix<T> C(static_cast<index_t>(factors.sigma.size()), B.cols());
  if (!C.view().empty() && B.rows() > 0) {
    make_operator(factors.U.view())->apply_adjoint(B.view(), C.view(), context);
  }
  apps::sum_over_ranks(rows, C.data(), C.rows() * C.cols());
  return C;
}

// The same in the units of the given problem.
template <Scalar T>
void fill_coefficients(const Scaled<T>& s, const Matrix<T>& C, LeastSquaresResult<T>& result) {
  result.coefficients = Matrix<T>(C.rows(), C.cols());
  for (index_t c = 0; c < C.cols(); ++c) {
    for (index_t i = 0; i < C.rows(); ++i) {
      result.coefficients(i, c) = times_power(C(i, c), s.b_exponent + s.weight_exponent);
    }
  }
}

// The unique solution, refined: the columns of s are scaled, factors has rank n.
template <Scalar T>
void solve_unique(const Scaled<T>& s,
                  const SvdResult<T>& factors,
                  const LeastSquaresOptions<T>& o,
                  Context& context,
                  LeastSquaresResult<T>& result) {
  const index_t n = s.A.cols(), p = s.B.cols();
  const bool all = s.all_rows();
  const Matrix<T> some = all ? Matrix<T>() : counting_rows(s, s.A, false, context);
  const Matrix<T> some_low =
      all || !s.A_low.data() ? Matrix<T>() : counting_rows(s, s.A_low, false, context);
  const Matrix<T> right = all ? Matrix<T>() : counting_rows(s, s.B, false, context);
  const apps::RefinementProblem<T> problem{(all ? s.A : some).view(),
                                           (all ? s.A_low : some_low).view(),
                                           s.weights,
                                           s.roots,
                                           factors,
                                           s.shard};
  Matrix<T> Z(n, p), R(s.count(), p);
  result.refined = o.refine;
  for (index_t c = 0; c < p; ++c) {
    const apps::RefinementOutcome outcome =
        apps::refine(problem, (all ? s.B : right).view().column(c), o.refine, Z.view().column(c),
                     R.view().column(c), context);
    result.refinement_steps = std::max(result.refinement_steps, outcome.steps);
    result.last_correction = std::max(result.last_correction, outcome.last_correction);
    result.refined = result.refined && outcome.converged;
    // Higham's bound, in scaled columns.
    const double kappa = result.scaled_condition_number,
                 size = column_norm<T>(Z.view(), c, Shard::whole(n));
    double residual = 0;
    for (index_t i = 0; i < s.count(); ++i) {
      const double root = s.roots.empty() ? 1 : double(s.roots[at(i)]);
      residual = std::hypot(residual, root * double(std::abs(R(i, c))));
    }
    if (!s.shard.alone()) {
      residual *= residual;
      apps::sum_over_ranks(s.shard, &residual, 1);
      residual = std::sqrt(residual);
    }
    const double angle = size > 0 ? residual / (double(factors.sigma[0]) * size) : 0;
    result.amplification = std::max(result.amplification, kappa * (2 + (kappa + 1) * angle));
  }
  fill_solution(s, Z, result);
  if (all) {
    result.residuals = std::move(R);  // from the solution before it was rounded
  } else {
    fill_residuals(s, Z, context, result);
  }
}

// The solution of least norm by the singular values that count, each by its filter factor.
template <Scalar T>
void solve_filtered(const Scaled<T>& s,
                    const SvdResult<T>& factors,
                    const LeastSquaresOptions<T>& o,
                    Context& context,
                    LeastSquaresResult<T>& result) {
  const index_t n = s.A.cols(), p = s.B.cols();
  const auto k = static_cast<index_t>(factors.sigma.size());
  const Matrix<T> right = counting_rows(s, s.B, true, context);
  const Matrix<T> C = coefficients_of(right, factors, s.shard, context);
  // In the units of s: sigma^2 and the ridge are scaled alike.
  const int unit = (n > 0 ? s.column_exponent[0] : 0) + s.weight_exponent;
  double ridge = std::ldexp(o.ridge.value_or(0), -2 * unit);
  if (o.choose_ridge && k > 0) {
    double outside = 0;
    for (index_t c = 0; c < p; ++c) {
      const double whole = column_norm<T>(right.view(), c, s.shard);
      const double inside = column_norm<T>(C.view(), c, Shard::whole(k));
      outside = std::hypot(outside, std::sqrt(std::max(0.0, whole * whole - inside * inside)));
    }
    const std::vector<double> sigma(factors.sigma.begin(), factors.sigma.end());
    ridge = choose_ridge<T>(*o.choose_ridge, sigma, C.view(), outside, s.total());
  }
  result.ridge = std::ldexp(ridge, 2 * unit);
  const bool filtered = o.ridge || o.choose_ridge;
  const index_t r = filtered ? k : result.rank.rank;
  double used = 0;
  Matrix<T> Y(r, p);
  for (index_t i = 0; i < r; ++i) {
    const double sigma = factors.sigma[at(i)];
    const double filter = sigma > 0 ? sigma / (sigma * sigma + ridge) : 0;
    used += filter * sigma;
    for (index_t c = 0; c < p; ++c) Y(i, c) = static_cast<real_t<T>>(filter) * C(i, c);
  }
  result.degrees_of_freedom = static_cast<double>(s.total()) - used;
  if (!filtered) result.degrees_of_freedom = static_cast<double>(s.total() - r);
  Matrix<T> Z(n, p);
  if (r > 0 && !Z.view().empty()) {
    make_operator<T>(factors.V.view().columns(0, r))
        ->apply(std::as_const(Y).view(), Z.view(), context);
  }
  fill_solution(s, Z, result);
  fill_residuals(s, Z, context, result);
  fill_coefficients(s, C, result);
}

// The rank that the options ask for, of A itself.
template <Scalar T>
RankFinding rank_of(const std::vector<real_t<T>>& sigma,
                    index_t rows,
                    index_t cols,
                    const LeastSquaresOptions<T>& o) {
  RankFinding found = numerical_rank<T>(sigma, rows, cols, {.relative = o.rcond});
  if (!o.truncate || *o.truncate >= static_cast<index_t>(sigma.size())) return found;
  const index_t k = std::min(*o.truncate, found.rank);
  found.rank = k;
  found.largest_dropped = double(sigma[at(k)]);
  found.smallest_kept = k > 0 ? double(sigma[at(k - 1)]) : 0;
  found.threshold = found.largest_dropped;
  return found;
}

}  // namespace

template <Scalar T>
LeastSquaresResult<T> least_squares(MatrixView<const T> A,
                                    MatrixView<const T> B,
                                    const LeastSquaresOptions<T>& o,
                                    Context& context) {
  check(A, B, o);
  const index_t n = A.cols;
  LeastSquaresResult<T> result;
  const bool plain = !o.ridge && !o.choose_ridge && !o.rcond && !o.truncate;

  if (plain) {  // rank by the columns at one length
    const Scaled<T> s = scale(A, B, o, true, context);
    const SvdResult<T> factors =
        decompose(counting_rows(s, s.A, true, context), Vectors::thin, o.ranks, context);
    result.rank = numerical_rank<T>(factors.sigma, s.total(), n);
    result.scaled_condition_number = condition(factors.sigma);
    if (result.rank.rank == n) {
      result.scaled_columns = true;
      result.report = factors.report;
      result.degrees_of_freedom = static_cast<double>(s.total() - n);
      solve_unique(s, factors, o, context, result);
      finish_residuals(s, result);
      fill_errors(s, factors, n, o.covariance, result);
    }
  }
  const bool values_only = result.scaled_columns && !o.coefficients;
  const Scaled<T> s = scale(A, B, o, false, context);
  const SvdResult<T> factors =
      decompose(counting_rows(s, s.A, true, context), values_only ? Vectors::none : Vectors::thin,
                o.ranks, context);
  const int unit = (n > 0 ? s.column_exponent[0] : 0) + s.weight_exponent;
  for (const real_t<T> value : factors.sigma) {
    result.sigma.push_back(std::ldexp(static_cast<double>(value), unit));
  }
  result.condition_number = condition(factors.sigma);
  if (result.scaled_columns) {
    if (o.coefficients) {
      const Matrix<T> right = counting_rows(s, s.B, true, context);
      fill_coefficients(s, coefficients_of(right, factors, s.shard, context), result);
    }
    return result;
  }

  result.report = factors.report;
  result.rank = rank_of(factors.sigma, s.total(), n, o);
  if (numerical_rank<T>(factors.sigma, s.total(), n).rank < std::min(s.total(), n)) {
    result.condition_number = std::numeric_limits<double>::infinity();
  }
  solve_filtered(s, factors, o, context, result);
  finish_residuals(s, result);
  if (!o.ridge && !o.choose_ridge) fill_errors(s, factors, result.rank.rank, o.covariance, result);
  result.rank.threshold = std::ldexp(result.rank.threshold, unit);
  result.rank.smallest_kept = std::ldexp(result.rank.smallest_kept, unit);
  result.rank.largest_dropped = std::ldexp(result.rank.largest_dropped, unit);
  return result;
}

PolynomialDesign polynomial_design(std::span<const double> x, index_t degree) {
  require(degree >= 0, fmt::format("the degree must be >= 0, got {}", degree));
  const auto m = static_cast<index_t>(x.size());
  PolynomialDesign design{Matrix<double>(m, degree + 1), Matrix<double>(m, degree + 1)};
  for (index_t i = 0; i < m; ++i) {
    apps::DoubleWord<double> power{1, 0};
    for (index_t j = 0; j <= degree; ++j) {
      design.A(i, j) = power.hi;
      design.A_low(i, j) = power.lo;
      apps::DoubleWord<double> next;
      next.add_product(power, {x[at(i)], 0});
      power = next.normalized();
    }
  }
  return design;
}

template LeastSquaresResult<float> least_squares(MatrixView<const float>,
                                                 MatrixView<const float>,
                                                 const LeastSquaresOptions<float>&,
                                                 Context&);
template LeastSquaresResult<double> least_squares(MatrixView<const double>,
                                                  MatrixView<const double>,
                                                  const LeastSquaresOptions<double>&,
                                                  Context&);
template LeastSquaresResult<std::complex<float>> least_squares(
    MatrixView<const std::complex<float>>,
    MatrixView<const std::complex<float>>,
    const LeastSquaresOptions<std::complex<float>>&,
    Context&);
template LeastSquaresResult<std::complex<double>> least_squares(
    MatrixView<const std::complex<double>>,
    MatrixView<const std::complex<double>>,
    const LeastSquaresOptions<std::complex<double>>&,
    Context&);

}  // namespace eckart
