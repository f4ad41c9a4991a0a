// Uniform random numbers by the array.
#pragma once

#include <cstdint>

#include "eckart/types.hpp"

namespace eckart::kernels {

// x[i] <- a number uniform on (-half_width, half_width), i < n. It depends on seed, stream and
// first + i alone: number 64 g + 16 w + l is word w of Philox4x32-10 at the counter 16 g + l.
// REQUIRES: first is a multiple of 64
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
template <class Real>
struct Uniform {
  std::uint64_t seed;
  std::uint32_t stream;
  index_t first;
  index_t n;
  Real half_width;
  Real* x;
};
template <class Real>
void uniform(const Uniform<Real>& task);

}  // namespace eckart::kernels
