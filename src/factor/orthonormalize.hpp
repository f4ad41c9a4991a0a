// Orthonormal bases of tall blocks.
#pragma once

#include <cstdint>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// X <- Q with orthonormal columns; R (b x b, upper triangular) <- the factor, X = Q R.
// Cholesky QR twice on columns scaled to unit length; Householder QR when that is not safe.
// A column of zeros gives a zero on the diagonal of R and an arbitrary orthonormal column.
// REQUIRES: X.rows >= X.cols; entries whose squares are representable.
// Source: Fukaya, Nakatsukasa, Yanagisawa, Yamamoto, "CholeskyQR2", ScalA 2014.
template <Scalar T>
void tall_qr(MatrixView<T> X, MatrixView<T> R, const Context& context);

// Replaces numerically dependent columns by random ones: where they come from.
struct RandomSource {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;  // advanced with every use
};

// X <- orthonormal columns, orthogonal to the orthonormal columns of Q, with
//   X_given = Q H + X S.
// H is Q.cols x b, S is b x b. Columns of X that X_given does not need, up to 5 eps norm, are
// random directions and have a zero row in S, so X always has full rank.
// norm is (an estimate of) the norm of the operator that made X.
// The QR stands inside the rounds of projection: projecting twice and factoring once loses
// orthogonality when X_given is nearly in range(Q).
// REQUIRES: X.rows >= Q.cols + X.cols
template <Scalar T>
void orthonormalize_against(MatrixView<const T> Q,
                            MatrixView<T> X,
                            MatrixView<T> H,
                            MatrixView<T> S,
                            double norm,
                            RandomSource& random,
                            const Context& context);

}  // namespace eckart::factor
