// What the factors of a pack are worth: residuals and orthogonality from their definitions.
#include <algorithm>
#include <cstddef>

#include "kernels/batch_lanes.hpp"

namespace eckart::kernels {
namespace {

// w(r, b) <- a_r^H B_b, or a_r^T B_b, for `block` columns B_b of B and the vectors a_0, a_1, ...:
// a_r starts r a_next reals behind a, its entries are step reals apart. Products in registers,
// two by four, need fewer loads than multiplications.
template <class T, int bytes, int vectors, int block, bool adjoint>
[[gnu::always_inline]] inline void inner_products(index_t length,
                                                  const real_t<T>* a,
                                                  index_t step,
                                                  index_t a_next,
                                                  const real_t<T>* B,
                                                  index_t ld,
                                                  Entry<T, bytes>* w) {
  for (int p = 0; p < vectors * block; ++p) w[p] = Entry<T, bytes>{};
  for (index_t i = 0; i < length; ++i) {
    Entry<T, bytes> a_i[static_cast<std::size_t>(vectors)];
    for (int r = 0; r < vectors; ++r) load(a_i[r], a + i * step + r * a_next);
    for (int b = 0; b < block; ++b) {
      Entry<T, bytes> x;
      load(x, B + i * Pack<T>::entry + b * ld);
      for (int r = 0; r < vectors; ++r) {
        if constexpr (adjoint) {
          add_adjoint_product(w[r * block + b], a_i[r], x);
        } else {
          add_product(w[r * block + b], a_i[r], x);
        }
      }
    }
  }
}

// Columns of B at once.
template <class T>
constexpr int columns_at_once = is_complex<T> ? 2 : 4;

template <class T, int bytes>
struct ResidualSquaresKernel {
  using Real = real_t<T>;
  static constexpr index_t entry = Pack<T>::entry;

  [[gnu::always_inline]] static void run(
      bool adjoint, Pack<T> A, Pack<T> X, Pack<T> Y, const Real* s, Real* squares) {
    if (adjoint) {
      all<true>(A, X, Y, s, squares);
    } else {
      all<false>(A, X, Y, s, squares);
    }
  }

  template <bool adjoint>
  [[gnu::always_inline]] static void all(
      Pack<T> A, Pack<T> X, Pack<T> Y, const Real* s, Real* squares) {
    constexpr int wide = columns_at_once<T>;
    std::fill_n(squares, X.cols * lanes<T>, Real{0});
    for (index_t l = 0; l < lanes<T>; l += lanes_of<Real, bytes>) {
      index_t j = 0;
      for (; j + wide <= X.cols; j += wide) columns<adjoint, wide>(A, X, Y, s, squares, j, l);
      for (; j < X.cols; ++j) columns<adjoint, 1>(A, X, Y, s, squares, j, l);
    }
  }

  template <bool adjoint, int block>
  [[gnu::always_inline]] static void columns(
      Pack<T> A, Pack<T> X, Pack<T> Y, const Real* s, Real* squares, index_t j, index_t l) {
    index_t i = 0;
    for (; i + 2 <= Y.rows; i += 2) tile<adjoint, 2, block>(A, X, Y, s, squares, i, j, l);
    if (i < Y.rows) tile<adjoint, 1, block>(A, X, Y, s, squares, i, j, l);
  }

  // Adds the squares of rows i, i + 1, ... of columns j, j + 1, ...
  template <bool adjoint, int rows, int block>
  [[gnu::always_inline]] static void tile(Pack<T> A,
                                          Pack<T> X,
                                          Pack<T> Y,
                                          const Real* s,
                                          Real* squares,
                                          index_t i,
                                          index_t j,
                                          index_t l) {
    Entry<T, bytes> w[static_cast<std::size_t>(rows * block)];
    const index_t ld = A.ld * entry;
    const Real* a = (adjoint ? A.at(0, i) : A.at(i, 0)) + l;
    inner_products<T, bytes, rows, block, adjoint>(adjoint ? A.rows : A.cols, a,
                                                   adjoint ? entry : ld, adjoint ? ld : entry,
                                                   X.at(0, j) + l, X.ld * entry, w);
    for (int b = 0; b < block; ++b) {
      Real* square = squares + (j + b) * lanes<T> + l;
      Vector<Real, bytes> s_b;
      Vector<Real, bytes> sum;
      load(s_b, s + (j + b) * lanes<T> + l);
      load(sum, square);
      for (int r = 0; r < rows; ++r) {
        Entry<T, bytes> y;
        load(y, Y.at(i + r, j + b) + l);
        subtract_scaled(w[r * block + b], s_b, y);
        add_square(sum, w[r * block + b]);
      }
      store(sum, square);
    }
  }
};

template <class T, int bytes>
struct OrthogonalitySquareKernel {
  using Real = real_t<T>;
  static constexpr index_t entry = Pack<T>::entry;

  [[gnu::always_inline]] static void run(Pack<T> X, Real* square) {
    constexpr int wide = columns_at_once<T>;
    for (index_t l = 0; l < lanes<T>; l += lanes_of<Real, bytes>) {
      Vector<Real, bytes> sum = {};
      index_t j = 0;
      for (; j + wide <= X.cols; j += wide) columns<wide>(X, j, l, sum);
      for (; j < X.cols; ++j) columns<1>(X, j, l, sum);
      store(sum, square + l);
    }
  }

  // Adds what columns j, j + 1, ... have in X^H X - I, entries above the diagonal twice.
  template <int block>
  [[gnu::always_inline]] static void columns(Pack<T> X,
                                             index_t j,
                                             index_t l,
                                             Vector<Real, bytes>& sum) {
    index_t i = 0;
    for (; i + 2 <= j + block; i += 2) tile<2, block>(X, i, j, l, sum);
    if (i < j + block) tile<1, block>(X, i, j, l, sum);
  }

  template <int rows, int block>
  [[gnu::always_inline]] static void tile(
      Pack<T> X, index_t i, index_t j, index_t l, Vector<Real, bytes>& sum) {
    Entry<T, bytes> w[static_cast<std::size_t>(rows * block)];
    const index_t ld = X.ld * entry;
    inner_products<T, bytes, rows, block, true>(X.rows, X.at(0, i) + l, entry, ld, X.at(0, j) + l,
                                                ld, w);
    for (int r = 0; r < rows; ++r) {
      for (int b = 0; b < block; ++b) {
        if (i + r > j + b) continue;
        Entry<T, bytes>& x = w[r * block + b];
        if (i + r == j + b) subtract_one(x);
        Vector<Real, bytes> part = {};
        add_square(part, x);
        if (i + r < j + b) part += part;
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
