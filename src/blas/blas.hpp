// Dense products over BLAS. Everything here runs inside a BlasThreads guard, on fixed tiles, so
// that results are bit-identical for any number of threads.
#pragma once

#include "blas/blas_threads.hpp"
#include "blas/fortran.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::blas {

// How a matrix enters a product. For real scalars transpose and adjoint are the same.
enum class Op : char { none = 'N', transpose = 'T', adjoint = 'C' };

// Returns n as the 32-bit integer of the BLAS interface.
// Throws InvalidArgument naming the limit if it does not fit.
blas_int to_blas_int(index_t n);

// C <- alpha op(A) op(B) + beta C on the calling thread.
// REQUIRES: shapes fit; C overlaps neither A nor B.
template <Scalar T>
void gemm(Op op_a,
          Op op_b,
          T alpha,
          MatrixView<const T> A,
          MatrixView<const T> B,
          T beta,
          MatrixView<T> C);

// The same with the inner dimension cut into pieces of the given length. Where all terms of a sum
// are equal, every addition rounds in the same direction: products of the vectors that reflect a
// constant matrix lose an eighth of an eps for each term and more. Pieces keep that short.
// Cost: pieces below 128 are slower by some per cent, below 32 by half.
// REQUIRES: piece >= 1
template <Scalar T>
void gemm_in_pieces(index_t piece,
                    Op op_a,
                    Op op_b,
                    T alpha,
                    MatrixView<const T> A,
                    MatrixView<const T> B,
                    T beta,
                    MatrixView<T> C);

// The same as gemm in parallel: C is cut into tiles that depend on the shapes alone; when C is
// small and the inner dimension long, that is cut instead and the partial products are added in
// order. Memory: at most 32 copies of a small C.
template <Scalar T>
void multiply(Op op_a,
              Op op_b,
              T alpha,
              MatrixView<const T> A,
              MatrixView<const T> B,
              T beta,
              MatrixView<T> C,
              const Context& context);

// A <- A X for an m x c matrix A and a c x k matrix X, k <= c: the product replaces the first k
// columns. Works by row blocks, so that no second m x k matrix is needed.
template <Scalar T>
void multiply_in_place(MatrixView<T> A, MatrixView<const T> X, const Context& context);

// X <- L X for a square matrix L, by way of a copy of X.
template <Scalar T>
void multiply_from_left(MatrixView<const T> L, MatrixView<T> X, const Context& context);

// The upper triangle of G <- X^H X + beta G, on the calling thread.
template <Scalar T>
void gram(MatrixView<const T> X, real_t<T> beta, MatrixView<T> G);

// X <- X R^-1 for upper triangular R, on the calling thread.
template <Scalar T>
void solve_upper_from_right(MatrixView<T> X, MatrixView<const T> R);

// The same by row blocks in parallel.
template <Scalar T>
void solve_upper_from_right(MatrixView<T> X, MatrixView<const T> R, const Context& context);

// X <- R^-1 X for upper triangular R, by blocks of columns in parallel.
template <Scalar T>
void solve_upper_from_left(MatrixView<const T> R, MatrixView<T> X, const Context& context);

}  // namespace eckart::blas
