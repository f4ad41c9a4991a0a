// First stage of the two-stage bidiagonalization: a square matrix to an upper band.
#pragma once

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// What reduce_to_band leaves outside A: A = Q B P^H, B with `width` superdiagonals.
// The panel of rows and columns r .. r + width - 1 has its compact WY factors in the columns
// r .. r + width - 1 of left and right; its vectors stand in A, those of Q below the diagonal of
// B, the adjoints of those of P right of the band.
template <Scalar T>
struct BandReduction {
  index_t width = 0;
  Matrix<T> left;   // width x n
  Matrix<T> right;  // width x n
};

// Reduces the n x n matrix A to an upper band with `width` superdiagonals.
// A holds B in its band and the vectors of Q and P elsewhere.
// Accuracy: normwise backward stable.
// Cost: 8/3 n^3 flops, all but O(n^2 width) in products of matrices; memory 2 n width elements that
// are returned, and while it runs band_reduction_bytes.
// Throws Cancelled if context.must_stop().
// Source: Grosser, Lang, Parallel Computing 25(8):969-986, 1999; updates are delayed over several
// panels, so that the width of the band does not limit the inner dimension of the products.
// REQUIRES: width is a multiple of 16; no column of A has a norm that overflows
template <Scalar T>
BandReduction<T> reduce_to_band(MatrixView<T> A, index_t width, const Context& context);

// Returns the bytes that reduce_to_band allocates, with what it returns.
template <Scalar T>
index_t band_reduction_bytes(index_t n, index_t width);

}  // namespace eckart::factor
