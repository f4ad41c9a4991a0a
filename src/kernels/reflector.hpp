// Householder reflectors H = I - tau v v^H with v_0 = 1, on real planes.
#pragma once

#include <cmath>
#include <limits>

#include "eckart/types.hpp"
#include "kernels/lanes.hpp"

namespace eckart::kernels {

// What make_reflector decides from alpha = x_0 and the energy of the rest.
template <class Real>
struct Reflector {
  Real beta = 0;  // H^H x = beta e_0, always real
  Real tau_re = 0;
  Real tau_im = 0;
  Real factor_re = 0;  // v_i = factor * x_i for i > 0; zero if the rest is zero
  Real factor_im = 0;
};

// Returns the reflector for alpha and rest = sum of |x_i|^2 over i > 0. Exact zeros give tau = 0.
// REQUIRES: |alpha|^2 + rest neither overflows nor loses digits to underflow: see well_scaled.
// Source: Golub, Van Loan, Matrix Computations, 4th ed., 5.1; the real beta of complex reflectors:
// Lehoucq, ACM TOMS 22(4):393-400, 1996.
template <class Real>
[[gnu::always_inline]] inline Reflector<Real> make_reflector(Real re, Real im, Real rest) {
  Reflector<Real> h;
  h.beta = re;
  if (rest == 0 && im == 0) return h;
  h.beta = -std::copysign(std::sqrt(re * re + im * im + rest), re);
  h.tau_re = (h.beta - re) / h.beta;
  h.tau_im = -im / h.beta;
  const Real gap = re - h.beta;  // same signs: no cancellation
  const Real square = gap * gap + im * im;
  h.factor_re = gap / square;
  h.factor_im = -im / square;
  return h;
}

// Whether a sum of squares is far enough from underflow and overflow to be trusted to its last
// digits, or an exact zero can be told from an underflow.
template <class Real>
[[gnu::always_inline]] inline bool well_scaled(Real energy) {
  constexpr Real tiny = std::numeric_limits<Real>::min() / std::numeric_limits<Real>::epsilon() /
                        std::numeric_limits<Real>::epsilon();
  return energy >= tiny && energy <= std::numeric_limits<Real>::max() / 8;
}

// Returns a power of two that brings largest to about 1; 1 if that is zero or not finite.
template <class Real>
inline Real scale_to_one(Real largest) {
  if (!(largest > 0 && largest <= std::numeric_limits<Real>::max())) return 1;
  constexpr int limit = std::numeric_limits<Real>::max_exponent - 2;
  const int exponent = -std::ilogb(largest);
  return std::ldexp(Real{1}, exponent > limit ? limit : exponent);
}

}  // namespace eckart::kernels
