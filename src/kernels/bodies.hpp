// The one body of each kernel; kernels.cpp compiles them at every level.
#pragma once

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

}  // namespace eckart::kernels
