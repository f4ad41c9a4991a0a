#include "factor/block_jacobi.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "kernels/jacobi.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

constexpr int most_sweeps = 30;  // convergence is quadratic; at most 10 are seen
constexpr index_t pair_width = kernels::jacobi_columns;

template <class Value>
using PerColumn = std::array<Value, pair_width>;

constexpr std::size_t at(index_t i) { return static_cast<std::size_t>(i); }
constexpr std::size_t at(index_t i, index_t j) { return at(i + pair_width * j); }

template <class Real>
constexpr int least_exponent = std::numeric_limits<Real>::min_exponent + 20;

template <Scalar T>
class BlockJacobi {
  using Real = real_t<T>;
  using Problem = kernels::JacobiProblem<T>;
  using Sweep = kernels::JacobiSweep<Real>;

 public:
  BlockJacobi(MatrixView<T> X, MatrixView<T> V, const Context& context)
      : X_(X),
        V_(V),
        context_(context),
        blocks_(2 * std::max<index_t>(1, core::count_chunks(X.cols, pair_width))),
        exponents_(at(X.cols)),
        seen_(at(blocks_ / 2)),
        workspace_(X.rows, blocks_ / 2 * pair_width) {
    for (index_t j = 0; j < X.cols; ++j) exponents_[at(j)] = exponent_of<T>(X.column(j), X.rows);
  }

  // Every pair of blocks once, in rounds of disjoint pairs: a tournament in which block 0 stays
  // and the others move round.
  Sweep sweep() {
    Sweep total;
    const index_t others = blocks_ - 1;
    for (index_t round = 0; round < others; ++round) {
      core::for_each_chunk(blocks_ / 2, 1, context_, [&](index_t slot, index_t, index_t) {
        const index_t p = slot == 0 ? 0 : 1 + (round + slot) % others;
        const index_t q = 1 + (round + others - slot) % others;
        seen_[at(slot)] = visit({std::min(p, q), std::max(p, q), slot});
      });
      for (const Sweep& seen : seen_) {
        total.largest_cosine = std::max(total.largest_cosine, seen.largest_cosine);
        total.largest_sine = std::max(total.largest_sine, seen.largest_sine);
        total.rotations += seen.rotations;
      }
    }
    return total;
  }

 private:
  struct Pair {
    index_t p;
    index_t q;     // p < q
    index_t slot;  // of the workspace
  };

  index_t first_of(index_t b) const { return b * X_.cols / blocks_; }
  index_t width_of(index_t b) const { return first_of(b + 1) - first_of(b); }
  index_t count(const Pair& pair) const { return width_of(pair.p) + width_of(pair.q); }
  // Returns where column k of a pair is.
  index_t column(const Pair& pair, index_t k) const {
    const index_t left = width_of(pair.p);
    return k < left ? first_of(pair.p) + k : first_of(pair.q) + k - left;
  }

  // Makes the columns of two blocks orthogonal to each other, the longest first.
  Sweep visit(const Pair& pair) {
    MatrixView<T> B = workspace_.view().columns(pair.slot * pair_width, count(pair));
    for (index_t k = 0; k < B.cols; ++k) {
      const index_t j = column(pair, k);
      scale_by_power<T>(X_.column(j), X_.rows, -exponents_[at(j)], B.column(k));
    }
    Problem problem;
    fill(problem, pair, B);
    // Rounding makes cosines of one or two eps.
    const Sweep seen = kernels::jacobi_sweep(problem, 4 * std::numeric_limits<Real>::epsilon());
    if (seen.rotations == 0) return seen;

    const PerColumn<index_t> order = by_length(problem);
    std::array<T, at(pair_width * pair_width)> coefficients;
    MatrixView<T> W{coefficients.data(), B.cols, B.cols, pair_width};
    for (index_t k = 0; k < B.cols; ++k) {
      const index_t from = order[at(k)];
      const int exponent = problem.exponents[at(from)];
      for (index_t i = 0; i < B.cols; ++i) W(i, k) = entry(problem.Z, i, from, exponent);
      int grown = 0;
      std::frexp(std::sqrt(problem.C[0][at(from, from)]), &grown);
      exponents_[at(column(pair, k))] = std::max(exponent + grown, least_exponent<Real>);
    }
    replace(X_, pair, B, W);
    if (V_.data == nullptr) return seen;

    for (index_t k = 0; k < B.cols; ++k) {
      std::copy_n(V_.column(column(pair, k)), V_.rows, B.column(k));
      const index_t from = order[at(k)];
      for (index_t i = 0; i < B.cols; ++i) {
        const int ratio = problem.exponents[at(from)] - problem.exponents[at(i)];
        W(i, k) = entry(problem.Z, i, from, ratio);
      }
    }
    replace(V_, pair, B, W);
    return seen;
  }

  // The Gram matrix of B, and nothing done yet.
  void fill(Problem& problem, const Pair& pair, MatrixView<const T> B) const {
    std::array<T, at(pair_width * pair_width)> gram;
    MatrixView<T> G{gram.data(), B.cols, B.cols, pair_width};
    blas::gemm<T>(blas::Op::adjoint, blas::Op::none, T{1}, B, B, T{0}, G);
    problem.count = B.cols;
    for (index_t j = 0; j < B.cols; ++j) {
      problem.exponents[at(j)] = exponents_[at(column(pair, j))];
      problem.Z[0][at(j, j)] = 1;
      for (index_t i = 0; i < B.cols; ++i) {
        problem.C[0][at(i, j)] = std::real(G(i, j));
        if constexpr (is_complex<T>) problem.C[1][at(i, j)] = std::imag(G(i, j));
      }
    }
  }

  // Returns Z_ij 2^exponent.
  static T entry(const std::array<typename Problem::Square, Problem::parts>& Z,
                 index_t i,
                 index_t j,
                 int exponent) {
    if constexpr (is_complex<T>) {
      return {std::ldexp(Z[0][at(i, j)], exponent), std::ldexp(Z[1][at(i, j)], exponent)};
    } else {
      return std::ldexp(Z[0][at(i, j)], exponent);
    }
  }

  // Returns the columns of a solved problem in falling order of their lengths.
  static PerColumn<index_t> by_length(const Problem& problem) {
    PerColumn<index_t> order{};
    PerColumn<double> log_length{};
    for (index_t j = 0; j < problem.count; ++j) {
      order[at(j)] = j;
      log_length[at(j)] =
          std::log2(static_cast<double>(problem.C[0][at(j, j)])) + 2.0 * problem.exponents[at(j)];
    }
    std::stable_sort(order.begin(), order.begin() + problem.count,
                     [&](index_t i, index_t j) { return log_length[at(i)] > log_length[at(j)]; });
    return order;
  }

  // The columns of the pair <- B W.
  void replace(MatrixView<T> to, const Pair& pair, MatrixView<const T> B, MatrixView<const T> W) {
    const index_t left = width_of(pair.p);
    blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, B, W.columns(0, left), T{0},
                  to.columns(first_of(pair.p), left));
    blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, B, W.columns(left, W.cols - left), T{0},
                  to.columns(first_of(pair.q), W.cols - left));
  }

  MatrixView<T> X_;
  MatrixView<T> V_;
  const Context& context_;
  index_t blocks_;              // even
  std::vector<int> exponents_;  // column j is of moderate length when divided by 2^exponents_[j]
  std::vector<Sweep> seen_;     // by each pair of a round
  Matrix<T> workspace_;
};

}  // namespace

template <Scalar T>
int orthogonalize_columns(MatrixView<T> X, MatrixView<T> V, const Context& context) {
  using Real = real_t<T>;
  constexpr Real eps = std::numeric_limits<Real>::epsilon();
  const blas::BlasThreads one_thread;
  BlockJacobi<T> jacobi(X, V, context);
  const auto n = static_cast<Real>(X.cols);
  for (int sweep = 1; sweep < most_sweeps; ++sweep) {
    const kernels::JacobiSweep<Real> seen = jacobi.sweep();
    // What the rotations of a sweep leave of the cosines is of second order, unless they have
    // cancelled so much of a short column that its rounding shows.
    if (!(seen.largest_cosine > std::sqrt(n) * eps)) return sweep;
    const bool cancelled = n * seen.largest_cosine * seen.largest_cosine > Real{0.25};
    if (!cancelled && n * seen.largest_cosine * seen.largest_sine < eps) return sweep;
  }
  return most_sweeps;
}

template <Scalar T>
int exponent_of(const T* x, index_t n) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  const auto* reals = reinterpret_cast<const Real*>(x);
  const Real largest = kernels::kernels<Real>().scan(n * parts, reals).max_abs;
  if (largest == 0) return least_exponent<Real>;
  int exponent = 0;
  std::frexp(largest, &exponent);
  return std::max(exponent, least_exponent<Real>);
}

template <Scalar T>
real_t<T> norm_of(const T* x, index_t n) {
  const int exponent = exponent_of<T>(x, n);
  const double energy = kernels::kernels<T>().shifted_energy(n, x, T{}, std::ldexp(1.0, -exponent));
  return static_cast<real_t<T>>(std::ldexp(std::sqrt(energy), exponent));
}

template <Scalar T>
void scale_by_power(const T* y, index_t n, int exponent, T* x) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  kernels::scale_by_power(n * parts, reinterpret_cast<const Real*>(y), exponent,
                          reinterpret_cast<Real*>(x));
}

template int orthogonalize_columns(MatrixView<float>, MatrixView<float>, const Context&);
template int orthogonalize_columns(MatrixView<double>, MatrixView<double>, const Context&);
template int orthogonalize_columns(MatrixView<std::complex<float>>,
                                   MatrixView<std::complex<float>>,
                                   const Context&);
template int orthogonalize_columns(MatrixView<std::complex<double>>,
                                   MatrixView<std::complex<double>>,
                                   const Context&);
template int exponent_of(const float*, index_t);
template int exponent_of(const double*, index_t);
template int exponent_of(const std::complex<float>*, index_t);
template int exponent_of(const std::complex<double>*, index_t);
template float norm_of(const float*, index_t);
template double norm_of(const double*, index_t);
template float norm_of(const std::complex<float>*, index_t);
template double norm_of(const std::complex<double>*, index_t);
template void scale_by_power(const float*, index_t, int, float*);
template void scale_by_power(const double*, index_t, int, double*);
template void scale_by_power(const std::complex<float>*, index_t, int, std::complex<float>*);
template void scale_by_power(const std::complex<double>*, index_t, int, std::complex<double>*);

}  // namespace eckart::factor
