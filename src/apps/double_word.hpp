// Numbers as unevaluated sums of two: about twice the digits of Real.
// Sources: Dekker, Numer. Math. 18:224-242, 1971; Ogita, Rump, Oishi, SIAM J. Sci. Comput.
// 26(6):1955-1988, 2005 (Algorithm 5.3 for sums of products).
#pragma once

#include <cmath>
#include <complex>

#include "eckart/types.hpp"

namespace eckart::apps {

// hi + lo, where hi is the sum rounded.
template <class Real>
struct DoubleWord {
  Real hi = 0;
  Real lo = 0;

  // Returns a + b with its rounding error, exactly.
  static DoubleWord sum(Real a, Real b) {
    const Real s = a + b;
    const Real part = s - a;
    return {s, (a - (s - part)) + (b - part)};
  }
  // Returns a * b with its rounding error, exactly unless that error underflows.
  static DoubleWord product(Real a, Real b) {
    const Real p = a * b;
    return {p, std::fma(a, b, -p)};
  }

  void add(DoubleWord x) {
    const DoubleWord s = sum(hi, x.hi);
    hi = s.hi;
    lo += s.lo + x.lo;
  }
  void add(Real x) { add(DoubleWord{x, 0}); }
  // Adds a b, or subtracts it.
  void add_product(DoubleWord a, DoubleWord b) {
    DoubleWord p = product(a.hi, b.hi);
    p.lo += a.hi * b.lo + a.lo * b.hi;
    add(p);
  }
  void subtract_product(DoubleWord a, DoubleWord b) { add_product({-a.hi, -a.lo}, b); }

  DoubleWord normalized() const { return sum(hi, lo); }
  Real rounded() const { return hi + lo; }
};

// A real or complex number of two words in each part.
template <Scalar T>
struct Wide {
  using Real = real_t<T>;
  DoubleWord<Real> re, im;

  static Wide of(T hi, T lo = T{0}) {
    return {{std::real(hi), std::real(lo)}, {std::imag(hi), std::imag(lo)}};
  }
  void add(T x) {
    re.add(std::real(x));
    if constexpr (is_complex<T>) im.add(std::imag(x));
  }
  void subtract(const Wide& x) {
    re.add({-x.re.hi, -x.re.lo});
    if constexpr (is_complex<T>) im.add({-x.im.hi, -x.im.lo});
  }
  // Subtracts a b.
  void subtract_product(const Wide& a, const Wide& b) {
    re.subtract_product(a.re, b.re);
    if constexpr (is_complex<T>) {
      re.add_product(a.im, b.im);
      im.subtract_product(a.re, b.im);
      im.subtract_product(a.im, b.re);
    }
  }
  Wide conjugated() const { return {re, {-im.hi, -im.lo}}; }
  Wide times(Real factor) const {
    DoubleWord<Real> r, i;
    r.add_product(re, {factor, 0});
    if constexpr (is_complex<T>) i.add_product(im, {factor, 0});
    return {r.normalized(), i.normalized()};
  }
  Wide normalized() const { return {re.normalized(), im.normalized()}; }
  T rounded() const {
    if constexpr (is_complex<T>) {
      return {re.rounded(), im.rounded()};
    } else {
      return re.rounded();
    }
  }
};

}  // namespace eckart::apps
