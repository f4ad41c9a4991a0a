// The plane rotation that turns a pair of numbers onto the first axis.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace eckart::factor {

// c x + s y = r and c y - s x = 0 for the pair (x, y) that it was made from; c^2 + s^2 = 1.
template <class Real>
struct Givens {
  Real c;
  Real s;
  Real r;
};

// Returns the rotation for (x, y), each part to a few eps, for any finite numbers.
template <class Real>
Givens<Real> annihilate(Real x, Real y) {
  // Between these bounds no square overflows, and one that underflows does not count.
  constexpr Real small = std::numeric_limits<Real>::min() / std::numeric_limits<Real>::epsilon();
  constexpr Real large = std::numeric_limits<Real>::max() / 4;
  if (y == 0) return {1, 0, x};
  const Real square = x * x + y * y;
  if (square > small && square < large) {
    const Real r = std::sqrt(square);
    return {x / r, y / r, r};
  }
  int exponent = 0;
  std::frexp(std::max(std::abs(x), std::abs(y)), &exponent);
  x = std::ldexp(x, -exponent);
  y = std::ldexp(y, -exponent);
  const Real r = std::sqrt(x * x + y * y);
  return {x / r, y / r, std::ldexp(r, exponent)};
}

}  // namespace eckart::factor
