#include "factor/orthonormalize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/philox.hpp"
#include "factor/over_ranks.hpp"
#include "factor/tall_qr.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

template <Scalar T>
double largest_in_row(MatrixView<const T> R, index_t i) {
  double largest = 0;
  for (index_t j = 0; j < R.cols; ++j) {
    largest = std::max(largest, static_cast<double>(std::abs(R(i, j))));
  }
  return largest;
}

template <Scalar T>
double longest_of(const Matrix<T>& A) {
  double largest = 0;
  for (index_t j = 0; j < A.cols() && A.rows() > 0; ++j) {
    largest = std::max(largest,
                       kernels::kernels<T>().shifted_energy(A.rows(), A.view().column(j), T{0}, 1));
  }
  return std::sqrt(largest);
}

template <Scalar T>
double least_pivot(const Matrix<T>& R) {
  double least = std::numeric_limits<double>::infinity();
  for (index_t j = 0; j < R.cols(); ++j) {
    least = std::min(least, static_cast<double>(std::abs(R(j, j))));
  }
  return least;
}

// Whether one round of projection, X_given = Q h + X R, was enough. It leaves a part along Q of
// about eps ||R|| over the least of R, and hands on what Q lacks in orthogonality times ||h|| over
// the least of R: unless that is well below one, errors grow from block to block.
template <Scalar T>
bool was_enough(const Matrix<T>& h, const Matrix<T>& R) {
  const double least = least_pivot(R);
  return h.rows() == 0 || (longest_of(h) <= 0.01 * least && longest_of(R) <= 10 * least);
}

}  // namespace

template <Scalar T>
void orthonormalize_against(MatrixView<const T> Q,
                            MatrixView<T> X,
                            MatrixView<T> H,
                            MatrixView<T> S,
                            double norm,
                            RandomSource& random,
                            const Context& context,
                            const Shard& shard) {
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
      inner_products<T>(Q, X, h.view(), shard, context);
      blas::multiply<T>(Op::none, Op::none, T{-1}, Q, std::as_const(h).view(), T{1}, X, context);
      blas::gemm<T>(Op::none, Op::none, T{1}, h.view(), S, T{1}, H);  // H += h S
    }
    tall_qr(X, R.view(), context, shard);
    if (round == 0) {
      if (was_enough(h, R)) rounds = 1;
      for (index_t j = 0; j < b; ++j) {
        if (std::abs(R(j, j)) > 5 * eps * norm) continue;
        rounds = 3;
        // The direction made for a dependent column is rounding noise. A later column may still
        // lean on it: then it stays, and the next rounds clean it.
        if (largest_in_row<T>(R.view(), j) > 5 * eps * norm) continue;
        core::fill_gaussian(X.columns(j, 1), random.seed, random.stream++, 0, context, shard.first);
        for (index_t i = 0; i < b; ++i) R(j, i) = 0;
      }
    }
    blas::multiply_from_left<T>(R.view(), S, context);
  }
}

template void orthonormalize_against(MatrixView<const float>,
                                     MatrixView<float>,
                                     MatrixView<float>,
                                     MatrixView<float>,
                                     double,
                                     RandomSource&,
                                     const Context&,
                                     const Shard&);
template void orthonormalize_against(MatrixView<const double>,
                                     MatrixView<double>,
                                     MatrixView<double>,
                                     MatrixView<double>,
                                     double,
                                     RandomSource&,
                                     const Context&,
                                     const Shard&);
template void orthonormalize_against(MatrixView<const std::complex<float>>,
                                     MatrixView<std::complex<float>>,
                                     MatrixView<std::complex<float>>,
                                     MatrixView<std::complex<float>>,
                                     double,
                                     RandomSource&,
                                     const Context&,
                                     const Shard&);
template void orthonormalize_against(MatrixView<const std::complex<double>>,
                                     MatrixView<std::complex<double>>,
                                     MatrixView<std::complex<double>>,
                                     MatrixView<std::complex<double>>,
                                     double,
                                     RandomSource&,
                                     const Context&,
                                     const Shard&);

}  // namespace eckart::factor
