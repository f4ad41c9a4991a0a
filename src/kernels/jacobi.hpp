// The small problem of block Jacobi: rotations that make a few columns orthogonal, found from
// their Gram matrix alone.
#pragma once

#include <array>

#include "eckart/types.hpp"

namespace eckart::kernels {

// Most columns of one small problem: two blocks of 16.
inline constexpr index_t jacobi_columns = 32;

// Columns x_j = b_j 2^exponent_j, j < count, with b_j of moderate length, known by the Gram matrix
// C = B^H B of the b_j. Z holds what was done so far: b_j <- sum_k Z_kj b_k. Working with the b_j
// leaves nothing to overflow or vanish, however far apart the lengths of the x_j are.
// Entry (i, j) is at i + 32 j; real and imaginary parts lie apart.
template <Scalar T>
struct JacobiProblem {
  using Square = std::array<real_t<T>, jacobi_columns * jacobi_columns>;
  static constexpr std::size_t parts = is_complex<T> ? 2 : 1;

  index_t count = 0;
  std::array<int, jacobi_columns> exponents = {};
  alignas(64) std::array<Square, parts> C = {};
  alignas(64) std::array<Square, parts> Z = {};
};

// What the pairs of columns looked like when they were visited.
template <class Real>
struct JacobiSweep {
  Real largest_cosine = 0;  // |x_i^H x_j| / (||x_i|| ||x_j||)
  Real largest_sine = 0;    // of a rotation made
  index_t rotations = 0;
};

// Visits every pair of columns once, by rows, and makes orthogonal those whose cosine exceeds
// tolerance. The longer column of a pair keeps its place.
//
// Accuracy: Z is graded as the columns are: with W_ij = Z_ij 2^(exponent_j - exponent_i) the
// matrix W is orthonormal to a few eps in every row and column.
// Cost: at most count^2 / 2 rotations of 32-vectors in C and Z.
// Source: Drmac and Veselic, SIAM J. Matrix Anal. Appl. 29(4):1343-1362, 2008.
template <Scalar T>
JacobiSweep<real_t<T>> jacobi_sweep(JacobiProblem<T>& problem, real_t<T> tolerance);

// to <- from * 2^exponent for n real numbers, exact unless it leaves the range.
template <class Real>
void scale_by_power(index_t n, const Real* from, int exponent, Real* to);

}  // namespace eckart::kernels
