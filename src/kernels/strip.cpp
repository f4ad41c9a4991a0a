#include "kernels/strip.hpp"

#include "kernels/lanes.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

template <class T>
struct ScaleStripKernel {
  using Real = real_t<T>;
  static constexpr index_t k = strip_reflectors<T>;
  static constexpr index_t size = strip_vector_size<T>;

  [[gnu::always_inline]] static void run(index_t rows, const Real* V, const Real* tau, Real* VT) {
    // gram_ij = v_i^H v_j
    Grid<Real, k, k> re = {};
    Grid<Real, k, k> im = {};
    for (index_t r = 0; r < rows; ++r) {
      const Real* v = V + r * size;
#pragma GCC unroll 8
      for (index_t i = 0; i < k; ++i) {
#pragma omp simd
        for (index_t j = 0; j < k; ++j) {
          re[i][j] += v[i] * v[j];
          if constexpr (is_complex<T>) {
            re[i][j] += v[k + i] * v[k + j];
            im[i][j] += v[i] * v[k + j] - v[k + i] * v[j];
          }
        }
      }
    }
    // Column j of T: T_jj = tau_j, T_ij = -tau_j sum_{i <= l < j} T_il gram_lj.
    Grid<Real, k, k> t_re = {};
    Grid<Real, k, k> t_im = {};
    for (index_t j = 0; j < k; ++j) {
      const Real tau_re = tau[j];
      const Real tau_im = is_complex<T> ? tau[k + j] : Real{0};
      for (index_t i = 0; i < j; ++i) {
        Real sum_re = 0;
        Real sum_im = 0;
        for (index_t l = i; l < j; ++l) {
          sum_re += t_re[i][l] * re[l][j] - t_im[i][l] * im[l][j];
          sum_im += t_re[i][l] * im[l][j] + t_im[i][l] * re[l][j];
        }
        t_re[i][j] = -(tau_re * sum_re - tau_im * sum_im);
        t_im[i][j] = -(tau_re * sum_im + tau_im * sum_re);
      }
      t_re[j][j] = tau_re;
      t_im[j][j] = tau_im;
    }
    for (index_t r = 0; r < rows; ++r) {
      const Real* v = V + r * size;
      Real* w = VT + r * size;
      Row<Real, k> x = {};
      Row<Real, k> y = {};
#pragma GCC unroll 8
      for (index_t l = 0; l < k; ++l) {
#pragma omp simd
        for (index_t j = 0; j < k; ++j) {
          x[j] += v[l] * t_re[l][j];
          if constexpr (is_complex<T>) {
            x[j] -= v[k + l] * t_im[l][j];
            y[j] += v[l] * t_im[l][j] + v[k + l] * t_re[l][j];
          }
        }
      }
      for (index_t j = 0; j < k; ++j) w[j] = x[j];
      if constexpr (is_complex<T>) {
        for (index_t j = 0; j < k; ++j) w[k + j] = y[j];
      }
    }
  }
};

// Registers hold V^H X for all reflectors of the strip and NV vectors of columns.
template <class T, int Bytes>
struct ApplyStripKernel {
  using Real = real_t<T>;
  using L = Lanes<Real, Bytes>;
  using Vec = typename L::Vec;
  using Loose = typename L::Loose;
  static constexpr index_t W = L::width;
  static constexpr index_t NV = Bytes == 64 ? 3 : 1;
  static constexpr index_t k = strip_reflectors<T>;
  static constexpr index_t size = strip_vector_size<T>;
  static constexpr index_t row_size = strip_row_size<T>;
  static constexpr index_t imag = strip_columns<T>;

  [[gnu::always_inline]] static const Loose& at(const Real* p) {
    return *reinterpret_cast<const Loose*>(p);
  }
  [[gnu::always_inline]] static Loose& at(Real* p) { return *reinterpret_cast<Loose*>(p); }

  [[gnu::always_inline]] static void real_columns(index_t rows,
                                                  const Real* V,
                                                  const Real* VT,
                                                  Real* X) {
    Grid<Vec, k, NV> y;
#pragma GCC unroll 8
    for (index_t l = 0; l < k; ++l) {
#pragma GCC unroll 8
      for (index_t c = 0; c < NV; ++c) y[l][c] = Vec{};
    }
    for (index_t r = 0; r < rows; ++r) {
      const Real* x = X + r * row_size;
      const Real* v = V + r * size;
#pragma GCC unroll 8
      for (index_t l = 0; l < k; ++l) {
#pragma GCC unroll 8
        for (index_t c = 0; c < NV; ++c) y[l][c] += at(x + c * W) * v[l];
      }
    }
    for (index_t r = 0; r < rows; ++r) {
      Real* x = X + r * row_size;
      const Real* v = VT + r * size;
      Row<Vec, NV> z;
#pragma GCC unroll 8
      for (index_t c = 0; c < NV; ++c) z[c] = at(x + c * W);
#pragma GCC unroll 8
      for (index_t l = 0; l < k; ++l) {
#pragma GCC unroll 8
        for (index_t c = 0; c < NV; ++c) z[c] -= y[l][c] * v[l];
      }
#pragma GCC unroll 8
      for (index_t c = 0; c < NV; ++c) at(x + c * W) = z[c];
    }
  }

  [[gnu::always_inline]] static void complex_columns(index_t rows,
                                                     const Real* V,
                                                     const Real* VT,
                                                     Real* X) {
    Grid<Vec, k, NV> re;
    Grid<Vec, k, NV> im;
#pragma GCC unroll 8
    for (index_t l = 0; l < k; ++l) {
#pragma GCC unroll 8
      for (index_t c = 0; c < NV; ++c) re[l][c] = im[l][c] = Vec{};
    }
    for (index_t r = 0; r < rows; ++r) {
      const Real* x = X + r * row_size;
      const Real* v = V + r * size;
#pragma GCC unroll 8
      for (index_t l = 0; l < k; ++l) {
#pragma GCC unroll 8
        for (index_t c = 0; c < NV; ++c) {
          re[l][c] += at(x + c * W) * v[l];
          re[l][c] += at(x + imag + c * W) * v[k + l];
          im[l][c] += at(x + imag + c * W) * v[l];
          im[l][c] -= at(x + c * W) * v[k + l];
        }
      }
    }
    for (index_t r = 0; r < rows; ++r) {
      Real* x = X + r * row_size;
      const Real* v = VT + r * size;
      Row<Vec, NV> p;
      Row<Vec, NV> q;
#pragma GCC unroll 8
      for (index_t c = 0; c < NV; ++c) {
        p[c] = at(x + c * W);
        q[c] = at(x + imag + c * W);
      }
#pragma GCC unroll 8
      for (index_t l = 0; l < k; ++l) {
#pragma GCC unroll 8
        for (index_t c = 0; c < NV; ++c) {
          p[c] -= re[l][c] * v[l];
          p[c] += im[l][c] * v[k + l];
          q[c] -= im[l][c] * v[l];
          q[c] -= re[l][c] * v[k + l];
        }
      }
#pragma GCC unroll 8
      for (index_t c = 0; c < NV; ++c) {
        at(x + c * W) = p[c];
        at(x + imag + c * W) = q[c];
      }
    }
  }

  [[gnu::always_inline]] static void run(index_t rows, const Real* V, const Real* VT, Real* X) {
    for (index_t c = 0; c < strip_columns<T>; c += NV * W) {
      if constexpr (is_complex<T>) {
        complex_columns(rows, V, VT, X + c);
      } else {
        real_columns(rows, V, VT, X + c);
      }
    }
  }
};

}  // namespace

template <class T>
void scale_strip(index_t rows, const real_t<T>* V, const real_t<T>* tau, real_t<T>* VT) {
  at_level<ScaleStripKernel<T>>(level(), rows, V, tau, VT);
}

template <class T>
void apply_strip(index_t rows, const real_t<T>* V, const real_t<T>* VT, real_t<T>* X) {
  switch (level()) {
    case Level::v4:
      return run_v4<ApplyStripKernel<T, 64>>(rows, V, VT, X);
    case Level::v3:
      return run_v3<ApplyStripKernel<T, 32>>(rows, V, VT, X);
    case Level::base:
      break;
  }
  return run_base<ApplyStripKernel<T, 16>>(rows, V, VT, X);
}

template void scale_strip<float>(index_t, const float*, const float*, float*);
template void scale_strip<double>(index_t, const double*, const double*, double*);
template void scale_strip<std::complex<float>>(index_t, const float*, const float*, float*);
template void scale_strip<std::complex<double>>(index_t, const double*, const double*, double*);
template void apply_strip<float>(index_t, const float*, const float*, float*);
template void apply_strip<double>(index_t, const double*, const double*, double*);
template void apply_strip<std::complex<float>>(index_t, const float*, const float*, float*);
template void apply_strip<std::complex<double>>(index_t, const double*, const double*, double*);

}  // namespace eckart::kernels
