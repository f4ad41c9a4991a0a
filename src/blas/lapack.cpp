#include "blas/lapack.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "blas/blas.hpp"

namespace eckart::blas {

// A panel of the QR factorisation with column pivoting
extern "C" {
void slaqps_(const blas_int*,
             const blas_int*,
             const blas_int*,
             const blas_int*,
             blas_int*,
             float*,
             const blas_int*,
             blas_int*,
             float*,
             float*,
             float*,
             float*,
             float*,
             const blas_int*);
void dlaqps_(const blas_int*,
             const blas_int*,
             const blas_int*,
             const blas_int*,
             blas_int*,
             double*,
             const blas_int*,
             blas_int*,
             double*,
             double*,
             double*,
             double*,
             double*,
             const blas_int*);
void claqps_(const blas_int*,
             const blas_int*,
             const blas_int*,
             const blas_int*,
             blas_int*,
             cfloat*,
             const blas_int*,
             blas_int*,
             cfloat*,
             float*,
             float*,
             cfloat*,
             cfloat*,
             const blas_int*);
void zlaqps_(const blas_int*,
             const blas_int*,
             const blas_int*,
             const blas_int*,
             blas_int*,
             cdouble*,
             const blas_int*,
             blas_int*,
             cdouble*,
             double*,
             double*,
             cdouble*,
             cdouble*,
             const blas_int*);
}

namespace {

template <Scalar T>
constexpr auto laqps = nullptr;
template <>
constexpr auto laqps<float> = slaqps_;
template <>
constexpr auto laqps<double> = dlaqps_;
template <>
constexpr auto laqps<cfloat> = claqps_;
template <>
constexpr auto laqps<cdouble> = zlaqps_;

// Calls routine(work, lwork) twice: asks for the workspace, then runs with it.
template <Scalar T, class Routine>
void with_workspace(const Routine& routine) {
  T query = 0;
  routine(&query, blas_int{-1});
  // The answer comes as a floating-point number: round up what a float cannot hold exactly.
  const double wanted = std::nextafter(std::ceil(static_cast<double>(std::real(query))), 1e300);
  const index_t size = std::max<index_t>(1, static_cast<index_t>(wanted * (1 + 1e-6)) + 1);
  Matrix<T> work(size, 1);
  routine(work.data(), to_blas_int(size));
}

// LAPACK computes workspace sizes in 32-bit integers: above these orders they wrap.
constexpr index_t largest_divide_and_conquer = 23169;  // 4 n^2 + 7 n
constexpr index_t largest_qr_iteration = 18918;        // 6 n^2
constexpr index_t largest_eigen = 32766;               // 2 n^2 + 6 n + 1

void require_order(index_t n, index_t largest, const char* what) {
  require(n <= largest, std::string(what) + " of order " + std::to_string(n) +
                            " needs a LAPACK with 64-bit integers; this one serves orders up to " +
                            std::to_string(largest));
}

// Job letter for vectors: all columns, the first n, or none.
template <Scalar T>
char job_letter(MatrixView<T> U, index_t n) {
  if (U.data == nullptr) return 'N';
  return U.cols > n ? 'A' : 'S';
}

}  // namespace

template <Scalar T>
bool cholesky(MatrixView<T> A) {
  const BlasThreads one_thread;
  const blas_int n = to_blas_int(A.rows);
  const blas_int lda = to_blas_int(A.ld);
  blas_int info = 0;
  Fortran<T>::potrf("U", &n, A.data, &lda, &info, 1);
  for (index_t j = 0; j < A.cols; ++j) std::fill(A.column(j) + j + 1, A.column(j) + A.rows, T{});
  return info == 0;
}

template <Scalar T>
void householder_qr(MatrixView<T> X, MatrixView<T> R) {
  if (X.cols == 0) return;
  const BlasThreads one_thread;
  const blas_int m = to_blas_int(X.rows);
  const blas_int n = to_blas_int(X.cols);
  const blas_int ld = to_blas_int(X.ld);
  blas_int info = 0;
  std::vector<T> tau(static_cast<std::size_t>(X.cols));
  with_workspace<T>([&](T* work, blas_int size) {
    Fortran<T>::geqrf(&m, &n, X.data, &ld, tau.data(), work, &size, &info);
  });
  for (index_t j = 0; j < X.cols; ++j) {
    std::copy_n(X.column(j), j + 1, R.column(j));
    std::fill(R.column(j) + j + 1, R.column(j) + R.rows, T{});
  }
  with_workspace<T>([&](T* work, blas_int size) {
    Fortran<T>::ungqr(&m, &n, &n, X.data, &ld, tau.data(), work, &size, &info);
  });
}

template <Scalar T>
void reflect_to_triangle(MatrixView<T> X, T* tau) {
  if (X.empty()) return;
  const BlasThreads one_thread;
  const blas_int m = to_blas_int(X.rows);
  const blas_int n = to_blas_int(X.cols);
  const blas_int ld = to_blas_int(X.ld);
  blas_int info = 0;
  with_workspace<T>([&](T* work, blas_int size) {
    Fortran<T>::geqrf(&m, &n, X.data, &ld, tau, work, &size, &info);
  });
}

template <Scalar T>
void reflect_panel_pivoted(MatrixView<T> X, index_t width, Pivoting<T>& pivoting) {
  const BlasThreads one_thread;
  const index_t first = pivoting.done;
  const blas_int m = to_blas_int(X.rows);
  const blas_int n = to_blas_int(X.cols - first);
  const blas_int offset = to_blas_int(first);
  const blas_int most = to_blas_int(std::min(width, std::min(X.rows, X.cols) - first));
  const blas_int ld = to_blas_int(X.ld);
  std::vector<T> products(static_cast<std::size_t>(most));
  Matrix<T> F(n, most);
  blas_int finished = 0;
  laqps<T>(&m, &n, &offset, &most, &finished, X.column(first), &ld, pivoting.order.data() + first,
           pivoting.tau.data() + first, pivoting.norms.data() + first,
           pivoting.exact.data() + first, products.data(), F.data(), &n);
  pivoting.done += finished;
}

template <Scalar T>
std::vector<real_t<T>> hermitian_eigen(MatrixView<T> A) {
  if (A.cols == 0) return {};
  require_order(A.cols, largest_eigen, "an eigendecomposition");
  const BlasThreads one_thread;
  const blas_int n = to_blas_int(A.cols);
  const blas_int lda = to_blas_int(A.ld);
  const blas_int int_size = to_blas_int(3 + 5 * A.cols);
  std::vector<real_t<T>> values(static_cast<std::size_t>(A.cols));
  std::vector<blas_int> int_work(static_cast<std::size_t>(int_size));
  blas_int info = 0;
  with_workspace<T>([&](T* work, blas_int size) {
    if constexpr (is_complex<T>) {
      const blas_int real_size = to_blas_int(1 + 5 * A.cols + 2 * A.cols * A.cols);
      std::vector<real_t<T>> real_work(static_cast<std::size_t>(size == -1 ? 1 : real_size));
      Fortran<T>::heevd("V", "U", &n, A.data, &lda, values.data(), work, &size, real_work.data(),
                        &real_size, int_work.data(), &int_size, &info, 1, 1);
    } else {
      Fortran<T>::heevd("V", "U", &n, A.data, &lda, values.data(), work, &size, int_work.data(),
                        &int_size, &info, 1, 1);
    }
  });
  if (info != 0) values.clear();
  return values;
}

template bool cholesky(MatrixView<float>);
template bool cholesky(MatrixView<double>);
template bool cholesky(MatrixView<cfloat>);
template bool cholesky(MatrixView<cdouble>);
template void householder_qr(MatrixView<float>, MatrixView<float>);
template void householder_qr(MatrixView<double>, MatrixView<double>);
template void householder_qr(MatrixView<cfloat>, MatrixView<cfloat>);
template void householder_qr(MatrixView<cdouble>, MatrixView<cdouble>);
template void reflect_to_triangle(MatrixView<float>, float*);
template void reflect_to_triangle(MatrixView<double>, double*);
template void reflect_to_triangle(MatrixView<cfloat>, cfloat*);
template void reflect_to_triangle(MatrixView<cdouble>, cdouble*);
template void reflect_panel_pivoted(MatrixView<float>, index_t, Pivoting<float>&);
template void reflect_panel_pivoted(MatrixView<double>, index_t, Pivoting<double>&);
template void reflect_panel_pivoted(MatrixView<cfloat>, index_t, Pivoting<cfloat>&);
template void reflect_panel_pivoted(MatrixView<cdouble>, index_t, Pivoting<cdouble>&);
template std::vector<float> hermitian_eigen(MatrixView<float>);
template std::vector<double> hermitian_eigen(MatrixView<double>);
template std::vector<float> hermitian_eigen(MatrixView<cfloat>);
template std::vector<double> hermitian_eigen(MatrixView<cdouble>);

}  // namespace eckart::blas
