// Subspace iteration on A^H A with Rayleigh-Ritz projections and a Chebyshev filter.
#pragma once

#include <cstdint>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"

namespace eckart::factor {

// Approximate leading triplets, held so that after every call
//   A V = U diag(sigma),   U (m x l) and V (n x l) orthonormal,   Z = A^H U,
// up to rounding: what is wrong with triplet i is ||z_i - sigma_i v_i|| alone.
//
// refine() replaces V by an orthonormal basis of p(A^H A) V, where the polynomial p of degree d is
// small on [0, sigma_l^2] and grows fastest beyond: a Chebyshev polynomial of the first kind. Of
// degree 1 that is A^H A - sigma_l^2 / 2, a power iteration with the shift of [2]. Because the
// columns that enter the filter are Ritz vectors, they leave it nearly orthogonal and differ in
// length; scaled to unit length their Gram matrix is well conditioned, and no digits are lost
// where sigma_1 / sigma_l is large.
//
// [1] Zhou, Saad, Tiago, Chelikowsky, J. Comput. Phys. 219(1):172-184, 2006.
// [2] Feng, Yu, Xie, Tang, ACM TOMS Algorithm 1043, 2024: the shift.
template <Scalar T>
class SubspaceIteration {
 public:
  // l = width columns, of which the k leading ones are wanted.
  // REQUIRES: 1 <= k <= width <= cols <= rows
  SubspaceIteration(const LinearOperator<T>& A,
                    index_t k,
                    index_t width,
                    std::uint64_t seed,
                    Context& context,
                    SvdReport& report);

  // V from A^H times a Gaussian block. 3 passes over A.
  // Throws NonFiniteInput or InvalidArgument if a product is not finite, here and in every later
  // round; InvalidArgument if the operator's adjoint is not its adjoint.
  void start();

  // One round of 2 d passes over A; returns d <= most_degree, the least degree that is expected to
  // bring the residuals to accuracy sigma_1, and no larger than rounding allows. A cancelled
  // context makes it less.
  // REQUIRES: most_degree >= 1
  index_t refine(double accuracy, index_t most_degree);

  // Puts the columns of X (n x d) in the place of the last columns of V. d <= l.
  void admit(MatrixView<const T> X);

  // Largest residual of the k leading triplets, relative to sigma_1.
  double residual() const;
  // How many leading triplets have a residual of at most accuracy sigma_1.
  index_t converged(double accuracy) const;

  MatrixView<const T> left() const { return U_.view(); }
  MatrixView<const T> right() const { return V_.view(); }
  const std::vector<real_t<T>>& sigma() const { return sigma_; }
  // ||A^H u_i - sigma_i v_i||.
  const std::vector<double>& residuals() const { return residuals_; }

  // Elements that an iteration with filters up to a degree holds, with that many rows here.
  static double elements(index_t rows, index_t cols, index_t width, index_t most_degree);

 private:
  // Rayleigh-Ritz: turns V into Ritz vectors and fills U, sigma, Z and the residuals.
  void project();
  void measure_residuals();
  index_t degree(double accuracy, index_t most_degree) const;
  // V <- p(A^H A) V.
  void shifted_step();
  index_t filter(index_t degree);

  void apply(MatrixView<const T> X, MatrixView<T> Y);
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X);

  const LinearOperator<T>& A_;
  index_t k_;
  std::uint64_t seed_;
  Context& context_;
  SvdReport& report_;
  Shard left_;   // which rows of U are here
  Shard right_;  // which rows of V are here
  Matrix<T> U_;
  Matrix<T> V_;
  Matrix<T> Z_;
  Matrix<T> P_;  // n x l, for filters of degree 2 and more
  std::vector<real_t<T>> sigma_;
  std::vector<double> residuals_;
};

}  // namespace eckart::factor
