// Second stage of the two-stage bidiagonalization: an upper band to a real bidiagonal matrix.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// B = Q diag(d, e) P^H for the band matrix B, d and e real.
template <Scalar T>
struct BulgeChasing {
  index_t width = 0;
  std::vector<real_t<T>> d;  // n
  std::vector<real_t<T>> e;  // n - 1: the superdiagonal
  // n x n, or empty when no vectors are wanted: the reflector of sweep s that acts on rows
  // j .. min(j + width, n) - 1, j = s + 1 + t width, stands in column s from row j on; that of P in
  // column n - 1 - s from row t width on. tau takes the place of the unit entry.
  Matrix<T> reflectors;
};

// Shape of the cache tiles: sweeps x positions. Any shape gives the same bits.
struct BulgeTiles {
  index_t sweeps = 16;
  index_t positions = 8;
};

// Reduces the band of the n x n matrix A (its diagonal and `width` superdiagonals; the rest is not
// looked at) to bidiagonal form.
// Accuracy: normwise backward stable.
// Cost: 8 n^2 width flops in tiles that stay in the cache; memory 3 n width elements and what is
// returned.
// Throws Cancelled if context.must_stop().
// Source: Lang, Parallel Computing 22(1):1-18, 1996; delayed elimination of the bulges: Haidar,
// Ltaief, Luszczek, Dongarra, IPDPS 2012.
// REQUIRES: width is one of kernels::bulge_widths
template <Scalar T>
BulgeChasing<T> chase_bulges(MatrixView<const T> A,
                             index_t width,
                             bool keep_vectors,
                             const Context& context,
                             const BulgeTiles& tiles = {});

// Returns the bytes that chase_bulges allocates, with what it returns.
template <Scalar T>
index_t bulge_chasing_bytes(index_t n, index_t width, bool keep_vectors);

}  // namespace eckart::factor
