// eckart/models/low_rank.hpp - the leading part of a weight matrix, or of a product, as two
// factors.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// How many triplets are kept; the first that is set decides.
struct LowRankRule {
  std::optional<index_t> rank = {};
  // The fewest with sum sigma_i^2 >= energy ||W||_F^2.
  std::optional<double> energy = {};
  // Those with sigma_i > above, none perhaps.
  std::optional<double> above = {};
  // No more than these.
  index_t most = std::numeric_limits<index_t>::max();
};

// W ~= U diag(sigma) V^T, m x n.
template <Scalar T>
struct LowRank {
  Matrix<T> U;                // m x k
  std::vector<double> sigma;  // k
  Matrix<T> V;                // n x k
  double energy = 0;          // ||W||_F^2
  double held = 0;            // sum of sigma^2: ||W - U diag(sigma) V^T||_F^2 = energy - held
  std::string method;         // "randomized", "dense", "product"

  index_t rank() const { return static_cast<index_t>(sigma.size()); }
  double relative_error() const;  // ||W - U diag(sigma) V^T||_F / ||W||_F
};

// W ~= scale B A, with B m x k and A k x n.
template <Scalar T>
struct FactorPair {
  Matrix<T> B_transposed;  // k x m
  Matrix<T> A_transposed;  // n x k
};

// Returns the leading part of the matrix, given transposed (n x m) with its energy.
//
// Few triplets come from one power iteration with a quarter more columns: the error is nearly that
// of the best approximation, and exactly known. Of small matrices, and where more than a tenth of
// all triplets are needed, all are computed.
//
// Cost: about 13 m n k flops, or a dense SVD.
template <Scalar T>
LowRank<T> leading_part(MatrixView<const T> transposed,
                        double energy,
                        const LowRankRule& rule,
                        std::uint64_t seed = 0,
                        Context& context = default_context());

// Returns the leading part of scale B A^T for B (m x r) and A (n x r), exactly: see
// product_svd.hpp.
template <Scalar T>
LowRank<T> leading_part_of_product(MatrixView<const T> B,
                                   MatrixView<const T> A,
                                   double scale,
                                   const LowRankRule& rule,
                                   Context& context = default_context());

// Returns the factors with W = scale B A and equal lengths of the columns of B and the rows of A:
// U (sigma / |scale|)^(1/2) and (sigma / |scale|)^(1/2) V^T; a negative scale turns the sign of B.
template <Scalar T>
FactorPair<T> balanced_factors(const LowRank<T>& part, double scale);

}  // namespace eckart
