// Numbers as files keep them, made the numbers that we compute with.
#pragma once

#include <cstdint>

#include "eckart/types.hpp"

namespace eckart::kernels {

// IEEE 754 half precision, the upper half of a float32, and a byte that is 0 or true.
struct Half {
  std::uint16_t bits;
};
struct Bfloat16 {
  std::uint16_t bits;
};
struct Boolean {
  std::uint8_t byte;
};

// to[i] <- from[i]. Half and Bfloat16 become float, integers and Boolean double.
template <class Source, class Real>
void convert(index_t n, const Source* from, Real* to);

}  // namespace eckart::kernels
