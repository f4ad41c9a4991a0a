// Row vector z and poles d of the broken arrow -> its SVD -> deflated columns -> products.
//
// Column 0 of the arrow is its head: in U the row between the blocks, in V the combination of the
// null vectors of both blocks that alpha and beta see. Then come the columns of the top block and
// those of the bottom block. A vector of the top block is zero in the rows of the bottom one and
// the other way round, until a deflation mixes two of them.

#include "factor/bidiagonal_merge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "factor/bidiagonal_columns.hpp"
#include "factor/bidiagonal_rotation.hpp"
#include "factor/secular.hpp"
#include "kernels/secular.hpp"

namespace eckart::factor {
namespace {

constexpr index_t none = -1;
constexpr index_t written = -2;

// Products are cut into tiles of at most this size: large enough for a BLAS at full speed.
constexpr index_t tile_rows = 1024;
constexpr index_t tile_cols = 512;

// The rows that one block has in one set of vectors: a quarter of the work, apart from the rest.
template <class Real>
struct Quarter {
  MatrixView<Real> block;     // its vectors
  MatrixView<Real> target;    // the same rows of the merged vectors
  std::vector<index_t> slot;  // column of block for each column of the arrow, or none
  bool right;                 // of V
  index_t used = 0;           // the columns of block that enter the product, once gathered
};

// target column <- c x + s y; a missing x or y is zero.
template <class Real>
void combine(index_t rows, Real c, const Real* x, Real s, const Real* y, Real* out) {
  for (index_t i = 0; i < rows; ++i) {
    out[i] = (x != nullptr ? c * x[i] : Real{}) + (y != nullptr ? s * y[i] : Real{});
  }
}

// Turns pairs of columns and writes those that left the problem to their places.
template <class Real>
void write_deflated(Quarter<Real>& q,
                    const ArrowSvd<Real>& svd,
                    const std::vector<index_t>& column_of) {
  const index_t rows = q.block.rows;
  std::vector<Real> out(static_cast<std::size_t>(rows));
  const auto write = [&](index_t j) {
    const index_t column = column_of[static_cast<std::size_t>(j)];
    if (column != none) std::copy_n(out.data(), rows, q.target.column(column));
    q.slot[static_cast<std::size_t>(j)] = written;
  };
  for (const Deflation<Real>& turn : svd.rotations) {
    if (turn.kept == 0 && !q.right) continue;
    index_t& gone = q.slot[static_cast<std::size_t>(turn.gone)];
    index_t& kept = q.slot[static_cast<std::size_t>(turn.kept)];
    Real* const x = gone != none ? q.block.column(gone) : nullptr;
    Real* const y = kept != none ? q.block.column(kept) : nullptr;
    combine<Real>(rows, turn.c, x, turn.s, y, out.data());
    if (kept == none) kept = gone;
    if (kept != none) combine<Real>(rows, turn.c, y, -turn.s, x, q.block.column(kept));
    write(turn.gone);
  }
  for (const index_t j : svd.deflated) {
    const index_t slot = q.slot[static_cast<std::size_t>(j)];
    if (slot == written) continue;
    combine<Real>(rows, 1, slot != none ? q.block.column(slot) : nullptr, 0, nullptr, out.data());
    write(j);
  }
}

// Moves the columns of the block that enter the product to its front, in the order of list.
template <class Real>
void gather(Quarter<Real>& q, const std::vector<index_t>& list) {
  std::vector<index_t> order;
  order.reserve(static_cast<std::size_t>(q.block.cols));
  std::vector<bool> taken(static_cast<std::size_t>(q.block.cols), false);
  for (const index_t j : list) {
    const index_t slot = q.slot[static_cast<std::size_t>(j)];
    if (slot == none) continue;
    order.push_back(slot);
    taken[static_cast<std::size_t>(slot)] = true;
  }
  q.used = static_cast<index_t>(order.size());
  for (index_t c = 0; c < q.block.cols; ++c) {
    if (!taken[static_cast<std::size_t>(c)]) order.push_back(c);
  }
  permute_columns<Real>(q.block, order);
}

// The kept columns of the arrow but the head, those of the top block first, then those with rows
// in both, then those of the bottom block: the rows of each quarter's factor are contiguous.
template <class Real>
struct Factor {
  std::vector<index_t> order;
  std::vector<Real> d;
  std::vector<Real> z;
  index_t top_only = 0;
  index_t full = 0;
  Real head = 0;  // z of the head

  index_t size() const { return static_cast<index_t>(order.size()); }
};

template <class Real>
Factor<Real> order_by_rows(const ArrowSvd<Real>& svd,
                           const Quarter<Real>& top,
                           const Quarter<Real>& bottom) {
  std::vector<index_t> place(svd.kept.size() - 1);
  std::iota(place.begin(), place.end(), index_t{1});
  const auto kind = [&](index_t i) {
    const auto j = static_cast<std::size_t>(svd.kept[static_cast<std::size_t>(i)]);
    return bottom.slot[j] == none ? 0 : top.slot[j] != none ? 1 : 2;
  };
  std::sort(place.begin(), place.end(), [&](index_t i, index_t j) {
    const int difference = kind(i) - kind(j);
    return difference != 0
               ? difference < 0
               : svd.kept[static_cast<std::size_t>(i)] < svd.kept[static_cast<std::size_t>(j)];
  });
  Factor<Real> factor;
  factor.head = svd.weights[0];
  for (const index_t i : place) {
    factor.order.push_back(svd.kept[static_cast<std::size_t>(i)]);
    factor.d.push_back(svd.poles[static_cast<std::size_t>(i)]);
    factor.z.push_back(svd.weights[static_cast<std::size_t>(i)]);
    factor.top_only += kind(i) == 0;
    factor.full += kind(i) == 1;
  }
  return factor;
}

// Column of the arrow's left and right vectors for one root: rows [1, size] are those of the
// factor; the right one has the head before them and once more behind. Returns the head of the
// left one.
template <class Real>
Real arrow_vectors(const Factor<Real>& factor, Real origin, Real offset, Real* left, Real* right) {
  const index_t n = factor.size();
  const auto sums = kernels::secular_vectors(n, factor.d.data(), factor.z.data(), origin, offset,
                                             right + 1, left + 1);
  const Real sigma = origin + offset;
  const Real head = n == 0 ? -std::copysign(Real{1}, factor.head) : -factor.head / (sigma * sigma);
  const Real of_left = 1 / std::sqrt(sums.u + 1);
  const Real of_right = 1 / std::sqrt(sums.v + head * head);
  for (index_t j = 1; j <= n; ++j) {
    left[j] *= of_left;
    right[j] *= of_right;
  }
  right[0] = head * of_right;
  right[n + 1] = head * of_right;
  return -of_left;
}

// The four products for the columns [0, roots.size()) of the merged vectors.
template <class Real>
void multiply_quarters(std::array<Quarter<Real>, 4>& quarters,
                       const ArrowSvd<Real>& svd,
                       const Factor<Real>& factor,
                       const std::vector<index_t>& roots,
                       Real* const middle_row,
                       index_t middle_step,
                       const Context& context) {
  const auto wanted = static_cast<index_t>(roots.size());
  const index_t n = factor.size();
  const index_t rows = n + 2;
  const index_t ld = (rows + 7) / 8 * 8 + 8;
  const index_t width = std::min(wanted, std::max(tile_cols, (n + 3) / 4));
  auto left = Matrix<Real>::uninitialized(ld, width);
  auto right = Matrix<Real>::uninitialized(ld, width);
  const auto factor_of = [&](const Quarter<Real>& q, index_t col, index_t cols) {
    const bool top = &q == &quarters[0] || &q == &quarters[1];
    const index_t row = top ? (q.right ? 0 : 1) : 1 + factor.top_only;
    const Real* const data = q.right ? right.data() : left.data();
    return MatrixView<const Real>{data + row + col * ld, q.used, cols, ld};
  };
  struct Tile {
    std::size_t quarter;
    index_t row, rows, col, cols;
  };
  for (index_t begin = 0; begin < wanted; begin += width) {
    const index_t count = std::min(width, wanted - begin);
    core::for_each_chunk(count, 16, context, [&](index_t, index_t c, index_t last) {
      for (; c < last; ++c) {
        const auto root = static_cast<std::size_t>(roots[static_cast<std::size_t>(begin + c)]);
        middle_row[(begin + c) * middle_step] =
            arrow_vectors(factor, svd.origins[root], svd.offsets[root], left.data() + c * ld,
                          right.data() + c * ld);
      }
    });
    std::vector<Tile> tiles;
    for (std::size_t q = 0; q < 4; ++q) {
      const index_t height = quarters[q].block.rows;
      for (index_t col = 0; col < count; col += tile_cols) {
        for (index_t row = 0; row < height; row += tile_rows) {
          tiles.push_back(
              {q, row, std::min(tile_rows, height - row), col, std::min(tile_cols, count - col)});
        }
      }
    }
    core::for_each_chunk(
        static_cast<index_t>(tiles.size()), 1, context, [&](index_t t, index_t, index_t) {
          const Tile& tile = tiles[static_cast<std::size_t>(t)];
          const Quarter<Real>& q = quarters[tile.quarter];
          blas::gemm<Real>(blas::Op::none, blas::Op::none, 1,
                           q.block.block(tile.row, 0, tile.rows, q.used),
                           factor_of(q, tile.col, tile.cols), 0,
                           q.target.block(tile.row, begin + tile.col, tile.rows, tile.cols));
        });
  }
}

}  // namespace

template <class Real>
std::vector<index_t> merge_blocks(BidiagonalBlock<Real>& top,
                                  Real alpha,
                                  Real beta,
                                  BidiagonalBlock<Real>& bottom,
                                  index_t first,
                                  index_t count,
                                  BidiagonalBlock<Real>& merged,
                                  const Context& context) {
  const blas::BlasThreads one_thread;
  const index_t m = merged.size;
  const index_t m1 = top.size;
  const index_t m2 = bottom.size;
  const auto size = static_cast<std::size_t>(m);

  // The row between the blocks, in the basis of their right vectors.
  std::vector<Real> d(size);
  std::vector<Real> z(size);
  std::copy(top.values.begin(), top.values.end(), d.begin() + 1);
  std::copy(bottom.values.begin(), bottom.values.end(), d.begin() + 1 + m1);
  for (index_t j = 0; j < m1; ++j) z[static_cast<std::size_t>(1 + j)] = alpha * top.V(m1, j);
  for (index_t j = 0; j < m2; ++j) {
    z[static_cast<std::size_t>(1 + m1 + j)] = beta * bottom.V(0, j);
  }
  const Givens<Real> heads =
      annihilate(alpha * top.V(m1, m1), bottom.wide ? beta * bottom.V(0, m2) : Real{0});
  z[0] = heads.r;

  const index_t columns = merged.U.cols;
  std::array<Quarter<Real>, 4> quarters = {{
      {top.U, merged.U.block(0, 0, m1, columns), std::vector<index_t>(size, none), false},
      {top.V, merged.V.block(0, 0, m1 + 1, columns), std::vector<index_t>(size, none), true},
      {bottom.U, merged.U.block(m1 + 1, 0, m2, columns), std::vector<index_t>(size, none), false},
      {bottom.V, merged.V.block(m1 + 1, 0, bottom.columns(), columns),
       std::vector<index_t>(size, none), true},
  }};
  for (std::size_t q = 0; q < 4; ++q) {
    const index_t begin = q < 2 ? 1 : 1 + m1;
    std::iota(quarters[q].slot.begin() + begin, quarters[q].slot.begin() + (q < 2 ? 1 + m1 : m),
              index_t{0});
  }
  quarters[1].slot[0] = m1;
  if (bottom.wide) {
    quarters[3].slot[0] = m2;
    // The other combination of the null vectors spans the null space of the whole.
    Real* const null = merged.V.column(m);
    combine<Real>(m1 + 1, -heads.s, top.V.column(m1), 0, nullptr, null);
    combine<Real>(m2 + 1, heads.c, bottom.V.column(m2), 0, nullptr, null + m1 + 1);
    for (index_t i = 0; i <= m2; ++i) bottom.V(i, m2) *= heads.s;
  }
  for (index_t i = 0; i <= m1; ++i) top.V(i, m1) *= heads.c;

  const ArrowSvd<Real> svd = arrow_svd<Real>(d, z, Real{1}, context);

  // Rank the values; the wanted ones get columns, the roots first.
  const std::size_t kept = svd.kept.size();
  std::vector<Real> values(size);
  for (std::size_t i = 0; i < kept; ++i) values[i] = svd.origins[i] + svd.offsets[i];
  for (std::size_t i = kept; i < size; ++i) {
    values[i] = d[static_cast<std::size_t>(svd.deflated[i - kept])];
  }
  std::vector<index_t> ranked(size);
  std::iota(ranked.begin(), ranked.end(), index_t{0});
  std::stable_sort(ranked.begin(), ranked.end(), [&](index_t i, index_t j) {
    return values[static_cast<std::size_t>(i)] > values[static_cast<std::size_t>(j)];
  });
  std::vector<index_t> roots;
  std::vector<index_t> rank_of_column;
  std::vector<index_t> rank_of_deflated;
  for (index_t rank = first; rank < first + count; ++rank) {
    const index_t i = ranked[static_cast<std::size_t>(rank)];
    if (i < static_cast<index_t>(kept)) {
      roots.push_back(i);
      rank_of_column.push_back(rank);
    } else {
      rank_of_deflated.push_back(rank);
    }
  }
  std::vector<index_t> column_of(size, none);
  const index_t step = merged.U.ld;
  Real* const middle_row = merged.U.data + m1;
  for (const index_t rank : rank_of_deflated) {
    const auto column = static_cast<index_t>(rank_of_column.size());
    const auto i = static_cast<std::size_t>(ranked[static_cast<std::size_t>(rank)]);
    column_of[static_cast<std::size_t>(svd.deflated[i - kept])] = column;
    middle_row[column * step] = 0;
    rank_of_column.push_back(rank);
  }
  merged.values.clear();
  for (const index_t rank : rank_of_column) {
    merged.values.push_back(
        values[static_cast<std::size_t>(ranked[static_cast<std::size_t>(rank)])]);
  }
  for (index_t rank = 0; rank < m; ++rank) {
    if (rank >= first && rank < first + count) continue;
    merged.values.push_back(
        values[static_cast<std::size_t>(ranked[static_cast<std::size_t>(rank)])]);
  }

  core::for_each_chunk(4, 1, context, [&](index_t q, index_t, index_t) {
    write_deflated(quarters[static_cast<std::size_t>(q)], svd, column_of);
  });
  const Factor<Real> factor = order_by_rows(svd, quarters[0], quarters[2]);
  const auto begin = factor.order.begin();
  std::vector<index_t> of_top(begin, begin + factor.top_only + factor.full);
  std::vector<index_t> of_bottom(begin + factor.top_only, factor.order.end());
  of_bottom.push_back(0);
  of_top.insert(of_top.begin(), 0);
  core::for_each_chunk(4, 1, context, [&](index_t q, index_t, index_t) {
    gather(quarters[static_cast<std::size_t>(q)], q < 2 ? of_top : of_bottom);
  });
  multiply_quarters(quarters, svd, factor, roots, middle_row, step, context);
  return rank_of_column;
}

template std::vector<index_t> merge_blocks(BidiagonalBlock<float>&,
                                           float,
                                           float,
                                           BidiagonalBlock<float>&,
                                           index_t,
                                           index_t,
                                           BidiagonalBlock<float>&,
                                           const Context&);
template std::vector<index_t> merge_blocks(BidiagonalBlock<double>&,
                                           double,
                                           double,
                                           BidiagonalBlock<double>&,
                                           index_t,
                                           index_t,
                                           BidiagonalBlock<double>&,
                                           const Context&);

}  // namespace eckart::factor
