#include "factor/tall_qr.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/parallel.hpp"
#include "factor/copies.hpp"
#include "factor/over_ranks.hpp"
#include "kernels/skinny.hpp"
#include "kernels/tall.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

// Narrow blocks are worked on by row chunks, of which two fit the cache; the sums of at most 32
// groups of chunks are added in order. Wide blocks are left to products of tiles.
constexpr index_t narrow = 384;

struct RowGroups {
  index_t chunk;  // rows that fit the cache
  index_t group;  // rows summed together, a multiple of chunk
};

template <Scalar T>
RowGroups cut_rows(index_t rows, index_t cols) {
  constexpr index_t cached = 3 * (1 << 17) / static_cast<index_t>(sizeof(T));
  constexpr index_t whole = 48;  // leaves no rest to the vectors of any kernel
  const index_t groups = std::clamp<index_t>(rows / (4 * cols), 1, 32);
  const index_t group = core::count_chunks(rows, groups);
  const index_t chunk = whole * std::min(std::max<index_t>(cached / cols / whole, 1),
                                         core::count_chunks(group, whole));
  const index_t chunks = core::count_chunks(group, chunk);
  return {chunk, chunks * chunk};
}

// sum <- sum + X^H X, the upper triangle, for the rows of a chunk; the chunk that lies ahead rows
// below is fetched into the cache.
template <Scalar T>
void add_gram(MatrixView<const T> X, MatrixView<T> sum, index_t ahead) {
  if constexpr (is_complex<T>) {
    blas::gram<T>(X, 1, sum);
  } else {
    kernels::add_gram<T>({X.rows, X.cols, X.data, X.ld, sum.data, sum.ld, ahead});
  }
}

// X <- X R^-1 for the rows of a chunk.
template <Scalar T>
void solve(MatrixView<T> X, MatrixView<const T> R) {
  if constexpr (is_complex<T>) {
    blas::solve_upper_from_right<T>(X, R);
  } else {
    kernels::solve_upper_from_right<T>({X.rows, X.cols, X.data, X.ld, R.data, R.ld});
  }
}

// Calls body(chunk of X) for all rows and returns the sum of what body adds to its group's G.
template <Scalar T, class Body>
void sum_over_rows(MatrixView<T> X, MatrixView<T> G, const Context& context, const Body& body) {
  const auto [chunk, group] = cut_rows<T>(X.rows, X.cols);
  const index_t groups = core::count_chunks(X.rows, group);
  std::vector<Matrix<T>> partial(static_cast<std::size_t>(groups));
  core::for_each_chunk(X.rows, group, context, [&](index_t c, index_t first, index_t last) {
    Matrix<T> sum(X.cols, X.cols);
    for (index_t row = first; row < last; row += chunk) {
      body(X.block(row, 0, std::min(chunk, last - row), X.cols), sum.view());
    }
    partial[static_cast<std::size_t>(c)] = std::move(sum);
  });
  for (index_t j = 0; j < X.cols; ++j) {
    std::fill_n(G.column(j), j + 1, T{0});
    for (const Matrix<T>& part : partial) {
      for (index_t i = 0; i <= j; ++i) G(i, j) += part(i, j);
    }
  }
}

// The upper triangle of G <- X^H X.
template <Scalar T>
void gram(MatrixView<T> X, MatrixView<T> G, const Shard& shard, const Context& context) {
  if (X.cols > narrow || X.rows == 0) return inner_products<T>(X, X, G, shard, context);
  sum_over_rows<T>(X, G, context, [](MatrixView<T> rows, MatrixView<T> sum) {
    add_gram<T>(rows, sum, rows.rows);
  });
  sum_over_ranks(shard, G);
}

// X <- X R^-1, and G <- X^H X of the new X while its rows are in the cache.
template <Scalar T>
void solve_and_gram(MatrixView<T> X,
                    MatrixView<const T> R,
                    MatrixView<T> G,
                    const Shard& shard,
                    const Context& context) {
  if (X.cols > narrow || X.rows == 0) {
    blas::solve_upper_from_right<T>(X, R, context);
    return gram(X, G, shard, context);
  }
  sum_over_rows<T>(X, G, context, [&](MatrixView<T> rows, MatrixView<T> sum) {
    solve<T>(rows, R);
    add_gram<T>(rows, sum, rows.rows);
  });
  sum_over_ranks(shard, G);
}

// Returns a lower bound of ||R^-1||_2, close as a rule: from R^H y = c, the entries of c of modulus
// one and chosen on the way so that y grows. Pivots alone do not tell: those of a unit triangle are
// one, whatever its condition number.
// Source: Golub and Van Loan, Matrix Computations, 4th ed., Section 3.5.4.
template <Scalar T>
double inverse_norm(MatrixView<const T> R) {
  using Wide = std::conditional_t<is_complex<T>, std::complex<double>, double>;
  std::vector<Wide> y(static_cast<std::size_t>(R.cols));
  double sum = 0;
  for (index_t j = 0; j < R.cols; ++j) {
    Wide known = 0;
    for (index_t i = 0; i < j; ++i) {
      known += Wide(conjugate(R(i, j))) * y[static_cast<std::size_t>(i)];
    }
    const double size = std::abs(known);
    const Wide grown = size > 0 ? known * ((size + 1) / size) : Wide(1);
    y[static_cast<std::size_t>(j)] = -grown / std::real(Wide(R(j, j)));
    sum += std::norm(y[static_cast<std::size_t>(j)]);
    if (!std::isfinite(sum)) return std::numeric_limits<double>::infinity();
  }
  return std::sqrt(sum / static_cast<double>(R.cols));
}

// R <- the Cholesky factor of R, which holds the upper triangle of a Gram matrix G. Works on D G D
// with unit diagonal, shift added to it. Returns false if the least singular value of the factor of
// that is, by all signs, below least_value.
template <Scalar T>
bool scaled_cholesky(MatrixView<T> R, double shift, double least_value) {
  using Real = real_t<T>;
  constexpr Real least = std::numeric_limits<Real>::min() / std::numeric_limits<Real>::epsilon();
  std::vector<Real> length(static_cast<std::size_t>(R.cols));
  for (index_t j = 0; j < R.cols; ++j) {
    const Real square = std::real(R(j, j));
    if (!(square >= least) || !std::isfinite(square)) return false;
    length[static_cast<std::size_t>(j)] = std::sqrt(square);
  }
  for (index_t j = 0; j < R.cols; ++j) {
    for (index_t i = 0; i < j; ++i) {
      R(i, j) /= length[static_cast<std::size_t>(i)];
      R(i, j) /= length[static_cast<std::size_t>(j)];
    }
    R(j, j) = static_cast<Real>(1 + shift);
  }
  if (!blas::cholesky(R)) return false;
  if (!(inverse_norm<T>(R) * least_value <= 1)) return false;
  for (index_t j = 0; j < R.cols; ++j) {
    if (!(std::abs(R(j, j)) >= least_value)) return false;
    for (index_t i = 0; i <= j; ++i) R(i, j) *= length[static_cast<std::size_t>(j)];
  }
  return true;
}

template <Scalar T>
void set_identity(MatrixView<T> S) {
  for (index_t j = 0; j < S.cols; ++j) {
    std::fill_n(S.column(j), S.rows, T{0});
    S(j, j) = 1;
  }
}

// Whether the columns of X = Q R are so far from dependent that X R^-1 is orthonormal to rounding:
// that of the Gram matrix, multiplied by ||W||_2^2 <= ||W||_1 ||W||_inf for the inverse W of R with
// unit columns, which must not exceed 8. Overwrites unit and W.
template <Scalar T>
bool one_round_is_enough(MatrixView<const T> R, MatrixView<T> unit, MatrixView<T> W) {
  const index_t n = R.cols;
  for (index_t j = 0; j < n; ++j) {
    double square = 0;
    for (index_t i = 0; i <= j; ++i) square += std::norm(std::complex<double>(R(i, j)));
    const double length = std::sqrt(square);
    for (index_t i = 0; i <= j; ++i) unit(i, j) = R(i, j) / static_cast<real_t<T>>(length);
  }
  if (!(inverse_norm<T>(unit) <= 3)) return false;
  set_identity(W);
  blas::solve_upper_from_left<T>(unit, W, Context(1));
  std::vector<double> row(static_cast<std::size_t>(n));
  double longest_column = 0;
  for (index_t j = 0; j < n; ++j) {
    double column = 0;
    for (index_t i = 0; i <= j; ++i) {
      const auto size = static_cast<double>(std::abs(W(i, j)));
      column += size;
      row[static_cast<std::size_t>(i)] += size;
    }
    longest_column = std::max(longest_column, column);
  }
  return longest_column * *std::max_element(row.begin(), row.end()) <= 8;
}

// X <- Q by Householder reflections of row blocks, then of their triangles.
template <Scalar T>
void householder_by_blocks(MatrixView<T> X, MatrixView<T> R, const Context& context) {
  const index_t n = X.cols;
  const index_t blocks = std::clamp<index_t>(X.rows / (4 * n), 1, 32);
  if (blocks == 1) return blas::householder_qr(X, R);
  const index_t rows = X.rows / blocks;  // the last block is larger
  const auto block = [&](index_t b) {
    return X.block(b * rows, 0, b + 1 == blocks ? X.rows - b * rows : rows, n);
  };
  Matrix<T> triangles(blocks * n, n);
  core::for_each_chunk(blocks, 1, context, [&](index_t b, index_t, index_t) {
    Matrix<T> triangle(n, n);
    blas::householder_qr(block(b), triangle.view());
    copy<T>(std::as_const(triangle).view(), triangles.view().block(b * n, 0, n, n));
  });
  blas::householder_qr(triangles.view(), R);
  core::for_each_chunk(blocks, 1, context, [&](index_t b, index_t, index_t) {
    Matrix<T> product(block(b).rows, n);
    blas::gemm<T>(Op::none, Op::none, T{1}, block(b),
                  std::as_const(triangles).view().block(b * n, 0, n, n), T{0}, product.view());
    copy<T>(std::as_const(product).view(), block(b));
  });
}

// The same over ranks: of each one's triangle, or of its rows where they are fewer than columns.
template <Scalar T>
void householder_over_ranks(MatrixView<T> X,
                            MatrixView<T> R,
                            const Shard& shard,
                            const Context& context) {
  if (shard.alone()) return householder_by_blocks(X, R, context);
  const index_t n = X.cols;
  const bool few = X.rows < n;
  const Shard slot = Shard::counted(*shard.ranks, std::min(X.rows, n));
  Matrix<T> stack(slot.total, n);
  const MatrixView<T> own = stack.view().block(slot.first, 0, slot.count, n);
  if (few) {
    copy<T>(X, own);
  } else {
    householder_by_blocks(X, own, context);
  }
  sum_over_ranks(shard, stack.view());
  blas::householder_qr(stack.view(), R);
  if (few) return copy<T>(own, X);
  blas::multiply_in_place<T>(X, own, context);
}

}  // namespace

template <Scalar T>
void tall_qr_deferred(
    MatrixView<T> X, MatrixView<T> R, MatrixView<T> S, const Context& context, const Shard& shard) {
  if (X.cols == 0) return;
  const blas::BlasThreads one_thread;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const auto m = static_cast<double>(shard.alone() ? X.rows : shard.total);
  const auto n = static_cast<double>(X.cols);
  // With unit columns, a least singular value above this means a condition number that one more
  // round repairs.
  const double safe_value = 100 * std::sqrt(eps);
  // Keeps the factor definite whatever the rounding of the Gram matrix.
  const double shift = 11 * (m * n + n * (n + 1)) * eps;

  // Householder reflections of what X has become; the rounds before stay in R.
  const auto finish_by_householder = [&] {
    Matrix<T> last(X.cols, X.cols);
    householder_over_ranks(X, last.view(), shard, context);
    blas::multiply_from_left<T>(std::as_const(last).view(), R, context);
    set_identity(S);
  };

  Matrix<T> G(X.cols, X.cols);
  Matrix<T> round(X.cols, X.cols);
  set_identity(R);
  gram(X, G.view(), shard, context);
  copy<T>(std::as_const(G).view(), round.view());
  if (!scaled_cholesky(round.view(), 0.0, safe_value)) {
    if (!(shift < 0.1) || !scaled_cholesky(G.view(), shift, 0.0)) return finish_by_householder();
    blas::multiply_from_left<T>(std::as_const(G).view(), R, context);
    solve_and_gram<T>(X, std::as_const(R), round.view(), shard, context);
    if (!scaled_cholesky(round.view(), 0.0, safe_value)) return finish_by_householder();
  } else if (one_round_is_enough<T>(std::as_const(round).view(), G.view(), S)) {
    copy<T>(std::as_const(round).view(), S);
    return blas::multiply_from_left<T>(std::as_const(round).view(), R, context);
  }
  blas::multiply_from_left<T>(std::as_const(round).view(), R, context);
  solve_and_gram<T>(X, std::as_const(round).view(), S, shard, context);
  // The last Gram matrix is near the identity, or the rounds have failed after all.
  if (!scaled_cholesky(S, 0.0, 0.5)) return finish_by_householder();
  blas::multiply_from_left<T>(S, R, context);
}

template <Scalar T>
void tall_qr(MatrixView<T> X, MatrixView<T> R, const Context& context, const Shard& shard) {
  Matrix<T> S(X.cols, X.cols);
  tall_qr_deferred<T>(X, R, S.view(), context, shard);
  blas::solve_upper_from_right<T>(X, std::as_const(S).view(), context);
}

template <Scalar T>
void tall_product(MatrixView<const T> X,
                  MatrixView<const T> Y,
                  MatrixView<T> U,
                  const Context& context) {
  if (U.empty()) return;
  if (X.cols > narrow) {
    return blas::multiply<T>(Op::none, Op::none, T{1}, X, Y, T{0}, U, context);
  }
  const blas::BlasThreads one_thread;
  constexpr index_t whole = 16;  // columns that the kernel makes together
  const index_t width = core::count_chunks(Y.cols, whole) * whole;
  Matrix<T> turned(width, Y.rows);
  copy_transpose<T>(Y, turned.view());
  const auto [chunk, group] = cut_rows<T>(X.rows, X.cols);
  core::for_each_chunk(X.rows, group, context, [&](index_t, index_t top, index_t bottom) {
    auto product = Matrix<T>::uninitialized(chunk, width);
    for (index_t row = top; row < bottom; row += chunk) {
      const index_t rows = std::min(chunk, bottom - row);
      const MatrixView<const T> left = X.block(row, 0, rows, X.cols);
      const MatrixView<T> found = product.view().block(0, 0, rows, Y.cols);
      if constexpr (is_complex<T>) {
        blas::gemm<T>(Op::none, Op::none, T{1}, left, Y, T{0}, found);
      } else {
        kernels::tall_product<T>({static_cast<int>(width), X.cols, rows, 1, 0, left.data, left.ld,
                                  turned.data(), width, found.data, found.ld});
      }
      copy<T>(found, U.block(row, 0, rows, Y.cols));
    }
  });
}

template void tall_product(MatrixView<const float>,
                           MatrixView<const float>,
                           MatrixView<float>,
                           const Context&);
template void tall_product(MatrixView<const double>,
                           MatrixView<const double>,
                           MatrixView<double>,
                           const Context&);
template void tall_product(MatrixView<const std::complex<float>>,
                           MatrixView<const std::complex<float>>,
                           MatrixView<std::complex<float>>,
                           const Context&);
template void tall_product(MatrixView<const std::complex<double>>,
                           MatrixView<const std::complex<double>>,
                           MatrixView<std::complex<double>>,
                           const Context&);
template void tall_qr_deferred(
    MatrixView<float>, MatrixView<float>, MatrixView<float>, const Context&, const Shard&);
template void tall_qr(MatrixView<float>, MatrixView<float>, const Context&, const Shard&);
template void tall_qr_deferred(
    MatrixView<double>, MatrixView<double>, MatrixView<double>, const Context&, const Shard&);
template void tall_qr(MatrixView<double>, MatrixView<double>, const Context&, const Shard&);
template void tall_qr_deferred(MatrixView<std::complex<float>>,
                               MatrixView<std::complex<float>>,
                               MatrixView<std::complex<float>>,
                               const Context&,
                               const Shard&);
template void tall_qr(MatrixView<std::complex<float>>,
                      MatrixView<std::complex<float>>,
                      const Context&,
                      const Shard&);
template void tall_qr_deferred(MatrixView<std::complex<double>>,
                               MatrixView<std::complex<double>>,
                               MatrixView<std::complex<double>>,
                               const Context&,
                               const Shard&);
template void tall_qr(MatrixView<std::complex<double>>,
                      MatrixView<std::complex<double>>,
                      const Context&,
                      const Shard&);

}  // namespace eckart::factor
