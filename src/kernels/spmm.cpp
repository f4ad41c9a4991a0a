#include "kernels/spmm.hpp"

#include <algorithm>

#include "kernels/lanes.hpp"

namespace eckart::kernels {
namespace {

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;

// Vectors, or a single number: GCC makes poor code of vectors of one lane.
template <class Real, int Bytes, bool single = Bytes == sizeof(Real)>
struct StripLanes : Lanes<Real, Bytes> {};
template <class Real, int Bytes>
struct StripLanes<Real, Bytes, true> {
  static constexpr int width = 1;
  using Vec = Real;
  using Loose = Real;
};

// A row of a strip in vectors of at most Most bytes.
template <class T, int Bytes, int Most>
struct StripRow {
  using Real = real_t<T>;
  static constexpr int vector_bytes = std::min(Bytes, Most);
  static constexpr int count = Bytes / vector_bytes;
  using L = StripLanes<Real, vector_bytes>;
  using Vec = typename L::Vec;

  using Loose = typename L::Loose;
  [[gnu::always_inline]] static const Loose& at(const Real* x, int v) {
    return *reinterpret_cast<const Loose*>(x + v * L::width);
  }
  [[gnu::always_inline]] static Loose& at(Real* y, int v) {
    return *reinterpret_cast<Loose*>(y + v * L::width);
  }
  // y <- i x, of complex numbers stored interleaved, or -i x.
  [[gnu::always_inline]] static void rotate(const Vec& x, bool backwards, Vec& y) {
    Vec sign{};
    for (int l = 0; l < L::width; ++l) sign[l] = (l % 2 == 0) == backwards ? Real{1} : Real{-1};
    pick_lanes<[](int l) { return l ^ 1; }, L>(x, x, y);
    y *= sign;
  }
};

// The distance at which the entries are fetched ahead: the hardware, busy with the scattered rows
// of the strip, does not run far enough ahead on its own.
constexpr index_t entries_ahead = 512;
constexpr index_t rows_ahead = 32;

template <class Index, class Value>
[[gnu::always_inline]] inline void fetch_ahead(const Index* columns,
                                               const Value* values,
                                               index_t p) {
  __builtin_prefetch(columns + p + entries_ahead);
  if constexpr (!std::same_as<Value, Ones>) __builtin_prefetch(values + p + entries_ahead);
}

template <class T, class Index, class Value, int Most>
struct GatherKernel {
  using Real = real_t<T>;
  using Rows = SparseRows<T, Index, Value>;
  static constexpr bool ones = std::same_as<Value, Ones>;
  static constexpr int parts = is_complex<T> ? 2 : 1;

  // Sums of one row: products with real parts, and those with imaginary parts.
  template <class S, int Chains>
  struct Sums {
    Grid<typename S::Vec, Chains, S::count> re = {};
    Grid<typename S::Vec, Chains, S::count> im = {};
  };

  template <class S, int Chains>
  [[gnu::always_inline]] static void add(
      const Rows& A, index_t p, const Real* X, Sums<S, Chains>& sums, int chain) {
    const Real* x = X + static_cast<index_t>(A.columns[p]) * (S::count * S::L::width);
#pragma GCC unroll 8
    for (int v = 0; v < S::count; ++v) {
      if constexpr (ones) {
        sums.re[chain][v] += S::at(x, v);
      } else if constexpr (is_complex<T>) {
        sums.re[chain][v] += S::at(x, v) * static_cast<Real>(A.values[p].real());
        sums.im[chain][v] += S::at(x, v) * static_cast<Real>(A.values[p].imag());
      } else {
        sums.re[chain][v] += S::at(x, v) * static_cast<Real>(A.values[p]);
      }
    }
  }

  template <int Bytes>
  [[gnu::always_inline]] static void strip(const Rows& A, const Real* X, Real* Y) {
    using S = StripRow<T, Bytes, Most>;
    // Several sums at a time: an addition must not wait for the one before.
    constexpr int chains = std::clamp(8 / (S::count * (ones ? 1 : parts)), 1, 4);
    for (index_t i = 0; i < A.rows; ++i, Y += S::count * S::L::width) {
      index_t p = A.cuts[i * A.stride];
      const index_t last = A.cuts[i * A.stride + 1];
      Sums<S, chains> sums;
      for (; p + chains <= last; p += chains) {
        fetch_ahead(A.columns, A.values, p);
#pragma GCC unroll 4
        for (int c = 0; c < chains; ++c) add<S>(A, p + c, X, sums, c);
      }
      for (; p < last; ++p) add<S>(A, p, X, sums, 0);
#pragma GCC unroll 8
      for (int v = 0; v < S::count; ++v) {
#pragma GCC unroll 4
        for (int c = 1; c < chains; ++c) {
          sums.re[0][v] += sums.re[c][v];
          sums.im[0][v] += sums.im[c][v];
        }
        if constexpr (is_complex<T> && !ones) {
          typename S::Vec turned;
          S::rotate(sums.im[0][v], A.conjugated, turned);
          sums.re[0][v] += turned;
        }
        S::at(Y, v) = sums.re[0][v];
      }
    }
  }

  [[gnu::always_inline]] static void run(const Rows& A, index_t width, const T* X, T* Y) {
    const auto* from = reinterpret_cast<const Real*>(X);
    auto* to = reinterpret_cast<Real*>(Y);
    switch (width * index_t{sizeof(T)}) {
      case 128:
        return strip<128>(A, from, to);
      case 64:
        return strip<64>(A, from, to);
      case 32:
        return strip<32>(A, from, to);
      case 16:
        return strip<16>(A, from, to);
      default:
        return strip<int{sizeof(T)}>(A, from, to);
    }
  }
};

template <class T, class Index, class Value, int Most>
struct ScatterKernel {
  using Real = real_t<T>;
  using Rows = SparseRows<T, Index, Value>;
  static constexpr bool ones = std::same_as<Value, Ones>;

  template <int Bytes>
  [[gnu::always_inline]] static void strip(const Rows& A, const Real* Y, Real* X) {
    using S = StripRow<T, Bytes, Most>;
    constexpr index_t size = S::count * S::L::width;
    const Index* const columns = A.columns;
    const Value* const values = A.values;
    for (index_t i = 0; i < A.rows; ++i, Y += size) {
      // Panels leave gaps between the entries of two rows, which the hardware does not foresee.
      const index_t ahead = A.cuts[std::min(i + rows_ahead, A.rows - 1) * A.stride];
      __builtin_prefetch(columns + ahead);
      if constexpr (!ones) __builtin_prefetch(values + ahead);
      Row<typename S::Vec, S::count> y;
      Row<typename S::Vec, S::count> turned;
#pragma GCC unroll 8
      for (int v = 0; v < S::count; ++v) {
        y[v] = S::at(Y, v);
        if constexpr (is_complex<T> && !ones) S::rotate(y[v], A.conjugated, turned[v]);
      }
      const index_t last = A.cuts[i * A.stride + 1];
      for (index_t p = A.cuts[i * A.stride]; p < last; ++p) {
        Real* x = X + static_cast<index_t>(columns[p]) * size;
#pragma GCC unroll 8
        for (int v = 0; v < S::count; ++v) {
          typename S::Vec sum = S::at(x, v);
          if constexpr (ones) {
            sum += y[v];
          } else if constexpr (is_complex<T>) {
            sum += y[v] * static_cast<Real>(values[p].real());
            sum += turned[v] * static_cast<Real>(values[p].imag());
          } else {
            sum += y[v] * static_cast<Real>(values[p]);
          }
          S::at(x, v) = sum;
        }
      }
    }
  }

  [[gnu::always_inline]] static void run(const Rows& A, index_t width, const T* Y, T* X) {
    const auto* from = reinterpret_cast<const Real*>(Y);
    auto* to = reinterpret_cast<Real*>(X);
    switch (width * index_t{sizeof(T)}) {
      case 128:
        return strip<128>(A, from, to);
      case 64:
        return strip<64>(A, from, to);
      case 32:
        return strip<32>(A, from, to);
      case 16:
        return strip<16>(A, from, to);
      default:
        return strip<int{sizeof(T)}>(A, from, to);
    }
  }
};

// Rows are moved in groups whose part of the strip stays in the first-level cache.
constexpr index_t rows_at_once = 64;

template <class T>
struct PackKernel {
  [[gnu::always_inline]] static void run(
      index_t rows, index_t columns, const T* X, index_t ld, index_t width, T* strip) {
    for (index_t first = 0; first < rows; first += rows_at_once) {
      const index_t last = std::min(rows, first + rows_at_once);
      for (index_t j = 0; j < width; ++j) {
        for (index_t i = first; i < last; ++i) {
          strip[i * width + j] = j < columns ? X[i + j * ld] : T{};
        }
      }
    }
  }
};

template <class T>
struct UnpackKernel {
  [[gnu::always_inline]] static void run(
      index_t rows, index_t columns, const T* strip, index_t width, T* X, index_t ld) {
    for (index_t first = 0; first < rows; first += rows_at_once) {
      const index_t last = std::min(rows, first + rows_at_once);
      for (index_t j = 0; j < columns; ++j) {
        for (index_t i = first; i < last; ++i) X[i + j * ld] = strip[i * width + j];
      }
    }
  }
};

}  // namespace

template <class T, class Index, class Value>
void gather(const SparseRows<T, Index, Value>& A, index_t width, const T* X, T* Y, Level wanted) {
  using Rows = const SparseRows<T, Index, Value>&;
  switch (wanted) {
    case Level::v4:
      return run_v4<GatherKernel<T, Index, Value, 64>, Rows>(A, width, X, Y);
    case Level::v3:
      return run_v3<GatherKernel<T, Index, Value, 32>, Rows>(A, width, X, Y);
    case Level::base:
      break;
  }
  return run_base<GatherKernel<T, Index, Value, 16>, Rows>(A, width, X, Y);
}

template <class T, class Index, class Value>
void scatter(const SparseRows<T, Index, Value>& A, index_t width, const T* Y, T* X, Level wanted) {
  using Rows = const SparseRows<T, Index, Value>&;
  switch (wanted) {
    case Level::v4:
      return run_v4<ScatterKernel<T, Index, Value, 64>, Rows>(A, width, Y, X);
    case Level::v3:
      return run_v3<ScatterKernel<T, Index, Value, 32>, Rows>(A, width, Y, X);
    case Level::base:
      break;
  }
  return run_base<ScatterKernel<T, Index, Value, 16>, Rows>(A, width, Y, X);
}

template <Scalar T>
void pack_strip(index_t rows, index_t columns, const T* X, index_t ld, index_t width, T* strip) {
  at_level<PackKernel<T>>(level(), rows, columns, X, ld, width, strip);
}

template <Scalar T>
void unpack_strip(index_t rows, index_t columns, const T* strip, index_t width, T* X, index_t ld) {
  at_level<UnpackKernel<T>>(level(), rows, columns, strip, width, X, ld);
}

template void gather(
    const SparseRows<float, std::int32_t, float>&, index_t, const float*, float*, Level);
template void gather(
    const SparseRows<float, std::int32_t, Ones>&, index_t, const float*, float*, Level);
template void gather(
    const SparseRows<float, index_t, float>&, index_t, const float*, float*, Level);
template void gather(const SparseRows<float, index_t, Ones>&, index_t, const float*, float*, Level);
template void gather(
    const SparseRows<double, std::int32_t, double>&, index_t, const double*, double*, Level);
template void gather(
    const SparseRows<double, std::int32_t, float>&, index_t, const double*, double*, Level);
template void gather(
    const SparseRows<double, std::int32_t, Ones>&, index_t, const double*, double*, Level);
template void gather(
    const SparseRows<double, index_t, double>&, index_t, const double*, double*, Level);
template void gather(
    const SparseRows<double, index_t, float>&, index_t, const double*, double*, Level);
template void gather(
    const SparseRows<double, index_t, Ones>&, index_t, const double*, double*, Level);
template void gather(
    const SparseRows<cfloat, std::int32_t, cfloat>&, index_t, const cfloat*, cfloat*, Level);
template void gather(
    const SparseRows<cfloat, std::int32_t, Ones>&, index_t, const cfloat*, cfloat*, Level);
template void gather(
    const SparseRows<cfloat, index_t, cfloat>&, index_t, const cfloat*, cfloat*, Level);
template void gather(
    const SparseRows<cfloat, index_t, Ones>&, index_t, const cfloat*, cfloat*, Level);
template void gather(
    const SparseRows<cdouble, std::int32_t, cdouble>&, index_t, const cdouble*, cdouble*, Level);
template void gather(
    const SparseRows<cdouble, std::int32_t, cfloat>&, index_t, const cdouble*, cdouble*, Level);
template void gather(
    const SparseRows<cdouble, std::int32_t, Ones>&, index_t, const cdouble*, cdouble*, Level);
template void gather(
    const SparseRows<cdouble, index_t, cdouble>&, index_t, const cdouble*, cdouble*, Level);
template void gather(
    const SparseRows<cdouble, index_t, cfloat>&, index_t, const cdouble*, cdouble*, Level);
template void gather(
    const SparseRows<cdouble, index_t, Ones>&, index_t, const cdouble*, cdouble*, Level);
template void scatter(
    const SparseRows<float, std::int32_t, float>&, index_t, const float*, float*, Level);
template void scatter(
    const SparseRows<float, std::int32_t, Ones>&, index_t, const float*, float*, Level);
template void scatter(
    const SparseRows<float, index_t, float>&, index_t, const float*, float*, Level);
template void scatter(
    const SparseRows<float, index_t, Ones>&, index_t, const float*, float*, Level);
template void scatter(
    const SparseRows<double, std::int32_t, double>&, index_t, const double*, double*, Level);
template void scatter(
    const SparseRows<double, std::int32_t, float>&, index_t, const double*, double*, Level);
template void scatter(
    const SparseRows<double, std::int32_t, Ones>&, index_t, const double*, double*, Level);
template void scatter(
    const SparseRows<double, index_t, double>&, index_t, const double*, double*, Level);
template void scatter(
    const SparseRows<double, index_t, float>&, index_t, const double*, double*, Level);
template void scatter(
    const SparseRows<double, index_t, Ones>&, index_t, const double*, double*, Level);
template void scatter(
    const SparseRows<cfloat, std::int32_t, cfloat>&, index_t, const cfloat*, cfloat*, Level);
template void scatter(
    const SparseRows<cfloat, std::int32_t, Ones>&, index_t, const cfloat*, cfloat*, Level);
template void scatter(
    const SparseRows<cfloat, index_t, cfloat>&, index_t, const cfloat*, cfloat*, Level);
template void scatter(
    const SparseRows<cfloat, index_t, Ones>&, index_t, const cfloat*, cfloat*, Level);
template void scatter(
    const SparseRows<cdouble, std::int32_t, cdouble>&, index_t, const cdouble*, cdouble*, Level);
template void scatter(
    const SparseRows<cdouble, std::int32_t, cfloat>&, index_t, const cdouble*, cdouble*, Level);
template void scatter(
    const SparseRows<cdouble, std::int32_t, Ones>&, index_t, const cdouble*, cdouble*, Level);
template void scatter(
    const SparseRows<cdouble, index_t, cdouble>&, index_t, const cdouble*, cdouble*, Level);
template void scatter(
    const SparseRows<cdouble, index_t, cfloat>&, index_t, const cdouble*, cdouble*, Level);
template void scatter(
    const SparseRows<cdouble, index_t, Ones>&, index_t, const cdouble*, cdouble*, Level);
template void pack_strip(index_t, index_t, const float*, index_t, index_t, float*);
template void pack_strip(index_t, index_t, const double*, index_t, index_t, double*);
template void pack_strip(index_t, index_t, const cfloat*, index_t, index_t, cfloat*);
template void pack_strip(index_t, index_t, const cdouble*, index_t, index_t, cdouble*);
template void unpack_strip(index_t, index_t, const float*, index_t, float*, index_t);
template void unpack_strip(index_t, index_t, const double*, index_t, double*, index_t);
template void unpack_strip(index_t, index_t, const cfloat*, index_t, cfloat*, index_t);
template void unpack_strip(index_t, index_t, const cdouble*, index_t, cdouble*, index_t);

}  // namespace eckart::kernels
