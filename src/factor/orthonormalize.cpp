#include "factor/orthonormalize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/philox.hpp"
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

}  // namespace

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
    blas::multiply_from_left<T>(R.view(), S, context);
  }
}

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
