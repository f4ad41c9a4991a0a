// Bidiagonalization of a pack by Householder reflectors H = I - tau v v^H with v_0 = 1, and their
// application. Each loop works on a few columns (or rows) at a time: their products with v stay in
// registers, and v is read once for all of them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "kernels/batch_lanes.hpp"

namespace eckart::kernels {
namespace {

// Sums of squares below lose digits to underflow. Entries are about 1 and smaller, so that what is
// below the root of it does not matter.
template <class Real>
constexpr Real least_square() {
  const Real eps = std::numeric_limits<Real>::epsilon();
  return std::numeric_limits<Real>::min() / (eps * eps);
}

// Finds H with H^H x = beta e_0, beta real; x <- v. A negligible x gives H = I, and beta is the
// real part of x_0: where nothing stands below it, a tiny value is kept. Entries of x are step
// reals apart.
template <class T, int bytes>
[[gnu::always_inline]] inline void make_reflector(
    index_t n, real_t<T>* x, index_t step, real_t<T>* beta, real_t<T>* tau) {
  using Real = real_t<T>;
  constexpr index_t width = lanes<T>;
  PerLane<Real> square;
  for (index_t l = 0; l < width; l += lanes_of<Real, bytes>) {
    Vector<Real, bytes> sum = {};
    for (index_t i = 0; i < n; ++i) {
      Entry<T, bytes> x_i;
      load(x_i, x + i * step + l);
      add_square(sum, x_i);
    }
    store(sum, square.values + l);
  }
  alignas(64) Real scale[Pack<T>::entry];
#pragma omp simd
  for (index_t l = 0; l < width; ++l) {
    const bool matters = square[l] >= least_square<Real>();
    const Real norm = std::sqrt(square[l]);
    const Real re = x[l];
    const Real b = re > 0 ? -norm : norm;
    beta[l] = matters ? b : re;
    // tau = (beta - x_0) / beta, v = x / (x_0 - beta)
    const Real inverse = 1 / b;
    const Real distance = re - b;
    tau[l] = matters ? -distance * inverse : 0;
    if constexpr (is_complex<T>) {
      const Real im = x[width + l];
      const Real shrink = 1 / (distance * distance + im * im);
      tau[width + l] = matters ? -im * inverse : 0;
      scale[l] = matters ? distance * shrink : 0;
      scale[width + l] = matters ? -im * shrink : 0;
    } else {
      const Real shrink = 1 / distance;
      scale[l] = matters ? shrink : 0;
    }
  }
  for (index_t l = 0; l < width; l += lanes_of<Real, bytes>) {
    Entry<T, bytes> factor;
    load(factor, scale + l);
    for (index_t i = 1; i < n; ++i) {
      Entry<T, bytes> x_i;
      load(x_i, x + i * step + l);
      Entry<T, bytes> v_i = {};
      add_product(v_i, x_i, factor);
      store(v_i, x + i * step + l);
    }
  }
  std::fill_n(x, width, Real{1});
  if constexpr (is_complex<T>) std::fill_n(x + width, width, Real{0});
}

// C <- (I - tau v v^H) C for `block` columns; with conj(tau) if adjoint. Entries of v are step
// reals apart, columns of C ld reals. Works on the lanes of one register.
template <class T, int bytes, int block, bool adjoint>
[[gnu::always_inline]] inline void reflect_columns(index_t rows,
                                                   const real_t<T>* v,
                                                   index_t step,
                                                   const real_t<T>* tau,
                                                   real_t<T>* C,
                                                   index_t ld) {
  using E = Entry<T, bytes>;
  E w[static_cast<std::size_t>(block)] = {};  // v^H C
  for (index_t i = 0; i < rows; ++i) {
    E v_i;
    load(v_i, v + i * step);
    for (int b = 0; b < block; ++b) {
      E c;
      load(c, C + i * Pack<T>::entry + b * ld);
      add_adjoint_product(w[b], v_i, c);
    }
  }
  E factor;
  load(factor, tau);
  if constexpr (adjoint) conjugate_entry(factor);
  for (int b = 0; b < block; ++b) {
    E product = {};
    add_product(product, factor, w[b]);
    w[b] = product;
  }
  for (index_t i = 0; i < rows; ++i) {
    E v_i;
    load(v_i, v + i * step);
    for (int b = 0; b < block; ++b) {
      E c;
      load(c, C + i * Pack<T>::entry + b * ld);
      subtract_product(c, v_i, w[b]);
      store(c, C + i * Pack<T>::entry + b * ld);
    }
  }
}

// C <- C (I - tau v v^H) for `block` rows.
template <class T, int bytes, int block>
[[gnu::always_inline]] inline void reflect_rows(index_t cols,
                                                const real_t<T>* v,
                                                index_t step,
                                                const real_t<T>* tau,
                                                real_t<T>* C,
                                                index_t ld) {
  using E = Entry<T, bytes>;
  E w[static_cast<std::size_t>(block)] = {};  // C v
  for (index_t j = 0; j < cols; ++j) {
    E v_j;
    load(v_j, v + j * step);
    for (int b = 0; b < block; ++b) {
      E c;
      load(c, C + b * Pack<T>::entry + j * ld);
      add_product(w[b], v_j, c);
    }
  }
  E factor;
  load(factor, tau);
  for (int b = 0; b < block; ++b) {
    E product = {};
    add_product(product, factor, w[b]);
    w[b] = product;
  }
  for (index_t j = 0; j < cols; ++j) {
    E v_j;
    load(v_j, v + j * step);
    for (int b = 0; b < block; ++b) {
      E c;
      load(c, C + b * Pack<T>::entry + j * ld);
      subtract_adjoint_product(c, v_j, w[b]);
      store(c, C + b * Pack<T>::entry + j * ld);
    }
  }
}

// Products with v that stay in registers.
template <class T>
constexpr int widest_block = is_complex<T> ? 4 : 8;

template <class T, int bytes>
struct BidiagonalizeKernel {
  using Real = real_t<T>;
  static constexpr index_t entry = Pack<T>::entry;

  [[gnu::always_inline]] static void run(Pack<T> A, Real* d, Real* e, Real* tau_q, Real* tau_p) {
    const index_t m = A.rows;
    const index_t n = A.cols;
    const index_t ld = A.ld * entry;
    for (index_t k = 0; k < n; ++k) {
      Real* column = A.at(k, k);
      make_reflector<T, bytes>(m - k, column, entry, d + k * lanes<T>, tau_q + k * entry);
      if (k + 1 == n) break;
      Real* row = A.at(k, k + 1);
      for (index_t l = 0; l < lanes<T>; l += lanes_of<Real, bytes>) {
        left(m - k, n - k - 1, column + l, tau_q + k * entry + l, row + l, ld);
      }

      for (index_t j = k + 1; j < n; ++j) conjugate(A.at(k, j));
      make_reflector<T, bytes>(n - k - 1, row, ld, e + k * lanes<T>, tau_p + k * entry);
      for (index_t l = 0; l < lanes<T>; l += lanes_of<Real, bytes>) {
        right(m - k - 1, n - k - 1, row + l, tau_p + k * entry + l, row + entry + l, ld);
      }
    }
  }

  [[gnu::always_inline]] static void conjugate(Real* x) {
    if constexpr (is_complex<T>) {
      for (index_t l = lanes<T>; l < entry; ++l) x[l] = -x[l];
    }
  }

  // C <- H^H C
  [[gnu::always_inline]] static void left(
      index_t rows, index_t cols, const Real* v, const Real* tau, Real* C, index_t ld) {
    constexpr int wide = widest_block<T>;
    index_t j = 0;
    for (; j + wide <= cols; j += wide) {
      reflect_columns<T, bytes, wide, true>(rows, v, entry, tau, C + j * ld, ld);
    }
    for (; j + 2 <= cols; j += 2) {
      reflect_columns<T, bytes, 2, true>(rows, v, entry, tau, C + j * ld, ld);
    }
    if (j < cols) reflect_columns<T, bytes, 1, true>(rows, v, entry, tau, C + j * ld, ld);
  }

  // C <- C H
  [[gnu::always_inline]] static void right(
      index_t rows, index_t cols, const Real* v, const Real* tau, Real* C, index_t ld) {
    constexpr int wide = widest_block<T>;
    index_t i = 0;
    for (; i + wide <= rows; i += wide) {
      reflect_rows<T, bytes, wide>(cols, v, ld, tau, C + i * entry, ld);
    }
    for (; i + 2 <= rows; i += 2) {
      reflect_rows<T, bytes, 2>(cols, v, ld, tau, C + i * entry, ld);
    }
    if (i < rows) reflect_rows<T, bytes, 1>(cols, v, ld, tau, C + i * entry, ld);
  }
};

// Reflectors H_0, H_1, ...: the first v is at v, the next one v_next reals behind; entries are
// step reals apart. Number k leaves the first k entries alone.
template <class T>
struct Reflectors {
  index_t count;
  const real_t<T>* v;
  index_t v_next;
  index_t step;
  const real_t<T>* tau;
};

// C <- H_0 H_1 ... C. All of them meet one block of columns before the next block.
template <class T, int bytes, int block>
[[gnu::always_inline]] inline void reflect_block(const Reflectors<T>& H,
                                                 index_t rows,
                                                 real_t<T>* C,
                                                 index_t ld) {
  constexpr index_t entry = Pack<T>::entry;
  for (index_t l = 0; l < lanes<T>; l += lanes_of<real_t<T>, bytes>) {
    for (index_t k = H.count - 1; k >= 0; --k) {
      reflect_columns<T, bytes, block, false>(rows - k, H.v + k * H.v_next + l, H.step,
                                              H.tau + k * entry + l, C + k * entry + l, ld);
    }
  }
}

template <class T, int bytes>
[[gnu::always_inline]] inline void reflect_all(
    const Reflectors<T>& H, index_t rows, index_t cols, real_t<T>* C, index_t ld) {
  constexpr int wide = widest_block<T>;
  index_t j = 0;
  for (; j + wide <= cols; j += wide) reflect_block<T, bytes, wide>(H, rows, C + j * ld, ld);
  for (; j + 2 <= cols; j += 2) reflect_block<T, bytes, 2>(H, rows, C + j * ld, ld);
  if (j < cols) reflect_block<T, bytes, 1>(H, rows, C + j * ld, ld);
}

// C <- [X 0; 0 I]
template <class T>
[[gnu::always_inline]] inline void embed(Pack<real_t<T>> X, Pack<T> C) {
  constexpr index_t width = lanes<T>;
  for (index_t j = 0; j < C.cols; ++j) {
    std::fill_n(C.at(0, j), C.rows * C.entry, real_t<T>{0});
    if (j < X.cols) {
      for (index_t i = 0; i < X.rows; ++i) std::copy_n(X.at(i, j), width, C.at(i, j));
    } else {
      std::fill_n(C.at(j, j), width, real_t<T>{1});
    }
  }
}

template <class T, int bytes>
struct BackTransformLeftKernel {
  using Real = real_t<T>;
  [[gnu::always_inline]] static void run(Pack<T> A, const Real* tau, Pack<Real> X, Pack<T> C) {
    constexpr index_t entry = Pack<T>::entry;
    embed<T>(X, C);
    const Reflectors<T> Q{A.cols, A.data, (1 + A.ld) * entry, entry, tau};
    reflect_all<T, bytes>(Q, C.rows, C.cols, C.data, C.ld * entry);
  }
};

template <class T, int bytes>
struct BackTransformRightKernel {
  using Real = real_t<T>;
  [[gnu::always_inline]] static void run(Pack<T> A, const Real* tau, Pack<Real> Y, Pack<T> C) {
    constexpr index_t entry = Pack<T>::entry;
    embed<T>(Y, C);
    const Reflectors<T> P{A.cols - 1, A.at(0, 1), (1 + A.ld) * entry, A.ld * entry, tau};
    reflect_all<T, bytes>(P, C.rows - 1, C.cols, C.at(1, 0), C.ld * entry);
  }
};

}  // namespace

template <class T>
void bidiagonalize(Pack<T> A, real_t<T>* d, real_t<T>* e, real_t<T>* tau_q, real_t<T>* tau_p) {
  at_register_width<BidiagonalizeKernel, T>(A, d, e, tau_q, tau_p);
}
template <class T>
void back_transform_left(Pack<T> A, const real_t<T>* tau_q, Pack<real_t<T>> X, Pack<T> C) {
  at_register_width<BackTransformLeftKernel, T>(A, tau_q, X, C);
}
template <class T>
void back_transform_right(Pack<T> A, const real_t<T>* tau_p, Pack<real_t<T>> Y, Pack<T> C) {
  at_register_width<BackTransformRightKernel, T>(A, tau_p, Y, C);
}

template void bidiagonalize(Pack<float>, float*, float*, float*, float*);
template void bidiagonalize(Pack<double>, double*, double*, double*, double*);
template void bidiagonalize(Pack<std::complex<float>>, float*, float*, float*, float*);
template void bidiagonalize(Pack<std::complex<double>>, double*, double*, double*, double*);
template void back_transform_left(Pack<float>, const float*, Pack<float>, Pack<float>);
template void back_transform_left(Pack<double>, const double*, Pack<double>, Pack<double>);
template void back_transform_left(Pack<std::complex<float>>,
                                  const float*,
                                  Pack<float>,
                                  Pack<std::complex<float>>);
template void back_transform_left(Pack<std::complex<double>>,
                                  const double*,
                                  Pack<double>,
                                  Pack<std::complex<double>>);
template void back_transform_right(Pack<float>, const float*, Pack<float>, Pack<float>);
template void back_transform_right(Pack<double>, const double*, Pack<double>, Pack<double>);
template void back_transform_right(Pack<std::complex<float>>,
                                   const float*,
                                   Pack<float>,
                                   Pack<std::complex<float>>);
template void back_transform_right(Pack<std::complex<double>>,
                                   const double*,
                                   Pack<double>,
                                   Pack<std::complex<double>>);

}  // namespace eckart::kernels
