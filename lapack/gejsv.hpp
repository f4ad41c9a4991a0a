// xGEJSV: preconditioned one-sided Jacobi, every singular value to its own digits.
#pragma once

#include "arguments.hpp"
#include "jacobi.hpp"
#include "statistics.hpp"

namespace eckart::lapack {

// The arguments are those of the complex routine; lapack/CMakeLists.txt feeds the real one's,
// whose WORK holds the statistics that the complex one has in RWORK: the scale in 1 and 2, in 3 the
// condition of the columns if JOBA is E or G, then zeros: those describe steps that are not made.
// JOBA as F, which promises most; JOBR, JOBT and JOBP are licences that are not used.
// IWORK: rank, count of nonzero singular values, 0. INFO: -9 if A holds a NaN or an infinity.
template <Scalar T, FortranInt Int>
void gejsv(const char* joba,
           const char* jobu,
           const char* jobv,
           const char* jobr,
           const char* jobt,
           const char* jobp,
           const Int* m,
           const Int* n,
           T* a,
           const Int* lda,
           real_t<T>* sva,
           T* u,
           const Int* ldu,
           T* v,
           const Int* ldv,
           T* work,
           const Int* lwork,
           real_t<T>* rwork,
           const Int* lrwork,
           Int* iwork,
           Int* info) {
  using Real = real_t<T>;
  const char accuracy = upper(joba);
  const char left = upper(jobu);
  const char right = upper(jobv);
  const bool query = *lwork == -1 || (is_complex<T> && *lrwork == -1);
  Real* statistics = nullptr;
  if constexpr (is_complex<T>) {
    statistics = rwork;
  } else {
    statistics = work;
  }

  Check<Int> check;
  check.require(one_of(accuracy, "CEFGAR"), 1);
  check.require(one_of(left, "UFWN"), 2);
  check.require(one_of(right, "VJWN") && !(right == 'J' && !one_of(left, "UF")), 3);
  check.require(one_of(upper(jobr), "NR"), 4);
  check.require(one_of(upper(jobt), "TN"), 5);
  check.require(one_of(upper(jobp), "PN"), 6);
  check.require(*m >= 0, 7);
  check.require(*n >= 0 && *n <= *m, 8);
  check.require(*lda >= *m, 10);
  check.require(!one_of(left, "UF") || *ldu >= *m, 13);
  check.require(!one_of(right, "VJ") || *ldv >= *n, 15);
  check.require(query || *lwork >= (is_complex<T> ? 1 : 7), 17);
  check.require(query || !is_complex<T> || *lrwork >= 7, 19);
  if (!check.template passed<T>("GEJSV", info)) return;
  if (query) {
    work[0] = workspace_answer<Real>(*n, *m);
    if constexpr (is_complex<T>) {
      work[1] = work[0];
      rwork[0] = 7;
      iwork[0] = 4;
    }
    return;
  }
  std::fill_n(iwork, 3, Int{0});
  if (*n == 0) return;

  const CountedCall counted(Routine::gejsv);
  const MatrixView<const T> A{a, *m, *n, *lda};
  std::fill_n(statistics, 7, Real{0});
  JacobiFactors<T> to{.sigma = sva, .scale = statistics};
  if (one_of(left, "UF")) to.U = {u, *m, left == 'F' ? *m : *n, *ldu};
  if (one_of(right, "VJ")) to.V = {v, *n, *n, *ldv};
  if (one_of(accuracy, "EG")) statistics[2] = scaled_condition<T>(A);
  *info = info_of(decompose_accurately<T>(A, to), 9);
  statistics[1] = 1;
  constexpr Real unit = std::numeric_limits<Real>::epsilon() / 2;
  iwork[0] = static_cast<Int>(count_above<Real>(sva, *n, static_cast<Real>(*n) * unit * sva[0]));
  iwork[1] = static_cast<Int>(count_above<Real>(sva, *n, 0));
}

}  // namespace eckart::lapack
