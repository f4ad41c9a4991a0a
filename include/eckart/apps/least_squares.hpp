// eckart/apps/least_squares.hpp - solutions of A X = B in the sense of least squares.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "eckart/apps/factors.hpp"
#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"

namespace eckart {

// Ways to choose the ridge from the data.
enum class RidgeChoice {
  gcv,      // least generalised cross-validation score [2]
  l_curve,  // the corner of log ||x|| over log ||r||: its point of largest curvature [3]
};

// At most one of ridge, choose_ridge, rcond and truncate is set. With none, singular values up to
// max(m, n) eps sigma_1 count as zeros: of A with its columns scaled to similar lengths, because
// the units of the columns say nothing about their dependence.
template <Scalar T>
struct LeastSquaresOptions {
  // Minimise ||A x - b||^2 + ridge ||x||^2.
  // REQUIRES: ridge >= 0, finite
  std::optional<double> ridge = {};
  std::optional<RidgeChoice> choose_ridge = {};

  // Singular values of A up to rcond sigma_1 count as zeros.
  // REQUIRES: 0 <= rcond < 1
  std::optional<double> rcond = {};

  // Only the leading singular triplets of A are used.
  // REQUIRES: truncate >= 0
  std::optional<index_t> truncate = {};

  // One for each row: minimise sum w_i |r_i|^2. A row of weight 0 has no say. Empty: ones.
  // REQUIRES: m of them, each >= 0 and finite, one above 0
  std::span<const double> weights = {};

  // What A lacks of the matrix that is meant, m x n: it is A + A_low, known to twice the digits.
  // Used by the refinement alone. Empty: nothing.
  MatrixView<const T> A_low = {};

  // Refine solutions that are unique: residuals to twice the digits.
  bool refine = true;

  // Fill coefficients also where the solution is unique: then it takes vectors of W^1/2 A too.
  bool coefficients = false;

  // Fill covariance.
  bool covariance = false;

  // Over these ranks: A, B, weights and A_low then hold this rank's rows, which come after those of
  // the ranks before it and may be none, and so do the residuals. All else comes out on every rank.
  // Every rank calls it. Null: all rows are here.
  const Communicator* ranks = nullptr;
};

// With W = diag(weights).
template <Scalar T>
struct LeastSquaresResult {
  Matrix<T> X;                         // n x p
  Matrix<T> residuals;                 // B - A X, m x p
  std::vector<double> residual_norms;  // p: ||W^1/2 (b - A x)||

  // Which singular values count as zeros; of A with its columns scaled if scaled_columns.
  RankFinding rank;
  bool scaled_columns = false;
  std::vector<double> sigma;           // all min(m, n), of W^1/2 A
  Matrix<T> coefficients;              // u_i^H W^1/2 B for sigma, min(m, n) x p
  double condition_number = 0;         // largest / smallest of sigma; infinite of a singular A
  double scaled_condition_number = 0;  // with its columns scaled to lengths of about one

  // How much a small relative change of the entries of A and b may be magnified in x, measured in
  // scaled columns: kappa (2 + (kappa + 1) ||r|| / (||A|| ||x||)) [4, Theorem 20.1]. Of a unique
  // solution; else 0.
  double amplification = 0;

  double ridge = 0;
  // rows of positive weight - rank; with a ridge rows - sum sigma^2 / (sigma^2 + ridge).
  double degrees_of_freedom = 0;
  std::vector<double> deviation;   // p: root of (residual norm)^2 / degrees of freedom
  Matrix<double> standard_errors;  // n x p; empty with a ridge or without degrees of freedom
  Matrix<T> covariance;            // n x n: (A^H W A)^+, to be multiplied by deviation^2

  index_t refinement_steps = 0;  // corrections after the first solution
  double last_correction = 0;    // the last, relative to x; of the worst right-hand side
  bool refined = false;          // the corrections shrank until nothing was left to correct
  SvdReport report;              // of the decomposition
};

// Returns the X of least norm that minimises the sum of squares, for every column of B.
//
// Accuracy: with a unique solution (rank n), entries of X to about eps relative to the largest of
// A D^-1 x, D scaling columns to one length, as long as scaled_condition_number < 1 / (100 eps):
// the augmented system [I A; A^H 0] is refined with residuals of twice the digits [1]. Else that of
// the SVD.
// Cost: an SVD with vectors, singular values once more, and 2 m n p sums of double words
// for each refinement step. Two copies of A; three with weights.
// Throws InvalidArgument if shapes or options are wrong, NonFiniteInput (also for B, whose rows and
// columns it names), Overflow, MemoryLimit, Cancelled.
//
// [1] Bjorck, BIT 7:257-278, 1967. [2] Golub, Heath, Wahba, Technometrics 21(2):215-223, 1979.
// [3] Hansen, O'Leary, SIAM J. Sci. Comput. 14(6):1487-1503, 1993.
// [4] Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 2002.
template <Scalar T>
[[nodiscard]] LeastSquaresResult<T> least_squares(MatrixView<const T> A,
                                                  MatrixView<const T> B,
                                                  const LeastSquaresOptions<T>& options = {},
                                                  Context& context = default_context());

// 1, x, x^2, ..., x^degree in columns, as A + A_low: powers of the numbers given to about 31
// digits. Rounded to one double each they cost an ill-conditioned fit its digits.
struct PolynomialDesign {
  Matrix<double> A;
  Matrix<double> A_low;
};

// REQUIRES: degree >= 0
PolynomialDesign polynomial_design(std::span<const double> x, index_t degree);

// Returns the ridge that the choice finds for a problem with the given singular values and
// coefficients u_i^H b, where outside is the norm of the part of b that no u_i reaches. Several
// right-hand sides share one.
// REQUIRES: sigma falls and is not empty.
template <Scalar T>
double choose_ridge(RidgeChoice choice,
                    std::span<const double> sigma,
                    MatrixView<const T> coefficients,
                    double outside,
                    index_t rows);

// What a ridge makes of a problem: a point of the L-curve, and the score that generalised
// cross-validation wants small [2].
struct RidgeEffect {
  double ridge = 0;
  double residual_norm = 0;
  double solution_norm = 0;
  double gcv = 0;
};

// Returns it for singular values sigma (falling), the moduli of u_i^H b, and the norm of the part
// of b that no u_i reaches. Directions of sigma 0 are part of what no u_i reaches.
// REQUIRES: ridge >= 0; as many coefficients as sigma
RidgeEffect ridge_effect(double ridge,
                         std::span<const double> sigma,
                         std::span<const double> coefficients,
                         double outside,
                         index_t rows);

}  // namespace eckart
