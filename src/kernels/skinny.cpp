#include "kernels/skinny.hpp"

#include <algorithm>

#include "kernels/lanes.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

template <class Real, int Bytes>
struct Access {
  using L = Lanes<Real, Bytes>;
  using Loose = typename L::Loose;
  [[gnu::always_inline]] static const Loose& at(const Real* p) {
    return *reinterpret_cast<const Loose*>(p);
  }
  [[gnu::always_inline]] static Loose& at(Real* p) { return *reinterpret_cast<Loose*>(p); }
};

// Registers hold NV vectors of rows times NC columns of C.
template <class Real, int Bytes>
struct WideKernel {
  using A = Access<Real, Bytes>;
  using Vec = typename Lanes<Real, Bytes>::Vec;
  static constexpr int W = Lanes<Real, Bytes>::width;
  static constexpr bool many_registers = Bytes == 64;
  static constexpr index_t inner_block = 256;

  template <int NV, int NC>
  [[gnu::always_inline]] static void micro(
      const WideProduct<Real>& t, index_t row, index_t first, index_t last, index_t col) {
    Grid<Vec, NC, NV> acc;
#pragma GCC unroll 16
    for (int c = 0; c < NC; ++c) {
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) acc[c][v] = Vec{};
    }
    const Real* a = t.A + row + first * t.lda;
    const Real* x = t.X + first + col * t.ldx;
    for (index_t i = first; i < last; ++i, a += t.lda, ++x) {
      Row<Vec, NV> left;
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) left[v] = A::at(a + v * W);
#pragma GCC unroll 16
      for (int c = 0; c < NC; ++c) {
        const Real s = x[c * t.ldx];
#pragma GCC unroll 16
        for (int v = 0; v < NV; ++v) acc[c][v] += left[v] * s;
      }
    }
    const bool fresh = first == 0 && t.beta == 0;
#pragma GCC unroll 16
    for (int c = 0; c < NC; ++c) {
      Real* out = t.C + row + (col + c) * t.ldc;
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) {
        if (fresh) {
          A::at(out + v * W) = acc[c][v] * t.alpha;
        } else {
          A::at(out + v * W) += acc[c][v] * t.alpha;
        }
      }
    }
  }

  template <int NV>
  [[gnu::always_inline]] static void all(const WideProduct<Real>& t) {
    constexpr int NC = many_registers ? 24 / NV : 4;
    for (index_t first = 0; first < t.inner || first == 0; first += inner_block) {
      const index_t last = std::min(t.inner, first + inner_block);
      index_t col = 0;
      for (; col + NC <= t.cols; col += NC) {
        for (index_t row = 0; row < t.width; row += NV * W) micro<NV, NC>(t, row, first, last, col);
      }
      for (; col < t.cols; ++col) {
        for (index_t row = 0; row < t.width; row += NV * W) micro<NV, 1>(t, row, first, last, col);
      }
    }
  }

  [[gnu::always_inline]] static void run(const WideProduct<Real>& t) {
    if constexpr (many_registers) {
      switch (t.width / W) {
        case 8:
          return all<8>(t);
        case 6:
          return all<6>(t);
        case 4:
          return all<4>(t);
        case 3:
          return all<3>(t);
        case 2:
          return all<2>(t);
        default:
          return all<1>(t);
      }
    } else {
      all<2>(t);
    }
  }
};

// Registers hold NV vectors of rows times NC columns of C.
template <class Real, int Bytes>
struct TallKernel {
  using A = Access<Real, Bytes>;
  using Vec = typename Lanes<Real, Bytes>::Vec;
  static constexpr int W = Lanes<Real, Bytes>::width;
  static constexpr int NC = Bytes == 64 ? 8 : 4;
  static constexpr index_t inner_block = 128;

  template <int NV>
  [[gnu::always_inline]] static void micro(const TallProduct<Real>& t,
                                           index_t row,
                                           index_t first,
                                           index_t last,
                                           index_t col,
                                           index_t ahead) {
    Grid<Vec, NC, NV> acc;
#pragma GCC unroll 16
    for (int c = 0; c < NC; ++c) {
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) acc[c][v] = Vec{};
    }
    const Real* a = t.A + row + first * t.lda;
    const Real* x = t.X + col + first * t.ldx;
    for (index_t j = first; j < last; ++j, a += t.lda, x += t.ldx) {
      if (ahead > 0) {
#pragma GCC unroll 16
        for (int v = 0; v < NV; ++v) __builtin_prefetch(a + ahead + v * W);
      }
      Row<Vec, NV> left;
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) left[v] = A::at(a + v * W);
#pragma GCC unroll 16
      for (int c = 0; c < NC; ++c) {
        const Real s = x[c];
#pragma GCC unroll 16
        for (int v = 0; v < NV; ++v) acc[c][v] += left[v] * s;
      }
    }
    const bool fresh = first == 0 && t.beta == 0;
#pragma GCC unroll 16
    for (int c = 0; c < NC; ++c) {
      Real* out = t.C + row + (col + c) * t.ldc;
#pragma GCC unroll 16
      for (int v = 0; v < NV; ++v) {
        if (fresh) {
          A::at(out + v * W) = acc[c][v] * t.alpha;
        } else {
          A::at(out + v * W) += acc[c][v] * t.alpha;
        }
      }
    }
  }

  [[gnu::always_inline]] static void single_row(const TallProduct<Real>& t,
                                                index_t row,
                                                index_t first,
                                                index_t last) {
    for (index_t c = 0; c < t.width; c += W) {
      Vec sum{};
      for (index_t j = first; j < last; ++j)
        sum += A::at(t.X + c + j * t.ldx) * t.A[row + j * t.lda];
      for (int l = 0; l < W; ++l) {
        Real& out = t.C[row + (c + l) * t.ldc];
        out = (first == 0 && t.beta == 0 ? Real{0} : out) + t.alpha * sum[l];
      }
    }
  }

  [[gnu::always_inline]] static void run(const TallProduct<Real>& t) {
    for (index_t first = 0; first < t.inner || first == 0; first += inner_block) {
      const index_t last = std::min(t.inner, first + inner_block);
      index_t row = 0;
      for (; row + 3 * W <= t.rows; row += 3 * W) {
        for (index_t col = 0; col < t.width; col += NC) {
          micro<3>(t, row, first, last, col, col == 0 ? 3 * W : 0);
        }
      }
      for (; row + W <= t.rows; row += W) {
        for (index_t col = 0; col < t.width; col += NC) micro<1>(t, row, first, last, col, 0);
      }
      for (; row < t.rows; ++row) single_row(t, row, first, last);
    }
  }
};

}  // namespace

template <class Real>
void wide_product(const WideProduct<Real>& task) {
  switch (level()) {
    case Level::v4:
      return run_v4<WideKernel<Real, 64>, const WideProduct<Real>&>(task);
    case Level::v3:
      return run_v3<WideKernel<Real, 32>, const WideProduct<Real>&>(task);
    case Level::base:
      break;
  }
  return run_base<WideKernel<Real, 16>, const WideProduct<Real>&>(task);
}

template <class Real>
void tall_product(const TallProduct<Real>& task) {
  switch (level()) {
    case Level::v4:
      return run_v4<TallKernel<Real, 64>, const TallProduct<Real>&>(task);
    case Level::v3:
      return run_v3<TallKernel<Real, 32>, const TallProduct<Real>&>(task);
    case Level::base:
      break;
  }
  return run_base<TallKernel<Real, 16>, const TallProduct<Real>&>(task);
}

template void wide_product(const WideProduct<float>&);
template void wide_product(const WideProduct<double>&);
template void tall_product(const TallProduct<float>&);
template void tall_product(const TallProduct<double>&);

}  // namespace eckart::kernels
