#include "kernels/narrow.hpp"

#include <algorithm>
#include <type_traits>

#include "kernels/lanes.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

// Both products go through A by segments of rows: the segment of the narrow block stays in the
// first cache while the columns of A stream by, each asked for while the one before is worked on.
constexpr index_t segment_bytes = 16384;

template <class Real>
index_t segment_rows(index_t width, index_t vector) {
  const index_t rows =
      segment_bytes / static_cast<index_t>(sizeof(Real)) / std::max<index_t>(width, 8);
  return std::max(rows / vector, index_t{8}) * vector;
}

template <class Real, int Bytes>
struct Access {
  using Loose = typename Lanes<Real, Bytes>::Loose;
  [[gnu::always_inline]] static const Loose& at(const Real* p) {
    return *reinterpret_cast<const Loose*>(p);
  }
  [[gnu::always_inline]] static Loose& at(Real* p) { return *reinterpret_cast<Loose*>(p); }
};

// C <- C + alpha A X: four columns of A are added to a few of C at a time.
template <class Real, int Bytes>
struct ProductKernel {
  using At = Access<Real, Bytes>;
  using Vec = typename Lanes<Real, Bytes>::Vec;
  static constexpr index_t W = Lanes<Real, Bytes>::width;
  static constexpr int most = Bytes == 64 ? 4 : 2;  // columns of C

  template <int NA, int NC>
  [[gnu::always_inline]] static void add(
      const NarrowProduct<Real>& t, index_t first, index_t last, index_t j, index_t col) {
    const bool ahead = col == 0 && j + 2 * NA <= t.cols;
    Grid<Real, NA, NC> x;
#pragma GCC unroll 8
    for (int a = 0; a < NA; ++a) {
#pragma GCC unroll 8
      for (int c = 0; c < NC; ++c) x[a][c] = t.alpha * t.X[j + a + (col + c) * t.ldx];
    }
    const Real* A = t.A + j * t.lda;
    Real* C = t.C + col * t.ldc;
    index_t i = first;
    for (; i + W <= last; i += W) {
      if (ahead) {
#pragma GCC unroll 8
        for (int a = 0; a < NA; ++a) __builtin_prefetch(A + i + (NA + a) * t.lda);
      }
      Row<Vec, NC> sum;
#pragma GCC unroll 8
      for (int c = 0; c < NC; ++c) sum[c] = At::at(C + i + c * t.ldc);
#pragma GCC unroll 8
      for (int a = 0; a < NA; ++a) {
        const Vec v = At::at(A + i + a * t.lda);
#pragma GCC unroll 8
        for (int c = 0; c < NC; ++c) sum[c] += v * x[a][c];
      }
#pragma GCC unroll 8
      for (int c = 0; c < NC; ++c) At::at(C + i + c * t.ldc) = sum[c];
    }
    for (; i < last; ++i) {
      for (int c = 0; c < NC; ++c) {
        Real sum = C[i + c * t.ldc];
        for (int a = 0; a < NA; ++a) sum += A[i + a * t.lda] * x[a][c];
        C[i + c * t.ldc] = sum;
      }
    }
  }

  template <int NA>
  [[gnu::always_inline]] static void columns(const NarrowProduct<Real>& t,
                                             index_t first,
                                             index_t last,
                                             index_t j) {
    index_t col = 0;
    for (; col + most <= t.width; col += most) add<NA, most>(t, first, last, j, col);
    for (; col < t.width; ++col) add<NA, 1>(t, first, last, j, col);
  }

  [[gnu::always_inline]] static void run(const NarrowProduct<Real>& t) {
    const index_t segment = segment_rows<Real>(t.width, W);
    for (index_t first = 0; first < t.rows; first += segment) {
      const index_t last = std::min(t.rows, first + segment);
      index_t j = 0;
      for (; j + 4 <= t.cols; j += 4) columns<4>(t, first, last, j);
      for (; j < t.cols; ++j) columns<1>(t, first, last, j);
    }
  }
};

// C <- C + A^T X: registers hold the dot products of three columns of A with eight of X.
template <class Real, int Bytes>
struct AdjointKernel {
  using At = Access<Real, Bytes>;
  using Vec = typename Lanes<Real, Bytes>::Vec;
  static constexpr index_t W = Lanes<Real, Bytes>::width;
  static constexpr int most = Bytes == 64 ? 8 : 4;  // columns of X

  // Adds to every lane the one half lanes on, then a half of that, until lane 0 has them all.
  template <int half>
  [[gnu::always_inline]] static void add_turned(Vec& sum) {
    Vec turned;
    pick_lanes<[](int l) { return (l + half) % int{W}; }, Lanes<Real, Bytes>>(sum, sum, turned);
    sum += turned;
    if constexpr (half > 1) add_turned<half / 2>(sum);
  }
  [[gnu::always_inline]] static Real total_of(const Vec& v) {
    Vec sum = v;
    add_turned<static_cast<int>(W) / 2>(sum);
    return sum[0];
  }

  template <int NA, int NX>
  [[gnu::always_inline]] static void add(
      const NarrowProduct<Real>& t, index_t first, index_t last, index_t j, index_t col) {
    const bool ahead = col == 0 && j + 2 * NA <= t.cols;
    const Real* A = t.A + j * t.lda;
    const Real* X = t.X + col * t.ldx;
    Grid<Vec, NA, NX> sum;
#pragma GCC unroll 8
    for (int a = 0; a < NA; ++a) {
#pragma GCC unroll 8
      for (int c = 0; c < NX; ++c) sum[a][c] = Vec{};
    }
    index_t i = first;
    for (; i + W <= last; i += W) {
      if (ahead) {
#pragma GCC unroll 8
        for (int a = 0; a < NA; ++a) __builtin_prefetch(A + i + (NA + a) * t.lda);
      }
      Row<Vec, NA> v;
#pragma GCC unroll 8
      for (int a = 0; a < NA; ++a) v[a] = At::at(A + i + a * t.lda);
#pragma GCC unroll 8
      for (int c = 0; c < NX; ++c) {
        const Vec x = At::at(X + i + c * t.ldx);
#pragma GCC unroll 8
        for (int a = 0; a < NA; ++a) sum[a][c] += v[a] * x;
      }
    }
#pragma GCC unroll 8
    for (int c = 0; c < NX; ++c) {
#pragma GCC unroll 8
      for (int a = 0; a < NA; ++a) {
        Real total = total_of(sum[a][c]);
        for (index_t r = i; r < last; ++r) total += A[r + a * t.lda] * X[r + c * t.ldx];
        t.C[j + a + (col + c) * t.ldc] += total;
      }
    }
  }

  template <int NA>
  [[gnu::always_inline]] static void columns(const NarrowProduct<Real>& t,
                                             index_t first,
                                             index_t last,
                                             index_t j) {
    index_t col = 0;
    for (; col + most <= t.width; col += most) add<NA, most>(t, first, last, j, col);
    for (; col + 2 <= t.width; col += 2) add<NA, 2>(t, first, last, j, col);
    for (; col < t.width; ++col) add<NA, 1>(t, first, last, j, col);
  }

  [[gnu::always_inline]] static void run(const NarrowProduct<Real>& t) {
    const index_t segment = segment_rows<Real>(t.width, W);
    for (index_t first = 0; first < t.rows; first += segment) {
      const index_t last = std::min(t.rows, first + segment);
      index_t j = 0;
      for (; j + 3 <= t.cols; j += 3) columns<3>(t, first, last, j);
      for (; j < t.cols; ++j) columns<1>(t, first, last, j);
    }
  }
};

}  // namespace

template <class Real>
void narrow_product(const NarrowProduct<Real>& task) {
  switch (level()) {
    case Level::v4:
      return run_v4<ProductKernel<Real, 64>, const NarrowProduct<Real>&>(task);
    case Level::v3:
      return run_v3<ProductKernel<Real, 32>, const NarrowProduct<Real>&>(task);
    case Level::base:
      break;
  }
  return run_base<ProductKernel<Real, 16>, const NarrowProduct<Real>&>(task);
}

template <class Real>
void narrow_adjoint_product(const NarrowProduct<Real>& task) {
  switch (level()) {
    case Level::v4:
      return run_v4<AdjointKernel<Real, 64>, const NarrowProduct<Real>&>(task);
    case Level::v3:
      return run_v3<AdjointKernel<Real, 32>, const NarrowProduct<Real>&>(task);
    case Level::base:
      break;
  }
  return run_base<AdjointKernel<Real, 16>, const NarrowProduct<Real>&>(task);
}

template void narrow_product(const NarrowProduct<float>&);
template void narrow_product(const NarrowProduct<double>&);
template void narrow_adjoint_product(const NarrowProduct<float>&);
template void narrow_adjoint_product(const NarrowProduct<double>&);

}  // namespace eckart::kernels
