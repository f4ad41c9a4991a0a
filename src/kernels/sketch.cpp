#include "kernels/sketch.hpp"

#include <algorithm>

#include "kernels/lanes.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

template <class Real>
struct CombineLinesKernel {
  [[gnu::always_inline]] static void run(const CombineLines<Real>& t) {
    alignas(64) Row<Real, line_piece<Real>> conjugate;
    for (index_t i = 0; i < t.lines; ++i) {
      const Real* line = t.A + i * t.lda;
      if (t.conjugated) {
        for (index_t r = 0; r < t.length; r += 2) {
          conjugate[r] = line[r];
          conjugate[r + 1] = -line[r + 1];
        }
        line = conjugate;
      }
      for (index_t e = i * t.per_row; e < (i + 1) * t.per_row; ++e) {
        const Real value = t.values[e];
        Real* sum = t.C + t.columns[e] * t.ldc;
#pragma omp simd
        for (index_t r = 0; r < t.length; ++r) sum[r] += value * line[r];
      }
    }
  }
};

// A few entries of all lines are laid side by side in the first cache, where the sums are as well.
template <class Real>
struct CombineWithinLinesKernel {
  static constexpr index_t lanes = line_lanes<Real>;
  static constexpr index_t depth = 16;

  [[gnu::always_inline]] static void run(const CombineWithinLines<Real>& t) {
    alignas(64) Row<Real, depth* lanes> entries = {};
    for (index_t first = 0; first < t.length; first += depth) {
      const index_t count = std::min(depth, t.length - first);
      for (index_t l = 0; l < t.lines; ++l) {
        const Real* line = t.A + l * t.lda + first * t.reals;
        for (index_t r = 0; r < count; ++r) entries[r * lanes + l] = line[r * t.reals];
        if (t.reals == 1) continue;
        for (index_t r = 0; r < count; ++r) {
          const Real second = line[2 * r + 1];
          entries[r * lanes + lanes / 2 + l] = t.conjugated ? -second : second;
        }
      }
      for (index_t r = 0; r < count; ++r) {
        const Real* from = entries + r * lanes;
        for (index_t e = (first + r) * t.per_row; e < (first + r + 1) * t.per_row; ++e) {
          const Real value = t.values[e];
          Real* sum = t.sums + t.columns[e] * lanes;
#pragma omp simd
          for (index_t l = 0; l < lanes; ++l) sum[l] += value * from[l];
        }
      }
    }
  }
};

}  // namespace

template <class Real>
void combine_lines(const CombineLines<Real>& task) {
  at_level<CombineLinesKernel<Real>, const CombineLines<Real>&>(level(), task);
}

template <class Real>
void combine_within_lines(const CombineWithinLines<Real>& task) {
  at_level<CombineWithinLinesKernel<Real>, const CombineWithinLines<Real>&>(level(), task);
}

template void combine_lines(const CombineLines<float>&);
template void combine_lines(const CombineLines<double>&);
template void combine_within_lines(const CombineWithinLines<float>&);
template void combine_within_lines(const CombineWithinLines<double>&);

}  // namespace eckart::kernels
