#include "kernels/jacobi.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

constexpr index_t width = jacobi_columns;

// Returns 2^exponent; the smallest or largest normal power beyond them.
template <class Real>
[[gnu::always_inline]] inline Real power_of_two(int exponent) {
  if constexpr (sizeof(Real) == 8) {
    return std::bit_cast<Real>(static_cast<std::uint64_t>(std::clamp(exponent, -1022, 1023) + 1023)
                               << 52);
  } else {
    return std::bit_cast<Real>(static_cast<std::uint32_t>(std::clamp(exponent, -126, 127) + 127)
                               << 23);
  }
}

// x <- x + (p w y - k x), y <- y - (t conj(w) x + k y) for a phase w = u + i v. With k = 1 - cosine
// in place of the cosine, a small angle makes a small error.
template <class T>
struct Rotation {
  real_t<T> k;
  real_t<T> p;
  real_t<T> t;
  real_t<T> u;
  real_t<T> v;
};

template <class T>
[[gnu::always_inline]] inline void rotate(typename JacobiProblem<T>::Square* square,
                                          index_t i,
                                          index_t j,
                                          const Rotation<T>& r) {
  using Real = real_t<T>;
  Real* x = square[0].data() + width * i;
  Real* y = square[0].data() + width * j;
  if constexpr (is_complex<T>) {
    Real* x_im = square[1].data() + width * i;
    Real* y_im = square[1].data() + width * j;
    const Real pu = r.p * r.u, pv = r.p * r.v;
    const Real tu = r.t * r.u, tv = r.t * r.v;
#pragma omp simd
    for (index_t k = 0; k < width; ++k) {
      const Real a = x[k], a_im = x_im[k];
      const Real b = y[k], b_im = y_im[k];
      x[k] = a + (pu * b - pv * b_im - r.k * a);
      x_im[k] = a_im + (pu * b_im + pv * b - r.k * a_im);
      y[k] = b - (tu * a + tv * a_im + r.k * b);
      y_im[k] = b_im - (tu * a_im - tv * a + r.k * b_im);
    }
  } else {
    const Real p = r.p * r.u;
    const Real t = r.t * r.u;
#pragma omp simd
    for (index_t k = 0; k < width; ++k) {
      const Real a = x[k];
      const Real b = y[k];
      x[k] = a + (p * b - r.k * a);
      y[k] = b - (t * a + r.k * b);
    }
  }
}

// Row i of C <- the conjugate of column i.
template <class T>
[[gnu::always_inline]] inline void mirror(JacobiProblem<T>& problem, index_t i) {
  for (std::size_t part = 0; part < JacobiProblem<T>::parts; ++part) {
    real_t<T>* C = problem.C[part].data();
    const real_t<T> sign = part == 0 ? 1 : -1;
    for (index_t k = 0; k < problem.count; ++k) {
      if (k != i) C[i + width * k] = sign * C[k + width * i];
    }
  }
}

template <class T>
struct SweepKernel {
  using Real = real_t<T>;
  [[gnu::always_inline]] static JacobiSweep<Real> run(JacobiProblem<T>* at, Real tolerance) {
    JacobiProblem<T>& problem = *at;
    JacobiSweep<Real> seen;
    for (index_t i = 0; i + 1 < problem.count; ++i) {
      for (index_t j = i + 1; j < problem.count; ++j) visit(problem, i, j, tolerance, seen);
    }
    return seen;
  }

 private:
  // With x the longer of the two: h = x^H y = g phase, t the tangent of the smaller angle that
  // solves t^2 g - t (||x||^2 - ||y||^2) - g = 0, divided by the ratio q of the two scales.
  [[gnu::always_inline]] static void visit(
      JacobiProblem<T>& problem, index_t i, index_t j, Real tolerance, JacobiSweep<Real>& seen) {
    Real* C = problem.C[0].data();
    const auto at = [](index_t row, index_t col) { return row + width * col; };
    Real re = C[at(i, j)];
    Real im = 0;
    if constexpr (is_complex<T>) im = problem.C[1][static_cast<std::size_t>(at(i, j))];
    // Of columns that rotations have cancelled, re and im are so small that squares vanish.
    const Real g = is_complex<T> ? std::hypot(re, im) : std::abs(re);
    // A column that rotations have cancelled again and again waits for its next Gram matrix.
    constexpr Real least = std::numeric_limits<Real>::min() / std::numeric_limits<Real>::epsilon();
    if (!(C[at(i, i)] >= least && C[at(j, j)] >= least)) return;
    const Real lengths = std::sqrt(C[at(i, i)]) * std::sqrt(C[at(j, j)]);
    if (!(g > tolerance * lengths)) return;
    seen.largest_cosine = std::max(seen.largest_cosine, std::min(g / lengths, Real{1}));

    index_t x = i;
    index_t y = j;
    Real q = power_of_two<Real>(problem.exponents[static_cast<std::size_t>(j)] -
                                problem.exponents[static_cast<std::size_t>(i)]);
    if (C[at(i, i)] < q * q * C[at(j, j)]) {
      std::swap(x, y);
      im = -im;
      q = power_of_two<Real>(problem.exponents[static_cast<std::size_t>(i)] -
                             problem.exponents[static_cast<std::size_t>(j)]);
    }
    const Real a = C[at(x, x)];
    const Real b = C[at(y, y)];
    // In units of a, so that no square vanishes.
    const Real gap = 1 - q * q * (b / a);
    const Real h = g / a;
    const Real t = 2 * h / (gap + std::sqrt(gap * gap + 4 * (q * h) * (q * h)));
    const Real tangent = q * t;
    const Real cosine = 1 / std::sqrt(1 + tangent * tangent);
    const Real sine = tangent * cosine;
    const Rotation<T> r{sine * sine / (1 + cosine), sine * q, t * cosine, re / g, -im / g};
    seen.largest_sine = std::max(seen.largest_sine, sine);
    ++seen.rotations;

    rotate<T>(problem.C.data(), x, y, r);
    rotate<T>(problem.Z.data(), x, y, r);
    C[at(x, x)] = a + q * q * t * g;
    C[at(y, y)] = std::max(b - t * g, b * std::numeric_limits<Real>::epsilon());
    for (std::size_t part = 0; part < JacobiProblem<T>::parts; ++part) {
      problem.C[part][static_cast<std::size_t>(at(x, y))] = 0;
      problem.C[part][static_cast<std::size_t>(at(y, x))] = 0;
    }
    if constexpr (is_complex<T>) {
      problem.C[1][static_cast<std::size_t>(at(x, x))] = 0;
      problem.C[1][static_cast<std::size_t>(at(y, y))] = 0;
    }
    mirror(problem, x);
    mirror(problem, y);
  }
};

template <class Real>
struct ScaleKernel {
  [[gnu::always_inline]] static void run(index_t n, const Real* from, int exponent, Real* to) {
    // Two factors: 2^exponent itself need not be a normal number.
    const Real first = power_of_two<Real>(exponent / 2);
    const Real second = power_of_two<Real>(exponent - exponent / 2);
#pragma omp simd
    for (index_t i = 0; i < n; ++i) to[i] = from[i] * first * second;
  }
};

}  // namespace

template <Scalar T>
JacobiSweep<real_t<T>> jacobi_sweep(JacobiProblem<T>& problem, real_t<T> tolerance) {
  return at_level<SweepKernel<T>>(level(), &problem, tolerance);
}

template <class Real>
void scale_by_power(index_t n, const Real* from, int exponent, Real* to) {
  at_level<ScaleKernel<Real>>(level(), n, from, exponent, to);
}

template JacobiSweep<float> jacobi_sweep(JacobiProblem<float>&, float);
template JacobiSweep<double> jacobi_sweep(JacobiProblem<double>&, double);
template JacobiSweep<float> jacobi_sweep(JacobiProblem<std::complex<float>>&, float);
template JacobiSweep<double> jacobi_sweep(JacobiProblem<std::complex<double>>&, double);
template void scale_by_power(index_t, const float*, int, float*);
template void scale_by_power(index_t, const double*, int, double*);

}  // namespace eckart::kernels
