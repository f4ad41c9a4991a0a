// The one body of each kernel; kernels.cpp compiles them at every level.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "kernels/kernels.hpp"

namespace eckart::kernels {

template <class Real>
[[gnu::always_inline]] inline Scan<Real> scan_body(index_t n, const Real* x) {
  const Real largest = std::numeric_limits<Real>::max();
  Real max_abs = 0;
  Real min_abs = std::numeric_limits<Real>::infinity();
  index_t nonzeros = 0;
  index_t nonfinite = 0;
#pragma omp simd reduction(max : max_abs) reduction(min : min_abs) reduction(+ : nonzeros, nonfinite)
  for (index_t i = 0; i < n; ++i) {
    const Real a = std::abs(x[i]);
    const bool finite = a <= largest;  // false for NaN as well
    max_abs = finite && a > max_abs ? a : max_abs;
    min_abs = a != 0 && a < min_abs ? a : min_abs;
    nonzeros += a != 0;
    nonfinite += !finite;
  }
  return {max_abs, min_abs, nonzeros, nonfinite == 0};
}

template <class T>
[[gnu::always_inline]] inline double shifted_energy_body(index_t n,
                                                         const T* x,
                                                         T shift,
                                                         double scale) {
  double sum = 0;
  if constexpr (is_complex<T>) {
    const auto* reals = reinterpret_cast<const real_t<T>*>(x);
    const double re = static_cast<double>(shift.real());
    const double im = static_cast<double>(shift.imag());
#pragma omp simd reduction(+ : sum)
    for (index_t i = 0; i < n; ++i) {
      const double a = scale * (static_cast<double>(reals[2 * i]) - re);
      const double b = scale * (static_cast<double>(reals[2 * i + 1]) - im);
      sum += a * a + b * b;
    }
  } else {
    const double s = static_cast<double>(shift);
#pragma omp simd reduction(+ : sum)
    for (index_t i = 0; i < n; ++i) {
      const double a = scale * (static_cast<double>(x[i]) - s);
      sum += a * a;
    }
  }
  return sum;
}

// Columns [col, col + Width) of the product: one strip whose sums stay in registers.
template <int Width, class T>
[[gnu::always_inline]] inline void spmm_strip(const SpmmRows<T>& rows, index_t col) {
  using Real = real_t<T>;
  constexpr int parts = is_complex<T> ? 2 : 1;
  const index_t stride = rows.width * parts;
  const auto* X = reinterpret_cast<const Real*>(rows.X + col);
  auto* Y = reinterpret_cast<Real*>(rows.Y + col);
  for (index_t i = rows.first; i < rows.last; ++i) {
    std::array<Real, std::size_t{Width* parts}> sums = {};
    Real* sum = sums.data();
    for (index_t p = rows.offsets[i]; p < rows.offsets[i + 1]; ++p) {
      const Real* x = X + rows.columns[p] * stride;
      if constexpr (is_complex<T>) {
        const Real re = rows.values[p].real();
        const Real im = rows.values[p].imag();
#pragma omp simd
        for (int w = 0; w < Width; ++w) {
          sum[2 * w] += re * x[2 * w] - im * x[2 * w + 1];
          sum[2 * w + 1] += re * x[2 * w + 1] + im * x[2 * w];
        }
      } else {
        const Real value = rows.values[p];
#pragma omp simd
        for (int w = 0; w < Width; ++w) sum[w] += value * x[w];
      }
    }
    Real* y = Y + (i - rows.first) * stride;
    for (int w = 0; w < Width * parts; ++w) y[w] = sum[w];
  }
}

template <class T>
[[gnu::always_inline]] inline void spmm_body(const SpmmRows<T>& rows) {
  index_t col = 0;
  for (; col + 16 <= rows.width; col += 16) spmm_strip<16>(rows, col);
  for (; col + 8 <= rows.width; col += 8) spmm_strip<8>(rows, col);
  for (; col + 4 <= rows.width; col += 4) spmm_strip<4>(rows, col);
  for (; col < rows.width; ++col) spmm_strip<1>(rows, col);
}

}  // namespace eckart::kernels
