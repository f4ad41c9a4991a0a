// The differential quotient-difference transform with shifts.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// What one transform shows of its pivots d_0 ... d_{m-1}; q_{m-1} becomes the last of them. The
// shift was below all eigenvalues exactly when all pivots are positive.
struct QdPivots {
  double least = 0;    // of all but the last; the last one when m = 1
  double last = 0;     // NaN if the transform broke down
  double least_e = 0;  // of all but the last two differences
};

// (q_out, e_out) <- the qd array with the eigenvalues of (q, e) less the shift: B B^T - shift I =
// C^T C, where the squares of the diagonals of B and C are q and q_out, those of the superdiagonals
// e and e_out. Without subtractions but that of the shift. m >= 1 quotients, m - 1 differences; in
// and out do not overlap.
// Source: Fernando and Parlett, Numerische Mathematik 67:191-229, 1994.
QdPivots dqds(
    index_t m, const double* q, const double* e, double shift, double* q_out, double* e_out);

}  // namespace eckart::kernels
