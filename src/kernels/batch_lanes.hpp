// Arithmetic on entries of a pack. Operands go by reference: a vector by value would change the
// calling convention with the instruction-set level.
#pragma once

#include <type_traits>

#include "kernels/batch.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {

template <class Real, int bytes>
struct VectorOf {
  using type [[gnu::vector_size(bytes)]] = Real;
};
// As many lanes as a register of so many bytes holds: a pack is worked through register by
// register, since wider vectors than the machine has would live in memory.
template <class Real, int bytes>
using Vector = typename VectorOf<Real, bytes>::type;
template <class Real, int bytes>
inline constexpr index_t lanes_of = bytes / static_cast<index_t>(sizeof(Real));

template <class Real, int bytes>
struct ComplexVector {
  Vector<Real, bytes> re;
  Vector<Real, bytes> im;
};

// Some lanes of an entry of a pack.
template <class T, int bytes>
using Entry =
    std::conditional_t<is_complex<T>, ComplexVector<real_t<T>, bytes>, Vector<real_t<T>, bytes>>;

template <class Real, class V>
[[gnu::always_inline]] inline void load(V& x, const Real* from) {
  x = *reinterpret_cast<const V*>(from);
}
template <class Real, int bytes>
[[gnu::always_inline]] inline void load(ComplexVector<Real, bytes>& x, const Real* from) {
  load(x.re, from);
  load(x.im, from + lanes<Real>);
}
template <class Real, class V>
[[gnu::always_inline]] inline void store(const V& x, Real* to) {
  *reinterpret_cast<V*>(to) = x;
}
template <class Real, int bytes>
[[gnu::always_inline]] inline void store(const ComplexVector<Real, bytes>& x, Real* to) {
  store(x.re, to);
  store(x.im, to + lanes<Real>);
}

// One number for each lane.
template <class Real>
struct alignas(64) PerLane {
  Real values[64 / sizeof(Real)];
  Real& operator[](index_t l) { return values[l]; }
  const Real& operator[](index_t l) const { return values[l]; }
};

// Calls Kernel<T, bytes> compiled for the level in use, with the registers of that level.
template <template <class, int> class Kernel, class T, class... Args>
auto at_register_width(Args... args) {
  switch (level()) {
    case Level::v4:
      return run_v4<Kernel<T, 64>>(args...);
    case Level::v3:
      return run_v3<Kernel<T, 32>>(args...);
    case Level::base:
      break;
  }
  return run_base<Kernel<T, 16>>(args...);
}

// sum <- sum + |x|^2
template <class V>
[[gnu::always_inline]] inline void add_square(V& sum, const V& x) {
  sum += x * x;
}
template <class V, class Real, int bytes>
[[gnu::always_inline]] inline void add_square(V& sum, const ComplexVector<Real, bytes>& x) {
  sum += x.re * x.re;
  sum += x.im * x.im;
}

// c <- c + a b
template <class V>
[[gnu::always_inline]] inline void add_product(V& c, const V& a, const V& b) {
  c += a * b;
}
template <class Real, int bytes>
[[gnu::always_inline]] inline void add_product(ComplexVector<Real, bytes>& c,
                                               const ComplexVector<Real, bytes>& a,
                                               const ComplexVector<Real, bytes>& b) {
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
template <class Real, int bytes>
[[gnu::always_inline]] inline void add_adjoint_product(ComplexVector<Real, bytes>& c,
                                                       const ComplexVector<Real, bytes>& a,
                                                       const ComplexVector<Real, bytes>& b) {
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
template <class Real, int bytes>
[[gnu::always_inline]] inline void subtract_product(ComplexVector<Real, bytes>& c,
                                                    const ComplexVector<Real, bytes>& a,
                                                    const ComplexVector<Real, bytes>& b) {
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
template <class Real, int bytes>
[[gnu::always_inline]] inline void subtract_adjoint_product(ComplexVector<Real, bytes>& c,
                                                            const ComplexVector<Real, bytes>& a,
                                                            const ComplexVector<Real, bytes>& b) {
  c.re -= a.re * b.re;
  c.im -= a.re * b.im;
  c.re -= a.im * b.im;
  c.im += a.im * b.re;
}

// c <- c - s a for real s
template <class V>
[[gnu::always_inline]] inline void subtract_scaled(V& c, const V& s, const V& a) {
  c -= s * a;
}
template <class V, class Real, int bytes>
[[gnu::always_inline]] inline void subtract_scaled(ComplexVector<Real, bytes>& c,
                                                   const V& s,
                                                   const ComplexVector<Real, bytes>& a) {
  c.re -= s * a.re;
  c.im -= s * a.im;
}

// x <- x - 1
template <class V>
[[gnu::always_inline]] inline void subtract_one(V& x) {
  x -= 1;
}
template <class Real, int bytes>
[[gnu::always_inline]] inline void subtract_one(ComplexVector<Real, bytes>& x) {
  x.re -= 1;
}

// x <- conj(x)
template <class V>
[[gnu::always_inline]] inline void conjugate_entry(V&) {}
template <class Real, int bytes>
[[gnu::always_inline]] inline void conjugate_entry(ComplexVector<Real, bytes>& x) {
  x.im = -x.im;
}

}  // namespace eckart::kernels
