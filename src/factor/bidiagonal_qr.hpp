// The singular value decomposition of a small real bidiagonal matrix by implicit QR iteration.
#pragma once

#include <concepts>
#include <span>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// Returns whether the iteration converged; false also if an entry is not finite.
// B is upper bidiagonal: diagonal d (n entries), superdiagonal e (n - 1 entries, destroyed).
// d <- the singular values of B, falling; X <- X * (left vectors), Y <- Y * (right vectors): start
// with identities for the vectors themselves. X and Y have n columns and any number of rows; a view
// without rows skips its side.
//
// Accuracy: every singular value, however small, to a relative error of a small multiple of n eps,
// as long as it is a normal number; X and Y stay orthogonal to a small multiple of n eps. A value
// beyond the largest number becomes infinite.
// Cost: about 6 (rows of X + rows of Y) n^2 flops in vector registers and 2 n^2 steps of two square
// roots; on the calling thread. Memory: at most 200 n elements.
// Throws Cancelled if context.must_stop().
//
// Source: Demmel and Kahan, SIAM J. Sci. Stat. Comput. 11(5):873-912, 1990.
template <std::floating_point Real>
[[nodiscard]] bool bidiagonal_qr(std::span<Real> d,
                                 std::span<Real> e,
                                 MatrixView<Real> X,
                                 MatrixView<Real> Y,
                                 const Context& context);

}  // namespace eckart::factor
