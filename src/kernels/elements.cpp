#include "kernels/elements.hpp"

#include <bit>

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

// A half without its sign, moved to the place of a float's exponent and fraction, is too small by
// 2^112; the product is exact for subnormal halves as well. Infinity and NaN keep all exponent
// bits.
[[gnu::always_inline]] inline float widened(Half half) {
  const std::uint32_t sign = (half.bits & 0x8000u) << 16;
  const std::uint32_t rest = (half.bits & 0x7fffu) << 13;
  const std::uint32_t scaled = std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) * 0x1p112f);
  const std::uint32_t magnitude = rest >= 0x0f800000u ? rest | 0x7f800000u : scaled;
  return std::bit_cast<float>(magnitude | sign);
}
[[gnu::always_inline]] inline float widened(Bfloat16 number) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(number.bits) << 16);
}
[[gnu::always_inline]] inline double widened(Boolean boolean) { return boolean.byte != 0; }
template <class Integer>
[[gnu::always_inline]] inline double widened(Integer number) {
  return static_cast<double>(number);
}

struct Convert {
  template <class Source, class Real>
  [[gnu::always_inline]] static void run(index_t n, const Source* from, Real* to) {
#pragma omp simd
    for (index_t i = 0; i < n; ++i) to[i] = widened(from[i]);
  }
};

}  // namespace

template <class Source, class Real>
void convert(index_t n, const Source* from, Real* to) {
  at_level<Convert>(level(), n, from, to);
}

template void convert(index_t, const Half*, float*);
template void convert(index_t, const Bfloat16*, float*);
template void convert(index_t, const Boolean*, double*);
template void convert(index_t, const std::int8_t*, double*);
template void convert(index_t, const std::uint8_t*, double*);
template void convert(index_t, const std::int16_t*, double*);
template void convert(index_t, const std::uint16_t*, double*);
template void convert(index_t, const std::int32_t*, double*);
template void convert(index_t, const std::uint32_t*, double*);
template void convert(index_t, const std::int64_t*, double*);
template void convert(index_t, const std::uint64_t*, double*);

}  // namespace eckart::kernels
