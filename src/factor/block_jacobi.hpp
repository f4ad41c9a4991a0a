// One-sided Jacobi by blocks of columns.
#pragma once

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// X <- X W and V <- V W for an orthonormal W that makes the columns of X (n x n) orthogonal. V has
// n columns of length n, or is empty: then W is not kept. Returns the number of sweeps, which is
// bounded whatever the input.
//
// Accuracy: on return cosines between columns are at most about 6 eps. Each row of X is changed by
// a modest multiple of eps times its own length, so the singular values of D B keep their relative
// accuracy for any diagonal D [1]. Lengths of columns may lie anywhere in the range of T.
// Cost: a sweep is 12 n^3 flops of matrix products (8 n^3 without V) where it rotates and 4 n^3
// where it does not; n^2 elements.
// Source: [1] Demmel and Veselic, SIAM J. Matrix Anal. Appl. 13(4):1204-1245, 1992; order of the
// columns: de Rijk, SIAM J. Sci. Stat. Comput. 10(2):359-371, 1989.
template <Scalar T>
int orthogonalize_columns(MatrixView<T> X, MatrixView<T> V, const Context& context);

// Returns e with 2^(e-1) <= the largest modulus of a part of an entry < 2^e, but at least a few
// powers above where 2^-e would overflow; that least for a vector of zeros.
template <Scalar T>
int exponent_of(const T* x, index_t n);

// Returns ||x||, for a vector whose entries lie anywhere in the range of T.
template <Scalar T>
real_t<T> norm_of(const T* x, index_t n);

// x <- y 2^exponent; x and y may be the same.
template <Scalar T>
void scale_by_power(const T* y, index_t n, int exponent, T* x);

}  // namespace eckart::factor
