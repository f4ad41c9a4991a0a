// Operators whose leading singular vectors are those of A near a target, the smallest ones first
// among them.
#pragma once

#include <memory>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/sparse_matrix.hpp"

namespace eckart::factor {

// G = V diag(+-gain(sigma)) W^H made from A (m x n, m >= n), with the right singular vectors V of A
// (n x n). The gain is largest at the target and falls on both sides of it.
template <Scalar T>
class SpectralTransform : public LinearOperator<T> {
 public:
  virtual double gain(double sigma) const = 0;

  // Returns the size of errors in products with unit vectors less their part along triplets of
  // gains above the given one.
  virtual double rounding(double gain) const = 0;

  // Returns left singular vectors of A (m x d), up to rotations among those asked for and not
  // orthonormal, for right ones V (n x d) and the W that belong to them.
  virtual Matrix<T> left_vectors(MatrixView<const T> V,
                                 MatrixView<const T> W,
                                 Context& context) const = 0;

  // Products with A and A^H that one with it takes.
  virtual index_t products_with_A() const { return 0; }

  // Bytes that it keeps.
  virtual double bytes() const = 0;
};

// G = R^-1 with [A; delta I] = Q R: gain 1 / sqrt(sigma^2 + delta^2), the smallest first, W = Q^H
// U. delta = 16 eps norm: so that R is never singular, and the errors of solving, a few eps ||A||,
// stay small beside the least value that is told apart. norm is about ||A||.
// Throws MemoryLimit if the factors would take more than most_bytes.
// Accuracy: the singular values of G are those of a matrix within c eps ||A|| of A.
template <Scalar T>
std::unique_ptr<SpectralTransform<T>> make_inverse(const SparseMatrix<T>& A,
                                                   double norm,
                                                   double most_bytes,
                                                   const Context& context);

// G (n x m) = the lower left block of ([0 A; A^H 0] - target I)^-1: gain
// sigma / |sigma^2 - target^2|, W = U. Neither the values -sigma nor the m - n zeros of the doubled
// matrix show in it, but zeros of A do not either. Of two that are equally far from the target the
// larger has the larger gain. Vectors of sigma are good to eps target / sigma, relative to ||A||.
// Throws MemoryLimit if the factors would take more than most_bytes.
// REQUIRES: target > 0
template <Scalar T>
std::unique_ptr<SpectralTransform<T>> make_shifted_inverse(const SparseMatrix<T>& A,
                                                           double target,
                                                           double norm,
                                                           double most_bytes,
                                                           const Context& context);

// G = p(A^H A) with a polynomial of the given degree that is 1 at target^2 and falls to both sides
// like a bell of width about norm^2 / degree (at a target of zero: norm^2 / degree^2).
// A must outlive it. Cost: degree products with A and with A^H. REQUIRES: norm >= ||A||_2,
// 0 <= target <= norm
// Source: Jackson's kernel, Weisse, Wellein, Alvermann, Fehske, Rev. Mod. Phys. 78:275-306, 2006.
template <Scalar T>
std::unique_ptr<SpectralTransform<T>> make_filter(const LinearOperator<T>& A,
                                                  double target,
                                                  double norm,
                                                  index_t degree);

// (I - V V^H) G (I - W W^H), for triplets of G that are known already. Nothing is copied. rounding
// is the size of the errors in a product with a unit vector.
template <Scalar T>
class DeflatedOperator final : public LinearOperator<T> {
 public:
  DeflatedOperator(const LinearOperator<T>& G,
                   MatrixView<const T> V,
                   MatrixView<const T> W,
                   double rounding = 0)
      : G_(G), V_(V), W_(W), rounding_(rounding) {}

  index_t rows() const override { return G_.rows(); }
  index_t cols() const override { return G_.cols(); }
  index_t entries_per_product() const override { return G_.entries_per_product(); }
  double rounding_level() const override { return rounding_; }
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override;
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override;

 private:
  const LinearOperator<T>& G_;
  MatrixView<const T> V_;
  MatrixView<const T> W_;
  double rounding_;
};

}  // namespace eckart::factor
