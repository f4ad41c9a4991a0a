#include "kernels/tall.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/lanes.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

template <class Real, int Bytes>
struct Access {
  using Loose = typename Lanes<Real, Bytes>::Loose;
  [[gnu::always_inline]] static const Loose& at(const Real* p) {
    return *reinterpret_cast<const Loose*>(p);
  }
  [[gnu::always_inline]] static Loose& at(Real* p) { return *reinterpret_cast<Loose*>(p); }
};

// Registers hold NI x NJ sums of products of two columns, a partial sum in every lane.
template <class Real, int Bytes>
struct GramKernel {
  using A = Access<Real, Bytes>;
  using Vec = typename Lanes<Real, Bytes>::Vec;
  static constexpr int W = Lanes<Real, Bytes>::width;
  static constexpr int NI = Bytes == 64 ? 6 : 4;
  static constexpr int NJ = Bytes == 64 ? 4 : 2;
  static constexpr index_t rows_at_once = 512;  // NI + NJ columns stay in the first cache

  // A unit of the first operand, then one of the second; shifted by offset.
  template <int Unit, int offset>
  static constexpr int pair_lane(int l) {
    return (l / (2 * Unit)) * 2 * Unit + l % Unit + l / Unit % 2 * W + offset;
  }

  // Lane l of sums[0] <- the sum of the lanes of sums[l].
  template <int Unit>
  [[gnu::always_inline]] static void add_lanes(Vec* sums) {
    if constexpr (Unit < W) {
#pragma GCC unroll 16
      for (int s = 0; s < W / (2 * Unit); ++s) {
        Vec first, second;
        pick_lanes<pair_lane<Unit, 0>, Lanes<Real, Bytes>>(sums[2 * s], sums[2 * s + 1], first);
        pick_lanes<pair_lane<Unit, Unit>, Lanes<Real, Bytes>>(sums[2 * s], sums[2 * s + 1], second);
        sums[s] = first + second;
      }
      add_lanes<2 * Unit>(sums);
    }
  }

  template <int Ni, int Nj>
  [[gnu::always_inline]] static void micro(
      const GramSum<Real>& t, index_t i, index_t j, index_t first, index_t last) {
    constexpr int padded = (Ni * Nj + W - 1) / W * W;
    Row<Vec, padded> acc;
#pragma GCC unroll 32
    for (int s = 0; s < padded; ++s) acc[s] = Vec{};
    const Real* x = t.X + i * t.ldx;
    const Real* y = t.X + j * t.ldx;
    const bool fetch = i == 0 && t.ahead > 0;
    index_t row = first;
    for (; row + W <= last; row += W) {
      if (fetch) {
#pragma GCC unroll 16
        for (int c = 0; c < Nj; ++c) __builtin_prefetch(y + row + t.ahead + c * t.ldx, 0, 2);
      }
      Row<Vec, Nj> right;
#pragma GCC unroll 16
      for (int c = 0; c < Nj; ++c) right[c] = A::at(y + row + c * t.ldx);
#pragma GCC unroll 16
      for (int r = 0; r < Ni; ++r) {
        const Vec left = A::at(x + row + r * t.ldx);
#pragma GCC unroll 16
        for (int c = 0; c < Nj; ++c) acc[r * Nj + c] += left * right[c];
      }
    }
#pragma GCC unroll 16
    for (int s = 0; s < padded; s += W) add_lanes<1>(acc + s);
    for (int r = 0; r < Ni; ++r) {
      for (int c = 0; c < Nj; ++c) {
        if (i + r > j + c) continue;
        Real sum = acc[(r * Nj + c) / W * W][(r * Nj + c) % W];
        for (index_t rest = row; rest < last; ++rest) {
          sum += x[rest + r * t.ldx] * y[rest + c * t.ldx];
        }
        t.G[i + r + (j + c) * t.ldg] += sum;
      }
    }
  }

  template <int Nj>
  [[gnu::always_inline]] static void strip(const GramSum<Real>& t,
                                           index_t j,
                                           index_t first,
                                           index_t last) {
    const index_t end = j + Nj;  // rows of G that the strip reaches
    index_t i = 0;
    for (; i + NI <= t.n && i < end; i += NI) micro<NI, Nj>(t, i, j, first, last);
    for (; i < end; ++i) micro<1, Nj>(t, i, j, first, last);
  }

  [[gnu::always_inline]] static void run(const GramSum<Real>& t) {
    for (index_t first = 0; first < t.rows; first += rows_at_once) {
      const index_t last = std::min(t.rows, first + rows_at_once);
      index_t j = 0;
      for (; j + NJ <= t.n; j += NJ) strip<NJ>(t, j, first, last);
      for (; j < t.n; ++j) strip<1>(t, j, first, last);
    }
  }
};

// Registers hold NV vectors of rows times NC columns: products with the columns before them are
// subtracted, then the triangle among them is solved.
template <class Real, int Bytes>
struct SolveKernel {
  using A = Access<Real, Bytes>;
  using Vec = typename Lanes<Real, Bytes>::Vec;
  static constexpr int W = Lanes<Real, Bytes>::width;
  static constexpr int NV = Bytes == 64 ? 3 : 2;
  static constexpr int NC = Bytes == 64 ? 8 : 4;

  template <int Nv, int Nc>
  [[gnu::always_inline]] static void micro(const UpperSolve<Real>& t, index_t row, index_t col) {
    Real* x = t.X + row;
    const Real* r = t.R + col * t.ldr;
    Grid<Vec, Nc, Nv> acc;
#pragma GCC unroll 16
    for (int c = 0; c < Nc; ++c) {
#pragma GCC unroll 16
      for (int v = 0; v < Nv; ++v) acc[c][v] = A::at(x + v * W + (col + c) * t.ldx);
    }
    for (index_t j = 0; j < col; ++j) {
      Row<Vec, Nv> left;
#pragma GCC unroll 16
      for (int v = 0; v < Nv; ++v) left[v] = A::at(x + v * W + j * t.ldx);
#pragma GCC unroll 16
      for (int c = 0; c < Nc; ++c) {
        const Real s = r[j + c * t.ldr];
#pragma GCC unroll 16
        for (int v = 0; v < Nv; ++v) acc[c][v] -= left[v] * s;
      }
    }
#pragma GCC unroll 16
    for (int c = 0; c < Nc; ++c) {
      const Real inverse = 1 / r[col + c + c * t.ldr];
#pragma GCC unroll 16
      for (int v = 0; v < Nv; ++v) {
        acc[c][v] *= inverse;
        A::at(x + v * W + (col + c) * t.ldx) = acc[c][v];
      }
#pragma GCC unroll 16
      for (int later = c + 1; later < Nc; ++later) {
        const Real s = r[col + c + later * t.ldr];
#pragma GCC unroll 16
        for (int v = 0; v < Nv; ++v) acc[later][v] -= acc[c][v] * s;
      }
    }
  }

  template <int Nv>
  [[gnu::always_inline]] static void rows(const UpperSolve<Real>& t, index_t row) {
    index_t col = 0;
    for (; col + NC <= t.n; col += NC) micro<Nv, NC>(t, row, col);
    for (; col + NC / 2 <= t.n; col += NC / 2) micro<Nv, NC / 2>(t, row, col);
    for (; col < t.n; ++col) micro<Nv, 1>(t, row, col);
  }

  [[gnu::always_inline]] static void single_row(const UpperSolve<Real>& t, index_t row) {
    for (index_t col = 0; col < t.n; ++col) {
      const Real* r = t.R + col * t.ldr;
      Real x = t.X[row + col * t.ldx];
      for (index_t j = 0; j < col; ++j) x -= t.X[row + j * t.ldx] * r[j];
      t.X[row + col * t.ldx] = x * (1 / r[col]);
    }
  }

  [[gnu::always_inline]] static void run(const UpperSolve<Real>& t) {
    index_t row = 0;
    for (; row + NV * W <= t.rows; row += NV * W) rows<NV>(t, row);
    for (; row + W <= t.rows; row += W) rows<1>(t, row);
    for (; row < t.rows; ++row) single_row(t, row);
  }
};

// Calls the kernel whose registers the level has.
template <template <class, int> class Kernel, class Real, class Task>
void run_at_level(const Task& task) {
  switch (level()) {
    case Level::v4:
      return run_v4<Kernel<Real, 64>, const Task&>(task);
    case Level::v3:
      return run_v3<Kernel<Real, 32>, const Task&>(task);
    case Level::base:
      break;
  }
  return run_base<Kernel<Real, 16>, const Task&>(task);
}

}  // namespace

template <class Real>
void add_gram(const GramSum<Real>& task) {
  run_at_level<GramKernel, Real>(task);
}

template <class Real>
void solve_upper_from_right(const UpperSolve<Real>& task) {
  run_at_level<SolveKernel, Real>(task);
}

template void add_gram(const GramSum<float>&);
template void add_gram(const GramSum<double>&);
template void solve_upper_from_right(const UpperSolve<float>&);
template void solve_upper_from_right(const UpperSolve<double>&);

}  // namespace eckart::kernels
