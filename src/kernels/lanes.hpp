// Vectors of Bytes bytes as GCC has them, so that one body serves every register width.
// They are passed by reference only: by value their calling convention depends on the level.
#pragma once

#include <cstddef>
#include <utility>

#include "eckart/types.hpp"

namespace eckart::kernels {

template <class Real, int Bytes>
struct Lanes {
  static constexpr int width = Bytes / static_cast<int>(sizeof(Real));
  using Vec [[gnu::vector_size(Bytes)]] = Real;
  using Loose [[gnu::vector_size(Bytes), gnu::aligned(alignof(Real)), gnu::may_alias]] = Real;
};

// out <- a vector whose lane l is lane pick(l) of a and b, those of b counted behind those of a.
template <auto pick, class L>
[[gnu::always_inline]] inline void pick_lanes(const typename L::Vec& a,
                                              const typename L::Vec& b,
                                              typename L::Vec& out) {
  [&]<int... l>(std::integer_sequence<int, l...>) [[gnu::always_inline]] {
    out = __builtin_shufflevector(a, b, pick(l)...);
  }
  (std::make_integer_sequence<int, L::width>());
}

// Arrays whose sizes are signed, as all sizes are.
template <class X, index_t N>
using Row = X[static_cast<std::size_t>(N)];
template <class X, index_t M, index_t N>
using Grid = X[static_cast<std::size_t>(M)][static_cast<std::size_t>(N)];

// Planes of reals in which an array of T is stored: real parts, imaginary parts.
template <class T>
inline constexpr int planes = is_complex<T> ? 2 : 1;

}  // namespace eckart::kernels
