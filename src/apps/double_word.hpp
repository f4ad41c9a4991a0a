// Numbers as unevaluated sums of two: about twice the digits of Real.
// Sources: Dekker, Numer. Math. 18:224-242, 1971; Ogita, Rump, Oishi, SIAM J. Sci. Comput.
// 26(6):1955-1988, 2005 (Algorithm 5.3 for sums of products).
#pragma once

#include <cmath>

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
  // Adds a b.
  void add_product(DoubleWord a, DoubleWord b) {
    DoubleWord p = product(a.hi, b.hi);
    p.lo += a.hi * b.lo + a.lo * b.hi;
    add(p);
  }

  DoubleWord normalized() const { return sum(hi, lo); }
  Real rounded() const { return hi + lo; }
};

}  // namespace eckart::apps
