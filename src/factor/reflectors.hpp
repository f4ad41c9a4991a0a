// Householder reflectors, one and many.
#pragma once

#include <span>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// H = I - tau v v^H with v_1 = 1 and H^H x = beta e_1, beta real.
template <Scalar T>
struct Reflector {
  T tau = 0;
  real_t<T> beta = 0;
  T scale = 0;  // v_i = scale x_i for i > 1
};

// Returns the reflector for the vector whose first entry is x1 and whose others have the sum of
// squares tail. Parts so small that their squares vanish count as zeros: for a matrix scaled to
// entries near 1 they are far below its rounding.
// Source: Golub and Van Loan, Matrix Computations, section 5.1, with the sign that avoids
// cancellation.
template <Scalar T>
Reflector<T> make_reflector(T x1, real_t<T> tail);

// Where the vectors v_j of a sequence of reflectors stand in a matrix A: v_j has zeros, then a
// one, then the entries of column j below the diagonal, or their conjugates in row j to the
// right of it.
enum class Stored { columns, rows };

// X <- H_1 H_2 ... H_k X, k = tau.size().
//
// Cost: 4 k X.rows X.cols flops as products of blocks, about 64 k elements of workspace.
// REQUIRES: v_j has X.rows entries.
// Source: Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10(1):53-57, 1989.
template <Scalar T>
void apply_reflectors(Stored stored,
                      MatrixView<const T> A,
                      std::span<const T> tau,
                      MatrixView<T> X,
                      const Context& context);

// X <- (H_1 H_2 ... H_k)^H X, likewise.
template <Scalar T>
void apply_adjoint_reflectors(Stored stored,
                              MatrixView<const T> A,
                              std::span<const T> tau,
                              MatrixView<T> X,
                              const Context& context);

}  // namespace eckart::factor
