// Many small matrices at once, one in each lane of a vector register.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// Matrices in a pack: as many real numbers as 64 bytes hold.
template <class T>
inline constexpr index_t lanes = 64 / static_cast<index_t>(sizeof(real_t<T>));

// `lanes` matrices of rows x cols, entry by entry side by side: entry (i, j) of matrix l is
//   data[((i + j ld) parts) lanes + l],   parts = 1, or 2 for complex: real, then imaginary.
// An odd ld keeps the columns apart in the cache.
// INVARIANT: data is aligned to 64 bytes; ld >= rows.
template <class T>
struct Pack {
  real_t<T>* data = nullptr;
  index_t rows = 0;
  index_t cols = 0;
  index_t ld = 1;

  static constexpr index_t entry = lanes<T> * (is_complex<T> ? 2 : 1);  // reals in an entry
  real_t<T>* at(index_t i, index_t j) const { return data + (i + j * ld) * entry; }
};

// Where the matrices of a pack are in memory: entry (i, j) of matrix l < count is
// data[l matrix + i row + j col].
template <class T>
struct Scattered {
  T* data = nullptr;
  index_t count = 0;
  index_t row = 1;
  index_t col = 1;
  index_t matrix = 0;
  bool conjugated = false;  // the pack holds the conjugate
};

// A <- the matrices as they are; a lane beyond count becomes zero.
template <class T>
void gather(const Scattered<const T>& from, Pack<T> A);

// The same, each divided by 2^exponents[l] so that its largest entry is in [1, 2).
// A matrix that is not finite becomes zero; finite[l] tells which.
template <class T>
void gather_scaled(const Scattered<const T>& from, Pack<T> A, int* exponents, bool* finite);

// The matrices <- the pack; column j of matrix l comes from column order[j lanes + l].
template <class T>
void scatter(Pack<T> A, const index_t* order, const Scattered<T>& to);

// A = Q B P^H with B upper bidiagonal and real: d[k lanes + l] is its diagonal, e its
// superdiagonal. Q and P remain in A and in tau_q, tau_p (an entry for each column) as Householder
// reflectors. REQUIRES: A.rows >= A.cols
// Source: Golub and Kahan, SIAM J. Numer. Anal. 2(2):205-224, 1965.
template <class T>
void bidiagonalize(Pack<T> A, real_t<T>* d, real_t<T>* e, real_t<T>* tau_q, real_t<T>* tau_p);

// C <- Q [C; 0], where X is what C's leading block has; columns of C beyond those of X are those
// of Q itself. REQUIRES: X is n x n, C.rows = A.rows
template <class T>
void back_transform_left(Pack<T> A, const real_t<T>* tau_q, Pack<real_t<T>> X, Pack<T> C);
// C <- P Y. REQUIRES: Y and C are n x n
template <class T>
void back_transform_right(Pack<T> A, const real_t<T>* tau_p, Pack<real_t<T>> Y, Pack<T> C);

// B = X diag(d) Y^T for the upper bidiagonal B with diagonal d and superdiagonal e: d <- the
// singular values with arbitrary signs, in no order. X and Y may be without data: not computed.
// e[-lanes] and e[(n - 1) lanes] must be readable and writable.
// converged[l] tells which lanes succeeded; by all experience all do.
// Accuracy: normwise, a small multiple of eps times the largest entry of B.
// Source: implicit QR iteration, Golub and Reinsch, Numer. Math. 14:403-420, 1970.
template <class Real>
void bidiagonal_qr(
    index_t n, Real* d, Real* e, Pack<Real> X, Pack<Real> Y, Real* scratch, bool* converged);
// Reals of scratch for bidiagonal_qr.
template <class Real>
index_t bidiagonal_qr_scratch(index_t n);

// d <- |d|. The columns of V and U, if they have data, are turned with it, so that the entry of v
// of largest modulus, the first within sqrt(eps) of it, is real and positive.
// Every zero becomes +0.
template <class T>
void orient(index_t n, real_t<T>* d, Pack<T> V, Pack<T> U);

// E <- A X - Y diag(s), or A^H X - Y diag(s) if adjoint; squares[j lanes + l] <- the square of the
// length of its column j, E itself is not kept. s has a value for each column and lane.
template <class T>
void residual_squares(
    bool adjoint, Pack<T> A, Pack<T> X, Pack<T> Y, const real_t<T>* s, real_t<T>* squares);

// square[l] <- ||X^H X - I||_F^2
template <class T>
void orthogonality_square(Pack<T> X, real_t<T>* square);

// square[l] <- ||A||_F^2
template <class T>
void frobenius_square(Pack<T> A, real_t<T>* square);

}  // namespace eckart::kernels
