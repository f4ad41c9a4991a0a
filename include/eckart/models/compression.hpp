// eckart/models/compression.hpp - weights as products of two factors, judged by what they do to
// inputs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/io/tensors.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// A root S (n x p) of the second moments of a layer's inputs X (n x N): S S^T = X X^T, so that
// ||(W - B A) X||_F = ||(W - B A) S||_F. Empty: the identity, all inputs alike.
struct InputRoot {
  Matrix<double> S;
  std::string source;          // "samples", "gram", "diagonal", "none"
  bool low_precision = false;  // a Gram matrix in single precision: small directions are rounding
};

enum class Weighting {
  full,      // all second moments
  diagonal,  // the size of each input alone
};

// Returns the root for the module from what the file holds: NAME or NAME.samples (N x n, one sample
// in each row), NAME.gram (n x n), NAME.diagonal (n sizes). Samples are read block by block.
// Diagonal weighting takes the root of the mean modulus of each input (of a Gram matrix, the fourth
// root of its diagonal). ridge adds ridge ||X||_F^2 / n to every squared length: for few samples.
// Throws IoError naming the tensor if its shape does not fit n; nothing is returned if the file has
// no entry for the module.
std::optional<InputRoot> read_root(const io::Model& activations,
                                   const std::string& module,
                                   index_t inputs,
                                   Weighting weighting,
                                   double ridge,
                                   Context& context = default_context());

// Returns the singular values of W S, all of them, for W m x n given transposed.
std::vector<double> weighted_spectrum(const Matrix<double>& transposed,
                                      const InputRoot& root,
                                      Context& context = default_context());

// B (m x k) and A (k x n), transposed.
struct WeightFactors {
  Matrix<double> B_transposed;  // k x m
  Matrix<double> A_transposed;  // n x k
};

// Returns the factors with the least ||(W - B A) S||_F: B A = U U^T W for the k leading left
// singular vectors U of W S. No inverse of S is needed, so that few samples and dead inputs are no
// special case. The columns of B and the rows of A get equal lengths. Source: Eckart and Young 1936
// for W S; the projection attains it: U U^T W S is the truncated W S.
WeightFactors weighted_factors(const Matrix<double>& transposed,
                               const InputRoot& root,
                               index_t rank,
                               Context& context = default_context());

// Returns ||(W - B A) S||_F / ||W S||_F from its definition.
double weighted_error(const Matrix<double>& transposed,
                      const WeightFactors& factors,
                      const InputRoot& root,
                      Context& context = default_context());

// Returns the largest k with k (m + n) < m n: above it two factors hold more numbers than W.
index_t largest_saving_rank(index_t rows, index_t cols);

// One layer in a budget.
struct BudgetLayer {
  index_t rows = 0;
  index_t cols = 0;
  double bytes_per_number = 4;
  std::vector<double> sigma;  // of W S
};

// Returns the rank of each layer, -1 for a layer that stays whole, such that the bytes stay within
// the budget and the sum of squared relative errors is small: steps along the lower convex hull of
// each layer's (bytes, error) points, then single ranks while they fit. The sum exceeds the least
// possible by no more than one step of the hull removes.
// Throws InvalidArgument, with the least that is possible, if rank 1 everywhere needs more.
std::vector<index_t> allocate_ranks(const std::vector<BudgetLayer>& layers, double budget_bytes);

}  // namespace eckart
