// Singular values of a pack of bidiagonal matrices by implicit QR iteration. Every sweep runs over
// the union of the blocks that the lanes work on; outside its own block a lane rotates by the
// identity, which leaves every number as it is.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "kernels/batch_lanes.hpp"

namespace eckart::kernels {
namespace {

// Sweeps whose rotations are kept before X and Y meet them, so that a few rows of X in cache take
// many sweeps.
constexpr index_t kept_sweeps = 8;
// About two sweeps are needed for a value.
constexpr index_t sweeps_per_value = 30;

// The rotations of some sweeps: sweep s turns columns k, k + 1 for first[s] <= k < last[s] by the
// cosine and the sine at data + (s stride + 2 k) lanes.
template <class Real>
struct Rotations {
  Real* data = nullptr;
  index_t stride = 0;  // in vectors
  index_t count = 0;
  index_t first[kept_sweeps] = {};
  index_t last[kept_sweeps] = {};
};

// The unreduced block of each lane, rows lo to hi; hi is -1 where all is done. Indices are reals,
// so that they and the numbers they decide about fill registers alike.
template <class Real>
struct Blocks {
  PerLane<Real> lo;
  PerLane<Real> hi;
  PerLane<Real> least_d;  // smallest |d| of the block
  index_t first = 0;      // of all lanes
  index_t last = -1;
};

template <class Real, int bytes>
struct BidiagonalQrKernel {
  static constexpr index_t width = lanes<Real>;

  [[gnu::always_inline]] static void run(
      index_t n, Real* d, Real* e, Pack<Real> X, Pack<Real> Y, Real* scratch, bool* converged) {
    const bool vectors = X.data != nullptr;
    Rotations<Real> left{.data = scratch, .stride = 2 * n};
    Rotations<Real> right{.data = scratch + kept_sweeps * 2 * n * width, .stride = 2 * n};
    if (vectors) {
      set_identity(X);
      set_identity(Y);
    }
    PerLane<Real> tolerance;
    negligible(n, d, e, tolerance);
    Blocks<Real> blocks;
    blocks.last = n - 1;
    for (index_t sweep = 0; sweep < sweeps_per_value * n; ++sweep) {
      find_blocks(d, e, tolerance, blocks);
      if (blocks.last < 0) break;
      chase(d, e, tolerance, blocks, left, right);
      if (!vectors) continue;
      left.first[left.count] = right.first[right.count] = blocks.first;
      left.last[left.count++] = right.last[right.count++] = blocks.last;
      if (left.count == kept_sweeps) turn_both(left, right, X, Y);
    }
    if (vectors) turn_both(left, right, X, Y);
    for (index_t l = 0; l < width; ++l) converged[l] = blocks.last < 0 || blocks.hi[l] < 0;
  }

  [[gnu::always_inline]] static void set_identity(Pack<Real> X) {
    for (index_t j = 0; j < X.cols; ++j) {
      std::fill_n(X.at(0, j), X.rows * width, Real{0});
      std::fill_n(X.at(j, j), width, Real{1});
    }
  }

  // tolerance <- eps max |B|: what may be dropped from B.
  [[gnu::always_inline]] static void negligible(index_t n,
                                                const Real* d,
                                                Real* e,
                                                PerLane<Real>& tolerance) {
    std::fill_n(e - width, width, Real{0});
    std::fill_n(e + (n - 1) * width, width, Real{0});
    std::fill_n(tolerance.values, width, Real{0});
    for (index_t k = 0; k < n; ++k) {
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        const Real a = std::abs(d[k * width + l]);
        const Real b = std::abs(e[k * width + l]);
        const Real larger = a > b ? a : b;
        tolerance[l] = larger > tolerance[l] ? larger : tolerance[l];
      }
    }
#pragma omp simd
    for (index_t l = 0; l < width; ++l) tolerance[l] *= std::numeric_limits<Real>::epsilon();
  }

  // Drops negligible e and finds the last block of each lane. Nothing is left beyond blocks.last.
  [[gnu::always_inline]] static void find_blocks(const Real* d,
                                                 Real* e,
                                                 const PerLane<Real>& tolerance,
                                                 Blocks<Real>& blocks) {
    PerLane<Real> lo;
    PerLane<Real> hi;
    PerLane<Real> least_d;
    PerLane<Real> open;  // 1 until the block of the lane has ended
#pragma omp simd
    for (index_t l = 0; l < width; ++l) {
      lo[l] = -1;
      hi[l] = -1;
      least_d[l] = std::numeric_limits<Real>::max();
      open[l] = 1;
    }
    for (index_t k = blocks.last - 1; k >= 0; --k) {
      const Real here = static_cast<Real>(k);
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        const Real e_k = e[k * width + l];
        const Real a = std::abs(d[k * width + l]);
        const Real b = std::abs(d[(k + 1) * width + l]);
        const Real smaller = a < b ? a : b;
        const Real kept = std::abs(e_k) <= tolerance[l] ? 0 : e_k;
        const Real inside = kept != 0 ? open[l] : 0;
        const Real was_hi = hi[l];
        const Real new_hi = was_hi < 0 ? here + 1 : was_hi;
        const Real was_least = least_d[l];
        const Real new_least = smaller < was_least ? smaller : was_least;
        const Real after = was_hi < 0 ? 1 : 0;  // a gap ends a block that has begun
        e[k * width + l] = kept;
        hi[l] = inside != 0 ? new_hi : was_hi;
        lo[l] = inside != 0 ? here : lo[l];
        least_d[l] = inside != 0 ? new_least : was_least;
        open[l] = inside != 0 ? 1 : open[l] * after;
      }
    }
    index_t first = blocks.last;
    index_t last = -1;
    for (index_t l = 0; l < width; ++l) {
      if (hi[l] < 0) continue;
      first = std::min(first, static_cast<index_t>(lo[l]));
      last = std::max(last, static_cast<index_t>(hi[l]));
    }
    blocks = {lo, hi, least_d, first, last};
  }

  // One sweep in every lane's block, with its rotations written behind those kept.
  [[gnu::always_inline]] static void chase(Real* d,
                                           Real* e,
                                           const PerLane<Real>& tolerance,
                                           const Blocks<Real>& blocks,
                                           const Rotations<Real>& left,
                                           const Rotations<Real>& right) {
    PerLane<Real> start;
    first_column(d, e, tolerance, blocks, start);
    // f and the bulge g are what the next rotation has to turn into (r, 0).
    PerLane<Real> f;
    PerLane<Real> g;
    std::copy_n(e + (blocks.first - 1) * width, width, f.values);
    std::fill_n(g.values, width, Real{0});
    Real* rotation_left = left.data + left.count * left.stride * width;
    Real* rotation_right = right.data + right.count * right.stride * width;
    constexpr Real eps = std::numeric_limits<Real>::epsilon();
    constexpr Real least = std::numeric_limits<Real>::min() / (eps * eps);
    for (index_t k = blocks.first; k < blocks.last; ++k) {
      const Real here = static_cast<Real>(k);
      Real* e_before = e + (k - 1) * width;
      Real* e_k = e + k * width;
      Real* e_next = e + (k + 1) * width;
      Real* d_k = d + k * width;
      Real* d_next = d + (k + 1) * width;
      Real* c_right = rotation_right + 2 * k * width;
      Real* s_right = c_right + width;
      Real* c_left = rotation_left + 2 * k * width;
      Real* s_left = c_left + width;
#pragma omp simd
      for (index_t l = 0; l < width; ++l) {
        const bool begins = blocks.lo[l] == here;
        const Real f1 = begins ? start[l] : f[l];
        const Real g1 = begins ? e_k[l] : g[l];
        const Real h1 = f1 * f1 + g1 * g1;
        const Real r1 = std::sqrt(h1);
        const Real i1 = 1 / r1;
        const bool turns1 = (h1 >= least) & (g1 != 0);
        const Real c1 = turns1 ? f1 * i1 : 1;
        const Real s1 = turns1 ? g1 * i1 : 0;
        c_right[l] = c1;
        s_right[l] = s1;
        e_before[l] = begins ? e_before[l] : turns1 ? r1 : f1;
        const Real f2 = c1 * d_k[l] + s1 * e_k[l];
        const Real e2 = c1 * e_k[l] - s1 * d_k[l];
        const Real g2 = s1 * d_next[l];
        const Real d2 = c1 * d_next[l];

        const Real h2 = f2 * f2 + g2 * g2;
        const Real r2 = std::sqrt(h2);
        const Real i2 = 1 / r2;
        const bool turns2 = (h2 >= least) & (g2 != 0);
        const Real c2 = turns2 ? f2 * i2 : 1;
        const Real s2 = turns2 ? g2 * i2 : 0;
        c_left[l] = c2;
        s_left[l] = s2;
        d_k[l] = turns2 ? r2 : f2;
        f[l] = c2 * e2 + s2 * d2;
        e_k[l] = f[l];
        d_next[l] = c2 * d2 - s2 * e2;
        g[l] = s2 * e_next[l];
        e_next[l] = c2 * e_next[l];
      }
    }
  }

  // start <- the first column of B^T B - shift^2 I over its second entry's e: the rotation that
  // begins a sweep turns (start, e_lo) into (r, 0). The shift is the smaller singular value of the
  // trailing 2 x 2 block; none for a singular B, which then splits after one sweep.
  [[gnu::always_inline]] static void first_column(const Real* d,
                                                  const Real* e,
                                                  const PerLane<Real>& tolerance,
                                                  const Blocks<Real>& blocks,
                                                  PerLane<Real>& start) {
    PerLane<Real> top;
    PerLane<Real> p;
    PerLane<Real> q;
    PerLane<Real> r;
    for (index_t l = 0; l < width; ++l) {
      const auto lo = static_cast<index_t>(std::max(blocks.lo[l], Real{0}));
      const auto hi = static_cast<index_t>(std::max(blocks.hi[l], Real{1}));
      top[l] = d[lo * width + l];
      p[l] = d[(hi - 1) * width + l];
      q[l] = e[(hi - 1) * width + l];
      r[l] = d[hi * width + l];
    }
#pragma omp simd
    for (index_t l = 0; l < width; ++l) {
      // [p q; 0 r]: the singular values have the product |p r| and the sum of squares
      // p^2 + q^2 + r^2.
      const Real plus = std::abs(p[l]) + std::abs(r[l]);
      const Real minus = std::abs(p[l]) - std::abs(r[l]);
      const Real square = q[l] * q[l];
      const Real largest =
          (std::sqrt(plus * plus + square) + std::sqrt(minus * minus + square)) / 2;
      const Real a = std::abs(p[l]);
      const Real b = std::abs(r[l]);
      const Real smaller = a < b ? a : b;
      const Real larger = a < b ? b : a;
      const Real smallest = smaller * (larger / largest);
      const Real size = std::abs(top[l]);
      const Real shifted = (size - smallest) * (1 + smallest / size);
      const bool shifts = blocks.least_d[l] > tolerance[l];
      const Real length = shifts ? shifted : size;
      start[l] = top[l] < 0 ? -length : length;
    }
  }

  [[gnu::always_inline]] static void turn_both(Rotations<Real>& left,
                                               Rotations<Real>& right,
                                               Pack<Real> X,
                                               Pack<Real> Y) {
    turn(left, X);
    turn(right, Y);
    left.count = right.count = 0;
  }

  // X <- X times the rotations, in their order.
  [[gnu::always_inline]] static void turn(const Rotations<Real>& rotations, Pack<Real> X) {
    constexpr int wide = bytes == 64 ? 8 : 4;  // of 32 or 16 registers
    index_t i = 0;
    for (; i + wide <= X.rows; i += wide) turn_rows<wide>(rotations, X, i);
    for (; i + 2 <= X.rows; i += 2) turn_rows<2>(rotations, X, i);
    if (i < X.rows) turn_rows<1>(rotations, X, i);
  }

  template <int block>
  [[gnu::always_inline]] static void turn_rows(const Rotations<Real>& rotations,
                                               Pack<Real> X,
                                               index_t i) {
    for (index_t l = 0; l < width; l += lanes_of<Real, bytes>) {
      for (index_t s = 0; s < rotations.count; ++s) {
        const Real* rotation = rotations.data + s * rotations.stride * width + l;
        Real* column = X.at(i, rotations.first[s]) + l;
        Vector<Real, bytes> x[static_cast<std::size_t>(block)];
        for (int b = 0; b < block; ++b) load(x[b], column + b * width);
        for (index_t k = rotations.first[s]; k < rotations.last[s]; ++k) {
          Vector<Real, bytes> cosine;
          Vector<Real, bytes> sine;
          load(cosine, rotation + 2 * k * width);
          load(sine, rotation + (2 * k + 1) * width);
          Real* next = column + X.ld * width;
          for (int b = 0; b < block; ++b) {
            Vector<Real, bytes> y;
            load(y, next + b * width);
            const Vector<Real, bytes> turned = cosine * x[b] + sine * y;
            store(turned, column + b * width);
            x[b] = cosine * y - sine * x[b];
          }
          column = next;
        }
        for (int b = 0; b < block; ++b) store(x[b], column + b * width);
      }
    }
  }
};

}  // namespace

template <class Real>
index_t bidiagonal_qr_scratch(index_t n) {
  return 2 * kept_sweeps * 2 * n * lanes<Real>;
}

template <class Real>
void bidiagonal_qr(
    index_t n, Real* d, Real* e, Pack<Real> X, Pack<Real> Y, Real* scratch, bool* converged) {
  at_register_width<BidiagonalQrKernel, Real>(n, d, e, X, Y, scratch, converged);
}

template index_t bidiagonal_qr_scratch<float>(index_t);
template index_t bidiagonal_qr_scratch<double>(index_t);
template void bidiagonal_qr(index_t, float*, float*, Pack<float>, Pack<float>, float*, bool*);
template void bidiagonal_qr(index_t, double*, double*, Pack<double>, Pack<double>, double*, bool*);

}  // namespace eckart::kernels
