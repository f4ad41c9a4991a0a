// The singular value decomposition of a broken-arrow matrix: the core of a divide-and-conquer step.
#pragma once

#include <span>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/types.hpp"

namespace eckart::factor {

// Two columns with (nearly) equal d are turned so that one leaves the problem:
// gone <- c gone + s kept, kept <- c kept - s gone, in both sets of vectors.
template <class Real>
struct Deflation {
  index_t gone;
  index_t kept;
  Real c;
  Real s;
};

// The SVD of M = e_0 z^T + diag(d), where d_0 = 0, after deflation. Columns of M are numbered
// as given. If kept[0] = 0 takes part alone, M has the single singular value |weights[0]|.
template <class Real>
struct ArrowSvd {
  std::vector<Deflation<Real>> rotations;  // in the order in which they are to be applied; those
                                           // with kept = 0 turn right vectors alone
  std::vector<index_t> deflated;           // columns with singular value d
  std::vector<index_t> kept;               // the others, d rising
  std::vector<Real> poles;                 // d of the kept ones, and an upper bound of the roots
  std::vector<Real> weights;               // z for which the roots are exact, of the kept ones
  // Singular value i of the kept ones, rising: origins[i] + offsets[i]. Its vectors have the
  // entries v_j = weights[j] / (poles[j]^2 - sigma^2) and u_j = poles[j] v_j, u_0 = -1, before
  // scaling.
  std::vector<Real> origins;
  std::vector<Real> offsets;
};

// Returns the decomposition of M up to a perturbation of 8 eps scale in each deflated entry; the
// vectors formed from it are orthogonal to working accuracy. d and z have m >= 1 entries.
// REQUIRES: d_0 = 0, d_j >= 0; scale is at least max(d, |z|) up to rounding, and about 1
// Cost: about 7 divisions for each pair of kept columns, in vector registers and parallel.
// Memory: O(m).
//
// Source: Gu and Eisenstat, SIAM J. Matrix Anal. Appl. 16(1):79-92, 1995; deflation: Jessup and
// Sorensen, SIAM J. Matrix Anal. Appl. 15(2):530-548, 1994.
template <class Real>
ArrowSvd<Real> arrow_svd(std::span<const Real> d,
                         std::span<Real> z,
                         Real scale,
                         const Context& context);

}  // namespace eckart::factor
