// xGESDD: all singular values, and all, the first or no vectors of both sides.
#pragma once

#include "arguments.hpp"
#include "decompose.hpp"
#include "statistics.hpp"

namespace eckart::lapack {

// The arguments are those of the complex routine; lapack/CMakeLists.txt feeds the real one's.
// Workspace is allocated inside: RWORK and IWORK are not touched, any LWORK from 1 on will do.
// INFO: -4 if A holds a NaN or an infinity, 1 if a singular value is not representable.
template <Scalar T, FortranInt Int>
void gesdd(const char* jobz,
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
           Int* /*iwork*/,
           Int* info) {
  const char job = upper(jobz);
  const Int k = std::min(*m, *n);
  const bool tall = *m >= *n;
  const bool wants_all = job == 'A';
  const bool u_in_a = job == 'O' && tall;
  const bool vt_in_a = job == 'O' && !tall;
  const bool fills_u = one_of(job, "AS") || vt_in_a;
  const bool fills_vt = one_of(job, "AS") || u_in_a;
  const Int vt_rows = wants_all ? *n : k;

  Check<Int> check;
  check.require(one_of(job, "ASON"), 1);
  check.require(*m >= 0, 2);
  check.require(*n >= 0, 3);
  check.require(*lda >= std::max<Int>(1, *m), 5);
  check.require(*ldu >= (fills_u ? std::max<Int>(1, *m) : 1), 8);
  check.require(*ldvt >= (fills_vt ? std::max<Int>(1, vt_rows) : 1), 10);
  check.require(*lwork >= 1 || *lwork == -1, 12);
  if (!check.template passed<T>("GESDD", info)) return;
  work[0] = workspace_answer<real_t<T>>(k, std::max(*m, *n));
  if (*lwork == -1) return;

  const CountedCall counted(Routine::gesdd);
  const MatrixView<T> A{a, *m, *n, *lda};
  Factors<T> to{.sigma = s};
  if (fills_u) to.U = {u, *m, wants_all ? *m : k, *ldu};
  if (fills_vt) to.VT = {vt, vt_rows, *n, *ldvt};
  if (u_in_a) to.U = A;
  if (vt_in_a) to.VT = A;
  *info = info_of(decompose<T>(A, to), 4);
}

}  // namespace eckart::lapack
