#include "factor/direct_svd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/parallel.hpp"
#include "factor/bidiagonal_dc.hpp"
#include "factor/bidiagonal_qr.hpp"
#include "factor/bidiagonal_values.hpp"
#include "factor/bidiagonalize.hpp"
#include "factor/copies.hpp"
#include "factor/padded.hpp"
#include "factor/reflectors.hpp"
#include "factor/route.hpp"
#include "factor/tall_qr.hpp"
#include "factor/two_stage.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

// A tall matrix is worth a QR factorization first.
bool is_tall(index_t m, index_t n) { return 2 * m >= 3 * n; }

template <class Real>
bool solve_by_iteration(std::span<Real> d,
                        std::span<Real> e,
                        TripletRange range,
                        MatrixView<Real> X,
                        MatrixView<Real> Y,
                        const Context& context) {
  const auto n = static_cast<index_t>(d.size());
  Matrix<Real> left(n, n);
  Matrix<Real> right(n, n);
  for (index_t i = 0; i < n; ++i) left(i, i) = right(i, i) = 1;
  if (!bidiagonal_qr<Real>(d, e, left.view(), right.view(), context)) return false;
  for (index_t j = 0; j < range.count; ++j) {
    std::copy_n(left.view().column(range.first + j), n, X.column(j));
    std::copy_n(right.view().column(range.first + j), n, Y.column(j));
  }
  return true;
}

// Returns nothing if the values are not found.
template <class Real>
std::optional<TripletRange> choose(const std::vector<Real>& d,
                                   const std::vector<Real>& e,
                                   const Select& select,
                                   const Context& context) {
  if (!select.choose) return TripletRange{0, static_cast<index_t>(d.size())};
  std::vector<Real> values = d;
  std::vector<Real> off_diagonal = e;
  if (!bidiagonal_values<Real>(values, off_diagonal, context)) return std::nullopt;
  const std::vector<double> sigma(values.begin(), values.end());
  return select.choose(sigma);
}

// The vectors of the bidiagonal matrix, carried back through the reduction.
template <Scalar T, class Reduction>
bool find_triplets(BidiagonalSolver solver,
                   MatrixView<T> A,
                   Reduction& reduction,
                   Vectors vectors,
                   const Select& select,
                   DenseFactors<T>& factors,
                   const Context& context) {
  using Real = real_t<T>;
  const index_t n = A.cols;
  const std::span<Real> d = reduction.d;
  const std::span<Real> e = reduction.e;
  if (vectors == Vectors::none) {
    const bool found = solver == BidiagonalSolver::qr_iteration
                           ? bidiagonal_qr<Real>(d, e, {}, {}, context)
                           : bidiagonal_values<Real>(d, e, context);
    factors.sigma = std::move(reduction.d);
    return found;
  }
  const std::optional<TripletRange> chosen = choose(reduction.d, reduction.e, select, context);
  if (!chosen) return false;
  const TripletRange range = *chosen;
  factors.range = range;
  const index_t columns = vectors == Vectors::full ? A.rows : range.count;
  factors.U = Matrix<T>::uninitialized(A.rows, columns);
  factors.V = Matrix<T>::uninitialized(n, range.count);
  const MatrixView<T> U = factors.U.view();
  const MatrixView<T> V = factors.V.view();

  // For real matrices the vectors are made where they end.
  const auto solve = [&](MatrixView<Real> X, MatrixView<Real> Y) {
    return solver == BidiagonalSolver::qr_iteration
               ? solve_by_iteration<Real>(d, e, range, X, Y, context)
               : bidiagonal_divide_and_conquer<Real>(d, e, range.first, range.count, X, Y, context);
  };
  bool found = false;
  if constexpr (is_complex<T>) {
    Matrix<Real> X(n, range.count);
    Matrix<Real> Y(n, range.count);
    found = solve(X.view(), Y.view());
    for (index_t j = 0; j < range.count; ++j) {
      std::copy_n(X.view().column(j), n, U.column(j));
      std::copy_n(Y.view().column(j), n, V.column(j));
    }
  } else {
    found = solve(U.block(0, 0, n, range.count), V);
  }
  factors.sigma = std::move(reduction.d);
  if (!found) return false;
  for (index_t j = 0; j < columns; ++j) {
    std::fill(U.column(j) + (j < range.count ? n : 0), U.column(j) + U.rows, T{0});
    if (j >= range.count) U(j, j) = 1;  // completes the basis
  }
  // By themselves, so that the vectors of the triplets do not depend on what completes them.
  apply_left<T>(reduction, A, U.columns(0, range.count), context);
  apply_left<T>(reduction, A, U.columns(range.count, columns - range.count), context);
  apply_right<T>(reduction, A, V, context);
  return true;
}

// A <- 2^-exponent A, exact but for what falls below the normal range.
template <Scalar T>
void scale_by_power(MatrixView<T> A, int exponent, const Context& context) {
  using Real = real_t<T>;
  core::for_each_chunk(A.cols, 64, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      auto* reals = reinterpret_cast<Real*>(A.column(j));
      for (index_t i = 0; i < A.rows * (is_complex<T> ? 2 : 1); ++i) {
        reals[i] = std::ldexp(reals[i], -exponent);
      }
    }
  });
}

// NaN if an entry is not finite.
template <Scalar T>
double largest_entry(MatrixView<const T> A, const Context& context) {
  using Real = real_t<T>;
  std::vector<double> largest(static_cast<std::size_t>(A.cols));
  core::for_each_chunk(A.cols, 4, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      const auto* reals = reinterpret_cast<const Real*>(A.column(j));
      const auto seen = kernels::kernels<Real>().scan(A.rows * (is_complex<T> ? 2 : 1), reals);
      largest[static_cast<std::size_t>(j)] = seen.finite ? static_cast<double>(seen.max_abs)
                                                         : std::numeric_limits<double>::quiet_NaN();
    }
  });
  double all = 0;
  for (const double column : largest) {
    if (std::isnan(column)) return column;
    all = std::max(all, column);
  }
  return all;
}

// Returns the orthonormal columns of U (m x n) and m - n more.
template <Scalar T>
Matrix<T> completed(MatrixView<const T> U, const Context& context) {
  const index_t m = U.rows;
  const index_t n = U.cols;
  Matrix<T> reflectors(m, n);
  copy<T>(U, reflectors.view());
  std::vector<T> tau(static_cast<std::size_t>(n));
  blas::reflect_to_triangle<T>(reflectors.view(), tau.data());
  Matrix<T> Q(m, m);
  copy<T>(U, Q.view());
  for (index_t j = n; j < m; ++j) Q(j, j) = 1;
  apply_reflectors<T>(Stored::columns, std::as_const(reflectors).view(), tau,
                      Q.view().columns(n, m - n), context);
  return Q;
}

// The decomposition of a matrix whose entries are near 1.
template <Scalar T>
bool decompose(BidiagonalSolver solver,
               MatrixView<T> A,
               Vectors vectors,
               const Select& select,
               DenseFactors<T>& factors,
               const Context& context) {
  if (is_tall(A.rows, A.cols)) {
    PaddedMatrix<T> R(A.cols, A.cols);
    Matrix<T> S(A.cols, A.cols);  // A = A_new S^-1 R
    tall_qr_deferred<T>(A, R.view(), S.view(), context);
    if (!decompose<T>(solver, R.view(), vectors, select, factors, context)) return false;
    if (vectors == Vectors::none) return true;
    Matrix<T> inner = std::move(factors.U);
    blas::solve_upper_from_left<T>(std::as_const(S).view(), inner.view(), context);
    factors.U = Matrix<T>::uninitialized(A.rows, inner.cols());
    tall_product<T>(A, std::as_const(inner).view(), factors.U.view(), context);
    if (vectors == Vectors::full) {
      factors.U = completed<T>(std::as_const(factors.U).view(), context);
    }
    return true;
  }
  const index_t most = vectors == Vectors::none ? 0
                       : select.choose          ? std::min(select.at_most, A.cols)
                                                : A.cols;
  if (A.rows == A.cols && two_stages_pay<T>(A.cols, most)) {
    TwoStage<T> reduction = two_stage_bidiagonalize<T>(A, vectors != Vectors::none, context);
    return find_triplets<T>(solver, A, reduction, vectors, select, factors, context);
  }
  Bidiagonal<T> reduction = bidiagonalize<T>(A, context);
  return find_triplets<T>(solver, A, reduction, vectors, select, factors, context);
}

}  // namespace

template <Scalar T>
bool direct_svd(BidiagonalSolver solver,
                MatrixView<T> A,
                Vectors vectors,
                const Select& select,
                DenseFactors<T>& factors,
                const Context& context) {
  const double largest = largest_entry<T>(A, context);
  if (!std::isfinite(largest)) return false;
  const int exponent = largest > 0 ? std::ilogb(largest) : 0;
  if (std::abs(exponent) <= 8) {
    return decompose<T>(solver, A, vectors, select, factors, context);
  }
  scale_by_power(A, exponent, context);
  Select scaled = select;
  if (select.choose) {
    scaled.choose = [&](std::span<const double> sigma) {
      std::vector<double> values(sigma.begin(), sigma.end());
      for (double& s : values) s = std::ldexp(s, exponent);
      return select.choose(values);
    };
  }
  if (!decompose<T>(solver, A, vectors, scaled, factors, context)) return false;
  for (real_t<T>& s : factors.sigma) s = std::ldexp(s, exponent);
  return true;
}

namespace {

// Of a matrix that is bidiagonalised as it is; results included.
template <Scalar T>
double reduction_elements(double m, double n, Vectors vectors, double k) {
  const auto order = static_cast<index_t>(n);
  const auto count = static_cast<index_t>(k);
  double strips = 40 * m + 32 * n;
  double back = 128 * n;  // the back-transform
  double kept = 0;        // the reflectors of the second stage
  if (m == n && two_stages_pay<T>(order, vectors == Vectors::none ? 0 : count)) {
    strips = static_cast<double>(two_stage_bytes<T>(order, vectors != Vectors::none)) / sizeof(T);
    back = static_cast<double>(two_stage_apply_bytes<T>(order, count)) / sizeof(T);
    if (vectors != Vectors::none) kept = n * n + 160 * n;
    back += kept;
  }
  if (vectors == Vectors::none) return strips + 16 * n;
  const double results = (vectors == Vectors::full ? m * m : m * k) + n * k;
  const double real = is_complex<T> ? 0.5 : 1;
  const double vectors_of_B = is_complex<T> ? n * k : 0;
  const double merges =
      kept + vectors_of_B + real * bidiagonal_divide_and_conquer_elements(order, count);
  return std::max(strips, results + std::max(merges, back)) + 64 * n;
}

}  // namespace

template <Scalar T>
double direct_svd_elements(index_t rows, index_t cols, Vectors vectors, index_t count) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  const auto k = static_cast<double>(count);
  if (!is_tall(rows, cols)) return reduction_elements<T>(m, n, vectors, k);
  const double R = (n + 8) * (n + 1);
  const double factorization = R + 3 * n * n + std::max(n * n, m * n / 4);
  const double inner = R + n * n + reduction_elements<T>(n, n, vectors, k);
  // A small matrix is transposed, and rows of U are made in buffers, one for each of 16 threads as
  // far as there are groups of rows.
  const double groups = std::clamp(std::floor(m / (4 * n)), 1.0, 16.0);
  const double buffered = n + std::min(m, groups * 393216 / sizeof(T) / n);
  const double buffers = buffered * (n + 16);
  const double outer = vectors == Vectors::none ? 0 : R + n * n + 2 * n * k + m * k + buffers;
  // Reflectors, their blocks and the columns that complete U.
  const double basis = vectors == Vectors::full ? R + 2 * n * n + 3 * m * n + m * m + 256 * m : 0;
  return std::max({factorization, inner, outer, basis});
}

template bool direct_svd(BidiagonalSolver,
                         MatrixView<float>,
                         Vectors,
                         const Select&,
                         DenseFactors<float>&,
                         const Context&);
template double direct_svd_elements<float>(index_t, index_t, Vectors, index_t);
template bool direct_svd(BidiagonalSolver,
                         MatrixView<double>,
                         Vectors,
                         const Select&,
                         DenseFactors<double>&,
                         const Context&);
template double direct_svd_elements<double>(index_t, index_t, Vectors, index_t);
template bool direct_svd(BidiagonalSolver,
                         MatrixView<std::complex<float>>,
                         Vectors,
                         const Select&,
                         DenseFactors<std::complex<float>>&,
                         const Context&);
template double direct_svd_elements<std::complex<float>>(index_t, index_t, Vectors, index_t);
template bool direct_svd(BidiagonalSolver,
                         MatrixView<std::complex<double>>,
                         Vectors,
                         const Select&,
                         DenseFactors<std::complex<double>>&,
                         const Context&);
template double direct_svd_elements<std::complex<double>>(index_t, index_t, Vectors, index_t);

}  // namespace eckart::factor
