// Probabilistic principal components: Tipping, Bishop (1999); missing values by expectation
// maximisation as Ilin, Raiko (2010), with the expanded parameters of Liu, Rubin, Wu (1998).
// An iteration: the scores that each row suggests -> W, mean and noise by regression -> scores of
// mean 0 and variance 1.
#include "eckart/apps/probabilistic_pca.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>

#include "apps/cholesky.hpp"
#include "apps/pca_density.hpp"
#include "eckart/apps/missing.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// All is computed in double precision.
template <Scalar T>
using wide_t = std::conditional_t<is_complex<T>, std::complex<double>, double>;

template <Scalar W>
bool is_missing(W x) {
  return std::isnan(std::real(x)) || std::isnan(std::imag(x));
}

// What is known of the rows, row by row.
template <Scalar T>
struct Table {
  index_t rows = 0, cols = 0, missing = 0;
  std::vector<T> values;  // NaN: missing

  const T* row(index_t i) const { return values.data() + i * cols; }
  index_t observed() const { return rows * cols - missing; }
};

template <Scalar T>
Table<wide_t<T>> make_table(MatrixView<const T> X) {
  Table<wide_t<T>> table{X.rows, X.cols, 0, {}};
  table.values.resize(at(X.rows * X.cols));
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      const wide_t<T> x(X(i, j));
      table.missing += is_missing(x);
      table.values[at(i * X.cols + j)] = x;
    }
  }
  return table;
}

template <Scalar T>
struct Parameters {
  std::vector<T> mean;
  Matrix<T> W;  // n x k
  double noise = 0;
};

template <Scalar T>
Parameters<wide_t<T>> parameters_of(const ProbabilisticPca<T>& model) {
  Parameters<wide_t<T>> p;
  p.mean.assign(model.mean.begin(), model.mean.end());
  p.W = Matrix<wide_t<T>>(model.W.rows(), model.W.cols());
  for (index_t i = 0; i < model.W.rows() * model.W.cols(); ++i) {
    p.W.data()[i] = wide_t<T>(model.W.data()[i]);
  }
  p.noise = model.noise_variance;
  return p;
}

// The scores of one row given what is observed of it: normal, with this mean and covariance.
template <Scalar T>
struct Posterior {
  std::vector<T> mean;
  Matrix<T> covariance;
  double log_likelihood = 0;  // of the observed entries
};

// With M = noise I + W_o^H W_o of the observed rows of W, the covariance is noise M^-1 and the mean
// M^-1 W_o^H (x - mean) [1, equation 9 of the paper].
template <Scalar T>
Posterior<T> posterior(const Parameters<T>& p, const T* row) {
  const index_t n = p.W.rows(), k = p.W.cols();
  Posterior<T> result{std::vector<T>(at(k)), Matrix<T>(k, k), 0};
  Matrix<T> M(k, k);
  index_t observed = 0;
  for (index_t j = 0; j < n; ++j) {
    if (is_missing(row[j])) continue;
    ++observed;
    const T distance = row[j] - p.mean[at(j)];
    for (index_t a = 0; a < k; ++a) {
      result.mean[at(a)] += conjugate(p.W(j, a)) * distance;
      for (index_t b = 0; b <= a; ++b) M(a, b) += conjugate(p.W(j, a)) * p.W(j, b);
    }
  }
  for (index_t a = 0; a < k; ++a) M(a, a) += p.noise;
  apps::cholesky(M);
  apps::cholesky_solve(M, result.mean.data());
  for (index_t a = 0; a < k; ++a) {
    result.covariance(a, a) = p.noise;
    apps::cholesky_solve(M, &result.covariance(0, a));
  }
  // The covariance of x is C = W_o W_o^H + noise I: log det C by way of M, and
  // x^H C^-1 x = |x - W z|^2 / noise + |z|^2 at z = M^-1 W_o^H x, without cancellation.
  double square = 0;
  for (index_t j = 0; j < n; ++j) {
    if (is_missing(row[j])) continue;
    T rest = row[j] - p.mean[at(j)];
    for (index_t a = 0; a < k; ++a) rest -= p.W(j, a) * result.mean[at(a)];
    square += std::norm(rest);
  }
  square /= p.noise;
  double log_determinant = static_cast<double>(observed - k) * std::log(p.noise);
  for (index_t a = 0; a < k; ++a) {
    square += std::norm(result.mean[at(a)]);
    log_determinant += 2 * std::log(std::real(M(a, a)));
  }
  const double factor = is_complex<T> ? 1 : 0.5;
  const double constant = std::log((is_complex<T> ? 1 : 2) * std::numbers::pi);
  result.log_likelihood =
      -factor * (static_cast<double>(observed) * constant + log_determinant + square);
  return result;
}

// Returns for each column j the (w_j, mean_j) that minimise the expected sum of squares of
// x_ij - w_j z_i - mean_j over the rows where x_ij is observed, and that sum.
template <Scalar T>
double regress(const Table<T>& table, const std::vector<Posterior<T>>& scores, Parameters<T>& p) {
  const index_t k = p.W.cols();
  double squares = 0;
  for (index_t j = 0; j < table.cols; ++j) {
    Matrix<T> G(k + 1, k + 1);  // normal equations; the last unknown is the mean
    std::vector<T> solution(at(k + 1));
    for (index_t i = 0; i < table.rows; ++i) {
      const T x = table.row(i)[j];
      if (is_missing(x)) continue;
      const Posterior<T>& z = scores[at(i)];
      for (index_t a = 0; a < k; ++a) {
        for (index_t b = 0; b <= a; ++b) {
          G(a, b) += conjugate(z.mean[at(a)]) * z.mean[at(b)] + z.covariance(b, a);
        }
        G(k, a) += z.mean[at(a)];
        solution[at(a)] += conjugate(z.mean[at(a)]) * x;
      }
      G(k, k) += 1;
      solution[at(k)] += x;
    }
    apps::cholesky(G);
    apps::cholesky_solve(G, solution.data());
    for (index_t a = 0; a < k; ++a) p.W(j, a) = solution[at(a)];
    p.mean[at(j)] = solution[at(k)];
    for (index_t i = 0; i < table.rows; ++i) {
      T rest = table.row(i)[j];
      if (is_missing(rest)) continue;
      const Posterior<T>& z = scores[at(i)];
      rest -= p.mean[at(j)];
      T spread = 0;
      for (index_t a = 0; a < k; ++a) {
        rest -= p.W(j, a) * z.mean[at(a)];
        for (index_t b = 0; b < k; ++b) {
          spread += p.W(j, a) * z.covariance(a, b) * conjugate(p.W(j, b));
        }
      }
      squares += std::norm(rest) + std::real(spread);
    }
  }
  return squares;
}

// Gives the scores mean 0 and variance 1: what they have instead goes into mean and W.
template <Scalar T>
void reduce(const std::vector<Posterior<T>>& scores, Parameters<T>& p) {
  const index_t k = p.W.cols();
  const auto m = static_cast<double>(scores.size());
  std::vector<T> center(at(k));
  for (const Posterior<T>& z : scores) {
    for (index_t a = 0; a < k; ++a) center[at(a)] += z.mean[at(a)] / m;
  }
  Matrix<T> L(k, k);  // covariance of the scores, then its factor
  for (const Posterior<T>& z : scores) {
    for (index_t a = 0; a < k; ++a) {
      for (index_t b = 0; b <= a; ++b) {
        L(a, b) += ((z.mean[at(a)] - center[at(a)]) * conjugate(z.mean[at(b)] - center[at(b)]) +
                    z.covariance(a, b)) /
                   m;
      }
    }
  }
  apps::cholesky(L);
  for (index_t j = 0; j < p.W.rows(); ++j) {
    for (index_t a = 0; a < k; ++a) p.mean[at(j)] += p.W(j, a) * center[at(a)];
    for (index_t a = 0; a < k; ++a) {  // row <- row L; column a needs the columns from a on
      T sum = 0;
      for (index_t b = a; b < k; ++b) sum += p.W(j, b) * L(b, a);
      p.W(j, a) = sum;
    }
  }
}

// Returns by how much the parameters moved: rows of (W, mean) in units of the deviation of their
// column, the noise variance relative to itself.
template <Scalar T>
double movement(const Parameters<T>& from,
                const Parameters<T>& to,
                const std::vector<double>& deviations) {
  double most = std::abs(to.noise - from.noise) / to.noise;
  for (index_t j = 0; j < to.W.rows(); ++j) {
    double square = std::norm(to.mean[at(j)] - from.mean[at(j)]);
    for (index_t a = 0; a < to.W.cols(); ++a) square += std::norm(to.W(j, a) - from.W(j, a));
    most = std::max(most, std::sqrt(square) / deviations[at(j)]);
  }
  return most;
}

// Writes mean and W into the model, the columns of W orthogonal, of falling length, with the sign
// rule: W = V diag(s) R^H is as good as V diag(s), and R is free.
template <Scalar T>
void set_parameters(const Parameters<wide_t<T>>& p, ProbabilisticPca<T>& model, Context& context) {
  using Wide = wide_t<T>;
  const auto W = make_operator(p.W.view());
  const SvdResult<Wide> turned = svd(*make_adjoint(*W), {}, context);
  model.W = Matrix<T>(p.W.rows(), p.W.cols());
  model.mean.clear();
  for (index_t j = 0; j < p.W.rows(); ++j) {
    model.mean.push_back(static_cast<T>(p.mean[at(j)]));
    for (index_t a = 0; a < p.W.cols(); ++a) {
      model.W(j, a) = static_cast<T>(turned.V(j, a) * turned.sigma[at(a)]);
    }
  }
  model.noise_variance = p.noise;
}

void check(index_t rows, index_t cols, const ProbabilisticPcaOptions& o) {
  const index_t side = std::min(rows, cols);
  require(o.components >= 1 && o.components < side,
          fmt::format("components must be at least 1 and below {} for a {} x {} table, got {}",
                      side, rows, cols, o.components));
  require(o.tolerance > 0, fmt::format("tolerance must be > 0, got {}", o.tolerance));
  require(o.iterations >= 1, fmt::format("iterations must be >= 1, got {}", o.iterations));
}

}  // namespace

template <Scalar T>
ProbabilisticPca<T> probabilistic_pca(const Pca<T>& model) {
  const auto k = static_cast<index_t>(model.explained_variance.size());
  const index_t n = model.svd.report.cols;
  const double N = model.observations;
  const double divisor = (N - 1) / N;
  const index_t left_out = std::min(model.svd.report.rows, n) - k;
  ProbabilisticPca<T> result;
  result.mean = model.map.column_shift;
  result.mean.resize(at(n));
  for (index_t j = 0; j < n && !model.map.column_scale.empty(); ++j) {
    result.mean[at(j)] *= model.map.column_scale[at(j)];
  }
  const auto across = static_cast<double>(n - k);
  if (n > k) {
    result.noise_variance = model.noise_variance * static_cast<double>(left_out) * divisor / across;
  }
  double log_determinant = n > k ? across * std::log(result.noise_variance) : 0;
  result.W = Matrix<T>(model.svd.V.rows(), k);
  for (index_t a = 0; a < k; ++a) {
    const double variance = divisor * model.explained_variance[at(a)];
    log_determinant += apps::is_variance(variance, model)
                           ? std::log(variance)
                           : -std::numeric_limits<double>::infinity();
    const auto length =
        static_cast<real_t<T>>(std::sqrt(std::max(0.0, variance - result.noise_variance)));
    // A row of A is a combination of the rows of V^H.
    for (index_t j = 0; j < result.W.rows(); ++j) {
      result.W(j, a) = length * conjugate(model.svd.V(j, a));
    }
  }
  const double factor = is_complex<T> ? 1 : 0.5;
  const double constant = std::log((is_complex<T> ? 1 : 2) * std::numbers::pi) + 1;
  result.log_likelihood = -factor * N * (static_cast<double>(n) * constant + log_determinant);
  return result;
}

template <Scalar T>
ProbabilisticPca<T> fit_probabilistic_pca(MatrixView<const T> X,
                                          const ProbabilisticPcaOptions& o,
                                          Context& context) {
  check(X.rows, X.cols, o);
  const Table<wide_t<T>> table = make_table(X);
  Matrix<T> filled(X.rows, X.cols);
  for (index_t j = 0; j < X.cols; ++j) std::copy_n(X.column(j), X.rows, filled.view().column(j));
  fill_with_means(filled.view());
  const std::vector<double> deviations = observed_deviations(X);
  const Pca<T> start = fit_pca(*make_operator(std::as_const(filled).view()),
                               {.rank = {.rank = o.components}}, context);
  ProbabilisticPca<T> model = probabilistic_pca(start);
  if (table.missing == 0) return model;

  model.missing = table.missing;
  model.converged = false;
  Parameters<wide_t<T>> p = parameters_of(model);
  // A deviation of 1e-10 of that of the columns: what rounding leaves of rows without noise.
  const double floor = 1e-20 * start.total_variance / static_cast<double>(X.cols);
  require(floor > 0, "no column varies; nothing can be said of what is missing");
  p.noise = std::max(p.noise, floor);
  std::vector<Posterior<wide_t<T>>> scores(at(X.rows));
  const auto expect = [&] {
    double sum = 0;
    for (index_t i = 0; i < X.rows; ++i) {
      scores[at(i)] = posterior(p, table.row(i));
      sum += scores[at(i)].log_likelihood;
    }
    model.history.push_back(sum);
  };
  expect();
  while (!model.converged && model.iterations < o.iterations) {
    if (context.stopped_by_time()) throw TimeLimit();
    if (context.cancelled()) throw Cancelled();
    const Parameters<wide_t<T>> before{p.mean, p.W.clone(), p.noise};
    p.noise = std::max(regress(table, scores, p) / static_cast<double>(table.observed()), floor);
    reduce(scores, p);
    ++model.iterations;
    model.converged = movement(before, p, deviations) <= o.tolerance;
    expect();
  }
  model.log_likelihood = model.history.back();
  set_parameters(p, model, context);
  return model;
}

template <Scalar T>
void fill_missing(const ProbabilisticPca<T>& model, MatrixView<T> X) {
  const index_t n = model.W.rows();
  require(X.cols == n, fmt::format("the rows have {} entries; the model has {}", X.cols, n));
  const Table<wide_t<T>> table = make_table<T>(X);
  if (table.missing == 0) return;
  const Parameters<wide_t<T>> p = parameters_of(model);
  for (index_t i = 0; i < X.rows; ++i) {
    const auto* row = table.row(i);
    if (std::none_of(row, row + n, is_missing<wide_t<T>>)) continue;
    const auto z = posterior(p, row).mean;
    for (index_t j = 0; j < n; ++j) {
      if (!is_missing(row[j])) continue;
      wide_t<T> expected = p.mean[at(j)];
      for (index_t a = 0; a < p.W.cols(); ++a) expected += p.W(j, a) * z[at(a)];
      X(i, j) = static_cast<T>(expected);
    }
  }
}

template <Scalar T>
std::vector<double> log_likelihood(const ProbabilisticPca<T>& model, MatrixView<const T> X) {
  const index_t n = model.W.rows();
  require(X.cols == n, fmt::format("the rows have {} entries; the model has {}", X.cols, n));
  require(model.noise_variance > 0, "the model has no noise, and so no density");
  const Table<wide_t<T>> table = make_table(X);
  const Parameters<wide_t<T>> p = parameters_of(model);
  std::vector<double> result;
  for (index_t i = 0; i < X.rows; ++i) result.push_back(posterior(p, table.row(i)).log_likelihood);
  return result;
}

template ProbabilisticPca<float> probabilistic_pca(const Pca<float>&);
template ProbabilisticPca<double> probabilistic_pca(const Pca<double>&);
template ProbabilisticPca<std::complex<float>> probabilistic_pca(const Pca<std::complex<float>>&);
template ProbabilisticPca<std::complex<double>> probabilistic_pca(const Pca<std::complex<double>>&);
template ProbabilisticPca<float> fit_probabilistic_pca(MatrixView<const float>,
                                                       const ProbabilisticPcaOptions&,
                                                       Context&);
template ProbabilisticPca<double> fit_probabilistic_pca(MatrixView<const double>,
                                                        const ProbabilisticPcaOptions&,
                                                        Context&);
template ProbabilisticPca<std::complex<float>> fit_probabilistic_pca(
    MatrixView<const std::complex<float>>, const ProbabilisticPcaOptions&, Context&);
template ProbabilisticPca<std::complex<double>> fit_probabilistic_pca(
    MatrixView<const std::complex<double>>, const ProbabilisticPcaOptions&, Context&);
template void fill_missing(const ProbabilisticPca<float>&, MatrixView<float>);
template void fill_missing(const ProbabilisticPca<double>&, MatrixView<double>);
template void fill_missing(const ProbabilisticPca<std::complex<float>>&,
                           MatrixView<std::complex<float>>);
template void fill_missing(const ProbabilisticPca<std::complex<double>>&,
                           MatrixView<std::complex<double>>);
template std::vector<double> log_likelihood(const ProbabilisticPca<float>&,
                                            MatrixView<const float>);
template std::vector<double> log_likelihood(const ProbabilisticPca<double>&,
                                            MatrixView<const double>);
template std::vector<double> log_likelihood(const ProbabilisticPca<std::complex<float>>&,
                                            MatrixView<const std::complex<float>>);
template std::vector<double> log_likelihood(const ProbabilisticPca<std::complex<double>>&,
                                            MatrixView<const std::complex<double>>);

}  // namespace eckart
