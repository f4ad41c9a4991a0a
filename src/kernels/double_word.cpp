// Error-free sums and products: Dekker, Numer. Math. 18:224-242, 1971; their use in sums of
// products: Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26(6):1955-1988, 2005 (Algorithm 5.3).
//
// A product that is fused into the sum behind it would break them: this file alone of the folder is
// compiled with -ffp-contract=off.

#include "kernels/double_word.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

// hi + lo <- hi + lo + (a + a_low) (b + b_low)
template <class Real>
[[gnu::always_inline]] inline void add_product(
    Real& hi, Real& lo, Real a, Real a_low, Real b, Real b_low) {
  const Real p = a * b;
  const Real product_error = std::fma(a, b, -p);
  const Real sum = hi + p;
  const Real part = sum - hi;
  const Real sum_error = (hi - (sum - part)) + (p - part);
  hi = sum;
  lo += sum_error + (product_error + (a * b_low + a_low * b));
}

template <class Real, bool low, bool unit>
struct ProductKernel {
  [[gnu::always_inline]] static void run(const WideProduct<Real>& task) {
    const WideMatrix<Real>& M = task.matrix;
    constexpr index_t block = 512;  // f stays in the nearest cache
    const index_t step = unit ? 1 : M.step;
    for (index_t first = 0; first < M.rows; first += block) {
      const index_t count = std::min(block, M.rows - first);
      Real* f_hi = task.f_hi + first;
      Real* f_lo = task.f_lo + first;
      for (index_t j = 0; j < M.cols; ++j) {
        const Real* a = M.A + first * step + j * M.ld;
        const Real* a_low = low ? M.A_low + first * step + j * M.ld : nullptr;
        const Real z_hi = task.z_hi[j], z_lo = task.z_lo[j];
#pragma omp simd
        for (index_t i = 0; i < count; ++i) {
          add_product(f_hi[i], f_lo[i], a[i * step], low ? a_low[i * step] : Real{0}, z_hi, z_lo);
        }
      }
    }
  }
};

template <class Real, bool low, bool unit>
struct SumsKernel {
  [[gnu::always_inline]] static void run(const WideSums<Real>& task) {
    const WideMatrix<Real>& M = task.matrix;
    constexpr index_t lanes = 16;
    const index_t step = unit ? 1 : M.step;
    for (index_t j = 0; j < M.cols; ++j) {
      const Real* a = M.A + j * M.ld;
      const Real* a_low = low ? M.A_low + j * M.ld : nullptr;
      Real hi[lanes] = {}, lo[lanes] = {};
      const index_t whole = M.rows - M.rows % lanes;
      for (index_t i = 0; i < whole; i += lanes) {
#pragma omp simd
        for (index_t l = 0; l < lanes; ++l) {
          add_product(hi[l], lo[l], a[(i + l) * step], low ? a_low[(i + l) * step] : Real{0},
                      task.w_hi[i + l], task.w_lo[i + l]);
        }
      }
      Real& sum_hi = task.sums_hi[j];
      Real& sum_lo = task.sums_lo[j];
      for (index_t l = 0; l < lanes; ++l) {
        add_product(sum_hi, sum_lo, hi[l], lo[l], Real{1}, Real{0});
      }
      for (index_t i = whole; i < M.rows; ++i) {
        add_product(sum_hi, sum_lo, a[i * step], low ? a_low[i * step] : Real{0}, task.w_hi[i],
                    task.w_lo[i]);
      }
    }
  }
};

// Calls the kernel compiled for the layout of the task.
template <template <class, bool, bool> class Kernel, class Real, class Task>
void run_for_layout(const Task& task) {
  const bool unit = task.matrix.step == 1;
  if (task.matrix.A_low) {
    unit ? at_level<Kernel<Real, true, true>, const Task&>(level(), task)
         : at_level<Kernel<Real, true, false>, const Task&>(level(), task);
  } else {
    unit ? at_level<Kernel<Real, false, true>, const Task&>(level(), task)
         : at_level<Kernel<Real, false, false>, const Task&>(level(), task);
  }
}

}  // namespace

template <class Real>
void add_wide_product(const WideProduct<Real>& task) {
  run_for_layout<ProductKernel, Real>(task);
}

template <class Real>
void add_wide_sums(const WideSums<Real>& task) {
  run_for_layout<SumsKernel, Real>(task);
}

template void add_wide_product(const WideProduct<float>&);
template void add_wide_product(const WideProduct<double>&);
template void add_wide_sums(const WideSums<float>&);
template void add_wide_sums(const WideSums<double>&);

}  // namespace eckart::kernels
