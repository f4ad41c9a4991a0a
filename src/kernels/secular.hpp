// The secular equation of a broken-arrow matrix, many roots at a time.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// The function f(sigma) = 1 + sum over j < count of z_j^2 / (d_j^2 - sigma^2).
// INVARIANT: 0 = d_0 < d_1 < ... < d_{count-1} < d_count, no z_j is zero, and f(d_count) > 0: the
// last entry of d, without a z, bounds the last root.
template <class Real>
struct Secular {
  index_t count;
  const Real* d;  // count + 1
  const Real* z;  // count
};

// Root i, between d_i and d_{i+1}, is origin[i] + offset[i], where the origin is the nearer end:
// differences between poles and roots are formed from both parts without cancellation.
template <class Real>
struct SecularRoots {
  Real* origin;
  Real* offset;
};

// Finds the roots [first, last). Each is exact to a few units in the last place of its offset, or
// |f| there is below 8 eps times the sum of the moduli of its terms. Rational interpolation, safe
// inside a bracket that is bisected when it must be; ends for any input.
// Cost: about 5 steps of count divisions a root.
template <class Real>
void solve_secular(const Secular<Real>& f,
                   index_t first,
                   index_t last,
                   const SecularRoots<Real>& roots);

// weight[j] <- the z_j, j in [first, last), for which the given roots are exact; the signs of z are
// kept. Source: Gu and Eisenstat, SIAM J. Matrix Anal. Appl. 16(1):79-92, 1995.
template <class Real>
void exact_weights(const Secular<Real>& f,
                   const SecularRoots<Real>& roots,
                   index_t first,
                   index_t last,
                   Real* weight);

// v_j <- z_j / (d_j^2 - sigma^2) and u_j <- d_j v_j for the n given poles, in any order, and one
// root. Returns the sums of v_j^2 and u_j^2.
template <class Real>
struct SquaredLengths {
  Real v;
  Real u;
};
template <class Real>
SquaredLengths<Real> secular_vectors(
    index_t n, const Real* d, const Real* z, Real origin, Real offset, Real* v, Real* u);

}  // namespace eckart::kernels
