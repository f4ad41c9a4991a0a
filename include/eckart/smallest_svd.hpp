// eckart/smallest_svd.hpp - the smallest singular triplets, or those nearest to a value.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

// How the triplets are found.
enum class SmallestMethod {
  automatic,  // the first of these that suits the matrix and fits the memory
  dense,      // all values by dense_svd, vectors of those that are wanted
  factor,     // Lanczos on the inverse, from a sparse QR factorization; sparse matrices only
  filter,     // Lanczos on a polynomial of A^H A; products with A alone
};
const char* to_string(SmallestMethod method);

// A choice for DenseSvdOptions::select: the k values nearest to the target; of two that are equally
// far the larger. A k above the number of triplets means all.
std::function<TripletRange(std::span<const double>)> nearest_triplets(index_t k, double target);

struct SmallestSvdOptions {
  // The triplets whose singular values are nearest to it; of two that are equally far the larger.
  // REQUIRES: target >= 0, finite
  double target = 0;

  SmallestMethod method = SmallestMethod::automatic;

  // The most memory that a sparse factorization may take; one that needs more is not made. 0: 4
  // GiB. A cap of the context counts as well. REQUIRES: factor_bytes >= 0
  double factor_bytes = 0;

  // The certificate's verdict compares residuals with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Seed of starting vectors.
  std::uint64_t seed = 0;

  // Fill report.certificate and look for triplets that were missed.
  bool certify = true;
};

// Returns the k = min(count, m, n) triplets of smallest singular value, or nearest to a target, of
// all min(m, n): zeros of a singular matrix among them, but not the m - n vectors without a
// partner (see null_space). They come in falling order.
//
// Accuracy: absolute. A residual r (certificate.residuals, times ||A||) means that some singular
// value of A lies within r of the one returned; dense reaches c eps sigma_1, factor 5000 eps
// sigma_1, most often c eps sigma_1 too. A value below eps sigma_1 cannot be told from zero,
// whatever its digits say, and report.warnings names those. factor and filter may stop early, among
// very many values that are about equally near: report.status and certificate.met tell.
//
// Cost: dense as dense_svd; factor: the factorization (its fill decides), then about 2 (k + 20)
// solutions with it; filter: thousands of products with A, the more the smaller the values.
// Throws NonFiniteInput, Overflow, InvalidArgument if an option breaks its REQUIRES line or the
// named method cannot serve the matrix, MemoryLimit, Cancelled.
//
// Source: inverse iteration by Lanczos, Ericsson, Ruhe, Math. Comp. 35(152), 1980.
template <Scalar T>
[[nodiscard]] SvdResult<T> smallest_svd(const LinearOperator<T>& A,
                                        index_t count,
                                        const SmallestSvdOptions& options = {},
                                        Context& context = default_context());

// Returns the bytes that smallest_svd allocates at most. The fill of a factorization is not known
// before it is begun: the most that it may take is counted.
template <Scalar T>
double smallest_svd_bytes(const LinearOperator<T>& A,
                          index_t count,
                          const SmallestSvdOptions& options = {},
                          const Context& context = default_context());

}  // namespace eckart
