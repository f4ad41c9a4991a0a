// Bidiagonalization of a pack by Householder reflectors H = I - tau v v^H with v_0 = 1, and their
// application. Each loop works on a few columns (or rows) at a time: their products with v stay in
// registers, and v is read once for all of them.
#include <cmath>
#include <cstddef>
#include <limits>

#include "kernels/batch_lanes.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

// Sums of squares below lose digits to underflow. Entries are about 1 and smaller, so that what is
// below the root of it does not matter.
template <class Real>
constexpr Real least_square() {
  const Real eps = std::numeric_limits<Real>::epsilon();
  return std::numeric_limits<Real>::min() / (eps * eps);
}

// Finds H with H^H x = beta e_0, beta real; x <- v. A negligible x gives H = I, beta = 0.
template <class T>
[[gnu::always_inline]] inline void make_reflector(
    index_t n, Entry<T>* x, index_t step, real_t<T>* beta, Entry<T>& tau) {
  using Real = real_t<T>;
  constexpr index_t width = lanes<T>;
  Vector<Real> sum = {};
  for (index_t i = 0; i < n; ++i) {
    const Entry<T> x_i = x[i * step];
    if constexpr (is_complex<T>) {
      sum += x_i.re * x_i.re;
      sum += x_i.im * x_i.im;
    } else {
      sum += x_i * x_i;
    }
  }
  PerLane<Real> square;
  *entries<Real>(square.values) = sum;
  Entry<T> scale;
  Real* head = reinterpret_cast<Real*>(x);
  Real* tau_parts = reinterpret_cast<Real*>(&tau);
  Real* scale_parts = reinterpret_cast<Real*>(&scale);
#pragma omp simd
  for (index_t l = 0; l < width; ++l) {
    const bool matters = square[l] >= least_square<Real>();
    const Real norm = std::sqrt(square[l]);
    const Real re = head[l];
    const Real b = re > 0 ? -norm : norm;
    beta[l] = matters ? b : 0;
    // tau = (beta - x_0) / beta, v = x / (x_0 - beta)
    const Real inverse = 1 / b;
    const Real distance = re - b;
    if constexpr (is_complex<T>) {
      const Real im = head[width + l];
      const Real shrink = 1 / (distance * distance + im * im);
      tau_parts[l] = matters ? -distance * inverse : 0;
      tau_parts[width + l] = matters ? -im * inverse : 0;
      scale_parts[l] = matters ? distance * shrink : 0;
      scale_parts[width + l] = matters ? -im * shrink : 0;
    } else {
      const Real shrink = 1 / distance;
      tau_parts[l] = matters ? -distance * inverse : 0;
      scale_parts[l] = matters ? shrink : 0;
    }
  }
  for (index_t i = 1; i < n; ++i) {
    Entry<T> v = {};
    add_product(v, x[i * step], scale);
    x[i * step] = v;
  }
  x[0] = Entry<T>{};
  for (index_t l = 0; l < width; ++l) head[l] = 1;
}

// C <- (I - tau v v^H) C for `block` columns.
template <class T, int block>
[[gnu::always_inline]] inline void reflect_columns(
    index_t rows, const Entry<T>* v, index_t step, const Entry<T>& tau, Entry<T>* C, index_t ld) {
  Entry<T> w[static_cast<std::size_t>(block)] = {};  // v^H C
  for (index_t i = 0; i < rows; ++i) {
    const Entry<T> v_i = v[i * step];
    for (int b = 0; b < block; ++b) add_adjoint_product(w[b], v_i, C[i + b * ld]);
  }
  for (int b = 0; b < block; ++b) {
    Entry<T> scaled = {};
    add_product(scaled, tau, w[b]);
    w[b] = scaled;
  }
  for (index_t i = 0; i < rows; ++i) {
    const Entry<T> v_i = v[i * step];
    for (int b = 0; b < block; ++b) subtract_product(C[i + b * ld], v_i, w[b]);
  }
}

// C <- C (I - tau v v^H) for `block` rows.
template <class T, int block>
[[gnu::always_inline]] inline void reflect_rows(
    index_t cols, const Entry<T>* v, index_t step, const Entry<T>& tau, Entry<T>* C, index_t ld) {
  Entry<T> w[static_cast<std::size_t>(block)] = {};  // C v
  for (index_t j = 0; j < cols; ++j) {
    const Entry<T> v_j = v[j * step];
    for (int b = 0; b < block; ++b) add_product(w[b], v_j, C[b + j * ld]);
  }
  for (int b = 0; b < block; ++b) {
    Entry<T> scaled = {};
    add_product(scaled, tau, w[b]);
    w[b] = scaled;
  }
  for (index_t j = 0; j < cols; ++j) {
    const Entry<T> v_j = v[j * step];
    for (int b = 0; b < block; ++b) subtract_adjoint_product(C[b + j * ld], v_j, w[b]);
  }
}

template <class T>
struct BidiagonalizeKernel {
  using Real = real_t<T>;

  [[gnu::always_inline]] static void run(Pack<T> A, Real* d, Real* e, Real* tau_q, Real* tau_p) {
    const index_t m = A.rows;
    const index_t n = A.cols;
    const index_t ld = A.ld;
    Entry<T>* a = entries<T>(A.data);
    for (index_t k = 0; k < n; ++k) {
      Entry<T>* corner = a + k + k * ld;
      Entry<T>& tau = entries<T>(tau_q)[k];
      make_reflector<T>(m - k, corner, 1, d + k * lanes<T>, tau);
      if (k + 1 == n) break;
      left(m - k, n - k - 1, corner, tau, corner + ld, ld);

      for (index_t j = k + 1; j < n; ++j) conjugate_entry(a[k + j * ld]);
      Entry<T>& tau_row = entries<T>(tau_p)[k];
      make_reflector<T>(n - k - 1, corner + ld, ld, e + k * lanes<T>, tau_row);
      right(m - k - 1, n - k - 1, corner + ld, tau_row, corner + ld + 1, ld);
    }
  }

  // C <- H^H C
  [[gnu::always_inline]] static void left(index_t rows,
                                          index_t cols,
                                          const Entry<T>* v,
                                          const Entry<T>& given,
                                          Entry<T>* C,
                                          index_t ld) {
    Entry<T> tau = given;
    conjugate_entry(tau);
    index_t j = 0;
    if constexpr (!is_complex<T>) {
      for (; j + 8 <= cols; j += 8) reflect_columns<T, 8>(rows, v, 1, tau, C + j * ld, ld);
    }
    for (; j + 4 <= cols; j += 4) reflect_columns<T, 4>(rows, v, 1, tau, C + j * ld, ld);
    for (; j < cols; ++j) reflect_columns<T, 1>(rows, v, 1, tau, C + j * ld, ld);
  }

  // C <- C H
  [[gnu::always_inline]] static void right(
      index_t rows, index_t cols, const Entry<T>* v, const Entry<T>& tau, Entry<T>* C, index_t ld) {
    index_t i = 0;
    if constexpr (!is_complex<T>) {
      for (; i + 8 <= rows; i += 8) reflect_rows<T, 8>(cols, v, ld, tau, C + i, ld);
    }
    for (; i + 4 <= rows; i += 4) reflect_rows<T, 4>(cols, v, ld, tau, C + i, ld);
    for (; i < rows; ++i) reflect_rows<T, 1>(cols, v, ld, tau, C + i, ld);
  }
};

// C <- H_0 H_1 ... C. Reflector k has its v at first + k (1 + v_ld), with the given step, and acts
// on the rows from k on. All of them meet one block of columns before the next block.
template <class T, int block>
[[gnu::always_inline]] inline void reflect_block(index_t reflectors,
                                                 index_t rows,
                                                 const Entry<T>* first,
                                                 index_t v_ld,
                                                 index_t step,
                                                 const Entry<T>* tau,
                                                 Entry<T>* C,
                                                 index_t ld) {
  for (index_t k = reflectors - 1; k >= 0; --k) {
    reflect_columns<T, block>(rows - k, first + k * (1 + v_ld), step, tau[k], C + k, ld);
  }
}

template <class T>
[[gnu::always_inline]] inline void reflect_all(index_t reflectors,
                                               const Entry<T>* first,
                                               index_t v_ld,
                                               index_t step,
                                               const Entry<T>* tau,
                                               index_t rows,
                                               index_t cols,
                                               Entry<T>* C,
                                               index_t ld) {
  index_t j = 0;
  if constexpr (!is_complex<T>) {
    for (; j + 8 <= cols; j += 8) {
      reflect_block<T, 8>(reflectors, rows, first, v_ld, step, tau, C + j * ld, ld);
    }
  }
  for (; j + 4 <= cols; j += 4) {
    reflect_block<T, 4>(reflectors, rows, first, v_ld, step, tau, C + j * ld, ld);
  }
  for (; j < cols; ++j) {
    reflect_block<T, 1>(reflectors, rows, first, v_ld, step, tau, C + j * ld, ld);
  }
}

// C <- [X 0; 0 I]
template <class T>
[[gnu::always_inline]] inline void embed(Pack<real_t<T>> X, Pack<T> C) {
  using Real = real_t<T>;
  for (index_t j = 0; j < C.cols; ++j) {
    Entry<T>* c = entries<T>(C.at(0, j));
    const bool inside = j < X.cols;
    for (index_t i = 0; i < C.rows; ++i) {
      c[i] = Entry<T>{};
      Vector<Real>& re = *entries<Real>(reinterpret_cast<Real*>(c + i));
      if (inside && i < X.rows) {
        re = *entries<Real>(X.at(i, j));
      } else if (i == j) {
        re += 1;
      }
    }
  }
}

template <class T>
struct BackTransformLeftKernel {
  using Real = real_t<T>;
  [[gnu::always_inline]] static void run(Pack<T> A, const Real* tau, Pack<Real> X, Pack<T> C) {
    embed<T>(X, C);
    reflect_all<T>(A.cols, entries<T>(A.data), A.ld, 1, entries<T>(tau), C.rows, C.cols,
                   entries<T>(C.data), C.ld);
  }
};

template <class T>
struct BackTransformRightKernel {
  using Real = real_t<T>;
  [[gnu::always_inline]] static void run(Pack<T> A, const Real* tau, Pack<Real> Y, Pack<T> C) {
    embed<T>(Y, C);
    reflect_all<T>(A.cols - 1, entries<T>(A.data) + A.ld, A.ld, A.ld, entries<T>(tau), C.rows - 1,
                   C.cols, entries<T>(C.data) + 1, C.ld);
  }
};

}  // namespace

template <class T>
void bidiagonalize(Pack<T> A, real_t<T>* d, real_t<T>* e, real_t<T>* tau_q, real_t<T>* tau_p) {
  at_level<BidiagonalizeKernel<T>>(level(), A, d, e, tau_q, tau_p);
}
template <class T>
void back_transform_left(Pack<T> A, const real_t<T>* tau_q, Pack<real_t<T>> X, Pack<T> C) {
  at_level<BackTransformLeftKernel<T>>(level(), A, tau_q, X, C);
}
template <class T>
void back_transform_right(Pack<T> A, const real_t<T>* tau_p, Pack<real_t<T>> Y, Pack<T> C) {
  at_level<BackTransformRightKernel<T>>(level(), A, tau_p, Y, C);
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
