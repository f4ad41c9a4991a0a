// Block Golub-Kahan-Lanczos bidiagonalization with thick restart.
#pragma once

#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"
#include "factor/orthonormalize.hpp"

namespace eckart::factor {

// How the two bases are kept orthonormal.
enum class Reorthogonalise {
  both,   // every new block against all of U and of V
  right,  // only V; U by its recurrence. Half the work and less when U is the longer side; enough
          // while sigma_k / sigma_1 >> sqrt(eps) (Simon and Zha, SIAM J. Sci. Comput. 21(6), 2000)
};

// The factorization, with c basis vectors on each side and a next block of width w:
//   A V = U B,   A^H U = V B^H + V_next K,
// [V V_next] (n x (c + w)) orthonormal, U (m x c) orthonormal or, with Reorthogonalise::right,
// nearly so; B c x c, K w x c.
// Ritz triplets (U x_i, theta_i, V y_i) with B = X diag(theta) Y^H have A v = theta u exactly and
// ||A^H u - theta v|| = ||K x_i||. That is a recurrence: a stopping hint, not a certificate.
template <Scalar T>
class GolubKahanBasis {
 public:
  using Real = real_t<T>;

  // A basis of at most capacity vectors a side, grown by blocks.
  // REQUIRES: 1 <= block, capacity + block <= min(m, n)
  GolubKahanBasis(const LinearOperator<T>& A,
                  index_t capacity,
                  index_t block,
                  Reorthogonalise reorthogonalise,
                  std::uint64_t seed,
                  Context& context,
                  SvdReport& report);

  // Starts from A^H times a Gaussian block.
  void start();

  // Starts from the range of X (n x at most block), filled up with random directions.
  // REQUIRES: size() == 0
  void start_from(MatrixView<const T> X);

  // Adds the columns of X (n x d) to the next block, which grows by d while the capacity falls
  // by d; the factorization stays exact. REQUIRES: room for them, size() + block() + d <=
  // capacity()
  void widen(MatrixView<const T> X);

  // One step: two products with a block; c grows by the width of the block.
  // Throws NonFiniteInput naming the entry if a product is not finite because A is not,
  // InvalidArgument if A's own entries look finite.
  void expand();

  // Decomposes B and fills theta() and residuals(). Cost O(c^3).
  void solve();

  index_t size() const { return size_; }
  index_t block() const { return block_; }
  index_t capacity() const { return capacity_; }
  bool full() const { return size_ + block_ > capacity_; }
  double norm() const { return norm_; }  // largest theta so far: an estimate of ||A||
  const std::vector<Real>& theta() const { return theta_; }
  // Residual of Ritz triplet i by the recurrence.
  double residual(index_t i) const { return residuals_[static_cast<std::size_t>(i)]; }

  // How far the two products of the first step are from belonging to one matrix, relative to what
  // rounding explains; above 1, A^H is not the adjoint of A.
  double adjoint_defect() const { return adjoint_defect_; }

  // Keeps the q leading Ritz triplets and the next block. REQUIRES: solve() since expand().
  void restart(index_t q);

  // Room for more basis vectors. REQUIRES: capacity + block <= min(m, n)
  void grow(index_t capacity);

  // V <- the k leading right Ritz vectors, k = V.cols. REQUIRES: solve() since expand(); k <=
  // size().
  void lift_right(MatrixView<T> V) const;
  // U <- the k leading left Ritz vectors.
  void lift_left(MatrixView<T> U) const;

  // Bytes of a basis.
  static double bytes(index_t rows, index_t cols, index_t capacity, index_t block);

 private:
  MatrixView<T> next_block() { return V_.view().columns(size_, block_); }
  // Orthonormalizes the columns of the next block from the given one on against all before.
  void orthonormalize_next(index_t first);
  void compare_products(MatrixView<const T> VHZ);
  // Turns U_new = A V_next into new basis vectors and fills B's new columns.
  void orthonormalize_left(MatrixView<T> U_new);
  // Throws if a product is not finite; row_side tells whether its rows are those of A.
  void check_finite(MatrixView<const T> X, bool row_side) const;

  const LinearOperator<T>& A_;
  Context& context_;
  SvdReport& report_;
  index_t capacity_;
  index_t block_;
  Reorthogonalise reorthogonalise_;
  RandomSource random_;

  Matrix<T> U_;  // m x capacity
  Matrix<T> V_;  // n x (capacity + block)
  Matrix<T> B_;  // capacity x capacity, leading c x c in use
  Matrix<T> K_;  // block x capacity; the columns before coupled_from_ are zero
  index_t coupled_from_ = 0;
  index_t size_ = 0;
  double norm_ = 0;
  double adjoint_defect_ = 0;

  Matrix<T> X_;
  Matrix<T> Y_;
  std::vector<Real> theta_;
  std::vector<double> residuals_;
};

}  // namespace eckart::factor
