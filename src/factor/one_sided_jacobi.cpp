#include "factor/one_sided_jacobi.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "factor/block_jacobi.hpp"
#include "factor/direct_svd.hpp"
#include "factor/padded.hpp"
#include "factor/pivoted_qr.hpp"
#include "factor/reflectors.hpp"
#include "factor/triangularize.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

// Calls body(j) for every column, in parallel, looking whether the run is to stop.
template <class Body>
void for_each_column(index_t count, const Context& context, const Body& body) {
  constexpr index_t columns_per_chunk = 32;
  core::for_each_chunk(count, columns_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t j = first; j < last; ++j) body(j);
                       });
}

template <Scalar T>
bool all_finite(MatrixView<const T> A) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  for (index_t j = 0; j < A.cols; ++j) {
    const auto* reals = reinterpret_cast<const Real*>(A.column(j));
    if (!kernels::kernels<Real>().scan(A.rows * parts, reals).finite) return false;
  }
  return true;
}

// A <- A 2^e, returns e: the largest entry comes as high as sums of all of them allow, so that the
// least is as far as can be from where digits are lost.
template <Scalar T>
int lift(MatrixView<T> A, const Context& context) {
  int largest = exponent_of<T>(A.column(0), A.rows);
  for (index_t j = 1; j < A.cols; ++j) {
    largest = std::max(largest, exponent_of<T>(A.column(j), A.rows));
  }
  const int log_norm = std::ilogb(static_cast<double>(A.rows) * static_cast<double>(A.cols)) / 2;
  constexpr int spare = 5;
  const int exponent = std::numeric_limits<real_t<T>>::max_exponent - spare - log_norm - largest;
  for_each_column(A.cols, context, [&](index_t j) {
    scale_by_power<T>(A.column(j), A.rows, exponent, A.column(j));
  });
  return exponent;
}

template <Scalar T>
void set_identity(MatrixView<T> X) {
  for (index_t j = 0; j < X.cols; ++j) {
    std::fill_n(X.column(j), X.rows, T{});
    X(j, j) = 1;
  }
}

// V (n x n) <- the right singular vectors of L as divide and conquer finds them; the identity if
// it fails.
template <Scalar T>
void find_right_vectors(MatrixView<const T> L, MatrixView<T> V, const Context& context) {
  const index_t n = L.cols;
  PaddedMatrix<T> copy(n, n);
  for (index_t j = 0; j < n; ++j) std::copy_n(L.column(j), n, copy.view().column(j));
  DenseFactors<T> factors;
  const bool found = direct_svd<T>(BidiagonalSolver::divide_and_conquer, copy.view(), Vectors::thin,
                                   {}, factors, context);
  if (!found) return set_identity(V);
  for (index_t j = 0; j < n; ++j) std::copy_n(factors.V.view().column(j), n, V.column(j));
}

// X <- X W for a lower triangular X with falling diagonal; returns W, orthonormal. The columns are
// then nearly orthogonal: divide and conquer errs by eps times its largest singular value, so it
// is asked for diagonal blocks in which the least is not lost in that.
template <Scalar T>
Matrix<T> precondition(MatrixView<T> X, const Context& context) {
  const index_t n = X.cols;
  const auto span = std::pow(std::numeric_limits<real_t<T>>::epsilon(), real_t<T>{2} / 3);
  Matrix<T> W(n, n);
  for (index_t first = 0, last = 0; first < n; first = last) {
    do {
      ++last;
    } while (last < n && std::abs(X(last, last)) >= span * std::abs(X(first, first)));
    const index_t count = last - first;
    MatrixView<T> V = W.view().block(first, first, count, count);
    find_right_vectors<T>(X.block(first, first, count, count), V, context);
    blas::multiply_in_place<T>(X.block(first, first, n - first, count), V, context);
  }
  return W;
}

// Returns ||x|| without overflow on the way. x <- x / ||x|| unless it is zero.
template <Scalar T>
real_t<T> normalize(T* x, index_t n) {
  const int exponent = exponent_of<T>(x, n);
  scale_by_power<T>(x, n, -exponent, x);
  const auto length =
      static_cast<real_t<T>>(std::sqrt(kernels::kernels<T>().shifted_energy(n, x, T{}, 1)));
  for (index_t i = 0; i < n && length > 0; ++i) x[i] /= length;
  return std::ldexp(length, exponent);
}

// Column j of to, for every j: column order[j] of [from 0; 0 I].
template <Scalar T>
void copy_in_order(MatrixView<const T> from,
                   const std::vector<index_t>& order,
                   MatrixView<T> to,
                   const Context& context) {
  for_each_column(static_cast<index_t>(order.size()), context, [&](index_t j) {
    const index_t source = order[static_cast<std::size_t>(j)];
    std::fill_n(to.column(j), to.rows, T{});
    if (source < from.cols) {
      std::copy_n(from.column(source), from.rows, to.column(j));
    } else {
      to(source, j) = 1;
    }
  });
}

// Columns of U_x, which stand in the order of their falling lengths, that were so short that their
// directions are rounding: replaced by directions orthogonal to the others.
template <Scalar T>
void replace_lost(MatrixView<T> U_x,
                  const std::vector<real_t<T>>& lengths,
                  const Context& context) {
  using Real = real_t<T>;
  constexpr Real lost = std::numeric_limits<Real>::min() / std::numeric_limits<Real>::epsilon();
  index_t kept = 0;
  while (kept < U_x.cols && lengths[static_cast<std::size_t>(kept)] >= lost) ++kept;
  if (kept == U_x.cols) return;
  const Matrix<T> basis = complete_basis<T>(U_x.columns(0, kept), context);
  for (index_t j = kept; j < U_x.cols; ++j) {
    std::copy_n(basis.view().column(j), U_x.rows, U_x.column(j));
  }
}

}  // namespace

template <Scalar T>
double one_sided_jacobi_elements(index_t rows, index_t cols) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  // The inner QR, X and V_x; then a copy and its decomposition, or the columns that are rotated.
  return 3 * n * n +
         std::max(n * n + direct_svd_elements<T>(cols, cols, Vectors::thin, cols), n * n + 64 * n) +
         300 * n + 4 * m;
}

template <Scalar T>
std::vector<real_t<T>> one_sided_jacobi(MatrixView<T> A,
                                        MatrixView<T> U,
                                        MatrixView<T> V,
                                        const Context& context) {
  using Real = real_t<T>;
  const index_t n = A.cols;
  std::vector<Real> sigma(static_cast<std::size_t>(n));
  if (n == 0) return sigma;
  if (!all_finite<T>(A)) {
    std::fill(sigma.begin(), sigma.end(), std::numeric_limits<Real>::quiet_NaN());
    return sigma;
  }
  core::throw_if_stopped(context);
  const int lifted = lift(A, context);

  // A = Q1 R P^H and R^H = Q2 L^H: the columns and the rows of L fall in length, which is what
  // makes rotations few and accurate.
  const PivotedQr<T> outer(A, context);
  const index_t r = outer.rank();
  PaddedMatrix<T> inner(n, r);
  outer.copy_adjoint_of_r(inner.view());
  const std::vector<T> tau = triangularize(inner.view(), context);
  Matrix<T> X(r, r);
  for_each_column(r, context, [&](index_t j) {
    for (index_t i = j; i < r; ++i) X(i, j) = conjugate(inner.view()(j, i));
  });

  // L V_x = U_x diag(sigma)
  Matrix<T> V_x = precondition(X.view(), context);
  const bool vectors = U.data != nullptr;
  if (!vectors) V_x = {};
  orthogonalize_columns(X.view(), V_x.view(), context);
  for_each_column(r, context, [&](index_t j) {
    sigma[static_cast<std::size_t>(j)] = normalize(X.view().column(j), r);
  });
  std::vector<index_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t i, index_t j) {
    return sigma[static_cast<std::size_t>(i)] > sigma[static_cast<std::size_t>(j)];
  });

  const std::vector<Real> unordered = sigma;
  for (std::size_t j = 0; j < order.size(); ++j) {
    sigma[j] = unordered[static_cast<std::size_t>(order[j])];
  }

  // U = Q1 [U_x 0; 0 I], V = P Q2 [V_x 0; 0 I]
  if (vectors) {
    copy_in_order<T>(X.view(), order, U, context);
    replace_lost(U.block(0, 0, r, r), sigma, context);
    outer.apply_q(U.columns(0, n), context);
    copy_in_order<T>(V_x.view(), order, V, context);
    apply_reflectors<T>(Stored::columns, inner.view(), tau, V, context);
    outer.apply_p(V, context);
    // Rotations and reflectors let the lengths drift, most of all in few complex columns.
    for_each_column(n, context, [&](index_t j) {
      normalize(U.column(j), U.rows);
      normalize(V.column(j), n);
    });
  }
  for (Real& s : sigma) s = std::ldexp(s, -lifted);
  return sigma;
}

template double one_sided_jacobi_elements<float>(index_t, index_t);
template double one_sided_jacobi_elements<double>(index_t, index_t);
template double one_sided_jacobi_elements<std::complex<float>>(index_t, index_t);
template double one_sided_jacobi_elements<std::complex<double>>(index_t, index_t);
template std::vector<float> one_sided_jacobi(MatrixView<float>,
                                             MatrixView<float>,
                                             MatrixView<float>,
                                             const Context&);
template std::vector<double> one_sided_jacobi(MatrixView<double>,
                                              MatrixView<double>,
                                              MatrixView<double>,
                                              const Context&);
template std::vector<float> one_sided_jacobi(MatrixView<std::complex<float>>,
                                             MatrixView<std::complex<float>>,
                                             MatrixView<std::complex<float>>,
                                             const Context&);
template std::vector<double> one_sided_jacobi(MatrixView<std::complex<double>>,
                                              MatrixView<std::complex<double>>,
                                              MatrixView<std::complex<double>>,
                                              const Context&);

}  // namespace eckart::factor
