// eckart/models/weight_spectrum.hpp - what the singular values of a weight matrix say.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// A power law p(x) ~ x^-alpha for x >= least, fitted to the tail of a sample.
struct PowerLaw {
  double alpha = 0;
  double least = 0;
  index_t count = 0;    // of the sample at or above least; 0: nothing could be fitted
  double distance = 0;  // Kolmogorov and Smirnov's, between the tail and the law
};

// Returns the law with the least distance over all choices of least that leave ten or more of the
// sample (falling, positive numbers count), alpha by maximum likelihood.
// Cost: O(n^2) for n numbers.
// Source: Clauset, Shalizi, Newman, SIAM Review 51(4):661-703, 2009.
PowerLaw fit_power_law(const std::vector<double>& falling);

// Returns what the largest singular value of noise with this edge passes in one matrix of a
// thousand: edge sqrt(1 + 3.27 s / mu), mu = (sqrt m + sqrt n)^2, s = sqrt mu (1 / sqrt m + 1 /
// sqrt n)^(1/3). Source: Johnstone, Annals of Statistics 29(2):295-327, 2001 (the law of Tracy and
// Widom, beta 1).
double spike_threshold(double edge, index_t rows, index_t cols);

struct WeightSpectrum {
  index_t rows = 0;
  index_t cols = 0;
  std::vector<double> sigma;  // all min(rows, cols), falling
  double frobenius = 0;
  index_t numerical_rank = 0;
  double effective_rank = 0;  // exp of the entropy of sigma_i^2 / sum sigma^2; 0 of a zero matrix
  double stable_rank = 0;     // ||W||_F^2 / sigma_1^2
  double condition = 0;       // sigma_1 / sigma_min; infinite if that is zero
  // The largest singular value that independent entries with the energies of these rows and columns
  // would have: max_i ||row i|| + max_j ||column j||, of equal entries the edge of the
  // Marchenko-Pastur law. It stays an upper bound where rows or columns differ in scale.
  double edge = 0;
  index_t spikes = 0;  // singular values above spike_threshold(edge, rows, cols)
  PowerLaw tail;       // of the squares of the singular values

  // The fewest triplets that hold this share of the energy.
  index_t energy_rank(double share) const;
};

// Returns the spectrum of a matrix, given or transposed, which is destroyed.
// Accuracy, cost: those of singular_values_in_place in T, and one pass for the edge.
// Throws NonFiniteInput with row and column of the storage, Cancelled, Overflow.
template <Scalar T>
WeightSpectrum weight_spectrum(Matrix<T> W, Context& context = default_context());

}  // namespace eckart
