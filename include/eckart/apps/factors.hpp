// eckart/apps/factors.hpp - what the factors of an SVD answer: rank, energy, norms, approximations,
// coordinates, solutions.
#pragma once

#include <optional>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

// Which singular values count as zeros: those up to max(absolute, relative sigma_1).
struct ZeroTolerance {
  // Unset: max(m, n) eps, or 0 where an absolute tolerance is given.
  // REQUIRES: 0 <= relative < 1
  std::optional<double> relative = {};
  // REQUIRES: absolute >= 0
  double absolute = 0;
};

// Where the singular values were cut into zeros and others.
struct RankFinding {
  index_t rank = 0;
  double threshold = 0;        // values up to it count as zeros
  double smallest_kept = 0;    // 0 if there is none
  double largest_dropped = 0;  // 0 if there is none
  bool exact = true;  // false: a truncated result whose values all count; rank is "at least"
};

// Returns the cut of all (or the leading) singular values of an m x n matrix.
// Throws InvalidArgument if the tolerance breaks a REQUIRES line.
template <Scalar T>
RankFinding numerical_rank(const std::vector<real_t<T>>& sigma,
                           index_t rows,
                           index_t cols,
                           const ZeroTolerance& tolerance = {});

// ||A - A_k|| in both norms.
struct LowRankError {
  Bound frobenius;
  Bound spectral;
};

// Answers from A ~= U diag(sigma) V^H, an m x n matrix by its k leading triplets. Refers to the
// result, which must outlive it. A result without vectors answers what sigma alone tells.
//
// A truncated result stands for A_k wherever A itself is not known from it: low_rank,
// pseudoinverse and solve are those of A_k.
template <Scalar T>
class Factors {
 public:
  // Throws InvalidArgument if U, sigma and V do not fit each other.
  explicit Factors(const SvdResult<T>& result);
  explicit Factors(SvdResult<T>&&) = delete;

  const SvdResult<T>& result() const { return result_; }
  index_t rows() const { return result_.report.rows; }
  index_t cols() const { return result_.report.cols; }
  index_t count() const { return static_cast<index_t>(result_.sigma.size()); }
  // Whether all min(m, n) singular values are there.
  bool complete() const;

  RankFinding rank(const ZeroTolerance& tolerance = {}) const;

  // sigma_1.
  double norm2() const;
  // The root of the sum of squares of all values; of a truncated result ||A||_F as its certificate
  // holds it. Throws InvalidArgument if it is not known.
  double norm_fro() const;
  // sigma_1 / sigma_min(m, n), infinite of a singular matrix. A sigma_n that counts as zero by the
  // tolerance is taken as one. Throws InvalidArgument of a truncated result.
  double condition_number(const ZeroTolerance& tolerance = {.relative = 0.0}) const;

  // sigma_i^2 / ||A||_F^2: with centred columns the shares of variance. Zeros if A is zero.
  std::vector<double> explained_variance_ratio() const;
  // E_k / E for k = 1, 2, ...: their running sums. 1 if A is zero.
  std::vector<double> energy() const;
  // ||A - A_k||, from the values that were left out where they are known; the spectral norm beyond
  // the last triplet of a truncated result is the certificate's upper bound, never "exact".
  // Throws InvalidArgument unless 0 <= k <= count().
  LowRankError low_rank_error(index_t k) const;

  // A_k, m x n. Throws InvalidArgument unless 0 <= k <= count().
  Matrix<T> low_rank(index_t k, Context& context = default_context()) const;

  // X V for a q x n matrix of more rows: their coordinates, q x k. Of A itself U diag(sigma).
  Matrix<T> transform(const LinearOperator<T>& X, Context& context = default_context()) const;
  // U diag(sigma), m x k: the coordinates of the rows of A.
  Matrix<T> coordinates() const;
  // Z V_j^H, q x n, for q x j coordinates, j <= k.
  Matrix<T> inverse_transform(MatrixView<const T> Z, Context& context = default_context()) const;

  // V_r diag(1 / sigma) U_r^H, n x m, with the r values above the tolerance.
  Matrix<T> pseudoinverse(const ZeroTolerance& tolerance = {},
                          Context& context = default_context()) const;
  // The X of least norm that minimises ||A X - B||, n x p, with the r values above the tolerance.
  // For weights, ridge, refinement and standard errors see least_squares.hpp.
  // Accuracy: that of the SVD, about cond(A) eps. Cost: 2 (m + n) r p flops.
  Matrix<T> solve(MatrixView<const T> B,
                  const ZeroTolerance& tolerance = {},
                  Context& context = default_context()) const;

 private:
  void require_vectors() const;

  const SvdResult<T>& result_;
};

}  // namespace eckart
