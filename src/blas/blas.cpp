#include "blas/blas.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "blas/narrow.hpp"
#include "core/parallel.hpp"

namespace eckart::blas {
namespace {

// Tiles of C are about 512 x 512: large enough that packing is paid back, small enough that two
// and more threads share a product of a few thousand.
constexpr index_t tile = 512;
constexpr index_t work = 8'000'000;  // multiplications

template <Scalar T>
MatrixView<const T> rows_of(Op op, MatrixView<const T> A, index_t first, index_t count) {
  return op == Op::none ? A.block(first, 0, count, A.cols) : A.block(0, first, A.rows, count);
}

template <Scalar T>
MatrixView<const T> cols_of(Op op, MatrixView<const T> B, index_t first, index_t count) {
  return op == Op::none ? B.block(0, first, B.rows, count) : B.block(first, 0, count, B.cols);
}

template <Scalar T>
void scale(MatrixView<T> C, T beta) {
  for (index_t j = 0; j < C.cols; ++j) {
    for (index_t i = 0; i < C.rows; ++i) C(i, j) = beta == T{} ? T{} : beta * C(i, j);
  }
}

// Cuts the inner dimension; the partial products are added in order.
template <Scalar T>
void multiply_by_inner_chunks(Op op_a,
                              Op op_b,
                              T alpha,
                              MatrixView<const T> A,
                              MatrixView<const T> B,
                              T beta,
                              MatrixView<T> C,
                              const Context& context) {
  const index_t inner = op_a == Op::none ? A.cols : A.rows;
  const index_t chunk = std::max<index_t>(1024, core::count_chunks(inner, 32));
  const index_t chunks = core::count_chunks(inner, chunk);
  std::vector<Matrix<T>> partial(static_cast<std::size_t>(chunks));
  core::for_each_chunk(inner, chunk, context, [&](index_t c, index_t first, index_t last) {
    Matrix<T> P(C.rows, C.cols);
    gemm<T>(op_a, op_b, alpha, cols_of(op_a, A, first, last - first),
            rows_of(op_b, B, first, last - first), T{0}, P.view());
    partial[static_cast<std::size_t>(c)] = std::move(P);
  });
  for (index_t j = 0; j < C.cols; ++j) {
    for (index_t i = 0; i < C.rows; ++i) {
      T sum = beta == T{} ? T{} : beta * C(i, j);
      for (const Matrix<T>& P : partial) sum += P(i, j);
      C(i, j) = sum;
    }
  }
}

}  // namespace

blas_int to_blas_int(index_t n) {
  require(n >= 0 && n <= std::numeric_limits<blas_int>::max(),
          "a dimension of " + std::to_string(n) +
              " does not fit the 32-bit integers of the linked BLAS (at most 2147483647)");
  return static_cast<blas_int>(n);
}

template <Scalar T>
void gemm(Op op_a,
          Op op_b,
          T alpha,
          MatrixView<const T> A,
          MatrixView<const T> B,
          T beta,
          MatrixView<T> C) {
  if (C.empty()) return;
  const index_t inner = op_a == Op::none ? A.cols : A.rows;
  if (inner == 0) return scale(C, beta);
  const BlasThreads one_thread;
  const char ta = static_cast<char>(op_a);
  const char tb = static_cast<char>(op_b);
  const blas_int m = to_blas_int(C.rows);
  const blas_int n = to_blas_int(C.cols);
  const blas_int k = to_blas_int(inner);
  const blas_int lda = to_blas_int(A.ld);
  const blas_int ldb = to_blas_int(B.ld);
  const blas_int ldc = to_blas_int(C.ld);
  Fortran<T>::gemm(&ta, &tb, &m, &n, &k, &alpha, A.data, &lda, B.data, &ldb, &beta, C.data, &ldc, 1,
                   1);
}

template <Scalar T>
void gemm_in_pieces(index_t piece,
                    Op op_a,
                    Op op_b,
                    T alpha,
                    MatrixView<const T> A,
                    MatrixView<const T> B,
                    T beta,
                    MatrixView<T> C) {
  const index_t inner = op_a == Op::none ? A.cols : A.rows;
  gemm<T>(op_a, op_b, alpha, cols_of(op_a, A, 0, std::min(piece, inner)),
          rows_of(op_b, B, 0, std::min(piece, inner)), beta, C);
  for (index_t first = piece; first < inner; first += piece) {
    const index_t count = std::min(piece, inner - first);
    gemm<T>(op_a, op_b, alpha, cols_of(op_a, A, first, count), rows_of(op_b, B, first, count), T{1},
            C);
  }
}

template <Scalar T>
void multiply(Op op_a,
              Op op_b,
              T alpha,
              MatrixView<const T> A,
              MatrixView<const T> B,
              T beta,
              MatrixView<T> C,
              const Context& context) {
  if (C.empty()) return;
  if (is_narrow(op_a, op_b, A, B)) return narrow_multiply(op_a, alpha, A, B, beta, C, context);
  const BlasThreads one_thread;
  const index_t inner = op_a == Op::none ? A.cols : A.rows;
  if (C.rows * C.cols <= tile * tile && inner >= 4096 && inner >= 4 * std::max(C.rows, C.cols)) {
    return multiply_by_inner_chunks(op_a, op_b, alpha, A, B, beta, C, context);
  }
  const index_t width = std::min(C.cols, tile);
  // A narrow product is cut where a tile is worth the start of a thread.
  const index_t enough = std::max<index_t>(work / (width * std::max<index_t>(inner, 1)), 128);
  const index_t height = width == tile ? tile : std::min(enough, 16 * tile);
  const index_t tile_rows = core::count_chunks(C.rows, height);
  const index_t tiles = tile_rows * core::count_chunks(C.cols, width);
  // A tile of a long product would keep whoever cancels waiting.
  constexpr index_t piece = is_complex<T> ? 2048 : 8192;
  core::for_each_chunk(tiles, 1, context, [&](index_t t, index_t, index_t) {
    const index_t i = t % tile_rows * height;
    const index_t j = t / tile_rows * width;
    const index_t rows = std::min(height, C.rows - i);
    const index_t cols = std::min(width, C.cols - j);
    const MatrixView<const T> left = rows_of(op_a, A, i, rows), right = cols_of(op_b, B, j, cols);
    for (index_t first = 0; first < std::max<index_t>(inner, 1); first += piece) {
      core::throw_if_stopped(context);
      const index_t count = std::min(piece, inner - first);
      gemm<T>(op_a, op_b, alpha, cols_of(op_a, left, first, count),
              rows_of(op_b, right, first, count), first == 0 ? beta : T{1},
              C.block(i, j, rows, cols));
    }
  });
}

template <Scalar T>
void multiply_in_place(MatrixView<T> A, MatrixView<const T> X, const Context& context) {
  const BlasThreads one_thread;
  constexpr index_t rows_per_chunk = 1024;
  core::for_each_chunk(A.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    Matrix<T> product(last - first, X.cols);
    gemm<T>(Op::none, Op::none, T{1}, A.block(first, 0, last - first, X.rows), X, T{0},
            product.view());
    for (index_t j = 0; j < X.cols; ++j) {
      std::copy_n(product.view().column(j), last - first, A.column(j) + first);
    }
  });
}

template <Scalar T>
void multiply_from_left(MatrixView<const T> L, MatrixView<T> X, const Context& context) {
  Matrix<T> product(X.rows, X.cols);
  multiply<T>(Op::none, Op::none, T{1}, L, X, T{0}, product.view(), context);
  for (index_t j = 0; j < X.cols; ++j) std::copy_n(product.view().column(j), X.rows, X.column(j));
}

template <Scalar T>
void gram(MatrixView<const T> X, real_t<T> beta, MatrixView<T> G) {
  if (G.empty()) return;
  const BlasThreads one_thread;
  const blas_int n = to_blas_int(X.cols);
  const blas_int k = to_blas_int(X.rows);
  const blas_int ldx = to_blas_int(X.ld);
  const blas_int ldg = to_blas_int(G.ld);
  const real_t<T> one = 1;
  Fortran<T>::herk("U", is_complex<T> ? "C" : "T", &n, &k, &one, X.data, &ldx, &beta, G.data, &ldg,
                   1, 1);
}

template <Scalar T>
void solve_upper_from_right(MatrixView<T> X, MatrixView<const T> R) {
  if (X.empty()) return;
  const BlasThreads one_thread;
  const blas_int m = to_blas_int(X.rows);
  const blas_int n = to_blas_int(X.cols);
  const blas_int ldr = to_blas_int(R.ld);
  const blas_int ldx = to_blas_int(X.ld);
  const T one = 1;
  Fortran<T>::trsm("R", "U", "N", "N", &m, &n, &one, R.data, &ldr, X.data, &ldx, 1, 1, 1, 1);
}

template <Scalar T>
void solve_upper_from_right(MatrixView<T> X, MatrixView<const T> R, const Context& context) {
  const BlasThreads one_thread;
  constexpr index_t rows_per_chunk = 2048;
  core::for_each_chunk(X.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    solve_upper_from_right<T>(X.block(first, 0, last - first, X.cols), R);
  });
}

template <Scalar T>
void solve_upper_from_left(MatrixView<const T> R, MatrixView<T> X, const Context& context) {
  if (X.empty()) return;
  const BlasThreads one_thread;
  constexpr index_t columns_per_chunk = 64;
  const blas_int m = to_blas_int(X.rows);
  const blas_int ldr = to_blas_int(R.ld);
  const blas_int ldx = to_blas_int(X.ld);
  const T one = 1;
  core::for_each_chunk(X.cols, columns_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         const blas_int n = to_blas_int(last - first);
                         Fortran<T>::trsm("L", "U", "N", "N", &m, &n, &one, R.data, &ldr,
                                          X.column(first), &ldx, 1, 1, 1, 1);
                       });
}

template void gemm(
    Op, Op, float, MatrixView<const float>, MatrixView<const float>, float, MatrixView<float>);
template void gemm(
    Op, Op, double, MatrixView<const double>, MatrixView<const double>, double, MatrixView<double>);
template void gemm(
    Op, Op, cfloat, MatrixView<const cfloat>, MatrixView<const cfloat>, cfloat, MatrixView<cfloat>);
template void gemm(Op,
                   Op,
                   cdouble,
                   MatrixView<const cdouble>,
                   MatrixView<const cdouble>,
                   cdouble,
                   MatrixView<cdouble>);
template void gemm_in_pieces(index_t,
                             Op,
                             Op,
                             float,
                             MatrixView<const float>,
                             MatrixView<const float>,
                             float,
                             MatrixView<float>);
template void gemm_in_pieces(index_t,
                             Op,
                             Op,
                             double,
                             MatrixView<const double>,
                             MatrixView<const double>,
                             double,
                             MatrixView<double>);
template void gemm_in_pieces(index_t,
                             Op,
                             Op,
                             cfloat,
                             MatrixView<const cfloat>,
                             MatrixView<const cfloat>,
                             cfloat,
                             MatrixView<cfloat>);
template void gemm_in_pieces(index_t,
                             Op,
                             Op,
                             cdouble,
                             MatrixView<const cdouble>,
                             MatrixView<const cdouble>,
                             cdouble,
                             MatrixView<cdouble>);
template void multiply(Op,
                       Op,
                       float,
                       MatrixView<const float>,
                       MatrixView<const float>,
                       float,
                       MatrixView<float>,
                       const Context&);
template void multiply(Op,
                       Op,
                       double,
                       MatrixView<const double>,
                       MatrixView<const double>,
                       double,
                       MatrixView<double>,
                       const Context&);
template void multiply(Op,
                       Op,
                       cfloat,
                       MatrixView<const cfloat>,
                       MatrixView<const cfloat>,
                       cfloat,
                       MatrixView<cfloat>,
                       const Context&);
template void multiply(Op,
                       Op,
                       cdouble,
                       MatrixView<const cdouble>,
                       MatrixView<const cdouble>,
                       cdouble,
                       MatrixView<cdouble>,
                       const Context&);
template void multiply_in_place(MatrixView<float>, MatrixView<const float>, const Context&);
template void multiply_in_place(MatrixView<double>, MatrixView<const double>, const Context&);
template void multiply_in_place(MatrixView<cfloat>, MatrixView<const cfloat>, const Context&);
template void multiply_in_place(MatrixView<cdouble>, MatrixView<const cdouble>, const Context&);
template void solve_upper_from_right(MatrixView<float>, MatrixView<const float>, const Context&);
template void solve_upper_from_right(MatrixView<double>, MatrixView<const double>, const Context&);
template void solve_upper_from_right(MatrixView<cfloat>, MatrixView<const cfloat>, const Context&);
template void solve_upper_from_right(MatrixView<cdouble>,
                                     MatrixView<const cdouble>,
                                     const Context&);
template void gram(MatrixView<const float>, float, MatrixView<float>);
template void solve_upper_from_right(MatrixView<float>, MatrixView<const float>);
template void gram(MatrixView<const double>, double, MatrixView<double>);
template void solve_upper_from_right(MatrixView<double>, MatrixView<const double>);
template void gram(MatrixView<const cfloat>, float, MatrixView<cfloat>);
template void solve_upper_from_right(MatrixView<cfloat>, MatrixView<const cfloat>);
template void gram(MatrixView<const cdouble>, double, MatrixView<cdouble>);
template void solve_upper_from_right(MatrixView<cdouble>, MatrixView<const cdouble>);
template void solve_upper_from_left(MatrixView<const float>, MatrixView<float>, const Context&);
template void solve_upper_from_left(MatrixView<const double>, MatrixView<double>, const Context&);
template void solve_upper_from_left(MatrixView<const cfloat>, MatrixView<cfloat>, const Context&);
template void solve_upper_from_left(MatrixView<const cdouble>, MatrixView<cdouble>, const Context&);
template void multiply_from_left(MatrixView<const float>, MatrixView<float>, const Context&);
template void multiply_from_left(MatrixView<const double>, MatrixView<double>, const Context&);
template void multiply_from_left(MatrixView<const cfloat>, MatrixView<cfloat>, const Context&);
template void multiply_from_left(MatrixView<const cdouble>, MatrixView<cdouble>, const Context&);

}  // namespace eckart::blas
