// Block Golub-Kahan-Lanczos bidiagonalization with thick restart.
#pragma once

#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"
#include "factor/orthonormalize.hpp"
#include "factor/padded.hpp"

namespace eckart::factor {

// What the recurrence runs on.
enum class Recurrence {
  // A^H A: half the memory and less than half the work, as only the right basis is kept. Singular
  // values below about sqrt(eps) sigma_1 drown in its rounding, and the residual of a triplet does
  // not fall below eps sigma_1^2 / sigma.
  gram,
  // A and A^H: both bases are kept and reorthogonalised.
  bidiagonal,
};

// The factorization, with c basis vectors and a next block of width w:
//   gram:        A^H A V = V B + V_next K,                B Hermitian,
//   bidiagonal:  A V = U B,   A^H U = V B^H + V_next K,
// [V V_next] (n x (c + w)) and U (m x c) orthonormal, B c x c, K w x c. Where A is spread over
// ranks, so are the rows of U and V, while B and K are the same on each.
// Ritz triplets come from the decomposition B = X diag(theta) Y^H, theta^2 for gram. Of
// (A v / theta, theta, v) the residual is ||K x_i||, over theta for gram. That is a recurrence: a
// stopping hint, not a certificate.
template <Scalar T>
class GolubKahanBasis {
 public:
  using Real = real_t<T>;

  // A basis of at most capacity vectors a side, grown by blocks.
  // REQUIRES: 1 <= block, capacity + block <= min(m, n)
  GolubKahanBasis(const LinearOperator<T>& A,
                  index_t capacity,
                  index_t block,
                  Recurrence recurrence,
                  std::uint64_t seed,
                  Context& context,
                  SvdReport& report);

  // Starts from A^H times a Gaussian block.
  void start();

  // Starts from the range of X (n x at most block), filled up with random directions.
  // REQUIRES: size() == 0
  void start_from(MatrixView<const T> X);

  // Starts from approximate right singular vectors (n x any number): those within the accuracy,
  // relative to the largest, are kept as Ritz vectors, and the next block is made of the others.
  // Cost: as many products with A and A^H, a block at a time. REQUIRES: size() == 0; a basis
  // of Recurrence::gram
  void start_warm(MatrixView<const T> X, double accuracy);

  // The factorization as it is. REQUIRES: Recurrence::gram
  LanczosState<T> state() const;

  // Goes on from a state. Throws InvalidArgument if it is not one of A, as a product with a random
  // vector of its range tells.
  // REQUIRES: size() == 0; Recurrence::gram; a block and a capacity that hold it
  void resume(const LanczosState<T>& state);

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

  Recurrence recurrence() const { return recurrence_; }
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
  // U <- the k leading left Ritz vectors. REQUIRES: Recurrence::bidiagonal
  void lift_left(MatrixView<T> U) const;

  // Bytes of a basis with that many rows here.
  static double bytes(
      index_t rows, index_t cols, index_t capacity, index_t block, Recurrence recurrence);

 private:
  MatrixView<T> next_block() { return V_.view().columns(size_, block_); }
  // Orthonormalizes the columns of the next block from the given one on against all before.
  void orthonormalize_next(index_t first);
  // Y <- A X, X <- A^H Y, and Y <- A X with Z <- A^H Y, timed and checked.
  void apply(MatrixView<const T> X, MatrixView<T> Y);
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X);
  void apply_gram(MatrixView<const T> X, MatrixView<T> Y, MatrixView<T> Z);
  void expand_gram(MatrixView<T> V_new);
  void expand_bidiagonal(MatrixView<T> V_new);
  // Notes the largest difference of two small matrices that a matching adjoint makes equal, size
  // being theirs.
  void compare_products(MatrixView<const T> P, MatrixView<const T> Q_adjoint, double size);

  const LinearOperator<T>& A_;
  Context& context_;
  SvdReport& report_;
  index_t capacity_;
  index_t block_;
  Recurrence recurrence_;
  Shard left_;   // which rows of U are here
  Shard right_;  // which rows of V are here
  RandomSource random_;

  Matrix<T> U_;        // m x capacity; for gram m x block, the last A V_next
  PaddedMatrix<T> V_;  // n x (capacity + block)
  Matrix<T> B_;        // capacity x capacity, leading c x c in use
  Matrix<T> K_;        // block x capacity; the columns before coupled_from_ are zero
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
