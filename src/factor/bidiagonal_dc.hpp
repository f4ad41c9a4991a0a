// The singular value decomposition of a real bidiagonal matrix by divide and conquer.
#pragma once

#include <concepts>
#include <span>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// Returns whether the decomposition was found; false only if an entry is not finite or a small
// diagonal block defeats the QR iteration, and then X and Y hold nothing of use.
// B is upper bidiagonal: diagonal d (n entries), superdiagonal e (n - 1 entries, destroyed).
// d <- all singular values of B, falling; X, Y (n x count) <- the left and right singular vectors
// of the triplets [first, first + count), so that B = X diag(d) Y^T when count = n.
//
// Accuracy: |B - X diag(d) Y^T| and the loss of orthogonality of X and Y are small multiples of
// n eps, relative to |B|; small singular values are accurate relative to the largest. A value
// beyond the largest number becomes infinite. The vectors of a part of the triplets are those of
// the whole up to rounding, not to the bit.
// Cost: at most (2/3 n^2 + 2 n count) n flops in products of matrices, less what deflates, and
// O(n^2) divisions in vector registers. Memory: 2 n^2 + O(n) elements besides X and Y for
// n > 2000, up to 3.5 n^2 below.
// Throws Cancelled if context.must_stop().
// REQUIRES: 0 <= first, 0 <= count, first + count <= n
//
// Source: Gu and Eisenstat, SIAM J. Matrix Anal. Appl. 16(1):79-92, 1995, for lower bidiagonal
// matrices; the merge with an additional column as Jessup and Sorensen, SIAM J. Matrix Anal. Appl.
// 15(2):530-548, 1994.
template <std::floating_point Real>
[[nodiscard]] bool bidiagonal_divide_and_conquer(std::span<Real> d,
                                                 std::span<Real> e,
                                                 index_t first,
                                                 index_t count,
                                                 MatrixView<Real> X,
                                                 MatrixView<Real> Y,
                                                 const Context& context);

// Returns the elements that the routine allocates, for count vectors.
double bidiagonal_divide_and_conquer_elements(index_t n, index_t count);

}  // namespace eckart::factor
