// Panels are merged until their products are wide, last group first:
//   (I - V1 T1 V1^H) (I - V2 T2 V2^H) = I - [V1 V2] [T1 T12; 0 T2] [V1 V2]^H,
//   T12 = -T1 (V1^H V2) T2.

#include "factor/band_back_transform.hpp"

#include <algorithm>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "factor/copies.hpp"

namespace eckart::factor {
namespace {

using blas::gemm;
using blas::gemm_in_pieces;
using blas::Op;
using core::for_each_chunk;

constexpr index_t columns_per_chunk = 128;

// Pieces of inner products between the vectors, on which the merged T and so orthogonality rests,
// and of those with the columns of X.
constexpr index_t gram_piece = 64;
constexpr index_t product_piece = 128;

// How many reflectors are applied at once: enough for a fast gemm, but few against the k columns,
// because merging m of them costs as much as applying them to m / 2 columns.
index_t group_size(index_t n, index_t width, index_t k) {
  const index_t wanted = std::clamp<index_t>(k / 4, width, std::max<index_t>(width, 256));
  return std::min(wanted / width, core::count_chunks(n, width)) * width;
}

// The product of the panels [first, first + count), in compact WY form.
template <Scalar T>
struct Merged {
  Merged(index_t n, index_t group, index_t width)
      : vectors(n, group), factor(group, group), gram(group, group), half(group, width) {}

  Matrix<T> vectors;
  Matrix<T> factor;
  Matrix<T> gram;
  Matrix<T> half;

  // Writes ones on and zeros above the diagonal, where A holds other things.
  void clear_triangle(index_t count) {
    for (index_t j = 0; j < count; ++j) {
      std::fill_n(vectors.view().column(j), j, T{});
      vectors(j, j) = 1;
    }
  }

  // Merges the factors of panels of `width` columns, which stand side by side.
  void merge(MatrixView<const T> factors, index_t rows, index_t width, const Context& context) {
    const index_t count = factors.cols;
    const MatrixView<const T> V = vectors.view().block(0, 0, rows, count);
    for_each_chunk(count, width, context, [&](index_t, index_t first, index_t last) {
      gemm_in_pieces<T>(gram_piece, Op::adjoint, Op::none, 1,
                        V.block(first, 0, rows - first, first),
                        V.block(first, first, rows - first, last - first), 0,
                        gram.view().block(0, first, first, last - first));
    });
    for (index_t p = 0; p < count; p += width) {
      const index_t w = std::min(width, count - p);
      const MatrixView<T> column = factor.view().block(0, p, count, w);
      for (index_t j = 0; j < w; ++j) std::fill_n(column.column(j), count, T{});
      copy<T>(factors.block(0, p, w, w), column.block(p, 0, w, w));
      gemm<T>(Op::none, Op::none, -1, factor.view().block(0, 0, p, p),
              gram.view().block(0, p, p, w), 0, half.view().block(0, 0, p, w));
      gemm<T>(Op::none, Op::none, 1, half.view().block(0, 0, p, w), factors.block(0, p, w, w), 0,
              column.block(0, 0, p, w));
    }
  }
};

// X <- H_0 H_1 ... X for `reflectors` reflectors, H_j acting on rows shift + j and below.
// load(first, count, V) writes the vectors of a group, but for its upper triangle.
template <Scalar T, class Load>
void apply_panels(MatrixView<const T> factors,
                  index_t width,
                  index_t shift,
                  MatrixView<T> X,
                  const Context& context,
                  const Load& load) {
  const index_t n = X.rows;
  const index_t reflectors = n - shift;
  if (reflectors <= 0 || X.cols == 0) return;
  const blas::BlasThreads one_thread;
  const index_t group = group_size(n, width, X.cols);
  Merged<T> merged(n, group, width);
  Matrix<T> inner(group, X.cols);
  Matrix<T> scaled(group, X.cols);
  for (index_t first = (reflectors - 1) / group * group; first >= 0; first -= group) {
    const index_t count = std::min(group, reflectors - first);
    const index_t rows = reflectors - first;
    const MatrixView<T> V = merged.vectors.view().block(0, 0, rows, count);
    load(first, V);
    merged.clear_triangle(count);
    merged.merge(factors.columns(first, count), rows, width, context);
    const MatrixView<const T> factor = merged.factor.view().block(0, 0, count, count);
    for_each_chunk(X.cols, columns_per_chunk, context, [&](index_t, index_t from, index_t to) {
      const MatrixView<T> strip = X.block(n - rows, from, rows, to - from);
      const MatrixView<T> Y = inner.view().block(0, from, count, to - from);
      const MatrixView<T> TY = scaled.view().block(0, from, count, to - from);
      gemm_in_pieces<T>(product_piece, Op::adjoint, Op::none, 1, V, strip, 0, Y);
      gemm<T>(Op::none, Op::none, 1, factor, Y, 0, TY);
      gemm<T>(Op::none, Op::none, -1, V, TY, 1, strip);
    });
  }
}

}  // namespace

template <Scalar T>
void apply_band_left(const BandReduction<T>& band,
                     MatrixView<const T> A,
                     MatrixView<T> X,
                     const Context& context) {
  apply_panels<T>(band.left.view(), band.width, 0, X, context, [&](index_t first, MatrixView<T> V) {
    for_each_chunk(V.cols, 32, context, [&](index_t, index_t from, index_t to) {
      copy<T>(A.block(first, first + from, V.rows, to - from), V.columns(from, to - from));
    });
  });
}

template <Scalar T>
void apply_band_right(const BandReduction<T>& band,
                      MatrixView<const T> A,
                      MatrixView<T> Y,
                      const Context& context) {
  const index_t b = band.width;
  apply_panels<T>(band.right.view(), b, b, Y, context, [&](index_t first, MatrixView<T> V) {
    for_each_chunk(V.rows, 256, context, [&](index_t, index_t from, index_t to) {
      copy_adjoint<T>(A.block(first, first + b + from, V.cols, to - from),
                      V.block(from, 0, to - from, V.cols));
    });
  });
}

template <Scalar T>
index_t band_back_transform_bytes(index_t n, index_t width, index_t k) {
  const index_t group = group_size(n, width, k);
  return static_cast<index_t>(sizeof(T)) * group * (n + 2 * group + width + 2 * k);
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template void apply_band_left(const BandReduction<float>&,
                              MatrixView<const float>,
                              MatrixView<float>,
                              const Context&);
template void apply_band_left(const BandReduction<double>&,
                              MatrixView<const double>,
                              MatrixView<double>,
                              const Context&);
template void apply_band_left(const BandReduction<cfloat>&,
                              MatrixView<const cfloat>,
                              MatrixView<cfloat>,
                              const Context&);
template void apply_band_left(const BandReduction<cdouble>&,
                              MatrixView<const cdouble>,
                              MatrixView<cdouble>,
                              const Context&);
template void apply_band_right(const BandReduction<float>&,
                               MatrixView<const float>,
                               MatrixView<float>,
                               const Context&);
template void apply_band_right(const BandReduction<double>&,
                               MatrixView<const double>,
                               MatrixView<double>,
                               const Context&);
template void apply_band_right(const BandReduction<cfloat>&,
                               MatrixView<const cfloat>,
                               MatrixView<cfloat>,
                               const Context&);
template void apply_band_right(const BandReduction<cdouble>&,
                               MatrixView<const cdouble>,
                               MatrixView<cdouble>,
                               const Context&);
template index_t band_back_transform_bytes<float>(index_t, index_t, index_t);
template index_t band_back_transform_bytes<double>(index_t, index_t, index_t);
template index_t band_back_transform_bytes<cfloat>(index_t, index_t, index_t);
template index_t band_back_transform_bytes<cdouble>(index_t, index_t, index_t);

}  // namespace eckart::factor
