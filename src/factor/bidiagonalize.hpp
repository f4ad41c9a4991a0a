// One-stage reduction of a matrix to bidiagonal form.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// A = Q B P^H with B upper bidiagonal and real: diagonal d (n), superdiagonal e (n - 1).
// Q = H_1 ... H_n, P = G_1 ... G_{n-1}; the vectors of the reflectors stand in A, those of H_j
// below the diagonal of column j, those of G_j right of the superdiagonal of row j.
template <Scalar T>
struct Bidiagonal {
  std::vector<real_t<T>> d;
  std::vector<real_t<T>> e;
  std::vector<T> tau_left;   // n
  std::vector<T> tau_right;  // max(0, n - 1)
};

// A (m x n, m >= n) <- reflectors.
//
// Each column is one sweep over the trailing matrix: the products with the left and with the
// right vector share it, because the right vector is linear in the updated row; updates of the
// matrix are delayed over a panel.
//
// Accuracy: backward stable, ||A - Q B P^H|| <= c max(m, n) eps ||A||, for a matrix whose largest
// entry is near 1.
// Cost: 4 n^2 (m - n/3) flops, half of them at the speed of memory: it reads A n/3 times.
// About 24 (m + n) elements of workspace, and 64 for every reflector while they are applied.
// Source: Howell, Demmel, Fulton, Hammarling, Marmol, ACM TOMS 34(3), article 14, 2008.
template <Scalar T>
Bidiagonal<T> bidiagonalize(MatrixView<T> A, const Context& context);

// X <- Q X and Y <- P Y for X with A.rows and Y with A.cols rows; A as bidiagonalize left it.
template <Scalar T>
void apply_left(const Bidiagonal<T>& bidiagonal,
                MatrixView<const T> A,
                MatrixView<T> X,
                const Context& context);
template <Scalar T>
void apply_right(const Bidiagonal<T>& bidiagonal,
                 MatrixView<const T> A,
                 MatrixView<T> Y,
                 const Context& context);

}  // namespace eckart::factor
