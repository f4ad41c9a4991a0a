#include "factor/panel_qr.hpp"

#include "blas/blas.hpp"
#include "kernels/panel.hpp"

namespace eckart::factor {
namespace {

using blas::gemm;
using blas::Op;

// Up to this many columns the loops of one kernel call beat gemm.
constexpr index_t leaf = 8;

// Of the inner products of vectors, on which the factor T and so orthogonality rests.
constexpr index_t gram_piece = 64;

template <Scalar T>
void zero(MatrixView<T> A) {
  for (index_t j = 0; j < A.cols; ++j) std::fill_n(A.column(j), A.rows, T{});
}

// C <- Q^H C for Q = I - V T V^H.
template <Scalar T>
void apply_adjoint(MatrixView<const T> V, MatrixView<const T> factor, MatrixView<T> C, T* scratch) {
  const index_t w = V.cols;
  const MatrixView<T> inner{scratch, w, C.cols, w};
  const MatrixView<T> scaled{scratch + w * C.cols, w, C.cols, w};
  gemm<T>(Op::adjoint, Op::none, 1, V, C, 0, inner);
  gemm<T>(Op::adjoint, Op::none, 1, factor, inner, 0, scaled);
  gemm<T>(Op::none, Op::none, -1, V, scaled, 1, C);
}

// REQUIRES: V.rows >= V.cols
template <Scalar T>
void tall_qr(MatrixView<T> V, MatrixView<T> R, MatrixView<T> factor, T* scratch) {
  const index_t m = V.rows;
  const index_t w = V.cols;
  if (w <= leaf) {
    return kernels::factor_columns(m, w, V.data, V.ld, R.data, factor.data, factor.ld);
  }
  const index_t h = w / 2;
  const MatrixView<T> V1 = V.columns(0, h);
  const MatrixView<T> V2 = V.columns(h, w - h);
  const MatrixView<T> T1 = factor.block(0, 0, h, h);
  const MatrixView<T> T2 = factor.block(h, h, w - h, w - h);
  const MatrixView<T> T12 = factor.block(0, h, h, w - h);
  tall_qr(V1, R.block(0, 0, h, h), T1, scratch);
  apply_adjoint<T>(V1, T1, V2, scratch);
  for (index_t j = h; j < w; ++j) {
    std::copy_n(V.column(j), h, R.column(j));
    std::fill_n(V.column(j), h, T{});
  }
  tall_qr(V2.block(h, 0, m - h, w - h), R.block(h, h, w - h, w - h), T2, scratch);

  // T12 = -T1 (V1^H V2) T2
  const MatrixView<T> inner{scratch, h, w - h, h};
  const MatrixView<T> half{scratch + h * (w - h), h, w - h, h};
  blas::gemm_in_pieces<T>(gram_piece, Op::adjoint, Op::none, 1, V1.block(h, 0, m - h, h),
                          V2.block(h, 0, m - h, w - h), 0, inner);
  gemm<T>(Op::none, Op::none, -1, T1, inner, 0, half);
  gemm<T>(Op::none, Op::none, 1, half, T2, 0, T12);
}

}  // namespace

template <Scalar T>
void panel_qr(MatrixView<T> V, MatrixView<T> R, MatrixView<T> factor, T* scratch) {
  zero(R);
  zero(factor);
  const index_t k = std::min(V.rows, V.cols);
  const MatrixView<T> head = V.columns(0, k);
  const MatrixView<T> rest = V.columns(k, V.cols - k);
  const MatrixView<T> head_factor = factor.block(0, 0, k, k);
  tall_qr(head, R.block(0, 0, k, k), head_factor, scratch);
  if (rest.empty()) return;
  apply_adjoint<T>(head, head_factor, rest, scratch);
  for (index_t j = k; j < V.cols; ++j) std::copy_n(V.column(j), k, R.column(j));
  zero(rest);
}

template void panel_qr(MatrixView<float>, MatrixView<float>, MatrixView<float>, float*);
template void panel_qr(MatrixView<double>, MatrixView<double>, MatrixView<double>, double*);
template void panel_qr(MatrixView<std::complex<float>>,
                       MatrixView<std::complex<float>>,
                       MatrixView<std::complex<float>>,
                       std::complex<float>*);
template void panel_qr(MatrixView<std::complex<double>>,
                       MatrixView<std::complex<double>>,
                       MatrixView<std::complex<double>>,
                       std::complex<double>*);

}  // namespace eckart::factor
