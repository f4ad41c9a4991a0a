#include "factor/orthonormalize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

constexpr index_t rows_per_chunk = 4096;

// Returns the lengths of the columns of X; sums in double, by fixed chunks.
template <Scalar T>
std::vector<double> column_lengths(MatrixView<const T> X, const Context& context) {
  const index_t chunks = core::count_chunks(X.rows, rows_per_chunk);
  Matrix<double> partial(X.cols, chunks);
  core::for_each_chunk(
      X.rows, rows_per_chunk, context, [&](index_t c, index_t first, index_t last) {
        for (index_t j = 0; j < X.cols; ++j) {
          partial(j, c) =
              kernels::kernels<T>().shifted_energy(last - first, X.column(j) + first, T{0}, 1);
        }
      });
  std::vector<double> lengths(static_cast<std::size_t>(X.cols));
  for (index_t j = 0; j < X.cols; ++j) {
    double sum = 0;
    for (index_t c = 0; c < chunks; ++c) sum += partial(j, c);
    lengths[static_cast<std::size_t>(j)] = std::sqrt(sum);
  }
  return lengths;
}

template <Scalar T>
void divide_columns(MatrixView<T> X, const std::vector<double>& by, const Context& context) {
  core::for_each_chunk(X.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = 0; j < X.cols; ++j) {
      const auto d = static_cast<real_t<T>>(1 / by[static_cast<std::size_t>(j)]);
      for (index_t i = first; i < last; ++i) X(i, j) *= d;
    }
  });
}

// One round of Cholesky QR: X <- X R^-1 with R^H R = X^H X. Returns false, with X unchanged, if
// some pivot is below smallest_pivot or the Gram matrix is farther than largest_defect from I.
template <Scalar T>
bool cholesky_qr(MatrixView<T> X,
                 MatrixView<T> R,
                 double smallest_pivot,
                 double largest_defect,
                 const Context& context) {
  blas::multiply<T>(Op::adjoint, Op::none, T{1}, X, X, T{0}, R, context);
  double defect = 0;
  for (index_t j = 0; j < R.cols; ++j) {
    for (index_t i = 0; i < R.rows; ++i) {
      const double d = std::abs(std::complex<double>(R(i, j)) - (i == j ? 1.0 : 0.0));
      defect = d <= defect ? defect : d;  // keeps a NaN
    }
  }
  if (!(defect <= largest_defect) || !blas::cholesky(R)) return false;
  for (index_t j = 0; j < R.cols; ++j) {
    if (!(std::abs(R(j, j)) >= smallest_pivot)) return false;
  }
  blas::solve_upper_from_right<T>(X, R, context);
  return true;
}

// R <- L R for upper triangular L and R.
template <Scalar T>
void multiply_from_left(MatrixView<const T> L, MatrixView<T> R) {
  Matrix<T> product(R.rows, R.cols);
  blas::gemm<T>(Op::none, Op::none, T{1}, L, R, T{0}, product.view());
  for (index_t j = 0; j < R.cols; ++j) std::copy_n(product.view().column(j), R.rows, R.column(j));
}

template <Scalar T>
double largest_in_row(MatrixView<const T> R, index_t i) {
  double largest = 0;
  for (index_t j = 0; j < R.cols; ++j) {
    largest = std::max(largest, static_cast<double>(std::abs(R(i, j))));
  }
  return largest;
}

}  // namespace

template <Scalar T>
void tall_qr(MatrixView<T> X, MatrixView<T> R, const Context& context) {
  const blas::BlasThreads one_thread;
  std::vector<double> lengths = column_lengths<T>(X, context);
  for (double& length : lengths) {
    if (length == 0) length = 1;
  }
  divide_columns(X, lengths, context);

  // Unit columns: a pivot of sqrt(eps) and more means a condition number that one more round
  // repairs. Beyond that, Householder.
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  Matrix<T> R2(X.cols, X.cols);
  const bool once = cholesky_qr<T>(X, R, 100 * std::sqrt(eps), 2.0, context);
  if (!once) {
    blas::householder_qr(X, R);
  } else {
    if (!cholesky_qr<T>(X, R2.view(), 0.5, 0.1, context)) blas::householder_qr(X, R2.view());
    multiply_from_left<T>(R2.view(), R);
  }
  for (index_t j = 0; j < R.cols; ++j) {
    const auto length = static_cast<real_t<T>>(lengths[static_cast<std::size_t>(j)]);
    for (index_t i = 0; i <= j; ++i) R(i, j) *= length;
  }
}

template <Scalar T>
void orthonormalize_against(MatrixView<const T> Q,
                            MatrixView<T> X,
                            MatrixView<T> H,
                            MatrixView<T> S,
                            double norm,
                            RandomSource& random,
                            const Context& context) {
  const index_t b = X.cols;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  Matrix<T> h(Q.cols, b);
  Matrix<T> R(b, b);
  for (index_t j = 0; j < b; ++j) {
    std::fill_n(H.column(j), H.rows, T{});
    std::fill_n(S.column(j), S.rows, T{});
    S(j, j) = 1;
  }
  int rounds = 2;
  for (int round = 0; round < rounds; ++round) {
    if (Q.cols > 0) {
      blas::multiply<T>(Op::adjoint, Op::none, T{1}, Q, X, T{0}, h.view(), context);
      blas::multiply<T>(Op::none, Op::none, T{-1}, Q, std::as_const(h).view(), T{1}, X, context);
      blas::gemm<T>(Op::none, Op::none, T{1}, h.view(), S, T{1}, H);  // H += h S
    }
    tall_qr(X, R.view(), context);
    if (round == 0) {
      for (index_t j = 0; j < b; ++j) {
        if (std::abs(R(j, j)) > 5 * eps * norm) continue;
        rounds = 3;
        // The direction made for a dependent column is rounding noise. A later column may still
        // lean on it: then it stays, and the next rounds clean it.
        if (largest_in_row<T>(R.view(), j) > 5 * eps * norm) continue;
        core::fill_gaussian(X.columns(j, 1), random.seed, random.stream++, 0, context);
        for (index_t i = 0; i < b; ++i) R(j, i) = 0;
      }
    }
    multiply_from_left<T>(R.view(), S);
  }
}

template void tall_qr(MatrixView<float>, MatrixView<float>, const Context&);
template void tall_qr(MatrixView<double>, MatrixView<double>, const Context&);
template void tall_qr(MatrixView<std::complex<float>>,
                      MatrixView<std::complex<float>>,
                      const Context&);
template void tall_qr(MatrixView<std::complex<double>>,
                      MatrixView<std::complex<double>>,
                      const Context&);
template void orthonormalize_against(MatrixView<const float>,
                                     MatrixView<float>,
                                     MatrixView<float>,
                                     MatrixView<float>,
                                     double,
                                     RandomSource&,
                                     const Context&);
template void orthonormalize_against(MatrixView<const double>,
                                     MatrixView<double>,
                                     MatrixView<double>,
                                     MatrixView<double>,
                                     double,
                                     RandomSource&,
                                     const Context&);
template void orthonormalize_against(MatrixView<const std::complex<float>>,
                                     MatrixView<std::complex<float>>,
                                     MatrixView<std::complex<float>>,
                                     MatrixView<std::complex<float>>,
                                     double,
                                     RandomSource&,
                                     const Context&);
template void orthonormalize_against(MatrixView<const std::complex<double>>,
                                     MatrixView<std::complex<double>>,
                                     MatrixView<std::complex<double>>,
                                     MatrixView<std::complex<double>>,
                                     double,
                                     RandomSource&,
                                     const Context&);

}  // namespace eckart::factor
