// Bulge chasing on a packed band: the loops of src/factor/bulge_chasing.
#pragma once

#include <array>
#include <complex>

#include "eckart/types.hpp"

namespace eckart::kernels {

// The band widths that chase_tile is compiled for.
inline constexpr std::array<int, 2> bulge_widths = {32, 64};

// A tile of steps (s, q), s in [first_sweep, last_sweep) and q = s + t in [first_q, last_q), of the
// band of an n x n matrix. Complex data is stored as two planes of reals.
template <class T>
struct BulgeTile {
  using Real = real_t<T>;
  int width;        // b, one of bulge_widths
  index_t n;        // columns n .. n + 2 b - 1 of the band are zero
  Real* band;       // the real part of (i, j) is band[2 b + i + 3 b j]
  Real* band_imag;  // the same of imaginary parts; unused for real T
  Real* pending;    // for each sweep a slot of pending_size<T>(b): the left reflector last built
  T* kept;          // n x n with leading dimension n, or null: where reflectors are kept
  index_t first_sweep, last_sweep, first_q, last_q;
};

// Reals of a sweep's slot: the vector, plane by plane, and tau.
template <class T>
constexpr index_t pending_size(index_t b) {
  return (is_complex<T> ? 2 : 1) * b + 16;
}

// Runs the steps of the tile, q outside, s inside. The kept reflectors have tau in the place of
// their unit entry: Q(s, t) stands in column s from row s + 1 + t b, P(s, t) in column n - 1 - s
// from row t b.
template <class T>
void chase_tile(const BulgeTile<T>& tile);

}  // namespace eckart::kernels
