#include "factor/one_sided_jacobi.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"

namespace eckart::factor {
namespace {

constexpr int most_sweeps = 60;  // convergence is quadratic; about 8 are seen

// Wide enough that the square of any normal number is normal.
template <class Real>
using Wide = std::conditional_t<std::same_as<Real, float>, double, long double>;

template <Scalar T>
Wide<real_t<T>> squared_length(const T* x, index_t n) {
  using W = Wide<real_t<T>>;
  W sum = 0;
  for (index_t i = 0; i < n; ++i) {
    const W re = std::real(x[i]);
    const W im = std::imag(x[i]);
    sum += re * re + im * im;
  }
  return sum;
}

// Returns the sum of conj(x_i) y_i.
template <Scalar T>
std::complex<Wide<real_t<T>>> inner_product(const T* x, const T* y, index_t n) {
  using W = Wide<real_t<T>>;
  W re = 0;
  W im = 0;
  for (index_t i = 0; i < n; ++i) {
    const W a = std::real(x[i]);
    const W b = std::imag(x[i]);
    const W c = std::real(y[i]);
    const W d = std::imag(y[i]);
    re += a * c + b * d;
    im += a * d - b * c;
  }
  return {re, im};
}

template <Scalar T>
struct Rotation {
  real_t<T> c;
  real_t<T> s;
  T phase;  // y is multiplied by it first
};

// (x, y) <- (c x - s phase y, s x + c phase y)
template <Scalar T>
void rotate(T* x, T* y, index_t n, const Rotation<T>& r) {
  for (index_t i = 0; i < n; ++i) {
    const T turned = r.phase * y[i];
    const T old = x[i];
    x[i] = r.c * old - r.s * turned;
    y[i] = r.s * old + r.c * turned;
  }
}

// Makes columns p and q of W orthogonal; returns false if they were.
template <Scalar T>
bool orthogonalize(MatrixView<T> W, MatrixView<T> V, index_t p, index_t q) {
  using Real = real_t<T>;
  using X = Wide<Real>;
  T* x = W.column(p);
  T* y = W.column(q);
  const X a = squared_length(x, W.rows);
  const X b = squared_length(y, W.rows);
  const auto c = inner_product(x, y, W.rows);
  const X modulus = std::hypot(c.real(), c.imag());
  const X tolerance = std::numeric_limits<Real>::epsilon() * std::sqrt(static_cast<X>(W.rows));
  if (!(modulus > tolerance * std::sqrt(a) * std::sqrt(b))) return false;

  const X zeta = (b - a) / (2 * modulus);
  const X t = (zeta >= 0 ? 1 : -1) / (std::abs(zeta) + std::hypot(X{1}, zeta));
  const X cosine = 1 / std::hypot(X{1}, t);
  Rotation<T> r{static_cast<Real>(cosine), static_cast<Real>(cosine * t), T{}};
  if constexpr (is_complex<T>) {
    r.phase = {static_cast<Real>(c.real() / modulus), static_cast<Real>(-c.imag() / modulus)};
  } else {
    r.phase = c.real() > 0 ? T{1} : T{-1};
  }
  rotate(x, y, W.rows, r);
  rotate(V.column(p), V.column(q), V.rows, r);
  return true;
}

}  // namespace

template <Scalar T>
std::vector<real_t<T>> one_sided_jacobi(MatrixView<T> A, MatrixView<T> U, MatrixView<T> V) {
  using Real = real_t<T>;
  const index_t n = A.cols;

  // A = Q W: rotate the small factor.
  Matrix<T> W(n, n);
  const bool tall = A.rows > n;
  if (tall) {
    blas::householder_qr(A, W.view());
  } else {
    for (index_t j = 0; j < n; ++j) std::copy_n(A.column(j), n, W.view().column(j));
  }
  for (index_t j = 0; j < n; ++j) {
    std::fill_n(V.column(j), n, T{});
    V(j, j) = 1;
  }

  bool rotated = true;
  for (int sweep = 0; sweep < most_sweeps && rotated; ++sweep) {
    rotated = false;
    for (index_t p = 0; p + 1 < n; ++p) {
      // de Rijk: the longest remaining column first.
      index_t longest = p;
      auto length = squared_length<T>(W.view().column(p), n);
      for (index_t q = p + 1; q < n; ++q) {
        const auto other = squared_length<T>(W.view().column(q), n);
        if (other > length) {
          longest = q;
          length = other;
        }
      }
      if (longest != p) {
        std::swap_ranges(W.view().column(p), W.view().column(p) + n, W.view().column(longest));
        std::swap_ranges(V.column(p), V.column(p) + n, V.column(longest));
      }
      for (index_t q = p + 1; q < n; ++q) {
        if (orthogonalize(W.view(), V, p, q)) rotated = true;
      }
    }
  }

  // sigma_j is the length of column j; sort, divide, and complete where it is zero.
  std::vector<Real> lengths(static_cast<std::size_t>(n));
  for (index_t j = 0; j < n; ++j) {
    lengths[static_cast<std::size_t>(j)] =
        static_cast<Real>(std::sqrt(squared_length<T>(W.view().column(j), n)));
  }
  std::vector<index_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t i, index_t j) {
    return lengths[static_cast<std::size_t>(i)] > lengths[static_cast<std::size_t>(j)];
  });
  Matrix<T> X(n, n);
  Matrix<T> V_sorted(n, n);
  std::vector<Real> sigma(static_cast<std::size_t>(n));
  index_t positive = 0;
  for (index_t j = 0; j < n; ++j) {
    const index_t from = order[static_cast<std::size_t>(j)];
    const Real length = lengths[static_cast<std::size_t>(from)];
    sigma[static_cast<std::size_t>(j)] = length;
    std::copy_n(V.column(from), n, V_sorted.view().column(j));
    if (length < std::numeric_limits<Real>::min()) continue;
    for (index_t i = 0; i < n; ++i) X(i, j) = W(i, from) / length;
    ++positive;
  }
  for (index_t j = 0; j < n; ++j) std::copy_n(V_sorted.view().column(j), n, V.column(j));
  if (positive < n) X = blas::complete_basis<T>(X.view().columns(0, positive));

  if (tall) {
    blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, A, X.view(), T{0}, U.columns(0, n));
  } else {
    for (index_t j = 0; j < n; ++j) std::copy_n(X.view().column(j), n, U.column(j));
  }
  return sigma;
}

template std::vector<float> one_sided_jacobi(MatrixView<float>,
                                             MatrixView<float>,
                                             MatrixView<float>);
template std::vector<double> one_sided_jacobi(MatrixView<double>,
                                              MatrixView<double>,
                                              MatrixView<double>);
template std::vector<float> one_sided_jacobi(MatrixView<std::complex<float>>,
                                             MatrixView<std::complex<float>>,
                                             MatrixView<std::complex<float>>);
template std::vector<double> one_sided_jacobi(MatrixView<std::complex<double>>,
                                              MatrixView<std::complex<double>>,
                                              MatrixView<std::complex<double>>);

}  // namespace eckart::factor
