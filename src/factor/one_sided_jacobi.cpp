#include "factor/one_sided_jacobi.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/parallel.hpp"
#include "factor/pivoted_qr.hpp"
#include "kernels/jacobi.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

constexpr int most_sweeps = 30;  // convergence is quadratic; 4 to 8 are seen
constexpr index_t block = kernels::jacobi_columns / 2;

template <Scalar T>
constexpr index_t parts = is_complex<T> ? 2 : 1;

template <Scalar T>
real_t<T>* reals(T* x) {
  return reinterpret_cast<real_t<T>*>(x);
}

// Returns e with 2^(e-1) <= the largest modulus of a part of x < 2^e; 0 for a zero vector. Not so
// small that 2^-e would overflow.
template <Scalar T>
int exponent_of(const T* x, index_t n) {
  using Real = real_t<T>;
  const auto largest =
      kernels::kernels<Real>().scan(n * parts<T>, reinterpret_cast<const Real*>(x)).max_abs;
  int exponent = 0;
  if (largest > 0) std::frexp(largest, &exponent);
  return std::max(exponent, std::numeric_limits<Real>::min_exponent + 20);
}

// X <- X 2^exponent
template <Scalar T>
void scale(MatrixView<T> X, int exponent) {
  for (index_t j = 0; j < X.cols; ++j) {
    kernels::scale_by_power(X.rows * parts<T>, reals(X.column(j)), exponent, reals(X.column(j)));
  }
}

// Returns the exponent by which A is scaled up: the largest entry as high as ||A||_F allows, so that
// the least is as far as can be from where digits are lost.
template <Scalar T>
int headroom(MatrixView<const T> A) {
  int exponent = std::numeric_limits<real_t<T>>::min_exponent;
  for (index_t j = 0; j < A.cols; ++j) {
    exponent = std::max(exponent, exponent_of<T>(A.column(j), A.rows));
  }
  const double entries = static_cast<double>(A.rows) * static_cast<double>(A.cols);
  const int growth = 8 + std::ilogb(entries) / 2;
  return std::numeric_limits<real_t<T>>::max_exponent - growth - exponent;
}

template <Scalar T>
Matrix<T> with_spare_column(index_t rows, index_t cols) {
  Matrix<T> A(rows, cols + 1);
  A.keep_columns(cols);
  return A;
}

// X <- the right singular vectors of X (n x n) as divide and conquer finds them, or the identity if
// it fails.
template <Scalar T>
void replace_by_right_vectors(MatrixView<T> X) {
  const index_t n = X.cols;
  Matrix<T> copy = with_spare_column<T>(n, n);
  for (index_t j = 0; j < n; ++j) std::copy_n(X.column(j), n, copy.view().column(j));
  Matrix<T> U = with_spare_column<T>(n, n);
  Matrix<T> VH = with_spare_column<T>(n, n);
  std::vector<real_t<T>> sigma(static_cast<std::size_t>(n));
  const bool failed =
      blas::svd_divide_and_conquer(copy.view(), U.view(), sigma.data(), VH.view()) != 0;
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) {
      X(i, j) = failed ? T(i == j ? 1 : 0) : conjugate(VH(j, i));
    }
  }
}

// Returns an orthonormal matrix W, and X <- X W for a lower triangular X with falling diagonal, so
// that the columns of X are nearly orthogonal. Divide and conquer errs by eps times its largest
// singular value, so W is made of diagonal blocks between which that is small: eps^(2/3) apart.
template <Scalar T>
Matrix<T> precondition(MatrixView<T> X, const Context& context) {
  const index_t n = X.cols;
  const auto span = std::pow(std::numeric_limits<real_t<T>>::epsilon(), real_t<T>(2) / 3);
  Matrix<T> W(n, n);
  for (index_t first = 0, last = 0; first < n; first = last) {
    do {
      ++last;
    } while (last < n && std::abs(X(last, last)) >= span * std::abs(X(first, first)));
    const index_t count = last - first;
    MatrixView<T> V = W.view().block(first, first, count, count);
    for (index_t j = 0; j < count; ++j) std::copy_n(X.column(first + j) + first, count, V.column(j));
    replace_by_right_vectors(V);
    blas::multiply_in_place<T>(X.block(first, first, n - first, count), V, context);
  }
  return W;
}

// The columns of X (n x n), made orthogonal by blocks of 16: X <- X W, V <- V W.
template <Scalar T>
class BlockJacobi {
  using Real = real_t<T>;

 public:
  BlockJacobi(MatrixView<T> X, MatrixView<T> V, const Context& context)
      : X_(X),
        V_(V),
        context_(context),
        tolerance_(4 * std::numeric_limits<Real>::epsilon()),
        blocks_(2 * std::max<index_t>(1, core::count_chunks(X.cols, 2 * block))),
        exponents_(static_cast<std::size_t>(X.cols)),
        seen_(static_cast<std::size_t>(blocks_ / 2)),
        workspace_(X.rows, blocks_ * block) {
    for (index_t j = 0; j < X.cols; ++j) exponent(j) = exponent_of<T>(X.column(j), X.rows);
  }

  void run() {
    const blas::BlasThreads one_thread;
    for (int s = 0; s < most_sweeps; ++s) {
      const kernels::JacobiSweep<Real> seen = sweep();
      if (seen.largest_cosine <=std::sqrt(static_cast<Real>(X_.rows)) * std::numeric_limits<Real>::epsilon()) return;
      // What the rotations of one sweep leave of the cosines is of second order.
      const Real left = static_cast<Real>(X_.cols) * seen.largest_cosine * seen.largest_sine;
      if (left < tolerance_) return;
    }
  }

  // Returns ||x_j|| without overflow on the way, and makes x_j a unit vector unless it is zero.
  Real normalize(index_t j) {
    T* x = X_.column(j);
    const int e = exponent_of<T>(x, X_.rows);
    kernels::scale_by_power(X_.rows * parts<T>, reals(x), -e, reals(x));
    const double length = std::sqrt(kernels::kernels<T>().shifted_energy(X_.rows, x, T{}, 1));
    for (index_t i = 0; i < X_.rows && length > 0; ++i) x[i] /= static_cast<Real>(length);
    return std::ldexp(static_cast<Real>(length), e);
  }

 private:
  int& exponent(index_t j) { return exponents_[static_cast<std::size_t>(j)]; }
  index_t first_of(index_t b) const { return b * X_.cols / blocks_; }

  // Every pair of blocks once: rounds of disjoint pairs, as in a tournament where block 0 stays
  // and the others move round.
  kernels::JacobiSweep<Real> sweep() {
    kernels::JacobiSweep<Real> total;
    const index_t others = blocks_ - 1;
    for (index_t round = 0; round < others; ++round) {
      core::for_each_chunk(blocks_ / 2, 1, context_, [&](index_t slot, index_t, index_t) {
        const index_t p = slot == 0 ? 0 : 1 + (round + slot) % others;
        const index_t q = 1 + (round + others - slot) % others;
        seen_[static_cast<std::size_t>(slot)] = visit(std::min(p, q), std::max(p, q), slot);
      });
      for (const kernels::JacobiSweep<Real>& seen : seen_) {
        total.largest_cosine = std::max(total.largest_cosine, seen.largest_cosine);
        total.largest_sine = std::max(total.largest_sine, seen.largest_sine);
        total.rotations += seen.rotations;
      }
    }
    return total;
  }

  // Makes the columns of two blocks orthogonal to each other, the longest first.
  kernels::JacobiSweep<Real> visit(index_t p, index_t q, index_t slot) {
    std::array<index_t, 2 * block> columns{};
    index_t count = 0;
    for (const index_t b : {p, q}) {
      for (index_t j = first_of(b); j < first_of(b + 1); ++j) {
        columns[static_cast<std::size_t>(count++)] = j;
      }
    }
    MatrixView<T> B = workspace_.view().columns(slot * 2 * block, count);
    for (index_t k = 0; k < count; ++k) {
      const index_t j = columns[static_cast<std::size_t>(k)];
      kernels::scale_by_power(X_.rows * parts<T>, reals(X_.column(j)), -exponent(j),
                              reals(B.column(k)));
    }
    kernels::JacobiProblem<T> problem;
    fill(problem, B, columns, count);
    const kernels::JacobiSweep<Real> seen = kernels::jacobi_sweep(problem, tolerance_);
    if (seen.rotations == 0) return seen;

    const auto order = by_length(problem);
    std::array<T, std::size_t{4 * block * block}> coefficients;
    MatrixView<T> W{coefficients.data(), count, count, count};
    const auto update = [&](MatrixView<T> to) {
      const index_t left = first_of(p + 1) - first_of(p);
      blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, B, W.columns(0, left), T{0},
                    to.columns(first_of(p), left));
      blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, B, W.columns(left, count - left), T{0},
                    to.columns(first_of(q), count - left));
    };
    for (index_t k = 0; k < count; ++k) {
      const index_t from = order[static_cast<std::size_t>(k)];
      const int e = problem.exponents[static_cast<std::size_t>(from)];
      for (index_t i = 0; i < count; ++i) W(i, k) = entry(problem.Z, i, from, e);
      int grown = 0;
      std::frexp(std::sqrt(problem.C[0][static_cast<std::size_t>(from * 2 * block + from)]),
                 &grown);
      exponent(columns[static_cast<std::size_t>(k)]) =
          std::max(e + grown, std::numeric_limits<Real>::min_exponent + 20);
    }
    update(X_);
    if (V_.data == nullptr) return seen;

    for (index_t k = 0; k < count; ++k) {
      std::copy_n(V_.column(columns[static_cast<std::size_t>(k)]), V_.rows, B.column(k));
      const index_t from = order[static_cast<std::size_t>(k)];
      const int e = problem.exponents[static_cast<std::size_t>(from)];
      for (index_t i = 0; i < count; ++i) {
        W(i, k) = entry(problem.Z, i, from, e - problem.exponents[static_cast<std::size_t>(i)]);
      }
    }
    update(V_);
    return seen;
  }

  using Problem = kernels::JacobiProblem<T>;

  // The Gram matrix of B, and nothing done yet.
  void fill(Problem& problem,
            MatrixView<const T> B,
            const std::array<index_t, 2 * block>& columns,
            index_t count) {
    std::array<T, std::size_t{4 * block * block}> gram;
    MatrixView<T> G{gram.data(), count, count, count};
    blas::gemm<T>(blas::Op::adjoint, blas::Op::none, T{1}, B, B, T{0}, G);
    problem.count = count;
    for (index_t j = 0; j < count; ++j) {
      problem.exponents[static_cast<std::size_t>(j)] =
          exponent(columns[static_cast<std::size_t>(j)]);
      for (index_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i + 2 * block * j);
        problem.C[0][at] = std::real(G(i, j));
        if constexpr (is_complex<T>) problem.C[1][at] = std::imag(G(i, j));
      }
      problem.Z[0][static_cast<std::size_t>(j * 2 * block + j)] = 1;
    }
  }

  // Returns Z_ij 2^exponent.
  static T entry(const std::array<typename Problem::Square, Problem::parts>& Z,
                 index_t i,
                 index_t j,
                 int exponent) {
    const auto at = static_cast<std::size_t>(i + 2 * block * j);
    if constexpr (is_complex<T>) {
      return {std::ldexp(Z[0][at], exponent), std::ldexp(Z[1][at], exponent)};
    } else {
      return std::ldexp(Z[0][at], exponent);
    }
  }

  // Returns the columns of a solved problem in falling order of their lengths.
  static std::array<index_t, 2 * block> by_length(const Problem& problem) {
    std::array<index_t, 2 * block> order{};
    std::array<double, 2 * block> log_length{};
    for (std::size_t j = 0; j < order.size(); ++j) {
      order[j] = static_cast<index_t>(j);
      log_length[j] = std::log2(static_cast<double>(problem.C[0][j * order.size() + j])) +
                      2.0 * problem.exponents[j];
    }
    std::stable_sort(order.begin(), order.begin() + problem.count, [&](index_t i, index_t j) {
      return log_length[static_cast<std::size_t>(i)] > log_length[static_cast<std::size_t>(j)];
    });
    return order;
  }

  MatrixView<T> X_;
  MatrixView<T> V_;
  const Context& context_;
  Real tolerance_;
  index_t blocks_;  // even
  std::vector<int> exponents_;  // of the lengths of the columns
  std::vector<kernels::JacobiSweep<Real>> seen_;
  Matrix<T> workspace_;
};

}  // namespace

template <Scalar T>
std::vector<real_t<T>> one_sided_jacobi(MatrixView<T> A,
                                        MatrixView<T> U,
                                        MatrixView<T> V,
                                        const Context& context) {
  using Real = real_t<T>;
  const index_t n = A.cols;
  const bool vectors = U.data != nullptr;
  std::vector<Real> sigma(static_cast<std::size_t>(n));
  if (n == 0) return sigma;
  const int lifted = headroom<T>(A);
  scale(A, lifted);

  // A = Q1 R P^H, and R^H = Q2 L^H: columns and rows of L fall in size, which is what makes the
  // rotations few and accurate.
  const PivotedQr<T> outer(A);
  const index_t r = outer.rank();
  Matrix<T> inner = with_spare_column<T>(n, r);
  outer.copy_adjoint_of_r(inner.view());
  std::vector<T> tau(static_cast<std::size_t>(r));
  blas::reflect_to_triangle(inner.view(), tau.data());
  Matrix<T> X(r, r);
  for (index_t j = 0; j < r; ++j) {
    for (index_t i = j; i < r; ++i) X(i, j) = conjugate(inner(j, i));
  }

  // L V_x = U_x diag(sigma)
  Matrix<T> V_x = precondition(X.view(), context);
  if (!vectors) V_x = {};
  BlockJacobi<T> jacobi(X.view(), V_x.view(), context);
  jacobi.run();
  for (index_t j = 0; j < r; ++j) sigma[static_cast<std::size_t>(j)] = jacobi.normalize(j);
  std::vector<index_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t i, index_t j) {
    return sigma[static_cast<std::size_t>(i)] > sigma[static_cast<std::size_t>(j)];
  });

  // U = Q1 [U_x 0; 0 I], V = P Q2 [V_x 0; 0 I]
  if (vectors) {
    for (index_t j = 0; j < n; ++j) {
      const index_t from = order[static_cast<std::size_t>(j)];
      std::fill_n(U.column(j), U.rows, T{});
      std::fill_n(V.column(j), V.rows, T{});
      if (from < r) {
        std::copy_n(X.view().column(from), r, U.column(j));
        std::copy_n(V_x.view().column(from), r, V.column(j));
      } else {
        U(from, j) = 1;
        V(from, j) = 1;
      }
    }
    outer.apply_q(U.columns(0, n), context);
    apply_reflectors<T>(inner.view(), r, tau, V, context);
    outer.apply_p(V);
  }
  std::sort(sigma.begin(), sigma.end(), std::greater<>());
  for (Real& s : sigma) s = std::ldexp(s, -lifted);
  return sigma;
}

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
