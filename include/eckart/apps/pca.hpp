// eckart/apps/pca.hpp - principal component analysis.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eckart/apps/factors.hpp"
#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd.hpp"

namespace eckart {

struct PcaOptions {
  // How many components. An energy is a share of the total variance. With none, all min(m, n).
  RankRule rank = {};

  // Subtract the mean of every column. Without it the leading component is mostly the mean.
  bool center = true;

  // Divide every column by its standard deviation (divisor N - 1): PCA of the correlation matrix.
  // A constant column is divided by 1, so that it stays 0.
  bool scale = false;

  // How often each row was observed, or how much it counts; the means and deviations are weighted
  // too, and N is the sum. A row of weight 0 has no say, but a score like any other. Empty: ones.
  // REQUIRES: m of them, each >= 0 and finite; N > 1
  std::span<const double> weights = {};

  // What every column is multiplied by after that, for example roots of areas. Empty: ones.
  // REQUIRES: n of them, each > 0 and finite
  std::span<const double> column_weights = {};

  Method method = Method::automatic;
  double accuracy = 0;     // as SvdRequest
  std::uint64_t seed = 0;  // likewise
};

// A model of rows with n entries: x is near mean + scale * (V z), k scores z.
template <Scalar T>
struct Pca {
  // Of the matrix that was prepared: W^1/2 (A - 1 mean^T) diag(1 / scale). V holds the components
  // (their entries are the axes), with the sign rule of every SVD.
  SvdResult<T> svd;
  AffineMap<T> map;           // column_shift: the mean; column_scale: column weight / scale
  double observations = 0;    // N
  double total_variance = 0;  // of all columns, in units of the prepared matrix
  // sigma^2 / (N - 1), and its share of the total. k of each.
  std::vector<double> explained_variance;
  std::vector<double> explained_variance_ratio;
  // Mean variance of the min(m, n) - k directions left out; 0 if there is none [1].
  double noise_variance = 0;
};

// Returns the k leading principal components of the m x n operator A, one row an observation.
// Sparse matrices stay sparse: centring is never carried out.
//
// Conventions: variances have the divisor N - 1, as in scikit-learn, R's prcomp and method :cov of
// Julia's MultivariateStats (:svd divides by N); noise_variance and pca_log_likelihood() are those
// of scikit-learn. Signs follow the rule of svd_result.hpp, so a component may be -1 times that of
// another tool. docs/guides/pca.md says what others call what.
// Accuracy, cost: as svd() of the prepared matrix, one pass more for means, one for deviations.
// Throws InvalidArgument if a REQUIRES line is broken or there are fewer than 2 rows; what svd()
// throws.
//
// [1] Tipping, Bishop, J. R. Statist. Soc. B 61(3):611-622, 1999.
template <Scalar T>
[[nodiscard]] Pca<T> fit_pca(const LinearOperator<T>& A,
                             const PcaOptions& options = {},
                             Context& context = default_context());

// Returns the scores of the rows of X (q x n), q x k. Whitened scores have variance 1 over the
// training data; a component without variance then scores 0.
template <Scalar T>
[[nodiscard]] Matrix<T> pca_scores(const Pca<T>& model,
                                   const LinearOperator<T>& X,
                                   bool whiten = false,
                                   Context& context = default_context());

// Returns the rows, q x n, that have the scores Z (q x j, j <= k).
template <Scalar T>
[[nodiscard]] Matrix<T> pca_rows(const Pca<T>& model,
                                 MatrixView<const T> Z,
                                 bool whitened = false,
                                 Context& context = default_context());

// Returns V diag(root of the explained variance), n x k: covariances of columns and unit scores; of
// scaled columns their correlations.
template <Scalar T>
[[nodiscard]] Matrix<T> pca_loadings(const Pca<T>& model);

// Returns the log-likelihood of every row of X under the probabilistic model: normal with the
// explained variances along the components and the noise variance across [1]; of the prepared row,
// so scaled columns count in units of their deviations.
// Throws InvalidArgument if the model has no density: a direction without variance.
template <Scalar T>
[[nodiscard]] std::vector<double> pca_log_likelihood(const Pca<T>& model,
                                                     const LinearOperator<T>& X,
                                                     Context& context = default_context());

// Horn's parallel analysis: how many leading variances exceed those of noise.
struct ParallelAnalysis {
  index_t components = 0;         // leading variances above the threshold
  std::vector<double> threshold;  // the quantile of each variance over the random matrices
};

// Compares with trials matrices of the same shape, independent normal columns with the deviations
// given, centred if asked. variances are all min(m, n), falling.
// Cost: trials times the singular values of a dense m x n matrix, and its memory.
// Throws InvalidArgument if a REQUIRES line is broken; MemoryLimit; Cancelled.
// REQUIRES: trials >= 1, 0 < quantile < 1, rows >= 2, deviations not empty
// Source: Horn, Psychometrika 30(2):179-185, 1965; the quantile: Glorfeld, Educ. Psychol. Meas.
// 55(3):377-393, 1995.
ParallelAnalysis parallel_analysis(std::span<const double> variances,
                                   index_t rows,
                                   std::span<const double> deviations,
                                   bool center = true,
                                   index_t trials = 20,
                                   double quantile = 0.95,
                                   std::uint64_t seed = 0,
                                   Context& context = default_context());

// Returns the k in 1..n-1 of largest evidence, by Laplace's approximation. variances are all n of
// them, falling; 1 if there is only one.
// REQUIRES: rows >= n, variances not empty
// Source: Minka, Advances in Neural Information Processing Systems 13:598-604, 2000.
index_t minka_components(std::span<const double> variances, index_t rows);

}  // namespace eckart
