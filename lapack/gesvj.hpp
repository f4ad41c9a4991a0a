// xGESVJ: one-sided Jacobi, every singular value to its own digits.
#pragma once

#include "arguments.hpp"
#include "jacobi.hpp"
#include "statistics.hpp"

namespace eckart::lapack {

// The arguments are those of the complex routine; lapack/CMakeLists.txt feeds the real one's,
// whose WORK holds the statistics that the complex one has in RWORK: the scale, the counts of
// nonzero and of normal singular values, and zeros, for sweeps and angles mean nothing here.
// JOBA is advice. JOBU 'C' gets the orthogonality of 'U'. Columns of U beyond the rank are
// orthonormal too. INFO: -6 if A holds a NaN or an infinity.
template <Scalar T, FortranInt Int>
void gesvj(const char* joba,
           const char* jobu,
           const char* jobv,
           const Int* m,
           const Int* n,
           T* a,
           const Int* lda,
           real_t<T>* sva,
           const Int* mv,
           T* v,
           const Int* ldv,
           T* work,
           const Int* lwork,
           real_t<T>* rwork,
           const Int* lrwork,
           Int* info) {
  using Real = real_t<T>;
  const char left = upper(jobu);
  const char right = upper(jobv);
  const Int v_rows = right == 'V' ? *n : right == 'A' ? *mv : 0;
  const bool query = *lwork == -1 || (is_complex<T> && *lrwork == -1);
  Real* statistics = nullptr;
  if constexpr (is_complex<T>) {
    statistics = rwork;
  } else {
    statistics = work;
  }

  Check<Int> check;
  check.require(one_of(upper(joba), "LUG"), 1);
  check.require(one_of(left, "UCN"), 2);
  check.require(one_of(right, "VAN"), 3);
  check.require(*m >= 0, 4);
  check.require(*n >= 0 && *n <= *m, 5);
  check.require(*lda >= *m, 7);
  check.require(*mv >= 0, 9);
  check.require(*ldv >= v_rows, 11);
  check.require(query || left != 'C' || *statistics > 1, 12);
  check.require(query || *lwork >= (is_complex<T> ? 1 : 6), 13);
  check.require(query || !is_complex<T> || *lrwork >= 6, 15);
  if (!check.template passed<T>("GESVJ", info)) return;
  if (query) {
    work[0] = workspace_answer<Real>(*n, *m);
    if constexpr (is_complex<T>) rwork[0] = static_cast<Real>(std::max<Int>(6, *n));
    return;
  }
  if (*n == 0) return;

  const CountedCall counted(Routine::gesvj);
  const MatrixView<T> A{a, *m, *n, *lda};
  std::fill_n(statistics, 6, Real{0});
  JacobiFactors<T> to{.sigma = sva, .U = A, .scale = statistics};
  to.times_sigma = left == 'N';
  to.onto_V = right == 'A';
  if (v_rows > 0) to.V = {v, v_rows, *n, *ldv};
  *info = info_of(decompose_accurately<T>(A, to), 6);
  statistics[1] = static_cast<Real>(count_above<Real>(sva, *n, 0));
  statistics[2] = static_cast<Real>(count_above<Real>(sva, *n, std::numeric_limits<Real>::min()));
}

}  // namespace eckart::lapack
