// Arithmetic on entries of a pack. Operands go by reference: a vector by value would change the
// calling convention with the instruction-set level.
#pragma once

#include <type_traits>

#include "kernels/batch.hpp"

namespace eckart::kernels {

template <class Real>
struct VectorOf {
  using type [[gnu::vector_size(64)]] = Real;
};
template <class Real>
using Vector = typename VectorOf<Real>::type;

template <class Real>
struct ComplexVector {
  Vector<Real> re;
  Vector<Real> im;
};

// One number for each lane.
template <class Real>
struct alignas(64) PerLane {
  Real values[64 / sizeof(Real)];
  Real& operator[](index_t l) { return values[l]; }
  const Real& operator[](index_t l) const { return values[l]; }
};

// An entry of a pack.
template <class T>
using Entry = std::conditional_t<is_complex<T>, ComplexVector<real_t<T>>, Vector<real_t<T>>>;

template <class T>
[[gnu::always_inline]] inline Entry<T>* entries(real_t<T>* data) {
  return reinterpret_cast<Entry<T>*>(data);
}
template <class T>
[[gnu::always_inline]] inline const Entry<T>* entries(const real_t<T>* data) {
  return reinterpret_cast<const Entry<T>*>(data);
}

// c <- c + a b
template <class V>
[[gnu::always_inline]] inline void add_product(V& c, const V& a, const V& b) {
  c += a * b;
}
template <class Real>
[[gnu::always_inline]] inline void add_product(ComplexVector<Real>& c,
                                               const ComplexVector<Real>& a,
                                               const ComplexVector<Real>& b) {
  c.re += a.re * b.re;
  c.im += a.re * b.im;
  c.re -= a.im * b.im;
  c.im += a.im * b.re;
}

// c <- c + conj(a) b
template <class V>
[[gnu::always_inline]] inline void add_adjoint_product(V& c, const V& a, const V& b) {
  c += a * b;
}
template <class Real>
[[gnu::always_inline]] inline void add_adjoint_product(ComplexVector<Real>& c,
                                                       const ComplexVector<Real>& a,
                                                       const ComplexVector<Real>& b) {
  c.re += a.re * b.re;
  c.im += a.re * b.im;
  c.re += a.im * b.im;
  c.im -= a.im * b.re;
}

// c <- c - a b
template <class V>
[[gnu::always_inline]] inline void subtract_product(V& c, const V& a, const V& b) {
  c -= a * b;
}
template <class Real>
[[gnu::always_inline]] inline void subtract_product(ComplexVector<Real>& c,
                                                    const ComplexVector<Real>& a,
                                                    const ComplexVector<Real>& b) {
  c.re -= a.re * b.re;
  c.im -= a.re * b.im;
  c.re += a.im * b.im;
  c.im -= a.im * b.re;
}

// c <- c - conj(a) b
template <class V>
[[gnu::always_inline]] inline void subtract_adjoint_product(V& c, const V& a, const V& b) {
  c -= a * b;
}
template <class Real>
[[gnu::always_inline]] inline void subtract_adjoint_product(ComplexVector<Real>& c,
                                                            const ComplexVector<Real>& a,
                                                            const ComplexVector<Real>& b) {
  c.re -= a.re * b.re;
  c.im -= a.re * b.im;
  c.re -= a.im * b.im;
  c.im += a.im * b.re;
}

// x <- conj(x)
template <class V>
[[gnu::always_inline]] inline void conjugate_entry(V&) {}
template <class Real>
[[gnu::always_inline]] inline void conjugate_entry(ComplexVector<Real>& x) {
  x.im = -x.im;
}

}  // namespace eckart::kernels
