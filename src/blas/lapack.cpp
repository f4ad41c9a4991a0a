#include "blas/lapack.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "blas/blas.hpp"

namespace eckart::blas {
namespace {

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
void reflect_to_triangle_pivoted(MatrixView<T> X, T* tau, std::vector<index_t>& order) {
  order.resize(static_cast<std::size_t>(X.cols));
  std::iota(order.begin(), order.end(), index_t{0});
  if (X.empty()) return;
  const BlasThreads one_thread;
  const blas_int m = to_blas_int(X.rows);
  const blas_int n = to_blas_int(X.cols);
  const blas_int ld = to_blas_int(X.ld);
  blas_int info = 0;
  std::vector<blas_int> pivots(static_cast<std::size_t>(X.cols));
  with_workspace<T>([&](T* work, blas_int size) {
    if constexpr (is_complex<T>) {
      std::vector<real_t<T>> real_work(static_cast<std::size_t>(2 * X.cols));
      Fortran<T>::geqp3(&m, &n, X.data, &ld, pivots.data(), tau, work, &size, real_work.data(),
                        &info);
    } else {
      Fortran<T>::geqp3(&m, &n, X.data, &ld, pivots.data(), tau, work, &size, &info);
    }
  });
  for (std::size_t j = 0; j < order.size(); ++j) order[j] = pivots[j] - 1;
}

template <Scalar T>
Matrix<T> complete_basis(MatrixView<const T> X) {
  const BlasThreads one_thread;
  Matrix<T> Q(X.rows, X.rows);
  for (index_t j = 0; j < X.cols; ++j) std::copy_n(X.column(j), X.rows, Q.view().column(j));
  if (X.cols == 0) {
    for (index_t i = 0; i < X.rows; ++i) Q(i, i) = 1;
    return Q;
  }
  const blas_int m = to_blas_int(X.rows);
  const blas_int n = to_blas_int(X.cols);
  blas_int info = 0;
  std::vector<T> tau(static_cast<std::size_t>(X.cols));
  with_workspace<T>([&](T* work, blas_int size) {
    Fortran<T>::geqrf(&m, &n, Q.data(), &m, tau.data(), work, &size, &info);
  });
  with_workspace<T>([&](T* work, blas_int size) {
    Fortran<T>::ungqr(&m, &m, &n, Q.data(), &m, tau.data(), work, &size, &info);
  });
  // Householder's Q spans the same space with other signs: keep the given columns.
  for (index_t j = 0; j < X.cols; ++j) std::copy_n(X.column(j), X.rows, Q.view().column(j));
  return Q;
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
template void reflect_to_triangle_pivoted(MatrixView<float>, float*, std::vector<index_t>&);
template void reflect_to_triangle_pivoted(MatrixView<double>, double*, std::vector<index_t>&);
template void reflect_to_triangle_pivoted(MatrixView<cfloat>, cfloat*, std::vector<index_t>&);
template void reflect_to_triangle_pivoted(MatrixView<cdouble>, cdouble*, std::vector<index_t>&);
template Matrix<float> complete_basis(MatrixView<const float>);
template Matrix<double> complete_basis(MatrixView<const double>);
template Matrix<cfloat> complete_basis(MatrixView<const cfloat>);
template Matrix<cdouble> complete_basis(MatrixView<const cdouble>);
template std::vector<float> hermitian_eigen(MatrixView<float>);
template std::vector<double> hermitian_eigen(MatrixView<double>);
template std::vector<float> hermitian_eigen(MatrixView<cfloat>);
template std::vector<double> hermitian_eigen(MatrixView<cdouble>);

}  // namespace eckart::blas
