// Two-stage bidiagonalization: dense -> band -> bidiagonal.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "factor/band_reduction.hpp"
#include "factor/bulge_chasing.hpp"

namespace eckart::factor {

// A = Q B P^H with B real bidiagonal: diagonal d, superdiagonal e. Q and P are products of the
// reflectors that the two stages left: in A, in band and in bulge.
template <Scalar T>
struct TwoStage {
  std::vector<real_t<T>> d;  // n
  std::vector<real_t<T>> e;  // n - 1
  BandReduction<T> band;
  BulgeChasing<T> bulge;
};

// Returns the bidiagonal form of the n x n matrix A, which is overwritten: apply_left and
// apply_right need it as it is left.
// Accuracy: |A - Q B P^H| and |I - Q^H Q| are small multiples of n eps |A| and n eps; normwise, so
// that small singular values of graded matrices carry absolute errors.
// Cost: 8/3 n^3 flops in products of matrices and 8 n^2 width in the second stage; memory
// two_stage_bytes: O(n width) without vectors, n^2 elements more with them. The width is 32 or 64.
// Throws Cancelled if context.must_stop().
// REQUIRES: no entry so large that a column's norm overflows; entries far below the smallest normal
// number over eps lose digits, so scale A first.
template <Scalar T>
TwoStage<T> two_stage_bidiagonalize(MatrixView<T> A, bool keep_vectors, const Context& context);

// Returns the bytes that two_stage_bidiagonalize allocates at its peak, with what it returns.
template <Scalar T>
index_t two_stage_bytes(index_t n, bool keep_vectors);

// X <- Q X for an n x k matrix X. Cost: 4 n^2 k flops; memory two_stage_apply_bytes.
// REQUIRES: keep_vectors was set.
template <Scalar T>
void apply_left(const TwoStage<T>& stages,
                MatrixView<const T> A,
                MatrixView<T> X,
                const Context& context);

// Y <- P Y.
template <Scalar T>
void apply_right(const TwoStage<T>& stages,
                 MatrixView<const T> A,
                 MatrixView<T> Y,
                 const Context& context);

// Returns the bytes that apply_left and apply_right allocate for k columns.
template <Scalar T>
index_t two_stage_apply_bytes(index_t n, index_t k);

}  // namespace eckart::factor
