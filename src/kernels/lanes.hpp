// Vectors of Bytes bytes as GCC has them, so that one body serves every register width.
// They are passed by reference only: by value their calling convention depends on the level.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

template <class Real, int Bytes>
struct Lanes {
  static constexpr int width = Bytes / static_cast<int>(sizeof(Real));
  using Vec [[gnu::vector_size(Bytes)]] = Real;
  using Loose [[gnu::vector_size(Bytes), gnu::aligned(alignof(Real)), gnu::may_alias]] = Real;
};

// The plane of reals of a complex array that is stored as two planes; a real array has one.
template <class T>
inline constexpr int planes = is_complex<T> ? 2 : 1;

}  // namespace eckart::kernels
