#include "factor/sampled_residuals.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "factor/copies.hpp"
#include "factor/skinny.hpp"
#include "kernels/uniform.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

// A complex number tells as much as two real ones.
template <Scalar T>
constexpr index_t combinations = is_complex<T> ? 8 : 16;
constexpr double safety = 6;
constexpr double failure_of_vector = 2.2e-10;
constexpr double failure_of_matrix = 1.6e-9;
constexpr std::uint32_t stream = 11;

// The larger of two numbers; a NaN wins and stays.
double worse(double a, double b) { return !(b <= a) && !std::isnan(a) ? b : a; }

// Returns a rows x combinations matrix of independent entries with mean 0 and variance 1: uniform
// numbers, or complex numbers of two.
template <Scalar T>
Matrix<T> random_combinations(index_t rows, std::uint64_t seed, const Context& context) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  constexpr index_t rows_per_chunk = 8192;
  constexpr index_t column_of_numbers = index_t{1} << 50;  // longer than any
  const Real half_width = std::sqrt(Real{3} / Real{parts});
  auto W = Matrix<T>::uninitialized(rows, combinations<T>);
  core::for_each_chunk(rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = 0; j < combinations<T>; ++j) {
      kernels::uniform<Real>({seed, stream, j * column_of_numbers + first * parts,
                              (last - first) * parts, half_width,
                              reinterpret_cast<Real*>(W.view().column(j) + first)});
    }
  });
  return W;
}

// [B C D]^H X with D = X Y, for blocks B, C and D of a few columns: what the checks ask about X.
template <Scalar T>
struct Seen {
  Matrix<T> products;  // 3 combinations x k

  const T* of_B(index_t i) const { return products.view().column(i); }
  const T* of_C(index_t i) const { return of_B(i) + combinations<T>; }
  const T* of_D(index_t i) const { return of_C(i) + combinations<T>; }
};

constexpr index_t chunk = 512;  // rows that stay in the cache

// What a group of chunks needs.
template <Scalar T>
struct Workspace {
  Matrix<T> D = Matrix<T>::uninitialized(chunk, combinations<T>);
  Matrix<T> K = Matrix<T>::uninitialized(3 * combinations<T>, chunk);
};

// sum <- sum + [B C D]^H X for the rows of a chunk, which is read from memory once. Y comes as it
// is and transposed.
template <Scalar T>
void add_products(MatrixView<const T> B,
                  MatrixView<const T> C,
                  MatrixView<const T> Y,
                  MatrixView<const T> Y_turned,
                  MatrixView<const T> X,
                  Workspace<T>& work,
                  MatrixView<T> sum) {
  constexpr index_t t = combinations<T>;
  const MatrixView<T> D = work.D.view().block(0, 0, X.rows, t);
  if constexpr (is_complex<T>) {
    blas::gemm<T>(Op::none, Op::none, T{1}, X, Y, T{0}, D);
    const auto add = [&](MatrixView<const T> K, index_t row) {
      blas::gemm<T>(Op::adjoint, Op::none, T{1}, K, X, T{1}, sum.block(row, 0, t, X.cols));
    };
    add(B, 0);
    add(C, t);
    add(D, 2 * t);
  } else {
    tall_product<T>(1, X, Y_turned, 0, D);
    const MatrixView<T> K = work.K.view().columns(0, X.rows);
    copy_transpose<T>(B, K.block(0, 0, t, X.rows));
    copy_transpose<T>(C, K.block(t, 0, t, X.rows));
    copy_transpose<T>(D, K.block(2 * t, 0, t, X.rows));
    wide_product<T>(1, K, X, 1, sum);
  }
}

// Chunks of a tall X stay in the cache; the sums of at most 32 groups are added in order. Of other
// matrices there are three products.
template <Scalar T>
Seen<T> see(MatrixView<const T> B,
            MatrixView<const T> C,
            MatrixView<const T> Y,
            MatrixView<const T> X,
            const Context& context) {
  constexpr index_t t = combinations<T>;
  const index_t k = X.cols;
  Matrix<T> products(3 * t, k);
  if (X.rows < 4 * std::max(k, chunk)) {
    const auto multiply = [&](MatrixView<const T> K, index_t row) {
      blas::multiply<T>(Op::adjoint, Op::none, T{1}, K, X, T{0},
                        products.view().block(row, 0, t, k), context);
    };
    Matrix<T> D(X.rows, t);
    blas::multiply<T>(Op::none, Op::none, T{1}, X, Y, T{0}, D.view(), context);
    multiply(B, 0);
    multiply(C, t);
    multiply(std::as_const(D).view(), 2 * t);
    return {std::move(products)};
  }
  const blas::BlasThreads one_thread;
  const index_t groups = std::min<index_t>(X.rows / (4 * std::max(k, chunk)), 32);
  const index_t group = core::count_chunks(core::count_chunks(X.rows, groups), chunk) * chunk;
  Matrix<T> Y_turned(t, k);
  copy_transpose<T>(Y, Y_turned.view());
  std::vector<Matrix<T>> partial(static_cast<std::size_t>(core::count_chunks(X.rows, group)));
  core::for_each_chunk(X.rows, group, context, [&](index_t g, index_t first, index_t last) {
    Matrix<T> sum(3 * t, k);
    Workspace<T> work;
    for (index_t row = first; row < last; row += chunk) {
      const index_t rows = std::min(chunk, last - row);
      add_products<T>(B.block(row, 0, rows, t), C.block(row, 0, rows, t), Y,
                      std::as_const(Y_turned).view(), X.block(row, 0, rows, k), work, sum.view());
    }
    partial[static_cast<std::size_t>(g)] = std::move(sum);
  });
  for (const Matrix<T>& part : partial) {
    for (index_t i = 0; i < 3 * t * k; ++i) products.data()[i] += part.data()[i];
  }
  return {std::move(products)};
}

// The bound on a vector or a matrix of which this is the sum of squares of its combinations.
template <Scalar T>
double bound(double sum) {
  return safety * std::sqrt(sum / static_cast<double>(combinations<T>));
}

// Returns sum |a_j - s b_j|^2 over the combinations.
template <Scalar T>
double squared_distance(const T* a, real_t<T> s, const T* b) {
  double sum = 0;
  for (index_t j = 0; j < combinations<T>; ++j)
    sum += std::norm(std::complex<double>(a[j] - s * b[j]));
  return sum;
}

// The bound on ||X^H X - I||_F / sqrt(k) that Y^H (X^H X - I) shows.
template <Scalar T>
double see_orthogonality(const Seen<T>& X, MatrixView<const T> Y) {
  double sum = 0;
  for (index_t i = 0; i < X.products.cols(); ++i) {
    for (index_t j = 0; j < combinations<T>; ++j) {
      sum += std::norm(std::complex<double>(X.of_D(i)[j] - conjugate(Y(i, j))));
    }
  }
  return bound<T>(sum) / std::sqrt(static_cast<double>(X.products.cols()));
}

}  // namespace

template <Scalar T>
SampledResiduals sample_residuals(const LinearOperator<T>& A,
                                  MatrixView<const T> U,
                                  std::span<const real_t<T>> sigma,
                                  MatrixView<const T> V,
                                  std::uint64_t seed,
                                  Context& context,
                                  SvdReport& report) {
  SampledResiduals sampled;
  if (sigma.empty()) return sampled;
  const auto k = static_cast<index_t>(sigma.size());
  const Matrix<T> combined =
      random_combinations<T>(std::max({A.rows(), A.cols(), k}), seed, context);
  const auto W = [&](index_t rows) { return combined.view().block(0, 0, rows, combinations<T>); };
  auto AW = Matrix<T>::uninitialized(A.rows(), combinations<T>);
  auto AHW = Matrix<T>::uninitialized(A.cols(), combinations<T>);
  A.apply(W(A.cols()), AW.view(), context);
  A.apply_adjoint(W(A.rows()), AHW.view(), context);
  const Seen<T> left = see<T>(W(A.rows()), std::as_const(AW).view(), W(k), U, context);
  const Seen<T> right = see<T>(W(A.cols()), std::as_const(AHW).view(), W(k), V, context);

  for (index_t i = 0; i < k; ++i) {
    const real_t<T> s = sigma[static_cast<std::size_t>(i)];
    // The combinations of A v - s u, then of A^H u - s v.
    const double of_left = squared_distance<T>(right.of_C(i), s, left.of_B(i));
    const double of_right = squared_distance<T>(left.of_C(i), s, right.of_B(i));
    sampled.residuals.push_back(bound<T>(worse(of_left, of_right)));
  }
  sampled.orthogonality_U = see_orthogonality<T>(left, W(k));
  sampled.orthogonality_V = see_orthogonality<T>(right, W(k));
  sampled.failure_probability =
      2 * (static_cast<double>(k) * failure_of_vector + failure_of_matrix);
  report.products += 2 * combinations<T>;
  report.passes_over_A += 2;
  return sampled;
}

template SampledResiduals sample_residuals(const LinearOperator<float>&,
                                           MatrixView<const float>,
                                           std::span<const float>,
                                           MatrixView<const float>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template SampledResiduals sample_residuals(const LinearOperator<double>&,
                                           MatrixView<const double>,
                                           std::span<const double>,
                                           MatrixView<const double>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template SampledResiduals sample_residuals(const LinearOperator<std::complex<float>>&,
                                           MatrixView<const std::complex<float>>,
                                           std::span<const float>,
                                           MatrixView<const std::complex<float>>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template SampledResiduals sample_residuals(const LinearOperator<std::complex<double>>&,
                                           MatrixView<const std::complex<double>>,
                                           std::span<const double>,
                                           MatrixView<const std::complex<double>>,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);

}  // namespace eckart::factor
