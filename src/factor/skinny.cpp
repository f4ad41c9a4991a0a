#include "factor/skinny.hpp"

#include "blas/blas.hpp"
#include "kernels/skinny.hpp"

namespace eckart::factor {

using blas::Op;

template <Scalar T>
void wide_product(real_t<T> alpha,
                  MatrixView<const T> A,
                  MatrixView<const T> X,
                  real_t<T> beta,
                  MatrixView<T> C) {
  if constexpr (is_complex<T>) {
    blas::gemm<T>(Op::none, Op::none, alpha, A, X, beta, C);
  } else {
    kernels::wide_product<T>({static_cast<int>(C.rows), A.cols, C.cols, alpha, beta, A.data, A.ld,
                              X.data, X.ld, C.data, C.ld});
  }
}

template <Scalar T>
void tall_product(real_t<T> alpha,
                  MatrixView<const T> A,
                  MatrixView<const T> X,
                  real_t<T> beta,
                  MatrixView<T> C) {
  if constexpr (is_complex<T>) {
    blas::gemm<T>(Op::none, Op::transpose, alpha, A, X, beta, C);
  } else {
    kernels::tall_product<T>({static_cast<int>(C.cols), A.cols, C.rows, alpha, beta, A.data, A.ld,
                              X.data, X.ld, C.data, C.ld});
  }
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template void wide_product<float>(
    float, MatrixView<const float>, MatrixView<const float>, float, MatrixView<float>);
template void wide_product<double>(
    double, MatrixView<const double>, MatrixView<const double>, double, MatrixView<double>);
template void wide_product<cfloat>(
    float, MatrixView<const cfloat>, MatrixView<const cfloat>, float, MatrixView<cfloat>);
template void wide_product<cdouble>(
    double, MatrixView<const cdouble>, MatrixView<const cdouble>, double, MatrixView<cdouble>);
template void tall_product<float>(
    float, MatrixView<const float>, MatrixView<const float>, float, MatrixView<float>);
template void tall_product<double>(
    double, MatrixView<const double>, MatrixView<const double>, double, MatrixView<double>);
template void tall_product<cfloat>(
    float, MatrixView<const cfloat>, MatrixView<const cfloat>, float, MatrixView<cfloat>);
template void tall_product<cdouble>(
    double, MatrixView<const cdouble>, MatrixView<const cdouble>, double, MatrixView<cdouble>);

}  // namespace eckart::factor
