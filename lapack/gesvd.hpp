// xGESVD: all singular values, and all, the first or no vectors of each side.
#pragma once

#include "arguments.hpp"
#include "decompose.hpp"
#include "statistics.hpp"

namespace eckart::lapack {

// The arguments are those of the complex routine; lapack/CMakeLists.txt feeds the real one's.
// Workspace is allocated inside: RWORK is not touched, any LWORK from 1 on will do.
// INFO: -5 if A holds a NaN or an infinity, 1 if a singular value is not representable.
template <Scalar T, FortranInt Int>
void gesvd(const char* jobu,
           const char* jobvt,
           const Int* m,
           const Int* n,
           T* a,
           const Int* lda,
           real_t<T>* s,
           T* u,
           const Int* ldu,
           T* vt,
           const Int* ldvt,
           T* work,
           const Int* lwork,
           real_t<T>* /*rwork*/,
           Int* info) {
  const char left = upper(jobu);
  const char right = upper(jobvt);
  const Int k = std::min(*m, *n);
  const Int vt_rows = right == 'A' ? *n : k;

  Check<Int> check;
  check.require(one_of(left, "ASON"), 1);
  check.require(one_of(right, "ASON") && !(left == 'O' && right == 'O'), 2);
  check.require(*m >= 0, 3);
  check.require(*n >= 0, 4);
  check.require(*lda >= std::max<Int>(1, *m), 6);
  check.require(*ldu >= (one_of(left, "AS") ? std::max<Int>(1, *m) : 1), 9);
  check.require(*ldvt >= (one_of(right, "AS") ? std::max<Int>(1, vt_rows) : 1), 11);
  check.require(*lwork >= 1 || *lwork == -1, 13);
  if (!check.template passed<T>("GESVD", info)) return;
  work[0] = workspace_answer<real_t<T>>(k, std::max(*m, *n));
  if (*lwork == -1) return;

  const CountedCall counted(Routine::gesvd);
  const MatrixView<T> A{a, *m, *n, *lda};
  Factors<T> to{.sigma = s};
  if (one_of(left, "AS")) to.U = {u, *m, left == 'A' ? *m : k, *ldu};
  if (one_of(right, "AS")) to.VT = {vt, vt_rows, *n, *ldvt};
  if (left == 'O') to.U = A.columns(0, k);
  if (right == 'O') to.VT = {a, k, *n, *lda};
  *info = info_of(decompose<T>(A, to), 5);
}

}  // namespace eckart::lapack
