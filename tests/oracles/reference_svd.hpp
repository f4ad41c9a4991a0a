// tests/oracles/reference_svd.hpp - singular values to about 30 digits, for matrices up to
// about 60 wide: pivoted QR factorization and one-sided Jacobi in 113-bit arithmetic.
//
// Sources: one-sided rotations, Hestenes, J. SIAM 6(1):51-90, 1958; of a triangle that row sorting
// and column pivoting have graded, Drmac and Veselic, SIAM J. Matrix Anal. Appl.
// 29(4):1322-1342, 2008.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "eckart/matrix.hpp"

namespace eckart::oracles {

using Quad = __float128;

// The square root by two Newton steps from the 64-bit one. long double has the exponent range
// of Quad, so nothing overflows on the way.
inline Quad quad_sqrt(Quad x) {
  if (!(x > 0)) return x;
  Quad y = static_cast<Quad>(std::sqrt(static_cast<long double>(x)));
  if (!(y > 0)) return 0;  // below the range of long double
  for (int step = 0; step < 2; ++step) y = (y + x / y) / 2;
  return y;
}

// A dense column-major matrix of Quads.
struct QuadMatrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<Quad> values;

  QuadMatrix(std::size_t m, std::size_t n) : rows(m), cols(n), values(m * n, Quad(0)) {}
  Quad& operator()(std::size_t i, std::size_t j) { return values[i + j * rows]; }
  Quad operator()(std::size_t i, std::size_t j) const { return values[i + j * rows]; }
};

namespace detail {

inline Quad inner(const QuadMatrix& A, std::size_t p, std::size_t q) {
  Quad sum = 0;
  for (std::size_t i = 0; i < A.rows; ++i) sum += A(i, p) * A(i, q);
  return sum;
}

// Makes columns p and q orthogonal. Returns whether they were not.
inline bool rotate(QuadMatrix& A, std::size_t p, std::size_t q) {
  const Quad alpha = inner(A, p, p);
  const Quad beta = inner(A, q, q);
  const Quad gamma = inner(A, p, q);
  const Quad size = gamma < 0 ? -gamma : gamma;
  if (!(size > static_cast<Quad>(1e-30L) * quad_sqrt(alpha) * quad_sqrt(beta))) return false;
  const Quad zeta = (beta - alpha) / (2 * gamma);
  const Quad root = quad_sqrt(1 + zeta * zeta);
  const Quad t = zeta >= 0 ? 1 / (zeta + root) : -1 / (root - zeta);
  const Quad c = 1 / quad_sqrt(1 + t * t);
  const Quad s = c * t;
  for (std::size_t i = 0; i < A.rows; ++i) {
    const Quad x = A(i, p);
    const Quad y = A(i, q);
    A(i, p) = c * x - s * y;
    A(i, q) = s * x + c * y;
  }
  return true;
}

// Returns A, or its transpose if A is wide.
inline QuadMatrix tall(QuadMatrix A) {
  if (A.rows >= A.cols) return A;
  QuadMatrix transposed(A.cols, A.rows);
  for (std::size_t i = 0; i < A.rows; ++i) {
    for (std::size_t j = 0; j < A.cols; ++j) transposed(j, i) = A(i, j);
  }
  return transposed;
}

// Returns the rows in falling order of their largest entry.
inline QuadMatrix sort_rows(const QuadMatrix& A) {
  std::vector<Quad> size(A.rows, Quad(0));
  for (std::size_t j = 0; j < A.cols; ++j) {
    for (std::size_t i = 0; i < A.rows; ++i) {
      size[i] = std::max(size[i], A(i, j) < 0 ? -A(i, j) : A(i, j));
    }
  }
  std::vector<std::size_t> order(A.rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return size[i] > size[j]; });
  QuadMatrix sorted(A.rows, A.cols);
  for (std::size_t j = 0; j < A.cols; ++j) {
    for (std::size_t i = 0; i < A.rows; ++i) sorted(i, j) = A(order[i], j);
  }
  return sorted;
}

// Returns R^T of A = Q R P^T with the longest column taken first in every step.
inline QuadMatrix lower_triangle(QuadMatrix A) {
  const auto tail = [&](std::size_t k, std::size_t j) {
    Quad sum = 0;
    for (std::size_t i = k; i < A.rows; ++i) sum += A(i, j) * A(i, j);
    return sum;
  };
  QuadMatrix L(A.cols, A.cols);
  for (std::size_t k = 0; k < A.cols; ++k) {
    std::size_t longest = k;
    for (std::size_t j = k + 1; j < A.cols; ++j) {
      if (tail(k, j) > tail(k, longest)) longest = j;
    }
    for (std::size_t i = 0; i < A.rows; ++i) std::swap(A(i, k), A(i, longest));
    for (std::size_t i = 0; i < k; ++i) std::swap(L(k, i), L(longest, i));
    const Quad length = quad_sqrt(tail(k, k));
    if (!(length > 0)) break;
    const Quad first = A(k, k);
    const Quad beta = first > 0 ? -length : length;
    A(k, k) -= beta;
    L(k, k) = beta;
    for (std::size_t j = k + 1; j < A.cols; ++j) {
      Quad sum = 0;
      for (std::size_t i = k; i < A.rows; ++i) sum += A(i, k) * A(i, j);
      const Quad factor = sum / (length * (length + (first < 0 ? -first : first)));
      for (std::size_t i = k; i < A.rows; ++i) A(i, j) -= factor * A(i, k);
      L(j, k) = A(k, j);
    }
  }
  return L;
}

}  // namespace detail

// Returns the min(m, n) singular values in falling order, found by rotations of the columns as they
// stand: those of a bidiagonal matrix to all their digits, whatever its entries.
inline std::vector<Quad> reference_singular_values(QuadMatrix A) {
  A = detail::tall(std::move(A));
  bool rotated = true;
  for (int sweep = 0; sweep < 60 && rotated; ++sweep) {
    rotated = false;
    for (std::size_t p = 0; p < A.cols; ++p) {
      for (std::size_t q = p + 1; q < A.cols; ++q) rotated |= detail::rotate(A, p, q);
    }
  }
  std::vector<Quad> sigma(A.cols);
  for (std::size_t j = 0; j < A.cols; ++j) sigma[j] = quad_sqrt(detail::inner(A, j, j));
  std::sort(sigma.begin(), sigma.end(), [](Quad a, Quad b) { return a > b; });
  return sigma;
}

// Returns the singular values of A rounded to long double. A complex matrix X + iY is taken as
// the real [X -Y; Y X], which has each of its singular values twice. A pivoted triangle comes
// before the rotations: scales of rows and columns alike then cost no digits.
template <Scalar T>
std::vector<long double> reference_singular_values(MatrixView<const T> A) {
  const auto m = static_cast<std::size_t>(A.rows);
  const auto n = static_cast<std::size_t>(A.cols);
  constexpr std::size_t copies = is_complex<T> ? 2 : 1;
  QuadMatrix real(copies * m, copies * n);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < m; ++i) {
      const T a = A(static_cast<index_t>(i), static_cast<index_t>(j));
      real(i, j) = static_cast<Quad>(std::real(a));
      if constexpr (is_complex<T>) {
        real(m + i, n + j) = static_cast<Quad>(std::real(a));
        real(m + i, j) = static_cast<Quad>(std::imag(a));
        real(i, n + j) = -static_cast<Quad>(std::imag(a));
      }
    }
  }
  const QuadMatrix triangle =
      detail::lower_triangle(detail::sort_rows(detail::tall(std::move(real))));
  const std::vector<Quad> all = reference_singular_values(triangle);
  std::vector<long double> sigma;
  for (std::size_t i = 0; i < all.size(); i += copies) {
    sigma.push_back(static_cast<long double>(all[i]));
  }
  return sigma;
}

}  // namespace eckart::oracles
