// The steps (s, t) of sweep s are ordered by q = t + s: then (s, q) needs (s, q - 1) and (s - 1, q)
// only, so that rectangles of sweeps and q are legal tiles, and those of one anti-diagonal of tiles
// are independent.

#include "factor/bulge_chasing.hpp"

#include <algorithm>

#include "core/parallel.hpp"
#include "kernels/bulge.hpp"

namespace eckart::factor {
namespace {

using core::for_each_chunk;

// A band with room for the bulges: 3 b + 1 diagonals, and zeros behind column n so that every block
// is full. Complex entries stand in two planes.
template <Scalar T>
class PackedBand {
 public:
  using Real = real_t<T>;

  PackedBand(MatrixView<const T> A, index_t width, const Context& context)
      : n_(A.cols), b_(width), re_(3 * width + 1, A.cols + 2 * width) {
    if constexpr (is_complex<T>) im_ = Matrix<Real>(re_.rows(), re_.cols());
    for_each_chunk(n_, 256, context, [&](index_t, index_t first, index_t last) {
      for (index_t j = first; j < last; ++j) {
        for (index_t i = std::max<index_t>(0, j - b_); i <= j; ++i) {
          re_.data()[place(i, j)] = std::real(A(i, j));
          if constexpr (is_complex<T>) im_.data()[place(i, j)] = std::imag(A(i, j));
        }
      }
    });
  }

  Real* re() { return re_.data(); }
  Real* im() { return im_.data(); }
  Real real_entry(index_t i, index_t j) const { return re_.data()[place(i, j)]; }

 private:
  index_t place(index_t i, index_t j) const { return 2 * b_ + i + 3 * b_ * j; }

  index_t n_;
  index_t b_;
  Matrix<Real> re_;
  Matrix<Real> im_;
};

// The tiles of the steps: row S has sweeps [S G, (S + 1) G), column Q has q in [Q H, (Q + 1) H).
struct TileGrid {
  index_t n;
  index_t b;
  BulgeTiles shape;

  index_t sweeps() const { return n - 1; }
  index_t rows() const { return core::count_chunks(sweeps(), shape.sweeps); }
  index_t first_column(index_t row) const { return row * shape.sweeps / shape.positions; }
  // q grows with the sweep, at every position that exists.
  index_t last_column(index_t row) const {
    const index_t s = std::min(sweeps(), (row + 1) * shape.sweeps) - 1;
    return (s + (n - 2 - s) / b) / shape.positions;
  }
};

}  // namespace

template <Scalar T>
BulgeChasing<T> chase_bulges(MatrixView<const T> A,
                             index_t width,
                             bool keep_vectors,
                             const Context& context,
                             const BulgeTiles& tiles) {
  using Real = real_t<T>;
  const index_t n = A.cols;
  BulgeChasing<T> result;
  result.width = width;
  if (n == 0) return result;
  if (keep_vectors) result.reflectors = Matrix<T>(n, n);
  PackedBand<T> band(A, width, context);
  Matrix<Real> pending(kernels::pending_size<T>(width), n);

  const TileGrid grid{n, width, tiles};
  const index_t rows = grid.rows();
  index_t lowest = 0;   // the first row of tiles that is not done
  index_t highest = 0;  // the first that has not begun
  for (index_t wave = 0; lowest < rows; ++wave) {
    while (highest < rows && highest + grid.first_column(highest) <= wave) ++highest;
    while (lowest < rows && lowest + grid.last_column(lowest) < wave) ++lowest;
    for_each_chunk(highest - lowest, 1, context, [&](index_t c, index_t, index_t) {
      const index_t row = lowest + c;
      const index_t column = wave - row;
      kernels::BulgeTile<T> tile{};
      tile.width = static_cast<int>(width);
      tile.n = n;
      tile.band = band.re();
      tile.band_imag = band.im();
      tile.pending = pending.data();
      tile.kept = result.reflectors.data();
      tile.first_sweep = row * tiles.sweeps;
      tile.last_sweep = std::min(grid.sweeps(), (row + 1) * tiles.sweeps);
      tile.first_q = column * tiles.positions;
      tile.last_q = (column + 1) * tiles.positions;
      kernels::chase_tile(tile);
    });
  }

  for (index_t i = 0; i < n; ++i) {
    result.d.push_back(band.real_entry(i, i));
    if (i + 1 < n) result.e.push_back(band.real_entry(i, i + 1));
  }
  return result;
}

template <Scalar T>
index_t bulge_chasing_bytes(index_t n, index_t width, bool keep_vectors) {
  const index_t band = (3 * width + 1) * (n + 2 * width);
  const index_t kept = keep_vectors ? n * n : 0;
  return static_cast<index_t>(sizeof(T)) * (band + kept + n * (width + 16) + 2 * n);
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template BulgeChasing<float> chase_bulges(
    MatrixView<const float>, index_t, bool, const Context&, const BulgeTiles&);
template BulgeChasing<double> chase_bulges(
    MatrixView<const double>, index_t, bool, const Context&, const BulgeTiles&);
template BulgeChasing<cfloat> chase_bulges(
    MatrixView<const cfloat>, index_t, bool, const Context&, const BulgeTiles&);
template BulgeChasing<cdouble> chase_bulges(
    MatrixView<const cdouble>, index_t, bool, const Context&, const BulgeTiles&);
template index_t bulge_chasing_bytes<float>(index_t, index_t, bool);
template index_t bulge_chasing_bytes<double>(index_t, index_t, bool);
template index_t bulge_chasing_bytes<cfloat>(index_t, index_t, bool);
template index_t bulge_chasing_bytes<cdouble>(index_t, index_t, bool);

}  // namespace eckart::factor
