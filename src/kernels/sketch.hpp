// What sketches a dense matrix: its lines of storage are combined by the rows of a sparse matrix.
#pragma once

#include <cstdint>

#include "eckart/types.hpp"

namespace eckart::kernels {

// Of a line, so many numbers at a time: their sums stay in the second cache.
template <class Real>
inline constexpr index_t line_piece = 2048 / index_t{sizeof(Real)};

// So many lines are combined side by side; half as many where a number is two reals.
template <class Real>
inline constexpr index_t line_lanes = 256 / index_t{sizeof(Real)};

// C(:, columns[e]) <- C(:, columns[e]) + values[e] A(:, i) for the per_row entries e of every line
// i. Where conjugated, every second number is negated: A holds pairs of real and imaginary parts.
template <class Real>
struct CombineLines {
  index_t length;  // REQUIRES: at most line_piece<Real>
  index_t lines;
  bool conjugated;
  const Real* A;
  index_t lda;
  index_t per_row;
  const std::int32_t* columns;
  const Real* values;
  Real* C;
  index_t ldc;
};
template <class Real>
void combine_lines(const CombineLines<Real>& task);

// sums(l, columns[e]) <- sums(l, columns[e]) + values[e] A(t, l) for the per_row entries e of every
// row t and all lines l. Where reals is 2, A holds pairs, whose second numbers have the upper half
// of the lanes; where conjugated, these are negated.
template <class Real>
struct CombineWithinLines {
  index_t length;
  index_t lines;  // REQUIRES: reals * lines <= line_lanes<Real>
  index_t reals;
  bool conjugated;
  const Real* A;
  index_t lda;
  index_t per_row;
  const std::int32_t* columns;
  const Real* values;
  Real* sums;  // line_lanes<Real> for each column
};
template <class Real>
void combine_within_lines(const CombineWithinLines<Real>& task);

}  // namespace eckart::kernels
