// QR factorization of tall blocks by Cholesky factors of Gram matrices.
#pragma once

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// X (m x n, m >= n) <- Q with orthonormal columns; R (n x n, upper triangular) <- the factor,
// X = Q R. A column of zeros gives a zero on the diagonal of R and an arbitrary orthonormal column.
// Of an X that is spread over ranks the shard says which rows are here; R is the same on each.
//
// Cholesky QR on columns scaled to unit length: once where those are nearly orthogonal (the
// condition number of the factor is at most sqrt 8 by a bound), else twice [1]; where it is above
// about 1e6 (1e2 in single precision), Cholesky QR of the shifted Gram matrix first [2]; where that
// is not enough either, Householder QR of row blocks and of their triangles [3]. Accuracy: ||X - Q
// R|| <= c eps ||X||, column by column; ||Q^H Q - I|| <= c n eps. Cost: 2 m n^2 flops by one round,
// 4 by two, 6 with the shift, 6 by Householder; X is read and written three times. Memory: at most
// m n / 4 + 3 n^2 elements, m n / 2 more by Householder, and n^2 for each rank. REQUIRES: entries
// whose squares do not overflow.
//
// [1] Fukaya, Nakatsukasa, Yanagisawa, Yamamoto, "CholeskyQR2", ScalA 2014.
// [2] Fukaya, Kannan, Nakatsukasa, Yamamoto, Yanagisawa, SIAM J. Sci. Comput. 42(1), 2020.
// [3] Demmel, Grigori, Hoemmen, Langou, SIAM J. Sci. Comput. 34(1), 2012.
template <Scalar T>
void tall_qr(MatrixView<T> X, MatrixView<T> R, const Context& context, const Shard& shard = {});

// The same but for the last step: X = Q R with Q = X_new S^-1 for the upper triangular S (n x n),
// well-conditioned but for the lengths of its columns, so that a product Q Y is had as X_new (S^-1
// Y), one pass less.
template <Scalar T>
void tall_qr_deferred(MatrixView<T> X,
                      MatrixView<T> R,
                      MatrixView<T> S,
                      const Context& context,
                      const Shard& shard = {});

// U <- X Y for tall X (m x n) and small Y (n x k), by rows that stay in the cache.
template <Scalar T>
void tall_product(MatrixView<const T> X,
                  MatrixView<const T> Y,
                  MatrixView<T> U,
                  const Context& context);

}  // namespace eckart::factor
