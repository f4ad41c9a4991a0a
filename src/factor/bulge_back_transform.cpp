// The reflectors (s, t) of a few neighbouring sweeps at one position t make a strip: a
// parallelogram that is nearly a rectangle. Strip (g, t) must follow (g, t - 1) and (g + 1, t);
// within a group of strips the order is t upwards, g downwards. From bottom to top the result would
// be orthogonal too, and wrong.

#include "factor/bulge_back_transform.hpp"

#include <algorithm>
#include <array>

#include "core/parallel.hpp"
#include "kernels/strip.hpp"

namespace eckart::factor {
namespace {

using core::for_each_chunk;

constexpr index_t strips_per_group = 4;
// Columns of X in work at a time, in packed blocks: more would leave the cache.
constexpr index_t blocks_per_slab = 32;

// Where the reflectors of one side stand: that of (s, t) begins at data + offset(s, t).
template <Scalar T>
struct Reflectors {
  const T* data;
  index_t n;
  index_t width;
  bool left;

  const T* at(index_t s, index_t t) const {
    const index_t row = left ? s + 1 + t * width : t * width;
    return data + row + (left ? s : n - 1 - s) * n;
  }
};

// The strips of a group of sweeps, at all positions.
template <Scalar T>
class StripGroup {
 public:
  using Real = real_t<T>;
  static constexpr index_t reflectors = kernels::strip_reflectors<T>;
  static constexpr index_t sweeps = reflectors * strips_per_group;

  StripGroup(index_t n, index_t width)
      : n_(n),
        b_(width),
        height_(width + reflectors - 1),
        positions_(core::count_chunks(n - 1, width)),
        vectors_(kernels::strip_vector_size<T> * height_, 2 * strips_per_group * positions_) {}

  void load(const Reflectors<T>& from, index_t first_sweep, const Context& context) {
    first_ = first_sweep;
    used_ = core::count_chunks(n_ - 1 - first_sweep, b_);
    for_each_chunk(used_ * strips_per_group, 8, context, [&](index_t, index_t first, index_t last) {
      for (index_t c = first; c < last; ++c) {
        load_strip(from, c % strips_per_group, c / strips_per_group);
      }
    });
  }

  // Applies the group to a packed block of columns.
  void apply(Real* X) const {
    for (index_t t = 0; t < used_; ++t) {
      for (index_t g = strips_per_group - 1; g >= 0; --g) {
        const index_t count = rows(g, t);
        if (count > 0) {
          kernels::apply_strip<T>(count, V(g, t), VT(g, t),
                                  X + top(g, t) * kernels::strip_row_size<T>);
        }
      }
    }
  }

 private:
  index_t top(index_t g, index_t t) const { return first_ + g * reflectors + 1 + t * b_; }
  index_t rows(index_t g, index_t t) const { return std::min(height_, n_ - top(g, t)); }
  const Real* V(index_t g, index_t t) const {
    return vectors_.view().column(2 * (g + t * strips_per_group));
  }
  const Real* VT(index_t g, index_t t) const {
    return vectors_.view().column(2 * (g + t * strips_per_group) + 1);
  }

  void load_strip(const Reflectors<T>& from, index_t g, index_t t) {
    const index_t count = rows(g, t);
    if (count <= 0) return;
    Real* V = vectors_.view().column(2 * (g + t * strips_per_group));
    Real* VT = vectors_.view().column(2 * (g + t * strips_per_group) + 1);
    constexpr index_t size = kernels::strip_vector_size<T>;
    std::fill_n(V, count * size, Real{0});
    std::array<Real, static_cast<std::size_t>(size)> tau{};
    for (index_t j = 0; j < reflectors; ++j) {
      const index_t s = first_ + g * reflectors + j;
      const index_t length = std::min(b_, count - j);
      if (length <= 0) break;
      const T* v = from.at(s, t);
      tau[static_cast<std::size_t>(j)] = std::real(v[0]);
      if constexpr (is_complex<T>) tau[static_cast<std::size_t>(reflectors + j)] = std::imag(v[0]);
      Real* to = V + j * size + j;
      to[0] = 1;
      for (index_t i = 1; i < length; ++i) {
        to[i * size] = std::real(v[i]);
        if constexpr (is_complex<T>) to[i * size + reflectors] = std::imag(v[i]);
      }
    }
    kernels::scale_strip<T>(count, V, tau.data(), VT);
  }

  index_t n_;
  index_t b_;
  index_t height_;
  index_t positions_;
  index_t first_ = 0;
  index_t used_ = 0;
  Matrix<Real> vectors_;  // V and VT of every strip, a column each
};

// Columns of X side by side, row after row.
template <Scalar T>
void pack(MatrixView<const T> X, real_t<T>* packed) {
  constexpr index_t row_size = kernels::strip_row_size<T>;
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      packed[i * row_size + j] = std::real(X(i, j));
      if constexpr (is_complex<T>) {
        packed[i * row_size + kernels::strip_columns<T> + j] = std::imag(X(i, j));
      }
    }
  }
}

template <Scalar T>
void unpack(const real_t<T>* packed, MatrixView<T> X) {
  constexpr index_t row_size = kernels::strip_row_size<T>;
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      if constexpr (is_complex<T>) {
        X(i, j) = T(packed[i * row_size + j], packed[i * row_size + kernels::strip_columns<T> + j]);
      } else {
        X(i, j) = packed[i * row_size + j];
      }
    }
  }
}

template <Scalar T>
void apply(const Reflectors<T>& reflectors, MatrixView<T> X, const Context& context) {
  const index_t n = X.rows;
  if (n < 2 || X.cols == 0) return;
  constexpr index_t block = kernels::strip_columns<T>;
  const index_t slab = std::min(core::count_chunks(X.cols, block), blocks_per_slab);
  Matrix<real_t<T>> packed(n * kernels::strip_row_size<T>, slab);
  StripGroup<T> group(n, reflectors.width);
  constexpr index_t sweeps = StripGroup<T>::sweeps;
  for (index_t start = 0; start < X.cols; start += slab * block) {
    const MatrixView<T> part = X.columns(start, std::min(slab * block, X.cols - start));
    const auto for_each_block = [&](const auto& body) {
      for_each_chunk(part.cols, block, context, [&](index_t c, index_t first, index_t last) {
        body(packed.view().column(c), part.columns(first, last - first));
      });
    };
    for_each_block([](real_t<T>* to, MatrixView<T> from) { pack<T>(from, to); });
    for (index_t s = (n - 2) / sweeps * sweeps; s >= 0; s -= sweeps) {
      group.load(reflectors, s, context);
      for_each_block([&](real_t<T>* columns, MatrixView<T>) { group.apply(columns); });
    }
    for_each_block([](const real_t<T>* from, MatrixView<T> to) { unpack<T>(from, to); });
  }
}

}  // namespace

template <Scalar T>
void apply_bulge_left(const BulgeChasing<T>& bulge, MatrixView<T> X, const Context& context) {
  apply<T>({bulge.reflectors.data(), X.rows, bulge.width, true}, X, context);
}

template <Scalar T>
void apply_bulge_right(const BulgeChasing<T>& bulge, MatrixView<T> Y, const Context& context) {
  apply<T>({bulge.reflectors.data(), Y.rows, bulge.width, false}, Y, context);
}

template <Scalar T>
index_t bulge_back_transform_bytes(index_t n, index_t width, index_t k) {
  constexpr index_t block = kernels::strip_columns<T>;
  const index_t slab = std::min(core::count_chunks(k, block), blocks_per_slab) * block;
  const index_t height = width + kernels::strip_reflectors<T> - 1;
  const index_t strips = strips_per_group * core::count_chunks(n, width);
  return static_cast<index_t>(sizeof(T)) *
         (n * slab + 2 * strips * height * kernels::strip_reflectors<T>);
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template void apply_bulge_left(const BulgeChasing<float>&, MatrixView<float>, const Context&);
template void apply_bulge_left(const BulgeChasing<double>&, MatrixView<double>, const Context&);
template void apply_bulge_left(const BulgeChasing<cfloat>&, MatrixView<cfloat>, const Context&);
template void apply_bulge_left(const BulgeChasing<cdouble>&, MatrixView<cdouble>, const Context&);
template void apply_bulge_right(const BulgeChasing<float>&, MatrixView<float>, const Context&);
template void apply_bulge_right(const BulgeChasing<double>&, MatrixView<double>, const Context&);
template void apply_bulge_right(const BulgeChasing<cfloat>&, MatrixView<cfloat>, const Context&);
template void apply_bulge_right(const BulgeChasing<cdouble>&, MatrixView<cdouble>, const Context&);
template index_t bulge_back_transform_bytes<float>(index_t, index_t, index_t);
template index_t bulge_back_transform_bytes<double>(index_t, index_t, index_t);
template index_t bulge_back_transform_bytes<cfloat>(index_t, index_t, index_t);
template index_t bulge_back_transform_bytes<cdouble>(index_t, index_t, index_t);

}  // namespace eckart::factor
