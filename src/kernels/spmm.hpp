// Products of sparse rows with a strip: a few columns of a block, packed so that the elements of a
// row lie side by side. One entry of the matrix then needs one or two cache lines of the strip.
#pragma once

#include "eckart/types.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {

// Stands for values that are not stored because every entry is one.
struct Ones {};

namespace detail {
template <class T>
struct Narrow {
  using type = T;
};
template <>
struct Narrow<double> {
  using type = float;
};
template <>
struct Narrow<std::complex<double>> {
  using type = std::complex<float>;
};
}  // namespace detail

// The type of half the size in which values may be stored that it holds exactly; else T itself.
template <Scalar T>
using narrow_t = typename detail::Narrow<T>::type;

// Columns of the widest strip: two cache lines. Wider blocks are several strips.
template <Scalar T>
inline constexpr index_t widest_strip = 128 / index_t{sizeof(T)};

// Returns how many elements the rows of a strip of that many columns have: one, or those of 16,
// 32, 64 or 128 bytes.
// REQUIRES: 1 <= columns <= widest_strip<T>
template <Scalar T>
constexpr index_t strip_width(index_t columns) {
  if (columns == 1) return 1;
  index_t bytes = 16;
  while (bytes < columns * index_t{sizeof(T)}) bytes *= 2;
  return bytes / index_t{sizeof(T)};
}

// Rows of a sparse matrix, or those of their entries that lie in one panel of its columns: row i
// holds the entries p with cuts[i * stride] <= p < cuts[i * stride + 1].
template <class T, class Index, class Value>
struct SparseRows {
  index_t rows;
  const index_t* cuts;
  index_t stride;
  const Index* columns;
  const Value* values;  // not read if Value is Ones
  bool conjugated;      // stands for the conjugated entries
};

// Y <- A X. Row j of X starts at X + j * width, row i of Y at Y + i * width.
// REQUIRES: width is a strip_width
template <class T, class Index, class Value>
void gather(
    const SparseRows<T, Index, Value>& A, index_t width, const T* X, T* Y, Level wanted = level());

// X <- X + A^T Y, row by row.
// REQUIRES: width is a strip_width
template <class T, class Index, class Value>
void scatter(
    const SparseRows<T, Index, Value>& A, index_t width, const T* Y, T* X, Level wanted = level());

// Writes the rows x columns block X to a strip of that width; its further columns become zero.
template <Scalar T>
void pack_strip(index_t rows, index_t columns, const T* X, index_t ld, index_t width, T* strip);

// Writes the leading columns of a strip to the rows x columns block X.
template <Scalar T>
void unpack_strip(index_t rows, index_t columns, const T* strip, index_t width, T* X, index_t ld);

}  // namespace eckart::kernels
