#include "kernels/packed.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

template <class Bits>
[[gnu::always_inline]] inline Bits bits_at(const char* packed, index_t i) {
  Bits bits;
  std::memcpy(&bits, packed + i * static_cast<index_t>(sizeof(Bits)), sizeof(Bits));
  return bits;
}

// Exponent and fraction of a half lie in the fields of a float, too small by 2^112: the product
// with that power is exact, and numbers the subnormal ones with the rest. Infinity and NaN get the
// exponent of a float back.
[[gnu::always_inline]] inline float half_to_float(std::uint32_t half) {
  const float magnitude = std::bit_cast<float>((half & 0x7fffU) << 13) * 0x1p112F;
  const std::uint32_t special = (half & 0x7c00U) == 0x7c00U ? 0x7f800000U : 0U;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | special |
                              ((half & 0x8000U) << 16));
}

template <Packed type, class Real>
struct UnpackKernel {
  [[gnu::always_inline]] static Real one(const char* packed, index_t i) {
    if constexpr (type == Packed::float64) return static_cast<Real>(bits_at<double>(packed, i));
    if constexpr (type == Packed::float32) return static_cast<Real>(bits_at<float>(packed, i));
    if constexpr (type == Packed::float16) {
      return static_cast<Real>(half_to_float(bits_at<std::uint16_t>(packed, i)));
    }
    const std::uint32_t upper = bits_at<std::uint16_t>(packed, i);
    return static_cast<Real>(std::bit_cast<float>(upper << 16));
  }
  [[gnu::always_inline]] static void run(const char* packed, index_t n, Real* to) {
#pragma omp simd
    for (index_t i = 0; i < n; ++i) to[i] = one(packed, i);
  }
};

// Eight partial sums in fixed order: the same bits at any vector length.
constexpr index_t lanes = 8;

template <class Real>
struct SubtractKernel {
  [[gnu::always_inline]] static double run(index_t n, const Real* y, Real* x) {
    double sums[lanes] = {};
    index_t i = 0;
    for (; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (index_t l = 0; l < lanes; ++l) {
        x[i + l] -= y[i + l];
        const auto d = static_cast<double>(x[i + l]);
        sums[l] += d * d;
      }
    }
    for (; i < n; ++i) {
      x[i] -= y[i];
      sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    }
    double sum = 0;
    for (index_t l = 0; l < lanes; ++l) sum += sums[l];
    return sum;
  }
};

template <class Real>
struct RoundingKernel {
  // 2^floor(log2 |x|), and 0 for 0.
  [[gnu::always_inline]] static double power(Real x) {
    if constexpr (sizeof(Real) == 4) {
      return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0x7f800000U);
    } else {
      return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & 0x7ff0000000000000U);
    }
  }
  [[gnu::always_inline]] static double run(double factor,
                                           index_t n,
                                           const Real* x,
                                           double* column) {
    double sums[lanes] = {};
    index_t i = 0;
    for (; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (index_t l = 0; l < lanes; ++l) {
        const double p = power(x[i + l]);
        const double v = p * p * factor;
        column[i + l] += v;
        sums[l] += v;
      }
    }
    for (; i < n; ++i) {
      const double p = power(x[i]);
      column[i] += p * p * factor;
      sums[0] += p * p * factor;
    }
    double sum = 0;
    for (index_t l = 0; l < lanes; ++l) sum += sums[l];
    return sum;
  }
};

}  // namespace

template <class Real>
void unpack(Packed type, const char* packed, index_t n, Real* to) {
  switch (type) {
    case Packed::float64:
      return at_level<UnpackKernel<Packed::float64, Real>>(level(), packed, n, to);
    case Packed::float32:
      return at_level<UnpackKernel<Packed::float32, Real>>(level(), packed, n, to);
    case Packed::float16:
      return at_level<UnpackKernel<Packed::float16, Real>>(level(), packed, n, to);
    case Packed::bfloat16:
      return at_level<UnpackKernel<Packed::bfloat16, Real>>(level(), packed, n, to);
  }
}

template <class Real>
double subtract(index_t n, const Real* y, Real* x) {
  return at_level<SubtractKernel<Real>>(level(), n, y, x);
}

template <class Real>
double add_rounding_variances(int digits, index_t n, const Real* x, double* column) {
  // (2^(1 - digits) 2^e)^2 / 12 for 2^e <= |x| < 2^(e+1).
  const double factor = std::ldexp(1.0, 2 * (1 - digits)) / 12;
  return at_level<RoundingKernel<Real>>(level(), factor, n, x, column);
}

template void unpack(Packed, const char*, index_t, float*);
template void unpack(Packed, const char*, index_t, double*);
template double subtract(index_t, const float*, float*);
template double subtract(index_t, const double*, double*);
template double add_rounding_variances(int, index_t, const float*, double*);
template double add_rounding_variances(int, index_t, const double*, double*);

}  // namespace eckart::kernels
