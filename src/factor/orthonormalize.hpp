// Orthonormal bases of tall blocks.
#pragma once

#include <cstdint>

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

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
// One round is all where X_given has next to nothing along Q (1 % of what is left of its shortest
// column); else two, and three with random directions.
// Where Q and X are spread over ranks, the shard says which of their rows are here.
// REQUIRES: at least Q.cols + X.cols rows, all ranks together
template <Scalar T>
void orthonormalize_against(MatrixView<const T> Q,
                            MatrixView<T> X,
                            MatrixView<T> H,
                            MatrixView<T> S,
                            double norm,
                            RandomSource& random,
                            const Context& context,
                            const Shard& shard = {});

}  // namespace eckart::factor
