// xGELSD: least squares of least norm by the singular value decomposition.
#pragma once

#include "arguments.hpp"
#include "least_squares.hpp"
#include "statistics.hpp"

namespace eckart::lapack {

// The arguments are those of the complex routine; lapack/CMakeLists.txt feeds the real one's.
// Workspace is allocated inside: RWORK and IWORK receive their sizes alone, any LWORK that LAPACK's
// manual allows will do. If the rank is N, the rows of B below the solution hold one column norm of
// the residual each, so that their sums of squares are those that LAPACK promises. INFO: -4 and -6
// if A or B holds a NaN or an infinity, 1 if a result is not representable.
template <Scalar T, FortranInt Int>
void gelsd(const Int* m,
           const Int* n,
           const Int* nrhs,
           T* a,
           const Int* lda,
           T* b,
           const Int* ldb,
           real_t<T>* s,
           const real_t<T>* rcond,
           Int* rank,
           T* work,
           const Int* lwork,
           real_t<T>* rwork,
           Int* iwork,
           Int* info) {
  const Int k = std::min(*m, *n);
  const Int rows = std::max(*m, *n);
  Check<Int> check;
  check.require(*m >= 0, 1);
  check.require(*n >= 0, 2);
  check.require(*nrhs >= 0, 3);
  check.require(*lda >= std::max<Int>(1, *m), 5);
  check.require(*ldb >= std::max<Int>(1, rows), 7);
  const auto size = workspace_answer<real_t<T>>(k, rows);
  check.require(static_cast<double>(*lwork) >= least_work(k, size) || *lwork == -1, 12);
  if (!check.template passed<T>("GELSD", info)) return;
  work[0] = size;
  iwork[0] = 1;
  if (rwork != nullptr) rwork[0] = size;
  if (*lwork == -1) return;

  const CountedCall counted(Routine::gelsd);
  index_t found = 0;
  *info = solve_least_squares<T>({a, *m, *n, *lda}, {b, rows, *nrhs, *ldb}, *rcond, s, &found);
  *rank = static_cast<Int>(found);
}

}  // namespace eckart::lapack
