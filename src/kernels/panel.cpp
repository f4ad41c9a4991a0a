#include "kernels/panel.hpp"

#include <algorithm>

#include "kernels/levels.hpp"
#include "kernels/reflector.hpp"

namespace eckart::kernels {
namespace {

// Products of columns; complex columns are seen as interleaved reals.
template <class T>
struct Column {
  using Real = real_t<T>;

  [[gnu::always_inline]] static const Real* reals(const T* x) {
    return reinterpret_cast<const Real*>(x);
  }
  [[gnu::always_inline]] static Real* reals(T* x) { return reinterpret_cast<Real*>(x); }

  // sum of |x_i|^2
  [[gnu::always_inline]] static Real energy(index_t m, const T* x) {
    const Real* p = reals(x);
    Real sum = 0;
    const index_t count = planes<T> * m;
#pragma omp simd reduction(+ : sum)
    for (index_t i = 0; i < count; ++i) sum += p[i] * p[i];
    return sum;
  }

  [[gnu::always_inline]] static Real largest(index_t m, const T* x) {
    const Real* p = reals(x);
    Real most = 0;
    for (index_t i = 0; i < planes<T> * m; ++i) most = std::max(most, std::abs(p[i]));
    return most;
  }

  // sum of conj(v_i) x_i
  [[gnu::always_inline]] static T inner(index_t m, const T* v, const T* x) {
    const Real* p = reals(v);
    const Real* q = reals(x);
    Real re = 0;
    if constexpr (is_complex<T>) {
      Real im = 0;
#pragma omp simd reduction(+ : re, im)
      for (index_t i = 0; i < m; ++i) {
        re += p[2 * i] * q[2 * i] + p[2 * i + 1] * q[2 * i + 1];
        im += p[2 * i] * q[2 * i + 1] - p[2 * i + 1] * q[2 * i];
      }
      return T(re, im);
    } else {
#pragma omp simd reduction(+ : re)
      for (index_t i = 0; i < m; ++i) re += p[i] * q[i];
      return re;
    }
  }

  // x <- x - a v
  [[gnu::always_inline]] static void subtract(index_t m, T* x, T a, const T* v) {
    const Real* __restrict p = reals(v);
    Real* __restrict q = reals(x);
    if constexpr (is_complex<T>) {
      const Real re = a.real();
      const Real im = a.imag();
#pragma omp simd
      for (index_t i = 0; i < m; ++i) {
        q[2 * i] -= p[2 * i] * re - p[2 * i + 1] * im;
        q[2 * i + 1] -= p[2 * i] * im + p[2 * i + 1] * re;
      }
    } else {
#pragma omp simd
      for (index_t i = 0; i < m; ++i) q[i] -= p[i] * a;
    }
  }

  // x <- a x
  [[gnu::always_inline]] static void scale(index_t m, T* x, T a) {
    Real* q = reals(x);
    if constexpr (is_complex<T>) {
      const Real re = a.real();
      const Real im = a.imag();
#pragma omp simd
      for (index_t i = 0; i < m; ++i) {
        const Real x_re = q[2 * i];
        const Real x_im = q[2 * i + 1];
        q[2 * i] = x_re * re - x_im * im;
        q[2 * i + 1] = x_re * im + x_im * re;
      }
    } else {
#pragma omp simd
      for (index_t i = 0; i < m; ++i) q[i] *= a;
    }
  }

  // a b, without the recovery of infinities of std::complex.
  [[gnu::always_inline]] static T times(T a, T b) {
    if constexpr (is_complex<T>) {
      return T(a.real() * b.real() - a.imag() * b.imag(),
               a.real() * b.imag() + a.imag() * b.real());
    } else {
      return a * b;
    }
  }

  [[gnu::always_inline]] static T make(Real re, Real im) {
    if constexpr (is_complex<T>) {
      return T(re, im);
    } else {
      return re;
    }
  }
};

template <class T>
struct FactorColumnsKernel {
  using Real = real_t<T>;
  using C = Column<T>;

  struct Head {
    T tau;
    Real beta;
  };

  // x <- the vector of the reflector that turns x into a multiple of e_0.
  [[gnu::always_inline]] static Head reflect(index_t m, T* x) {
    Real unscale = 1;
    const Real energy = C::energy(m, x);
    if (!well_scaled(energy)) [[unlikely]] {
      const Real up = scale_to_one(C::largest(m, x));
      unscale = 1 / up;
      C::scale(m, x, T(up));
    }
    const T alpha = x[0];
    Real imag = 0;
    if constexpr (is_complex<T>) imag = alpha.imag();
    const Reflector<Real> h = make_reflector(std::real(alpha), imag, C::energy(m - 1, x + 1));
    C::scale(m - 1, x + 1, C::make(h.factor_re, h.factor_im));
    x[0] = 1;
    return {C::make(h.tau_re, h.tau_im), h.beta * unscale};
  }

  [[gnu::always_inline]] static void run(
      index_t m, index_t w, T* V, index_t ld, T* R, T* factor, index_t ldf) {
    for (index_t j = 0; j < w; ++j) {
      T* v = V + j + j * ld;
      const index_t length = m - j;
      const Head h = reflect(length, v);
      R[j + j * ldf] = h.beta;
      for (index_t k = j + 1; k < w; ++k) {
        T* x = V + j + k * ld;
        C::subtract(length, x, C::times(conjugate(h.tau), C::inner(length, v, x)), v);
        R[j + k * ldf] = x[0];
        x[0] = 0;
      }
      // Column j of the factor: -tau T (V^H v).
      T* t = factor + j * ldf;
      t[j] = h.tau;
      for (index_t i = 0; i < j; ++i) {
        t[i] = C::times(-h.tau, C::inner(length, V + j + i * ld, v));
      }
      for (index_t i = 0; i < j; ++i) {
        T sum = 0;
        for (index_t l = i; l < j; ++l) sum += C::times(factor[i + l * ldf], t[l]);
        t[i] = sum;
      }
    }
  }
};

}  // namespace

template <class T>
void factor_columns(index_t m, index_t w, T* V, index_t ld, T* R, T* factor, index_t ldf) {
  at_level<FactorColumnsKernel<T>>(level(), m, w, V, ld, R, factor, ldf);
}

template void factor_columns(index_t, index_t, float*, index_t, float*, float*, index_t);
template void factor_columns(index_t, index_t, double*, index_t, double*, double*, index_t);
template void factor_columns(index_t,
                             index_t,
                             std::complex<float>*,
                             index_t,
                             std::complex<float>*,
                             std::complex<float>*,
                             index_t);
template void factor_columns(index_t,
                             index_t,
                             std::complex<double>*,
                             index_t,
                             std::complex<double>*,
                             std::complex<double>*,
                             index_t);

}  // namespace eckart::kernels
