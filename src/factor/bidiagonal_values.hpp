// The singular values of a real bidiagonal matrix, without vectors.
#pragma once

#include <concepts>
#include <span>

#include "eckart/context.hpp"

namespace eckart::factor {

// Returns whether the values were found: always, unless an entry is not finite.
// B is upper bidiagonal: diagonal d (n entries), superdiagonal e (n - 1 entries, destroyed).
// d <- the singular values of B, falling.
//
// Accuracy: every singular value, however small, to a relative error of a small multiple of n eps,
// as long as it is a normal number. A value beyond the largest number becomes infinite.
// Cost: about 1.5 n^2 steps of one division, each of which waits for the one before; on the calling
// thread. A matrix whose entries or values span so many orders of magnitude that their squares
// underflow, and one on which dqds does not converge, are left to bidiagonal_qr,
// which takes about three times as long. Memory: 8 n doubles. Throws Cancelled if
// context.must_stop().
//
// Source: Fernando and Parlett, Numerische Mathematik 67:191-229, 1994; shifts in the manner of
// Parlett and Marques, Linear Algebra Appl. 309:121-151, 2000.
template <std::floating_point Real>
[[nodiscard]] bool bidiagonal_values(std::span<Real> d, std::span<Real> e, const Context& context);

}  // namespace eckart::factor
