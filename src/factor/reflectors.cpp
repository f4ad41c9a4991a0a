#include "factor/reflectors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "blas/blas.hpp"
#include "core/parallel.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

// Pieces of inner products between the vectors, on which T and so orthogonality rests, and of those
// with the columns that are reflected.
constexpr index_t gram_piece = 16;
constexpr index_t product_piece = 128;

// Reflectors [first, first + count) as I - V T V^H: V is a unit triangle above a rectangle.
template <Scalar T>
struct Block {
  index_t first;
  index_t count;
  Matrix<T> triangle;             // count x count
  MatrixView<const T> rectangle;  // as it stands in A: V's rows, or their conjugates as columns
  Matrix<T> factor;               // T
};

template <Scalar T>
Op plain(Stored stored) {
  return stored == Stored::columns ? Op::none : Op::adjoint;
}

template <Scalar T>
Op adjoint(Stored stored) {
  return stored == Stored::columns ? Op::adjoint : Op::none;
}

template <Scalar T>
Block<T> form_block(Stored stored,
                    MatrixView<const T> A,
                    std::span<const T> tau,
                    index_t rows,
                    index_t first,
                    index_t count) {
  Block<T> block{first, count, Matrix<T>(count, count), {}, Matrix<T>(count, count)};
  for (index_t j = 0; j < count; ++j) {
    block.triangle(j, j) = 1;
    for (index_t i = j + 1; i < count; ++i) {
      block.triangle(i, j) =
          stored == Stored::columns ? A(first + i, first + j) : conjugate(A(first + j, first + i));
    }
  }
  const index_t below = rows - first - count;
  block.rectangle = stored == Stored::columns ? A.block(first + count, first, below, count)
                                              : A.block(first, first + count, count, below);

  // T is upper triangular; its column j is -tau_j T (V^H v_j) above the diagonal.
  Matrix<T> gram(count, count);
  const MatrixView<const T> triangle = std::as_const(block.triangle).view();
  blas::gemm_in_pieces<T>(gram_piece, Op::adjoint, Op::none, T{1}, triangle, triangle, T{0},
                          gram.view());
  blas::gemm_in_pieces<T>(gram_piece, adjoint<T>(stored), plain<T>(stored), T{1}, block.rectangle,
                          block.rectangle, T{1}, gram.view());
  for (index_t j = 0; j < count; ++j) {
    // The vector as it was rounded may be longer or shorter than tau says; entries that are all
    // equal err alike. This multiple of tau makes the reflector unitary, 2 Re(1 / t) = ||v||^2.
    const T given = tau[static_cast<std::size_t>(first + j)];
    const real_t<T> turned = std::norm(given) * std::real(gram(j, j));
    const T t = turned > 0 ? given * (2 * std::real(given) / turned) : given;
    block.factor(j, j) = t;
    for (index_t k = 0; k < j; ++k) {
      const T g = -t * gram(k, j);
      for (index_t i = 0; i <= k; ++i) block.factor(i, j) += block.factor(i, k) * g;
    }
  }
  return block;
}

// X <- (I - V T V^H) X, or with its adjoint, for some columns of X.
template <Scalar T>
void apply_block(Stored stored, Op op, const Block<T>& block, MatrixView<T> X) {
  Matrix<T> W(block.count, X.cols);
  Matrix<T> TW(block.count, X.cols);
  const MatrixView<T> top = X.block(block.first, 0, block.count, X.cols);
  const index_t below_first = block.first + block.count;
  const MatrixView<T> below = X.block(below_first, 0, X.rows - below_first, X.cols);
  const MatrixView<const T> triangle = block.triangle.view();
  blas::gemm<T>(Op::adjoint, Op::none, T{1}, triangle, top, T{0}, W.view());
  blas::gemm_in_pieces<T>(product_piece, adjoint<T>(stored), Op::none, T{1}, block.rectangle, below,
                          T{1}, W.view());
  blas::gemm<T>(op, Op::none, T{1}, block.factor.view(), W.view(), T{0}, TW.view());
  blas::gemm<T>(Op::none, Op::none, T{-1}, triangle, TW.view(), T{1}, top);
  blas::gemm<T>(plain<T>(stored), Op::none, T{-1}, block.rectangle, TW.view(), T{1}, below);
}

// X <- Q X for op none, Q^H X for op adjoint, Q = H_1 H_2 ... H_k.
template <Scalar T>
void apply_all(Stored stored,
               Op op,
               MatrixView<const T> A,
               std::span<const T> tau,
               MatrixView<T> X,
               const Context& context) {
  const auto count = static_cast<index_t>(tau.size());
  if (count == 0 || X.empty()) return;
  const blas::BlasThreads one_thread;
  const index_t width = count <= 1500 ? 64 : 128;
  std::vector<Block<T>> blocks(static_cast<std::size_t>(core::count_chunks(count, width)));
  core::for_each_chunk(count, width, context, [&](index_t c, index_t first, index_t last) {
    blocks[static_cast<std::size_t>(c)] =
        form_block<T>(stored, A, tau, X.rows, first, last - first);
  });
  // Every chunk of columns goes through all blocks; of Q the last comes first.
  if (op == Op::none) std::reverse(blocks.begin(), blocks.end());
  const index_t worth_a_thread = 200'000 / (X.rows * count);
  const index_t columns =
      std::clamp<index_t>(std::max(core::count_chunks(X.cols, 8), worth_a_thread), 32, 256);
  core::for_each_chunk(X.cols, columns, context, [&](index_t, index_t first, index_t last) {
    for (const Block<T>& block : blocks) {
      core::throw_if_stopped(context);
      apply_block<T>(stored, op, block, X.columns(first, last - first));
    }
  });
}

}  // namespace

template <Scalar T>
Reflector<T> make_reflector(T x1, real_t<T> tail) {
  using Real = real_t<T>;
  constexpr Real eps = std::numeric_limits<Real>::epsilon();
  constexpr Real vanishing = std::numeric_limits<Real>::min() / (eps * eps);
  const Real re = std::real(x1);
  const Real im = std::imag(x1) * std::imag(x1) <= vanishing ? Real{0} : std::imag(x1);
  const bool alone = tail <= vanishing;
  if (alone && im == 0) return {T{0}, re, T{0}};
  const Real length = std::hypot(std::hypot(re, im), alone ? Real{0} : std::sqrt(tail));
  const Real beta = re >= 0 ? -length : length;
  Reflector<T> reflector;
  reflector.beta = beta;
  if constexpr (is_complex<T>) {
    reflector.tau = {(beta - re) / beta, -im / beta};
    if (!alone) reflector.scale = T{1} / T{re - beta, im};
  } else {
    reflector.tau = (beta - re) / beta;
    if (!alone) reflector.scale = 1 / (re - beta);
  }
  return reflector;
}

template <Scalar T>
void apply_reflectors(Stored stored,
                      MatrixView<const T> A,
                      std::span<const T> tau,
                      MatrixView<T> X,
                      const Context& context) {
  apply_all<T>(stored, Op::none, A, tau, X, context);
}

template <Scalar T>
void apply_adjoint_reflectors(Stored stored,
                              MatrixView<const T> A,
                              std::span<const T> tau,
                              MatrixView<T> X,
                              const Context& context) {
  apply_all<T>(stored, Op::adjoint, A, tau, X, context);
}

template Reflector<float> make_reflector(float, float);
template Reflector<double> make_reflector(double, double);
template Reflector<std::complex<float>> make_reflector(std::complex<float>, float);
template Reflector<std::complex<double>> make_reflector(std::complex<double>, double);
template void apply_reflectors(
    Stored, MatrixView<const float>, std::span<const float>, MatrixView<float>, const Context&);
template void apply_reflectors(
    Stored, MatrixView<const double>, std::span<const double>, MatrixView<double>, const Context&);
template void apply_reflectors(Stored,
                               MatrixView<const std::complex<float>>,
                               std::span<const std::complex<float>>,
                               MatrixView<std::complex<float>>,
                               const Context&);
template void apply_reflectors(Stored,
                               MatrixView<const std::complex<double>>,
                               std::span<const std::complex<double>>,
                               MatrixView<std::complex<double>>,
                               const Context&);
template void apply_adjoint_reflectors(
    Stored, MatrixView<const float>, std::span<const float>, MatrixView<float>, const Context&);
template void apply_adjoint_reflectors(
    Stored, MatrixView<const double>, std::span<const double>, MatrixView<double>, const Context&);
template void apply_adjoint_reflectors(Stored,
                                       MatrixView<const std::complex<float>>,
                                       std::span<const std::complex<float>>,
                                       MatrixView<std::complex<float>>,
                                       const Context&);
template void apply_adjoint_reflectors(Stored,
                                       MatrixView<const std::complex<double>>,
                                       std::span<const std::complex<double>>,
                                       MatrixView<std::complex<double>>,
                                       const Context&);

}  // namespace eckart::factor
