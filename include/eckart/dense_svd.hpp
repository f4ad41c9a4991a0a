// eckart/dense_svd.hpp - every singular triplet of a matrix that fits in memory.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

// Which vectors a dense driver returns.
enum class Vectors {
  none,  // singular values only
  thin,  // U is m x k, V is n x k, k = min(m, n)
  full,  // U is m x m, V is n x n
};

// The triplets [first, first + count) in falling order of sigma.
struct TripletRange {
  index_t first = 0;
  index_t count = 0;
};

// The algorithms for the dense problem, in the order of the fallback chain.
enum class DenseAlgorithm {
  divide_and_conquer,  // of the bidiagonal form: fastest
  qr_iteration,        // of the bidiagonal form: slower, fewer ways to fail
  jacobi,              // one-sided Jacobi: slowest; cannot fail on finite input
};
const char* to_string(DenseAlgorithm algorithm);

struct DenseSvdOptions {
  Vectors vectors = Vectors::thin;

  // Where the chain starts. An algorithm that reports failure, or whose output is not finite
  // and ordered, is followed by the next; report.fallbacks says which and why.
  DenseAlgorithm algorithm = DenseAlgorithm::divide_and_conquer;

  // Which triplets are returned; unset: all. Called once with all singular values, falling.
  // The work for the vectors shrinks with the count. Full vectors need all.
  std::function<TripletRange(std::span<const double> sigma)> select = {};

  // The most triplets that select may return: memory is planned for them. Negative: all.
  index_t at_most = -1;

  // The certificate's verdict compares residuals with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Fill report.certificate.
  bool certify = true;
};

// Choices for DenseSvdOptions::select. A k above the number of triplets means all.
std::function<TripletRange(std::span<const double>)> leading_triplets(index_t k);
std::function<TripletRange(std::span<const double>)> trailing_triplets(index_t k);
// The singular values in [least, most).
std::function<TripletRange(std::span<const double>)> triplets_between(double least, double most);

// Returns the selected ones of the min(m, n) singular triplets. m x 0 and 0 x n matrices have
// none; full vectors are then the identity.
//
// Accuracy: normwise backward stable: |sigma_i - exact| <= c max(m, n) eps sigma_1 with c about 1;
// ||A - U S V^H|| / (||A|| max(m, n) eps) <= 5 (complex scalars: 10) and likewise for
// orthogonality. A is first scaled by a power of two, so that entries from subnormal to near
// overflow do as well.
//
// Cost: one copy of A; O(m n min(m, n)) flops; dense_svd_bytes of memory. A run that is cancelled
// stops within a few hundredths of a second.
//
// Throws Cancelled, NonFiniteInput with the position of the first NaN or infinity, Overflow if
// sigma_1 is not representable in T, MemoryLimit if the context's cap is too small.
template <Scalar T>
[[nodiscard]] SvdResult<T> dense_svd(const LinearOperator<T>& A,
                                     const DenseSvdOptions& options = {},
                                     Context& context = default_context());

// Returns all n singular values of A (m x n, m >= n), falling, and destroys A: no copy is made.
// For a wide matrix give its conjugate transpose.
//
// Accuracy: as dense_svd. Cost: that of dense_svd without vectors; O(n) columns of 64 elements of
// memory beyond A for a square matrix, m n / 4 + 4 n^2 elements for a tall one.
// Throws Cancelled, NonFiniteInput (A is then unchanged), Overflow, InvalidArgument if A is wide.
template <Scalar T>
[[nodiscard]] std::vector<real_t<T>> singular_values_in_place(MatrixView<T> A,
                                                              Context& context = default_context());

// Returns the bytes that dense_svd allocates for an m x n matrix and count triplets with vectors.
template <Scalar T>
double dense_svd_bytes(index_t rows, index_t cols, Vectors vectors, index_t count);

}  // namespace eckart
