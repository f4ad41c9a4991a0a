// The loop over panels of reduce_to_band: panel QR -> W -> LQ of the top block -> X; the update
// A <- A - L R waits until L and R are wide.

#include "factor/band_reduction.hpp"

#include <algorithm>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "factor/copies.hpp"
#include "factor/panel_qr.hpp"
#include "factor/skinny.hpp"

namespace eckart::factor {
namespace {

using blas::gemm;
using blas::Op;
using core::for_each_chunk;

constexpr index_t columns_per_chunk = 96;
constexpr index_t rows_per_chunk = 192;

// The update is delayed until L and R have this many columns and rows: enough for a fast gemm, few
// against n, because what is delayed is carried along in W and X.
index_t delayed_columns(index_t n, index_t width) {
  return std::max(2 * width, std::clamp<index_t>(n / 8 / width * width, 64, 256));
}

// The reduction in progress: what is in A is the matrix plus L R.
template <Scalar T>
class Reducer {
 public:
  Reducer(MatrixView<T> A, index_t width, const Context& context)
      : A_(A),
        b_(width),
        capacity_(delayed_columns(A.rows, width)),
        context_(context),
        L_(A.rows, capacity_),
        R_(capacity_, A.cols),
        V_(A.rows, width),
        Vt_(width, A.rows),
        raw_(width, A.rows),
        small_(width, 4 * width),
        inner_(width, capacity_),
        right_inner_(capacity_, width) {}

  BandReduction<T> run() {
    const blas::BlasThreads one_thread;
    const index_t n = A_.rows;
    BandReduction<T> band{b_, Matrix<T>(b_, n), Matrix<T>(b_, n)};
    for (index_t r = 0; r < n; r += b_) {
      const index_t c = std::min(n, r + b_);
      const MatrixView<T> left = band.left.view().columns(r, c - r).block(0, 0, c - r, c - r);
      factor_panel(r, c, left);
      if (c == n) break;
      update_top_rows(r, c, left);
      factor_top_rows(r, c, band.right.view().columns(r, b_));
      multiply_by_right_vectors(c);
      if (delayed_ + 2 * b_ > capacity_) flush(c);
    }
    return band;
  }

 private:
  // QR of the columns [r, c): V with explicit ones and zeros to V_, vectors and R to A.
  void factor_panel(index_t r, index_t c, MatrixView<T> factor) {
    const index_t n = A_.rows;
    const MatrixView<T> V = V_.view().block(r, 0, n - r, c - r);
    for_each_chunk(n - r, rows_per_chunk, context_, [&](index_t, index_t first, index_t last) {
      const MatrixView<T> strip = V.block(first, 0, last - first, V.cols);
      copy<T>(A_.block(r + first, r, last - first, V.cols), strip);
      gemm<T>(Op::none, Op::none, -1, L_.view().block(r + first, 0, last - first, delayed_),
              R_.view().block(0, r, delayed_, V.cols), 1, strip);
    });
    const MatrixView<T> R = small_.view().block(0, 0, V.cols, V.cols);
    const MatrixView<T> wide_factor = small_.view().block(0, b_, V.cols, V.cols);
    panel_qr(V, R, wide_factor, small_.view().column(2 * b_));
    copy<T>(wide_factor, factor);
    for (index_t j = 0; j < V.cols; ++j) {
      std::copy_n(R.column(j), j + 1, A_.column(r + j) + r);
      std::copy_n(V.column(j) + j + 1, n - r - j - 1, A_.column(r + j) + r + j + 1);
    }
  }

  // W = T^H V^H (A - L R) joins R, V joins L; the rows [r, c) of A are brought up to date.
  void update_top_rows(index_t r, index_t c, MatrixView<const T> factor) {
    const index_t n = A_.rows;
    const index_t k = delayed_;
    const MatrixView<T> V = L_.view().block(r, k, n - r, b_);
    copy<T>(V_.view().block(r, 0, n - r, b_), V);
    const MatrixView<T> VH = Vt_.view().columns(r, n - r);
    copy_adjoint<T>(V, VH);
    const MatrixView<T> VL = inner_.view().columns(0, k);  // V^H L
    for_each_chunk(k, columns_per_chunk, context_, [&](index_t, index_t first, index_t last) {
      wide_product<T>(1, VH, L_.view().block(r, first, n - r, last - first), 0,
                      VL.columns(first, last - first));
    });
    const MatrixView<T> TH = small_.view().columns(0, b_);
    copy_adjoint<T>(factor, TH);
    for_each_chunk(n - c, columns_per_chunk, context_, [&](index_t, index_t first, index_t last) {
      const index_t cols = last - first;
      const MatrixView<T> A = A_.block(r, c + first, n - r, cols);
      const MatrixView<T> R = R_.view().block(0, c + first, capacity_, cols);
      const MatrixView<T> W = R.block(k, 0, b_, cols);
      const MatrixView<T> raw = R.block(k + b_, 0, b_, cols);  // free until the LQ
      wide_product<T>(1, VH, A, 0, raw);
      wide_product<T>(-1, VL, R.block(0, 0, k, cols), 1, raw);
      wide_product<T>(1, TH, raw, 0, W);
      const MatrixView<T> top = A.block(0, 0, b_, cols);
      wide_product<T>(-1, L_.view().block(r, 0, b_, k + b_), R.block(0, 0, k + b_, cols), 1, top);
      copy_adjoint<T>(top, V_.view().block(c + first, 0, cols, b_));
    });
    delayed_ += b_;
  }

  // LQ of the rows [r, c) through the QR of their adjoint, which V_ holds. V_R^H joins R.
  void factor_top_rows(index_t r, index_t c, MatrixView<T> factor) {
    const index_t n = A_.rows;
    const MatrixView<T> V = V_.view().block(c, 0, n - c, b_);
    const MatrixView<T> R = small_.view().columns(0, b_);
    const MatrixView<T> TT = small_.view().columns(b_, b_);
    panel_qr(V, R, factor, small_.view().column(2 * b_));
    copy_transpose<T>(factor, TT);
    for_each_chunk(n - c, columns_per_chunk, context_, [&](index_t, index_t first, index_t last) {
      const index_t cols = last - first;
      const MatrixView<const T> strip = V.block(first, 0, cols, b_);
      const MatrixView<T> VH = R_.view().block(delayed_, c + first, b_, cols);
      const MatrixView<T> Vt = raw_.view().columns(c + first, cols);
      const MatrixView<T> top = A_.block(r, c + first, b_, cols);
      copy_adjoint<T>(strip, VH);
      copy<T>(VH, top);
      for (index_t j = first; j < std::min(last, b_); ++j) {  // L in place of the unit triangle
        for (index_t i = j; i < b_; ++i) A_(r + i, c + j) = conjugate(R(j, i));
      }
      copy_transpose<T>(strip, Vt);
      wide_product<T>(1, TT, Vt, 0, Vt_.view().columns(c + first, cols));  // (V_R T_R)^T
    });
  }

  // X = (A - L R) V_R T_R joins L.
  void multiply_by_right_vectors(index_t c) {
    const index_t n = A_.rows;
    const index_t k = delayed_;
    const MatrixView<const T> Yt = Vt_.view().columns(c, n - c);
    const MatrixView<T> RY = right_inner_.view().block(0, 0, k, b_);
    for_each_chunk(k, 48, context_, [&](index_t, index_t first, index_t last) {
      tall_product<T>(1, R_.view().block(first, c, last - first, n - c), Yt, 0,
                      RY.block(first, 0, last - first, b_));
    });
    const MatrixView<T> RYt = inner_.view().columns(0, k);
    copy_transpose<T>(RY, RYt);
    for_each_chunk(n - c, rows_per_chunk, context_, [&](index_t, index_t first, index_t last) {
      const index_t rows = last - first;
      const MatrixView<T> X = L_.view().block(c + first, k, rows, b_);
      tall_product<T>(1, A_.block(c + first, c, rows, n - c), Yt, 0, X);
      tall_product<T>(-1, L_.view().block(c + first, 0, rows, k), RYt, 1, X);
    });
    delayed_ += b_;
  }

  // A <- A - L R on what is left of A.
  void flush(index_t c) {
    const index_t n = A_.rows;
    const index_t k = delayed_;
    blas::multiply<T>(Op::none, Op::none, -1, L_.view().block(c, 0, n - c, k),
                      R_.view().block(0, c, k, n - c), 1, A_.block(c, c, n - c, n - c), context_);
    delayed_ = 0;
  }

  MatrixView<T> A_;
  index_t b_;
  index_t capacity_;
  const Context& context_;
  index_t delayed_ = 0;  // columns of L and rows of R in use
  Matrix<T> L_;          // n x capacity
  Matrix<T> R_;          // capacity x n
  Matrix<T> V_;          // n x b: the vectors of the panel at hand
  Matrix<T> Vt_;         // b x n: V^H, later (V_R T_R)^T
  Matrix<T> raw_;        // b x n: V_R^T
  Matrix<T> small_;      // b x 4 b: R, T and the scratch of a panel
  Matrix<T> inner_;      // b x capacity: V^H L, later (R V_R T_R)^T
  Matrix<T> right_inner_;
};

}  // namespace

template <Scalar T>
BandReduction<T> reduce_to_band(MatrixView<T> A, index_t width, const Context& context) {
  return Reducer<T>(A, width, context).run();
}

template <Scalar T>
index_t band_reduction_bytes(index_t n, index_t width) {
  const index_t capacity = delayed_columns(n, width);
  const index_t long_columns = 2 * capacity + 5 * width;
  return static_cast<index_t>(sizeof(T)) * (n * long_columns + width * (4 * width + 2 * capacity));
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template BandReduction<float> reduce_to_band(MatrixView<float>, index_t, const Context&);
template BandReduction<double> reduce_to_band(MatrixView<double>, index_t, const Context&);
template BandReduction<cfloat> reduce_to_band(MatrixView<cfloat>, index_t, const Context&);
template BandReduction<cdouble> reduce_to_band(MatrixView<cdouble>, index_t, const Context&);
template index_t band_reduction_bytes<float>(index_t, index_t);
template index_t band_reduction_bytes<double>(index_t, index_t);
template index_t band_reduction_bytes<cfloat>(index_t, index_t);
template index_t band_reduction_bytes<cdouble>(index_t, index_t);

}  // namespace eckart::factor
