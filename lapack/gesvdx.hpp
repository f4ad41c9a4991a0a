// xGESVDX: the singular values in an interval or of given numbers, and their vectors.
#pragma once

#include "arguments.hpp"
#include "decompose.hpp"
#include "statistics.hpp"

namespace eckart::lapack {

// The arguments are those of the complex routine; lapack/CMakeLists.txt feeds the real one's.
// Workspace is allocated inside: RWORK is not touched, any LWORK from 1 on will do. IWORK: zeros.
// INFO: -6 if A holds a NaN or an infinity, 1 if a singular value is not representable.
template <Scalar T, FortranInt Int>
void gesvdx(const char* jobu,
            const char* jobvt,
            const char* range,
            const Int* m,
            const Int* n,
            T* a,
            const Int* lda,
            const real_t<T>* vl,
            const real_t<T>* vu,
            const Int* il,
            const Int* iu,
            Int* ns,
            real_t<T>* s,
            T* u,
            const Int* ldu,
            T* vt,
            const Int* ldvt,
            T* work,
            const Int* lwork,
            real_t<T>* /*rwork*/,
            Int* iwork,
            Int* info) {
  const char left = upper(jobu);
  const char right = upper(jobvt);
  const char which = upper(range);
  const Int k = std::min(*m, *n);
  const bool by_value = which == 'V' && k > 0;
  const bool by_index = which == 'I' && k > 0;
  const Int most = by_index ? *iu - *il + 1 : k;

  Check<Int> check;
  check.require(one_of(left, "VN"), 1);
  check.require(one_of(right, "VN"), 2);
  check.require(one_of(which, "AVI"), 3);
  check.require(*m >= 0, 4);
  check.require(*n >= 0, 5);
  check.require(*lda >= std::max<Int>(1, *m), 7);
  check.require(!by_value || *vl >= 0, 8);
  check.require(!by_value || *vu > *vl, 9);
  check.require(!by_index || (*il >= 1 && *il <= k), 10);
  check.require(!by_index || (*iu >= *il && *iu <= k), 11);
  check.require(*ldu >= (left == 'V' ? std::max<Int>(1, *m) : 1), 15);
  check.require(*ldvt >= (right == 'V' ? std::max<Int>(1, most) : 1), 17);
  check.require(*lwork >= 1 || *lwork == -1, 19);
  if (!check.template passed<T>("GESVDX", info)) return;
  work[0] = workspace_answer<real_t<T>>(k, std::max(*m, *n));
  if (*lwork == -1) return;

  const CountedCall counted(Routine::gesvdx);
  Selection select;
  if (by_index) {
    select = [first = *il - 1, most](std::span<const double>) { return TripletRange{first, most}; };
  } else if (by_value) {
    select = [least = double{*vl}, largest = double{*vu}](std::span<const double> sigma) {
      const auto above = [&](double bound) {
        return std::count_if(sigma.begin(), sigma.end(), [&](double x) { return x > bound; });
      };
      return TripletRange{above(largest), above(least) - above(largest)};
    };
  }
  Factors<T> to{.sigma = s};
  if (left == 'V') to.U = {u, *m, most, *ldu};
  if (right == 'V') to.VT = {vt, most, *n, *ldvt};
  index_t found = 0;
  const MatrixView<const T> A{a, *m, *n, *lda};
  *info = info_of(decompose_part<T>(A, select, to, &found), 6);
  *ns = static_cast<Int>(found);
  if (*info == 0) std::fill_n(iwork, found, Int{0});
}

}  // namespace eckart::lapack
