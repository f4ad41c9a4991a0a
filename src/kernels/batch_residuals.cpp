// What the factors of a pack are worth: residuals and orthogonality from their definitions.
#include <cstddef>

#include "kernels/batch_lanes.hpp"

namespace eckart::kernels {
namespace {

// w_b <- conj(a)^T B_b, or a^T B_b, for `block` columns of B. Entries of a are step reals apart.
template <class T, int bytes, int block, bool adjoint>
[[gnu::always_inline]] inline void inner_products(index_t length,
                                                  const real_t<T>* a,
                                                  index_t step,
                                                  const real_t<T>* B,
                                                  index_t ld,
                                                  Entry<T, bytes>* w) {
  for (int b = 0; b < block; ++b) w[b] = Entry<T, bytes>{};
  for (index_t i = 0; i < length; ++i) {
    Entry<T, bytes> a_i;
    load(a_i, a + i * step);
    for (int b = 0; b < block; ++b) {
      Entry<T, bytes> x;
      load(x, B + i * Pack<T>::entry + b * ld);
      if constexpr (adjoint) {
        add_adjoint_product(w[b], a_i, x);
      } else {
        add_product(w[b], a_i, x);
      }
    }
  }
}

template <class T, int bytes>
struct ResidualSquaresKernel {
  using Real = real_t<T>;
  static constexpr index_t entry = Pack<T>::entry;

  [[gnu::always_inline]] static void run(
      bool adjoint, Pack<T> A, Pack<T> X, Pack<T> Y, const Real* s, Real* squares) {
    for (index_t l = 0; l < lanes<T>; l += lanes_of<Real, bytes>) {
      index_t j = 0;
      for (; j + 4 <= X.cols; j += 4) columns<4>(adjoint, A, X, Y, s, squares, j, l);
      for (; j < X.cols; ++j) columns<1>(adjoint, A, X, Y, s, squares, j, l);
    }
  }

  template <int block>
  [[gnu::always_inline]] static void columns(bool adjoint,
                                             Pack<T> A,
                                             Pack<T> X,
                                             Pack<T> Y,
                                             const Real* s,
                                             Real* squares,
                                             index_t j,
                                             index_t l) {
    constexpr auto size = static_cast<std::size_t>(block);
    Vector<Real, bytes> sum[size] = {};
    for (index_t i = 0; i < Y.rows; ++i) {
      Entry<T, bytes> w[size];
      if (adjoint) {
        inner_products<T, bytes, block, true>(A.rows, A.at(0, i) + l, entry, X.at(0, j) + l,
                                              X.ld * entry, w);
      } else {
        inner_products<T, bytes, block, false>(A.cols, A.at(i, 0) + l, A.ld * entry, X.at(0, j) + l,
                                               X.ld * entry, w);
      }
      for (int b = 0; b < block; ++b) {
        Vector<Real, bytes> s_b;
        load(s_b, s + (j + b) * lanes<T> + l);
        Entry<T, bytes> y;
        load(y, Y.at(i, j + b) + l);
        subtract_scaled(w[b], s_b, y);
        add_square(sum[b], w[b]);
      }
    }
    for (int b = 0; b < block; ++b) store(sum[b], squares + (j + b) * lanes<T> + l);
  }
};

template <class T, int bytes>
struct OrthogonalitySquareKernel {
  using Real = real_t<T>;
  static constexpr index_t entry = Pack<T>::entry;

  [[gnu::always_inline]] static void run(Pack<T> X, Real* square) {
    for (index_t l = 0; l < lanes<T>; l += lanes_of<Real, bytes>) {
      Vector<Real, bytes> sum = {};
      index_t j = 0;
      for (; j + 4 <= X.cols; j += 4) columns<4>(X, j, l, sum);
      for (; j < X.cols; ++j) columns<1>(X, j, l, sum);
      store(sum, square + l);
    }
  }

  // Adds what the columns from j on have in X^H X - I, entries above the diagonal twice.
  template <int block>
  [[gnu::always_inline]] static void columns(Pack<T> X,
                                             index_t j,
                                             index_t l,
                                             Vector<Real, bytes>& sum) {
    for (index_t i = 0; i < j + block; ++i) {
      Entry<T, bytes> w[static_cast<std::size_t>(block)];
      inner_products<T, bytes, block, true>(X.rows, X.at(0, i) + l, entry, X.at(0, j) + l,
                                            X.ld * entry, w);
      for (int b = 0; b < block; ++b) {
        if (i > j + b) continue;
        if (i == j + b) subtract_one(w[b]);
        Vector<Real, bytes> part = {};
        add_square(part, w[b]);
        if (i < j + b) part += part;
        sum += part;
      }
    }
  }
};

template <class T, int bytes>
struct FrobeniusSquareKernel {
  using Real = real_t<T>;

  [[gnu::always_inline]] static void run(Pack<T> A, Real* square) {
    for (index_t l = 0; l < lanes<T>; l += lanes_of<Real, bytes>) {
      Vector<Real, bytes> sum = {};
      for (index_t j = 0; j < A.cols; ++j) {
        for (index_t i = 0; i < A.rows; ++i) {
          Entry<T, bytes> a;
          load(a, A.at(i, j) + l);
          add_square(sum, a);
        }
      }
      store(sum, square + l);
    }
  }
};

}  // namespace

template <class T>
void residual_squares(
    bool adjoint, Pack<T> A, Pack<T> X, Pack<T> Y, const real_t<T>* s, real_t<T>* squares) {
  at_register_width<ResidualSquaresKernel, T>(adjoint, A, X, Y, s, squares);
}
template <class T>
void orthogonality_square(Pack<T> X, real_t<T>* square) {
  at_register_width<OrthogonalitySquareKernel, T>(X, square);
}
template <class T>
void frobenius_square(Pack<T> A, real_t<T>* square) {
  at_register_width<FrobeniusSquareKernel, T>(A, square);
}

template void residual_squares(bool, Pack<float>, Pack<float>, Pack<float>, const float*, float*);
template void residual_squares(
    bool, Pack<double>, Pack<double>, Pack<double>, const double*, double*);
template void residual_squares(bool,
                               Pack<std::complex<float>>,
                               Pack<std::complex<float>>,
                               Pack<std::complex<float>>,
                               const float*,
                               float*);
template void residual_squares(bool,
                               Pack<std::complex<double>>,
                               Pack<std::complex<double>>,
                               Pack<std::complex<double>>,
                               const double*,
                               double*);
template void orthogonality_square(Pack<float>, float*);
template void orthogonality_square(Pack<double>, double*);
template void orthogonality_square(Pack<std::complex<float>>, float*);
template void orthogonality_square(Pack<std::complex<double>>, double*);
template void frobenius_square(Pack<float>, float*);
template void frobenius_square(Pack<double>, double*);
template void frobenius_square(Pack<std::complex<float>>, float*);
template void frobenius_square(Pack<std::complex<double>>, double*);

}  // namespace eckart::kernels
