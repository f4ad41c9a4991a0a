// Scale -> cut into a tree of blocks -> leaves by QR iteration -> merge level by level -> order.

#include "factor/bidiagonal_dc.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "blas/blas_threads.hpp"
#include "core/parallel.hpp"
#include "factor/bidiagonal_columns.hpp"
#include "factor/bidiagonal_merge.hpp"
#include "factor/bidiagonal_qr.hpp"
#include "factor/bidiagonal_rotation.hpp"

namespace eckart::factor {
namespace {

constexpr index_t largest_leaf = 16;

// Levels of at least so many blocks are cut by block, smaller ones inside the blocks.
constexpr std::size_t many_blocks = 4;

// A block and the two that it is made of; a leaf has none.
template <class Real>
struct Node {
  BidiagonalBlock<Real> block;
  Node* top = nullptr;
  Node* bottom = nullptr;
};

// Vectors of the blocks of a level lie in one of two stores in turn: children and parents are
// alive at the same time, grandchildren are not.
template <class Real>
class Tree {
 public:
  explicit Tree(index_t n) {
    add(0, 0, n, false);
    lowest_ = root().top == nullptr ? 0 : 1;  // the vectors of a merged root go to the caller
    std::array<index_t, 2> needed{};
    for (std::size_t l = lowest_; l < levels_.size(); ++l) {
      index_t sum = 0;
      for (const auto& node : levels_[l]) sum += elements(node->block);
      needed[l % 2] = std::max(needed[l % 2], sum);
    }
    for (std::size_t s = 0; s < 2; ++s) {
      stores_[s] = Matrix<Real>::uninitialized(needed[s], 1);
    }
    for (std::size_t l = lowest_; l < levels_.size(); ++l) {
      Real* place = stores_[l % 2].data();
      for (const auto& node : levels_[l]) {
        BidiagonalBlock<Real>& b = node->block;
        const index_t ld = padded(b.columns());
        b.U = {place, b.size, b.size, ld};
        b.V = {place + ld * b.size, b.columns(), b.columns(), ld};
        place += elements(b);
      }
    }
  }

  Node<Real>& root() { return *levels_[0][0]; }
  // The blocks whose vectors are stored here, level by level, deepest first.
  template <class Visit>
  void for_each_level(const Visit& visit) {
    for (std::size_t l = levels_.size(); l > lowest_; --l) visit(levels_[l - 1]);
  }

  using Level = std::vector<std::unique_ptr<Node<Real>>>;

 private:
  // Whole vector registers, and no power of two, which would use few sets of a cache.
  static index_t padded(index_t rows) {
    const index_t whole = (rows + 15) / 16 * 16;
    return whole % 64 == 0 ? whole + 16 : whole;
  }
  static index_t elements(const BidiagonalBlock<Real>& b) {
    return padded(b.columns()) * (b.size + b.columns());
  }

  Node<Real>* add(std::size_t level, index_t first, index_t size, bool wide) {
    if (levels_.size() == level) levels_.emplace_back();
    Node<Real>* const node = levels_[level].emplace_back(std::make_unique<Node<Real>>()).get();
    node->block.first = first;
    node->block.size = size;
    node->block.wide = wide;
    if (size > largest_leaf) {
      const index_t half = size / 2;
      node->top = add(level + 1, first, half, true);
      node->bottom = add(level + 1, first + half + 1, size - half - 1, wide);
    }
    return node;
  }

  std::size_t lowest_ = 0;
  std::vector<Level> levels_;
  std::array<Matrix<Real>, 2> stores_;
};

// B = U [diag 0] V^T for a leaf: the additional column of a wide one is rotated away first.
template <class Real>
bool solve_leaf(std::span<const Real> d,
                std::span<const Real> e,
                BidiagonalBlock<Real>& leaf,
                const Context& context) {
  const index_t m = leaf.size;
  const auto begin = static_cast<std::size_t>(leaf.first);
  leaf.values.assign(d.begin() + leaf.first, d.begin() + leaf.first + m);
  std::vector<Real> off(e.begin() + leaf.first,
                        e.begin() + leaf.first + std::max<index_t>(m - 1, 0));
  // With the padding, which the rotations may as well fill: whole registers.
  const auto identity = [](MatrixView<Real> Q) {
    for (index_t j = 0; j < Q.cols; ++j) {
      std::fill_n(Q.column(j), Q.ld, Real{0});
      Q(j, j) = 1;
    }
    return MatrixView<Real>{Q.data, Q.ld, Q.cols, Q.ld};
  };
  const MatrixView<Real> U = identity(leaf.U);
  const MatrixView<Real> V = identity(leaf.V);
  if (leaf.wide) {
    Real last = e[begin + static_cast<std::size_t>(m - 1)];
    for (index_t j = m - 1; j >= 0; --j) {
      const auto at = static_cast<std::size_t>(j);
      const Givens<Real> r = annihilate(leaf.values[at], last);
      leaf.values[at] = r.r;
      if (j > 0) {
        last = -r.s * off[at - 1];
        off[at - 1] *= r.c;
      }
      for (index_t i = 0; i <= m; ++i) {
        const Real x = V(i, j);
        const Real y = V(i, m);
        V(i, j) = r.c * x + r.s * y;
        V(i, m) = r.c * y - r.s * x;
      }
    }
  }
  return bidiagonal_qr<Real>(leaf.values, off, U, V.columns(0, m), context);
}

// Brings the columns, of the given ranks, into falling order.
template <class Real>
void sort_columns(const std::vector<index_t>& rank,
                  index_t first,
                  MatrixView<Real> X,
                  MatrixView<Real> Y,
                  const Context& context) {
  std::vector<index_t> order(rank.size());
  for (std::size_t c = 0; c < rank.size(); ++c) {
    order[static_cast<std::size_t>(rank[c] - first)] = static_cast<index_t>(c);
  }
  if (std::is_sorted(rank.begin(), rank.end())) return;
  core::for_each_chunk(X.rows, 512, context, [&](index_t, index_t begin, index_t end) {
    permute_columns<Real>(X.block(begin, 0, end - begin, X.cols), order);
    permute_columns<Real>(Y.block(begin, 0, end - begin, Y.cols), order);
  });
}

}  // namespace

template <std::floating_point Real>
bool bidiagonal_divide_and_conquer(std::span<Real> d,
                                   std::span<Real> e,
                                   index_t first,
                                   index_t count,
                                   MatrixView<Real> X,
                                   MatrixView<Real> Y,
                                   const Context& context) {
  const auto n = static_cast<index_t>(d.size());
  const blas::BlasThreads one_thread;
  core::throw_if_stopped(context);

  // Scale the largest entry to [1/2, 1), so that no square in a merge overflows or underflows.
  Real largest = 0;
  for (const std::span<Real> part : {d, e}) {
    for (const Real x : part) {
      if (!std::isfinite(x)) return false;
      largest = std::max(largest, std::abs(x));
    }
  }
  int exponent = 0;
  if (largest > 0) std::frexp(largest, &exponent);
  for (Real& x : d) x = std::ldexp(x, -exponent);
  for (Real& x : e) x = std::ldexp(x, -exponent);

  Tree<Real> tree(n);
  std::vector<char> failed(d.size(), 0);
  const auto solve = [&](Node<Real>& node) {
    BidiagonalBlock<Real>& block = node.block;
    if (node.top == nullptr) {
      if (!solve_leaf<Real>(d, e, block, context))
        failed[static_cast<std::size_t>(block.first)] = 1;
      return;
    }
    const auto middle = static_cast<std::size_t>(node.top->block.first + node.top->block.size);
    merge_blocks<Real>(node.top->block, d[middle], e[middle], node.bottom->block, 0, block.size,
                       block, context);
  };
  bool solved = true;
  tree.for_each_level([&](typename Tree<Real>::Level& level) {
    if (!solved) return;
    if (level.size() < many_blocks) {
      for (const auto& node : level) solve(*node);
    } else {
      core::for_each_chunk(
          static_cast<index_t>(level.size()), 1, context,
          [&](index_t b, index_t, index_t) { solve(*level[static_cast<std::size_t>(b)]); });
    }
    solved = std::all_of(failed.begin(), failed.end(), [](char f) { return f == 0; });
  });
  if (!solved) return false;

  Node<Real>& root = tree.root();
  BidiagonalBlock<Real>& whole = root.block;
  if (root.top == nullptr) {
    for (index_t j = 0; j < count; ++j) {
      std::copy_n(whole.U.column(first + j), n, X.column(j));
      std::copy_n(whole.V.column(first + j), n, Y.column(j));
    }
  } else {
    whole.U = X;
    whole.V = Y;
    const auto middle = static_cast<std::size_t>(root.top->block.size);
    const std::vector<index_t> rank = merge_blocks<Real>(
        root.top->block, d[middle], e[middle], root.bottom->block, first, count, whole, context);
    sort_columns<Real>(rank, first, X, Y, context);
    std::sort(whole.values.begin(), whole.values.end(), std::greater<>());
  }
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = std::ldexp(whole.values[i], exponent);
  return true;
}

double bidiagonal_divide_and_conquer_elements(index_t n, index_t count) {
  const auto size = static_cast<double>(n);
  // The two stores: halves with their padding, and quarters; then the columns of a merge.
  const double stores = (1.5 * size + 40) * size;
  const auto columns = static_cast<double>(std::min(count, std::max<index_t>(512, n / 4)));
  return stores + 2 * (size + 16) * columns + 80 * size;
}

template bool bidiagonal_divide_and_conquer(std::span<float>,
                                            std::span<float>,
                                            index_t,
                                            index_t,
                                            MatrixView<float>,
                                            MatrixView<float>,
                                            const Context&);
template bool bidiagonal_divide_and_conquer(std::span<double>,
                                            std::span<double>,
                                            index_t,
                                            index_t,
                                            MatrixView<double>,
                                            MatrixView<double>,
                                            const Context&);

}  // namespace eckart::factor
