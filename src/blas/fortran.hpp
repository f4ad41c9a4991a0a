// The Fortran symbols of BLAS and LAPACK that we call, one row per scalar type.
// Integers are 32-bit (LP64). Hidden string lengths come last, as size_t.
#pragma once

#include <complex>
#include <cstddef>

#include "eckart/types.hpp"

namespace eckart::blas {

using blas_int = int;
using cfloat = std::complex<float>;
using cdouble = std::complex<double>;

extern "C" {
// C <- alpha op(A) op(B) + beta C
void sgemm_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const blas_int*,
            const float*,
            const float*,
            const blas_int*,
            const float*,
            const blas_int*,
            const float*,
            float*,
            const blas_int*,
            std::size_t,
            std::size_t);
void dgemm_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const blas_int*,
            const double*,
            const double*,
            const blas_int*,
            const double*,
            const blas_int*,
            const double*,
            double*,
            const blas_int*,
            std::size_t,
            std::size_t);
void cgemm_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const blas_int*,
            const cfloat*,
            const cfloat*,
            const blas_int*,
            const cfloat*,
            const blas_int*,
            const cfloat*,
            cfloat*,
            const blas_int*,
            std::size_t,
            std::size_t);
void zgemm_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const blas_int*,
            const cdouble*,
            const cdouble*,
            const blas_int*,
            const cdouble*,
            const blas_int*,
            const cdouble*,
            cdouble*,
            const blas_int*,
            std::size_t,
            std::size_t);
// C <- alpha op(A) op(A)^H + beta C, one triangle
void ssyrk_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const float*,
            const float*,
            const blas_int*,
            const float*,
            float*,
            const blas_int*,
            std::size_t,
            std::size_t);
void dsyrk_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const double*,
            const double*,
            const blas_int*,
            const double*,
            double*,
            const blas_int*,
            std::size_t,
            std::size_t);
void cherk_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const float*,
            const cfloat*,
            const blas_int*,
            const float*,
            cfloat*,
            const blas_int*,
            std::size_t,
            std::size_t);
void zherk_(const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const double*,
            const cdouble*,
            const blas_int*,
            const double*,
            cdouble*,
            const blas_int*,
            std::size_t,
            std::size_t);
// B <- alpha B op(A)^-1 or alpha op(A)^-1 B
void strsm_(const char*,
            const char*,
            const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const float*,
            const float*,
            const blas_int*,
            float*,
            const blas_int*,
            std::size_t,
            std::size_t,
            std::size_t,
            std::size_t);
void dtrsm_(const char*,
            const char*,
            const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const double*,
            const double*,
            const blas_int*,
            double*,
            const blas_int*,
            std::size_t,
            std::size_t,
            std::size_t,
            std::size_t);
void ctrsm_(const char*,
            const char*,
            const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const cfloat*,
            const cfloat*,
            const blas_int*,
            cfloat*,
            const blas_int*,
            std::size_t,
            std::size_t,
            std::size_t,
            std::size_t);
void ztrsm_(const char*,
            const char*,
            const char*,
            const char*,
            const blas_int*,
            const blas_int*,
            const cdouble*,
            const cdouble*,
            const blas_int*,
            cdouble*,
            const blas_int*,
            std::size_t,
            std::size_t,
            std::size_t,
            std::size_t);
// Cholesky factor
void spotrf_(const char*, const blas_int*, float*, const blas_int*, blas_int*, std::size_t);
void dpotrf_(const char*, const blas_int*, double*, const blas_int*, blas_int*, std::size_t);
void cpotrf_(const char*, const blas_int*, cfloat*, const blas_int*, blas_int*, std::size_t);
void zpotrf_(const char*, const blas_int*, cdouble*, const blas_int*, blas_int*, std::size_t);
// Householder QR
void sgeqrf_(const blas_int*,
             const blas_int*,
             float*,
             const blas_int*,
             float*,
             float*,
             const blas_int*,
             blas_int*);
void dgeqrf_(const blas_int*,
             const blas_int*,
             double*,
             const blas_int*,
             double*,
             double*,
             const blas_int*,
             blas_int*);
void cgeqrf_(const blas_int*,
             const blas_int*,
             cfloat*,
             const blas_int*,
             cfloat*,
             cfloat*,
             const blas_int*,
             blas_int*);
void zgeqrf_(const blas_int*,
             const blas_int*,
             cdouble*,
             const blas_int*,
             cdouble*,
             cdouble*,
             const blas_int*,
             blas_int*);
// Q of a Householder QR, formed
void sorgqr_(const blas_int*,
             const blas_int*,
             const blas_int*,
             float*,
             const blas_int*,
             const float*,
             float*,
             const blas_int*,
             blas_int*);
void dorgqr_(const blas_int*,
             const blas_int*,
             const blas_int*,
             double*,
             const blas_int*,
             const double*,
             double*,
             const blas_int*,
             blas_int*);
void cungqr_(const blas_int*,
             const blas_int*,
             const blas_int*,
             cfloat*,
             const blas_int*,
             const cfloat*,
             cfloat*,
             const blas_int*,
             blas_int*);
void zungqr_(const blas_int*,
             const blas_int*,
             const blas_int*,
             cdouble*,
             const blas_int*,
             const cdouble*,
             cdouble*,
             const blas_int*,
             blas_int*);
// Eigendecomposition of a symmetric or Hermitian matrix, divide and conquer
void ssyevd_(const char*,
             const char*,
             const blas_int*,
             float*,
             const blas_int*,
             float*,
             float*,
             const blas_int*,
             blas_int*,
             const blas_int*,
             blas_int*,
             std::size_t,
             std::size_t);
void dsyevd_(const char*,
             const char*,
             const blas_int*,
             double*,
             const blas_int*,
             double*,
             double*,
             const blas_int*,
             blas_int*,
             const blas_int*,
             blas_int*,
             std::size_t,
             std::size_t);
void cheevd_(const char*,
             const char*,
             const blas_int*,
             cfloat*,
             const blas_int*,
             float*,
             cfloat*,
             const blas_int*,
             float*,
             const blas_int*,
             blas_int*,
             const blas_int*,
             blas_int*,
             std::size_t,
             std::size_t);
void zheevd_(const char*,
             const char*,
             const blas_int*,
             cdouble*,
             const blas_int*,
             double*,
             cdouble*,
             const blas_int*,
             double*,
             const blas_int*,
             blas_int*,
             const blas_int*,
             blas_int*,
             std::size_t,
             std::size_t);
// QR factorisation with column pivoting
void sgeqp3_(const blas_int*,
             const blas_int*,
             float*,
             const blas_int*,
             blas_int*,
             float*,
             float*,
             const blas_int*,
             blas_int*);
void dgeqp3_(const blas_int*,
             const blas_int*,
             double*,
             const blas_int*,
             blas_int*,
             double*,
             double*,
             const blas_int*,
             blas_int*);
void cgeqp3_(const blas_int*,
             const blas_int*,
             cfloat*,
             const blas_int*,
             blas_int*,
             cfloat*,
             cfloat*,
             const blas_int*,
             float*,
             blas_int*);
void zgeqp3_(const blas_int*,
             const blas_int*,
             cdouble*,
             const blas_int*,
             blas_int*,
             cdouble*,
             cdouble*,
             const blas_int*,
             double*,
             blas_int*);
// Singular value decomposition: divide and conquer, then QR iteration
}

template <Scalar T>
struct Fortran;

template <>
struct Fortran<float> {
  static constexpr auto gemm = sgemm_;
  static constexpr auto herk = ssyrk_;
  static constexpr auto trsm = strsm_;
  static constexpr auto potrf = spotrf_;
  static constexpr auto geqrf = sgeqrf_;
  static constexpr auto ungqr = sorgqr_;
  static constexpr auto geqp3 = sgeqp3_;
  static constexpr auto heevd = ssyevd_;
};

template <>
struct Fortran<double> {
  static constexpr auto gemm = dgemm_;
  static constexpr auto herk = dsyrk_;
  static constexpr auto trsm = dtrsm_;
  static constexpr auto potrf = dpotrf_;
  static constexpr auto geqrf = dgeqrf_;
  static constexpr auto ungqr = dorgqr_;
  static constexpr auto geqp3 = dgeqp3_;
  static constexpr auto heevd = dsyevd_;
};

template <>
struct Fortran<cfloat> {
  static constexpr auto gemm = cgemm_;
  static constexpr auto herk = cherk_;
  static constexpr auto trsm = ctrsm_;
  static constexpr auto potrf = cpotrf_;
  static constexpr auto geqrf = cgeqrf_;
  static constexpr auto ungqr = cungqr_;
  static constexpr auto geqp3 = cgeqp3_;
  static constexpr auto heevd = cheevd_;
};

template <>
struct Fortran<cdouble> {
  static constexpr auto gemm = zgemm_;
  static constexpr auto herk = zherk_;
  static constexpr auto trsm = ztrsm_;
  static constexpr auto potrf = zpotrf_;
  static constexpr auto geqrf = zgeqrf_;
  static constexpr auto ungqr = zungqr_;
  static constexpr auto geqp3 = zgeqp3_;
  static constexpr auto heevd = zheevd_;
};

}  // namespace eckart::blas
