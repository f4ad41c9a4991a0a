// eckart/lanczos_svd.hpp - leading singular triplets by thick-restart block Golub-Kahan-Lanczos.
#pragma once

#include <cstdint>
#include <functional>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/rank_rule.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

// Where an iteration stands: A^H A V = V B + V_next K, for A scaled and with the shorter side as
// its columns. It is all that a later run needs to go on, be it over another number of ranks.
template <Scalar T>
struct LanczosState {
  MatrixView<const T> basis;  // [V V_next], min(m, n) x (c + w): the rows here
  MatrixView<const T> B;      // c x c, on every rank
  MatrixView<const T> K;      // w x c, on every rank
  double norm = 0;            // the largest singular value so far
  std::uint32_t stream = 0;   // of random numbers, the next
};

template <Scalar T>
struct LanczosSvdOptions {
  // A triplet is converged when its residual is at most accuracy * sigma_1.
  // 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Vectors added to the basis per step. 0: chosen from k and the storage of A.
  // REQUIRES: block_size >= 0
  index_t block_size = 0;

  // Largest basis before a restart. 0: max(4 k, k + 20 block_size), within min(m, n).
  // REQUIRES: basis_size >= 0
  index_t basis_size = 0;

  // Keep the basis on the longer side of A, which takes more memory and a step more: for a matrix
  // that is read once for both products of that side alone.
  bool basis_on_longer_side = false;

  // Steps (each two products with a block) before giving up; 0: 1000.
  // REQUIRES: max_steps >= 0
  index_t max_steps = 0;

  // Approximate right singular vectors from an earlier run (n x any number), or empty. They need
  // not be orthonormal. Those within half of the accuracy are kept as they are, the others go into
  // the first block, whose width does not change. As many are used as the basis has room for.
  MatrixView<const T> warm_start = {};

  // Where to go on: the state of an earlier run over this matrix, or none.
  LanczosState<T> resume = {};

  // Called every 8 steps with the state, which is valid during the call; on every rank. Not while
  // both bases are kept.
  std::function<void(const LanczosState<T>&)> keep = {};

  // Seed of the starting block and of replacements for dependent columns.
  std::uint64_t seed = 0;

  // Fill report.certificate and look for missed triplets. Without it the true residuals are
  // still what stops the iteration.
  bool certify = true;
};

// Returns the leading singular triplets, as many as the rule asks for: by number, or the fewest
// that hold the energy or meet the tolerance (||A||_F is known from one look at the entries), or
// those above the threshold of known noise. The basis starts small and doubles while it is too
// small to tell; where the triplets turn out to be so many that it is shorter, all are found
// densely.
// k > min(m, n) means min(m, n).
// Of a matrix that is spread over ranks each rank gets its rows of U and V; sigma and the report
// are the same on all.
//
// Accuracy: stops when the recurrence claims residuals <= accuracy * sigma_1 and true residuals
// agree. A remainder probe then looks for missed triplets; any that it finds re-enter the basis and
// the iteration goes on. The recurrence runs on A^H A; where sigma_k < 10 eps sigma_1 / accuracy,
// or true residuals contradict it twice, it is repeated with both bases kept, which the report
// says.
//
// Cost: 2 passes over A per step, 1 where it is read once; min(m, n)(basis + 3 block) + 3 (m + n) k
// elements of memory, and max(m, n) basis more with both bases. Throws NonFiniteInput,
// InvalidArgument if an option breaks its REQUIRES line, the operator's adjoint is not its adjoint,
// or the state to resume does not fit the matrix (one product with A^H A tells), MemoryLimit.
// report.status is iteration_limit or cancelled when it stopped early: the result is then the best
// so far, certified.
//
// Source: block Lanczos (Golub, Underwood, Mathematical Software III, 1977); block
// Golub-Kahan-Lanczos (Golub, Luk, Overton, ACM TOMS 7(2), 1981) with thick restart (Baglama,
// Reichel, SIAM J. Sci. Comput. 27(1), 2005).
template <Scalar T>
[[nodiscard]] SvdResult<T> lanczos_svd(const LinearOperator<T>& A,
                                       const RankRule& rule,
                                       const LanczosSvdOptions<T>& options = {},
                                       Context& context = default_context());

// Returns the bytes that lanczos_svd allocates for k triplets.
template <Scalar T>
double lanczos_svd_bytes(index_t rows,
                         index_t cols,
                         index_t rank,
                         const LanczosSvdOptions<T>& options = {});

// The same for A, on the rank with most rows.
template <Scalar T>
double lanczos_svd_bytes(const LinearOperator<T>& A,
                         index_t rank,
                         const LanczosSvdOptions<T>& options = {});

}  // namespace eckart
