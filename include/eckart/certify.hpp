// eckart/certify.hpp - how right is A ~= U diag(sigma) V^H, whoever made it.
#pragma once

#include <cstdint>
#include <span>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/report.hpp"

namespace eckart {

struct CertifyOptions {
  // The verdict compares with it: residuals relative to sigma_1, loss of orthogonality.
  // 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // The triplets claim to be the leading ones: then a singular value of A that exceeds the
  // last sigma and is not among them is a finding ("missed triplet").
  bool leading = true;

  // Random probes for the bound on ||A - A_k||_2. With t probes the bound fails with
  // probability 10^-t at most.
  // REQUIRES: 1 <= probes <= 16
  index_t probes = 6;

  // For more than 48 triplets, bound residuals and orthogonality from 16 random combinations (8
  // complex ones) instead of evaluating each: a few per cent of the cost, bounds about six times
  // the truth.
  bool sampled = false;

  // Seed of the probes and of the combinations.
  std::uint64_t seed = 0;
};

// What a backward-stable method reaches with room to spare: 1e-10 in double, 1e-4 in float.
template <Scalar T>
constexpr double default_accuracy() {
  return sizeof(real_t<T>) == 8 ? 1e-10 : 1e-4;
}

// Returns the certificate of k triplets. U is m x k, V is n x k, sigma has k entries.
//
// residuals, orthogonality: evaluated exactly, up to rounding, or sampled: upper bounds that hold
//   except with the stated probability. energy: exact.
// spectral_error: with t Gaussian probes w_i, ||A - A_k||_2 <= 10 sqrt(2/pi) max ||(A - A_k) w_i||
//   except with probability 10^-t [1, Section 4.3]. The probes then seed a few block Lanczos
//   steps on the remainder: a singular value of the remainder above sigma_k is a missed triplet,
//   and spectral_error_seen is a true lower bound. Residuals alone cannot show that.
//
//   All min(m, n) triplets of a matrix with known entries need no probe: nothing can be missing.
//
// Cost: about k + 40 products with A and with A^H, 16 instead of k when sampled (8 complex ones);
// up to (m + n + k)(k + 64) elements of memory. Throws InvalidArgument if the shapes do not fit.
//
// [1] Halko, Martinsson, Tropp, SIAM Review 53(2):217-288, 2011.
template <Scalar T>
Certificate certify(const LinearOperator<T>& A,
                    MatrixView<const T> U,
                    std::span<const real_t<T>> sigma,
                    MatrixView<const T> V,
                    const CertifyOptions& options = {},
                    Context& context = default_context());

}  // namespace eckart
