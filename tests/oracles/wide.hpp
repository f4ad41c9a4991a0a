// tests/oracles/wide.hpp - the arithmetic of the oracles: one precision up from the scalar judged.
#pragma once

#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>

#include "eckart/types.hpp"

namespace eckart::oracles {

// double for float and complex<float>, long double for double and complex<double>.
template <Scalar T>
using wide_real_t = std::conditional_t<sizeof(real_t<T>) == 4, double, long double>;
template <Scalar T>
using wide_t = std::conditional_t<is_complex<T>, std::complex<wide_real_t<T>>, wide_real_t<T>>;

template <Scalar T>
wide_t<T> widen(T x) {
  return static_cast<wide_t<T>>(x);
}

template <class W>
W conj_of(W x) {
  if constexpr (std::is_floating_point_v<W>) {
    return x;
  } else {
    return std::conj(x);
  }
}

// Products without the recovery of infinities that std::complex spends most of its time on:
// a NaN that it would avoid is a finding all the same.
template <class W>
W times(W a, W b) {
  if constexpr (std::is_floating_point_v<W>) {
    return a * b;
  } else {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  }
}

template <class W>
auto squared_modulus(W x) {
  if constexpr (std::is_floating_point_v<W>) {
    return x * x;
  } else {
    return x.real() * x.real() + x.imag() * x.imag();
  }
}

template <Scalar T>
bool finite(T x) {
  return std::isfinite(std::real(x)) && std::isfinite(std::imag(x));
}

// The larger of both, and NaN if either is NaN. std::max would lose one of the two.
template <class R>
R worst(R a, R b) {
  if (std::isnan(a)) return a;
  return b <= a ? a : b;
}

template <Scalar T>
constexpr double epsilon() {
  return static_cast<double>(std::numeric_limits<real_t<T>>::epsilon());
}

}  // namespace eckart::oracles
