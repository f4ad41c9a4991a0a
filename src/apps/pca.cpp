#include "eckart/apps/pca.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "apps/pca_density.hpp"
#include "eckart/error.hpp"
#include "eckart/gather.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

void check(index_t rows, index_t cols, const PcaOptions& o) {
  require(rows >= 2, fmt::format("a principal component needs at least 2 rows, got {}", rows));
  require(o.column_weights.empty() || static_cast<index_t>(o.column_weights.size()) == cols,
          fmt::format("{} column weights; A has {} columns", o.column_weights.size(), cols));
  for (std::size_t j = 0; j < o.column_weights.size(); ++j) {
    require(o.column_weights[j] > 0 && std::isfinite(o.column_weights[j]),
            fmt::format("column weight {} must be above 0 and finite, got {}", j + 1,
                        o.column_weights[j]));
  }
}

// Returns N, the sum of the weights.
double total_weight(std::span<const double> weights, const Shard& rows) {
  require(static_cast<index_t>(weights.size()) == rows.count,
          fmt::format("{} weights; A has {} rows", weights.size(), rows.count));
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    require(weights[i] >= 0 && std::isfinite(weights[i]),
            fmt::format("weight {} must be >= 0 and finite, got {}",
                        rows.first + static_cast<index_t>(i) + 1, weights[i]));
    sum += weights[i];
  }
  if (!rows.alone()) rows.ranks->sum(std::span(&sum, 1));
  require(sum > 1 && std::isfinite(sum),
          fmt::format("the weights add up to {}; variances need more than 1", sum));
  return sum;
}

// Returns the weighted mean of every column of the mapped operator.
template <Scalar T>
std::vector<T> weighted_means(const LinearOperator<T>& A,
                              std::span<const double> weights,
                              double total,
                              Context& context) {
  const Shard cols = A.col_shard();
  Matrix<T> w(A.row_shard().count, 1), sums_here(cols.count, 1);
  for (index_t i = 0; i < w.rows(); ++i) {
    w(i, 0) = static_cast<real_t<T>>(weights[at(i)] / total);
  }
  A.apply_adjoint(std::as_const(w).view(), sums_here.view(), context);
  const Matrix<T> sums = gather_rows<T>(sums_here.view(), cols);
  std::vector<T> means(at(A.cols()));
  for (index_t j = 0; j < A.cols(); ++j) means[at(j)] = conjugate(sums(j, 0));
  return means;
}

// The weighted counterpart of standardisation(): means, and deviations with divisor N - 1.
template <Scalar T>
AffineMap<T> weighted_standardisation(const LinearOperator<T>& A,
                                      const PcaOptions& o,
                                      double total,
                                      Context& context) {
  const EntryScan scan = A.scan(context);
  if (!scan.finite()) {
    throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
  }
  AffineMap<T> map;
  if (o.center) {
    map.column_shift = weighted_means(A, o.weights, total, context);
    // Once more about the first mean: its rounding was that of the entries, not of their spread.
    const auto shifted = make_affine(A, map);
    const std::vector<T> rest = weighted_means(*shifted, o.weights, total, context);
    for (index_t j = 0; j < A.cols(); ++j) map.column_shift[at(j)] += rest[at(j)];
  }
  if (!o.scale) return map;
  AffineMap<T> spread;
  spread.column_shift = o.center ? map.column_shift : weighted_means(A, o.weights, total, context);
  for (const double w : o.weights) {
    spread.row_scale.push_back(static_cast<real_t<T>>(std::sqrt(w / (total - 1))));
  }
  const std::vector<double> variances = A.column_energies(spread, context);
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (index_t j = 0; j < A.cols(); ++j) {
    const double deviation = std::sqrt(variances[at(j)]);
    // What rounding of the mean leaves of a constant column is no spread.
    const double mean = static_cast<double>(std::abs(spread.column_shift[at(j)]));
    const bool constant = deviation <= 4 * eps * mean || deviation == 0;
    map.column_scale.push_back(constant ? real_t<T>{1} : static_cast<real_t<T>>(1 / deviation));
  }
  return map;
}

// The map of the training rows: that of any row, and the roots of the weights.
template <Scalar T>
AffineMap<T> training_map(const AffineMap<T>& map, std::span<const double> weights) {
  AffineMap<T> whole = map;
  for (const double w : weights) whole.row_scale.push_back(static_cast<real_t<T>>(std::sqrt(w)));
  return whole;
}

}  // namespace

template <Scalar T>
Pca<T> fit_pca(const LinearOperator<T>& A, const PcaOptions& o, Context& context) {
  check(A.rows(), A.cols(), o);
  Pca<T> model;
  model.observations = static_cast<double>(A.rows());
  // A rank without rows sees no weights.
  if (A.row_shard().any(!o.weights.empty())) {
    model.observations = total_weight(o.weights, A.row_shard());
    model.map = weighted_standardisation(A, o, model.observations, context);
  } else if (o.center || o.scale) {
    model.map = standardisation(A, o.center, o.scale, context);
  }
  if (!o.column_weights.empty()) model.map.column_scale.resize(at(A.cols()), real_t<T>{1});
  for (std::size_t j = 0; j < o.column_weights.size(); ++j) {
    model.map.column_scale[j] *= static_cast<real_t<T>>(o.column_weights[j]);
  }
  const AffineMap<T> whole = training_map(model.map, o.weights);
  SvdRequest request;
  request.rank = o.rank;
  request.method = o.method;
  request.accuracy = o.accuracy;
  request.seed = o.seed;
  model.svd =
      whole.identity() ? svd(A, request, context) : svd(*make_affine(A, whole), request, context);

  // What the values tell: of a matrix that is spread over ranks, each has some rows of the vectors.
  const SvdResult<T> values{{}, model.svd.sigma, {}, {}, model.svd.report};
  const Factors<T> factors(values);
  const double norm = factors.norm_fro();
  const double degrees = model.observations - 1;
  model.total_variance = norm * norm / degrees;
  model.explained_variance_ratio = factors.explained_variance_ratio();
  for (const real_t<T> s : model.svd.sigma) {
    model.explained_variance.push_back(std::pow(static_cast<double>(s), 2) / degrees);
  }
  const index_t left_out = std::min(A.rows(), A.cols()) - factors.count();
  if (left_out > 0) {
    const double rest = factors.low_rank_error(factors.count()).frobenius.value;
    model.noise_variance = rest * rest / degrees / static_cast<double>(left_out);
  }
  return model;
}

template <Scalar T>
Matrix<T> pca_scores(const Pca<T>& model,
                     const LinearOperator<T>& X,
                     bool whiten,
                     Context& context) {
  const index_t cols = model.svd.report.cols;
  require(X.cols() == cols,
          fmt::format("the rows have {} entries; the model has {}", X.cols(), cols));
  const auto mapped = model.map.identity() ? nullptr : make_affine(X, model.map);
  const auto k = static_cast<index_t>(model.svd.sigma.size());
  Matrix<T> Z(X.row_shard().count, k);
  if (k > 0) (mapped ? *mapped : X).apply(model.svd.V.view().columns(0, k), Z.view(), context);
  for (index_t j = 0; j < Z.cols() && whiten; ++j) {
    const double deviation = std::sqrt(model.explained_variance[at(j)]);
    const auto factor = static_cast<real_t<T>>(deviation > 0 ? 1 / deviation : 0);
    for (index_t i = 0; i < Z.rows(); ++i) Z(i, j) *= factor;
  }
  return Z;
}

template <Scalar T>
Matrix<T> pca_rows(const Pca<T>& model, MatrixView<const T> Z, bool whitened, Context& context) {
  const Factors<T> factors(model.svd);
  require(Z.cols <= factors.count(),
          fmt::format("{} scores, but {} components", Z.cols, factors.count()));
  Matrix<T> scores(Z.rows, Z.cols);
  for (index_t j = 0; j < Z.cols; ++j) {
    const auto deviation =
        static_cast<real_t<T>>(whitened ? std::sqrt(model.explained_variance[at(j)]) : 1.0);
    for (index_t i = 0; i < Z.rows; ++i) scores(i, j) = deviation * Z(i, j);
  }
  Matrix<T> X = factors.inverse_transform(scores.view(), context);
  for (index_t j = 0; j < X.cols(); ++j) {
    for (index_t i = 0; i < X.rows(); ++i) {
      if (!model.map.column_scale.empty()) X(i, j) /= model.map.column_scale[at(j)];
      if (!model.map.column_shift.empty()) X(i, j) += model.map.column_shift[at(j)];
    }
  }
  return X;
}

template <Scalar T>
Matrix<T> pca_loadings(const Pca<T>& model) {
  const auto k = static_cast<index_t>(model.svd.sigma.size());
  Matrix<T> loadings(model.svd.V.rows(), k);
  for (index_t j = 0; j < k; ++j) {
    const auto deviation = static_cast<real_t<T>>(std::sqrt(model.explained_variance[at(j)]));
    for (index_t i = 0; i < loadings.rows(); ++i) loadings(i, j) = deviation * model.svd.V(i, j);
  }
  return loadings;
}

template <Scalar T>
std::vector<double> pca_log_likelihood(const Pca<T>& model,
                                       const LinearOperator<T>& X,
                                       Context& context) {
  const auto n = static_cast<double>(X.cols());
  const auto k = static_cast<index_t>(model.svd.sigma.size());
  const double across = n - static_cast<double>(k);  // directions of noise
  bool dense = k > 0 && (across <= 0 || model.noise_variance > 0);
  double log_determinant = across > 0 ? across * std::log(model.noise_variance) : 0;
  for (const double variance : model.explained_variance) {
    dense = dense && apps::is_variance(variance, model);
    log_determinant += std::log(variance);
  }
  require(dense,
          "the model has a direction without variance, and so no density; keep fewer components");

  const Matrix<T> Z = pca_scores(model, X, false, context);
  // ||x||^2 of the prepared rows are the column energies of X^H.
  AffineMap<T> turned;
  turned.row_scale = model.map.column_scale;
  for (const T mean : model.map.column_shift) turned.row_shift.push_back(conjugate(mean));
  const std::vector<double> squares = make_adjoint(X)->column_energies(turned, context);
  const double factor = is_complex<T> ? 1 : 0.5;
  const double constant =
      n * std::log((is_complex<T> ? 1 : 2) * std::numbers::pi) + log_determinant;
  std::vector<double> result;
  for (index_t i = 0; i < X.rows(); ++i) {
    double distance = 0, inside = 0;
    for (index_t j = 0; j < k; ++j) {
      const double square = std::norm(std::complex<double>(Z(i, j)));
      inside += square;
      distance += square / model.explained_variance[at(j)];
    }
    if (across > 0) distance += std::max(0.0, squares[at(i)] - inside) / model.noise_variance;
    result.push_back(-factor * (constant + distance));
  }
  return result;
}

template Pca<float> fit_pca(const LinearOperator<float>&, const PcaOptions&, Context&);
template Pca<double> fit_pca(const LinearOperator<double>&, const PcaOptions&, Context&);
template Pca<std::complex<float>> fit_pca(const LinearOperator<std::complex<float>>&,
                                          const PcaOptions&,
                                          Context&);
template Pca<std::complex<double>> fit_pca(const LinearOperator<std::complex<double>>&,
                                           const PcaOptions&,
                                           Context&);
template Matrix<float> pca_scores(const Pca<float>&, const LinearOperator<float>&, bool, Context&);
template Matrix<double> pca_scores(const Pca<double>&,
                                   const LinearOperator<double>&,
                                   bool,
                                   Context&);
template Matrix<std::complex<float>> pca_scores(const Pca<std::complex<float>>&,
                                                const LinearOperator<std::complex<float>>&,
                                                bool,
                                                Context&);
template Matrix<std::complex<double>> pca_scores(const Pca<std::complex<double>>&,
                                                 const LinearOperator<std::complex<double>>&,
                                                 bool,
                                                 Context&);
template Matrix<float> pca_rows(const Pca<float>&, MatrixView<const float>, bool, Context&);
template Matrix<double> pca_rows(const Pca<double>&, MatrixView<const double>, bool, Context&);
template Matrix<std::complex<float>> pca_rows(const Pca<std::complex<float>>&,
                                              MatrixView<const std::complex<float>>,
                                              bool,
                                              Context&);
template Matrix<std::complex<double>> pca_rows(const Pca<std::complex<double>>&,
                                               MatrixView<const std::complex<double>>,
                                               bool,
                                               Context&);
template Matrix<float> pca_loadings(const Pca<float>&);
template Matrix<double> pca_loadings(const Pca<double>&);
template Matrix<std::complex<float>> pca_loadings(const Pca<std::complex<float>>&);
template Matrix<std::complex<double>> pca_loadings(const Pca<std::complex<double>>&);
template std::vector<double> pca_log_likelihood(const Pca<float>&,
                                                const LinearOperator<float>&,
                                                Context&);
template std::vector<double> pca_log_likelihood(const Pca<double>&,
                                                const LinearOperator<double>&,
                                                Context&);
template std::vector<double> pca_log_likelihood(const Pca<std::complex<float>>&,
                                                const LinearOperator<std::complex<float>>&,
                                                Context&);
template std::vector<double> pca_log_likelihood(const Pca<std::complex<double>>&,
                                                const LinearOperator<std::complex<double>>&,
                                                Context&);

}  // namespace eckart
