#include "kernels/matvec.hpp"

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;

// y_j <- sum_i a_ij x_i for four columns: x is loaded once for all.
template <class Real>
[[gnu::always_inline]] inline void dots(
    index_t m, const Real* a, index_t ld, const Real* x, Real* y) {
  const Real* const b = a + ld;
  const Real* const c = b + ld;
  const Real* const d = c + ld;
  Real s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
  for (index_t i = 0; i < m; ++i) {
    s0 += a[i] * x[i];
    s1 += b[i] * x[i];
    s2 += c[i] * x[i];
    s3 += d[i] * x[i];
  }
  y[0] = s0, y[1] = s1, y[2] = s2, y[3] = s3;
}

template <class Real>
[[gnu::always_inline]] inline Real dot(index_t m, const Real* a, const Real* x) {
  Real s = 0;
#pragma omp simd reduction(+ : s)
  for (index_t i = 0; i < m; ++i) s += a[i] * x[i];
  return s;
}

// y <- y + sum_j x_j a_j for four columns: y is touched once for all.
template <class Real>
[[gnu::always_inline]] inline void axpys(
    index_t m, const Real* a, index_t ld, const Real* x, Real* y) {
  const Real* const b = a + ld;
  const Real* const c = b + ld;
  const Real* const d = c + ld;
  const Real x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
#pragma omp simd
  for (index_t i = 0; i < m; ++i) {
    y[i] += (x0 * a[i] + x1 * b[i]) + (x2 * c[i] + x3 * d[i]);
  }
}

template <class Real>
[[gnu::always_inline]] inline void axpy(index_t m, const Real* a, Real x, Real* y) {
#pragma omp simd
  for (index_t i = 0; i < m; ++i) y[i] += x * a[i];
}

template <class Real>
struct AdjointTimes {
  [[gnu::always_inline]] static void run(
      index_t m, index_t n, const Real* A, index_t ld, const Real* x, Real* y) {
    index_t j = 0;
    for (; j + 4 <= n; j += 4) dots(m, A + j * ld, ld, x, y + j);
    for (; j < n; ++j) y[j] = dot(m, A + j * ld, x);
  }
};

template <class Real>
struct AddTimes {
  [[gnu::always_inline]] static void run(
      index_t m, index_t n, const Real* A, index_t ld, const Real* x, Real* y) {
    index_t j = 0;
    for (; j + 4 <= n; j += 4) axpys(m, A + j * ld, ld, x + j, y);
    for (; j < n; ++j) axpy(m, A + j * ld, x[j], y);
  }
};

// The same for two interleaved complex columns.
template <class Real>
[[gnu::always_inline]] inline void complex_dots(
    index_t m, const Real* a, const Real* b, const Real* x, Real* y) {
  Real a_re = 0, a_im = 0, b_re = 0, b_im = 0;
#pragma omp simd reduction(+ : a_re, a_im, b_re, b_im)
  for (index_t i = 0; i < m; ++i) {
    const Real re = x[2 * i];
    const Real im = x[2 * i + 1];
    a_re += a[2 * i] * re + a[2 * i + 1] * im;
    a_im += a[2 * i] * im - a[2 * i + 1] * re;
    b_re += b[2 * i] * re + b[2 * i + 1] * im;
    b_im += b[2 * i] * im - b[2 * i + 1] * re;
  }
  y[0] = a_re, y[1] = a_im, y[2] = b_re, y[3] = b_im;
}

template <class Real>
[[gnu::always_inline]] inline void complex_axpys(
    index_t m, const Real* a, const Real* b, const Real* x, Real* y) {
  const Real a_re = x[0], a_im = x[1], b_re = x[2], b_im = x[3];
#pragma omp simd
  for (index_t i = 0; i < m; ++i) {
    y[2 * i] += (a_re * a[2 * i] - a_im * a[2 * i + 1]) + (b_re * b[2 * i] - b_im * b[2 * i + 1]);
    y[2 * i + 1] +=
        (a_re * a[2 * i + 1] + a_im * a[2 * i]) + (b_re * b[2 * i + 1] + b_im * b[2 * i]);
  }
}

template <class Real>
struct AdjointTimes<std::complex<Real>> {
  using T = std::complex<Real>;
  [[gnu::always_inline]] static void run(
      index_t m, index_t n, const T* A, index_t ld, const T* x, T* y) {
    const auto* reals = reinterpret_cast<const Real*>(x);
    for (index_t j = 0; j < n; j += 2) {
      const auto* a = reinterpret_cast<const Real*>(A + j * ld);
      const auto* b = j + 1 < n ? a + 2 * ld : a;  // a column without a pair is its own pair
      Real products[4];
      complex_dots(m, a, b, reals, products);
      y[j] = {products[0], products[1]};
      if (j + 1 < n) y[j + 1] = {products[2], products[3]};
    }
  }
};

template <class Real>
struct AddTimes<std::complex<Real>> {
  using T = std::complex<Real>;
  [[gnu::always_inline]] static void run(
      index_t m, index_t n, const T* A, index_t ld, const T* x, T* y) {
    auto* reals = reinterpret_cast<Real*>(y);
    for (index_t j = 0; j < n; j += 2) {
      const auto* a = reinterpret_cast<const Real*>(A + j * ld);
      const bool pair = j + 1 < n;
      const auto* b = pair ? a + 2 * ld : a;
      const T second = pair ? x[j + 1] : T{};
      const Real factors[4] = {x[j].real(), x[j].imag(), second.real(), second.imag()};
      complex_axpys(m, a, b, factors, reals);
    }
  }
};

}  // namespace

template <Scalar T>
void adjoint_times(index_t m, index_t n, const T* A, index_t ld, const T* x, T* y) {
  at_level<AdjointTimes<T>>(level(), m, n, A, ld, x, y);
}

template <Scalar T>
void add_times(index_t m, index_t n, const T* A, index_t ld, const T* x, T* y) {
  at_level<AddTimes<T>>(level(), m, n, A, ld, x, y);
}

template void adjoint_times(index_t, index_t, const float*, index_t, const float*, float*);
template void adjoint_times(index_t, index_t, const double*, index_t, const double*, double*);
template void adjoint_times(index_t, index_t, const cfloat*, index_t, const cfloat*, cfloat*);
template void adjoint_times(index_t, index_t, const cdouble*, index_t, const cdouble*, cdouble*);
template void add_times(index_t, index_t, const float*, index_t, const float*, float*);
template void add_times(index_t, index_t, const double*, index_t, const double*, double*);
template void add_times(index_t, index_t, const cfloat*, index_t, const cfloat*, cfloat*);
template void add_times(index_t, index_t, const cdouble*, index_t, const cdouble*, cdouble*);

}  // namespace eckart::kernels
