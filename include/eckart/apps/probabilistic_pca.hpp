// eckart/apps/probabilistic_pca.hpp - principal components as a normal model of rows, some of whose
// values may be missing.
#pragma once

#include <vector>

#include "eckart/apps/pca.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// x = mean + W z + noise: z is k independent standard normal numbers, the noise is normal with one
// variance in all n entries. Complex numbers are circular: real and imaginary part share the
// variance.
template <Scalar T>
struct ProbabilisticPca {
  std::vector<T> mean;        // n
  Matrix<T> W;                // n x k: orthogonal columns of falling length, with the sign rule
  double noise_variance = 0;  // of maximum likelihood
  // Natural logarithm of the density of all observed entries; infinite without noise.
  double log_likelihood = 0;

  // The log-likelihood before the first iteration and after each. It never falls.
  std::vector<double> history;
  index_t missing = 0;
  index_t iterations = 0;  // 0: the closed form of a complete table
  bool converged = true;
};

struct ProbabilisticPcaOptions {
  // REQUIRES: 1 <= components < min(m, n)
  index_t components = 2;

  // Stop when no row of (W, mean) moves by more, relative to the deviation of its column, and the
  // noise variance by no more relative to itself.
  // REQUIRES: tolerance > 0
  double tolerance = 1e-8;
  // REQUIRES: iterations >= 1
  index_t iterations = 10000;
};

// Returns the model of maximum likelihood for the rows that the components were made of: variances
// with divisor N instead of N - 1, and a noise variance that is the mean over all n - k directions
// left out [1, section 3.2]. It is a model of the prepared rows: scaled columns count in units of
// their deviations. Costs no look at the table.
template <Scalar T>
[[nodiscard]] ProbabilisticPca<T> probabilistic_pca(const Pca<T>& model);

// Returns the model of maximum likelihood for the m x n table X; NaN marks what is missing, and
// nothing is filled in: the likelihood is that of the observed entries. A complete table has the
// closed form; else expectation maximisation [1, 2] from the table filled with means, sped up by
// the extra parameters of [3]. It may stop in a local maximum. A row without any value says
// nothing. The noise variance is kept above 1e-20 of the mean variance of the columns.
//
// Cost: O(observed k^2 + (m + n) k^3) in each iteration; memory for a copy of X and m k^2 numbers.
// Throws InvalidArgument if a REQUIRES line is broken, naming a column with nothing but NaN, or if
// no column varies; NonFiniteInput for an infinity; Cancelled.
//
// [1] Tipping, Bishop, J. R. Statist. Soc. B 61(3):611-622, 1999.
// [2] Ilin, Raiko, J. Mach. Learn. Res. 11:1957-2000, 2010: a mean and a noise of missing values.
// [3] Liu, Rubin, Wu, Biometrika 85(4):755-770, 1998: parameter expansion.
template <Scalar T>
[[nodiscard]] ProbabilisticPca<T> fit_probabilistic_pca(MatrixView<const T> X,
                                                        const ProbabilisticPcaOptions& options = {},
                                                        Context& context = default_context());

// X <- X with every NaN replaced by its expected value given the other entries of its row.
// Throws InvalidArgument if X has not n columns.
template <Scalar T>
void fill_missing(const ProbabilisticPca<T>& model, MatrixView<T> X);

// Returns the log-likelihood of what is observed in each row of X.
// Throws InvalidArgument if X has not n columns, or the noise variance is 0.
template <Scalar T>
[[nodiscard]] std::vector<double> log_likelihood(const ProbabilisticPca<T>& model,
                                                 MatrixView<const T> X);

}  // namespace eckart
