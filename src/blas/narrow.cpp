#include "blas/narrow.hpp"

#include <algorithm>
#include <vector>

#include "core/parallel.hpp"
#include "kernels/narrow.hpp"

namespace eckart::blas {
namespace {

constexpr index_t widest = 24;            // from here on gemm has paid for its packing
constexpr index_t least_entries = 16384;  // of A
constexpr index_t entries_per_chunk = 200'000;
constexpr index_t least_chunk = 1024;  // rows or columns of A: shorter ones are read with stops
constexpr index_t many_columns = 256;  // cut columns of A: partial sums would be large
constexpr index_t columns_per_chunk = 48;
constexpr index_t most_partials = 16;

template <Scalar T>
kernels::NarrowProduct<T> task(T alpha,
                               MatrixView<const T> A,
                               MatrixView<const T> B,
                               MatrixView<T> C) {
  return {A.rows, A.cols, C.cols, alpha, A.data, A.ld, B.data, B.ld, C.data, C.ld};
}

template <Scalar T>
void scale(MatrixView<T> C, T beta) {
  for (index_t j = 0; j < C.cols; ++j) {
    for (index_t i = 0; i < C.rows; ++i) C(i, j) = beta == T{} ? T{} : beta * C(i, j);
  }
}

// C <- beta C + alpha sum of what add(first, last, P) adds to P for each chunk of [0, inner).
template <Scalar T, class Add>
void add_partials(index_t inner,
                  index_t other,
                  T alpha,
                  T beta,
                  MatrixView<T> C,
                  const Context& context,
                  const Add& add) {
  const index_t chunk = std::max(core::count_chunks(inner, most_partials),
                                 core::count_chunks(entries_per_chunk, other));
  std::vector<Matrix<T>> partial(static_cast<std::size_t>(core::count_chunks(inner, chunk)));
  core::for_each_chunk(inner, chunk, context, [&](index_t c, index_t first, index_t last) {
    Matrix<T> P(C.rows, C.cols);
    add(first, last, P.view());
    partial[static_cast<std::size_t>(c)] = std::move(P);
  });
  constexpr index_t rows_per_chunk = 4096;
  core::for_each_chunk(C.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = 0; j < C.cols; ++j) {
      for (index_t i = first; i < last; ++i) {
        T sum = 0;
        for (const Matrix<T>& P : partial) sum += P(i, j);
        C(i, j) = alpha * sum + (beta == T{} ? T{} : beta * C(i, j));
      }
    }
  });
}

}  // namespace

template <Scalar T>
bool is_narrow(Op op_a, Op op_b, MatrixView<const T> A, MatrixView<const T> B) {
  if constexpr (is_complex<T>) return false;
  return op_b == Op::none && B.cols <= widest && A.rows * A.cols >= least_entries &&
         (op_a == Op::none || A.rows >= 32);
}

template <Scalar T>
void narrow_multiply(Op op_a,
                     T alpha,
                     MatrixView<const T> A,
                     MatrixView<const T> B,
                     T beta,
                     MatrixView<T> C,
                     const Context& context) {
  if constexpr (!is_complex<T>) {
    const bool by_rows = A.rows >= A.cols;
    const index_t chunk =
        std::max(least_chunk, core::count_chunks(entries_per_chunk, by_rows ? A.cols : A.rows));
    if (op_a == Op::none && by_rows) {
      core::for_each_chunk(A.rows, chunk, context, [&](index_t, index_t first, index_t last) {
        const MatrixView<T> rows = C.block(first, 0, last - first, C.cols);
        scale(rows, beta);
        kernels::narrow_product(task(alpha, A.block(first, 0, last - first, A.cols), B, rows));
      });
    } else if (op_a == Op::none) {
      add_partials(A.cols, A.rows, alpha, beta, C, context,
                   [&](index_t first, index_t last, MatrixView<T> P) {
                     kernels::narrow_product(task(T{1}, A.columns(first, last - first),
                                                  B.block(first, 0, last - first, B.cols), P));
                   });
    } else if (by_rows && A.cols < many_columns) {
      add_partials(
          A.rows, A.cols, alpha, beta, C, context,
          [&](index_t first, index_t last, MatrixView<T> P) {
            kernels::narrow_adjoint_product(task(T{1}, A.block(first, 0, last - first, A.cols),
                                                 B.block(first, 0, last - first, B.cols), P));
          });
    } else {
      const index_t columns = by_rows ? columns_per_chunk : chunk;
      core::for_each_chunk(A.cols, columns, context, [&](index_t, index_t first, index_t last) {
        const MatrixView<T> rows = C.block(first, 0, last - first, C.cols);
        Matrix<T> P(rows.rows, rows.cols);
        kernels::narrow_adjoint_product(task(T{1}, A.columns(first, last - first), B, P.view()));
        for (index_t j = 0; j < rows.cols; ++j) {
          for (index_t i = 0; i < rows.rows; ++i) {
            rows(i, j) = alpha * P(i, j) + (beta == T{} ? T{} : beta * rows(i, j));
          }
        }
      });
    }
  }
}

template bool is_narrow(Op, Op, MatrixView<const float>, MatrixView<const float>);
template bool is_narrow(Op, Op, MatrixView<const double>, MatrixView<const double>);
using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template bool is_narrow(Op, Op, MatrixView<const cfloat>, MatrixView<const cfloat>);
template bool is_narrow(Op, Op, MatrixView<const cdouble>, MatrixView<const cdouble>);
template void narrow_multiply(Op,
                              float,
                              MatrixView<const float>,
                              MatrixView<const float>,
                              float,
                              MatrixView<float>,
                              const Context&);
template void narrow_multiply(Op,
                              double,
                              MatrixView<const double>,
                              MatrixView<const double>,
                              double,
                              MatrixView<double>,
                              const Context&);
template void narrow_multiply(Op,
                              cfloat,
                              MatrixView<const cfloat>,
                              MatrixView<const cfloat>,
                              cfloat,
                              MatrixView<cfloat>,
                              const Context&);
template void narrow_multiply(Op,
                              cdouble,
                              MatrixView<const cdouble>,
                              MatrixView<const cdouble>,
                              cdouble,
                              MatrixView<cdouble>,
                              const Context&);

}  // namespace eckart::blas
