// Stages: order the columns -> lay out the fronts -> gather and reduce them, leaves first.
#include "factor/sparse_qr.hpp"

#include <algorithm>
#include <eigen3/Eigen/OrderingMethods>
#include <eigen3/Eigen/SparseCore>
#include <numeric>
#include <utility>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/parallel.hpp"
#include "factor/copies.hpp"
#include "factor/reflectors.hpp"

namespace eckart::factor {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::vector<index_t> inverse(const std::vector<index_t>& order) {
  std::vector<index_t> position(order.size());
  for (std::size_t p = 0; p < order.size(); ++p) position[at(order[p])] = static_cast<index_t>(p);
  return position;
}

// Returns for each position of the order that of the first later column which the elimination of
// this one changes, or -1: the tree of the Cholesky factor of S^H S, found from S.
template <Scalar T>
std::vector<index_t> elimination_tree(const SparseMatrix<T>& transposed,
                                      const std::vector<index_t>& order) {
  std::vector<index_t> parent(order.size(), -1);
  std::vector<index_t> ancestor(order.size(), -1);  // paths, shortened
  std::vector<index_t> latest(at(transposed.cols), -1);
  for (index_t k = 0; k < transposed.rows; ++k) {
    const index_t column = order[at(k)];
    for (index_t p = transposed.offsets[at(column)]; p < transposed.offsets[at(column + 1)]; ++p) {
      const index_t row = transposed.columns[at(p)];
      for (index_t j = latest[at(row)]; j != -1 && j < k;) {
        const index_t next = std::exchange(ancestor[at(j)], k);
        if (next == -1) parent[at(j)] = k;
        j = next;
      }
      latest[at(row)] = k;
    }
  }
  return parent;
}

// Returns the positions so that every subtree is contiguous and comes before its root.
std::vector<index_t> postorder(const std::vector<index_t>& parent) {
  const auto n = static_cast<index_t>(parent.size());
  std::vector<index_t> child(parent.size(), -1);
  std::vector<index_t> sibling(parent.size(), -1);
  std::vector<index_t> stack;
  for (index_t j = n; j-- > 0;) {
    const index_t up = parent[at(j)];
    if (up < 0) {
      stack.push_back(j);
    } else {
      sibling[at(j)] = std::exchange(child[at(up)], j);
    }
  }
  std::vector<index_t> result;
  while (!stack.empty()) {
    const index_t j = stack.back();
    const index_t down = child[at(j)];
    if (down < 0) {
      result.push_back(j);
      stack.pop_back();
    } else {
      child[at(j)] = sibling[at(down)];
      stack.push_back(down);
    }
  }
  return result;
}

// A column may join the front before it when no zeros are stored for it, or few in a small front.
bool worth_joining(index_t pivots, index_t zeros_per_row, bool only_child) {
  constexpr index_t small = 24;
  if (only_child && zeros_per_row == 0) return true;
  return pivots < small && zeros_per_row <= 4;
}

}  // namespace

template <Scalar T>
index_t SparseQr<T>::Front::column(index_t c) const {
  if (c < last) return c - first;
  return pivots() + (std::lower_bound(rest.begin(), rest.end(), c) - rest.begin());
}

template <Scalar T>
SparseQr<T>::SparseQr(const SparseMatrix<T>& S, double most_bytes)
    : rows_(S.rows), cols_(S.cols), places_(S.rows) {
  order_columns(S);
  lay_out_fronts(S, most_bytes);
}

template <Scalar T>
void SparseQr<T>::order_columns(const SparseMatrix<T>& S) {
  const SparseMatrix<T> transposed = transpose(S);
  // Compressed columns of S: the ordering looks at the pattern alone.
  const std::vector<float> ignored(at(S.stored_entries()));
  using Pattern = Eigen::SparseMatrix<float, Eigen::ColMajor, index_t>;
  const Eigen::Map<const Pattern> pattern(S.rows, S.cols, S.stored_entries(),
                                          transposed.offsets.data(), transposed.columns.data(),
                                          ignored.data());
  Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, index_t> chosen;
  Eigen::COLAMDOrdering<index_t>()(pattern, chosen);
  // The permutation tells the position of each column.
  position_.assign(chosen.indices().data(), chosen.indices().data() + cols_);
  order_ = inverse(position_);

  const std::vector<index_t> parent = elimination_tree(transposed, order_);
  const std::vector<index_t> post = postorder(parent);
  const std::vector<index_t> renamed = inverse(post);
  const std::vector<index_t> before = order_;
  parent_.assign(at(cols_), -1);
  for (index_t j = 0; j < cols_; ++j) {
    const index_t old = post[at(j)];
    order_[at(j)] = before[at(old)];
    if (parent[at(old)] >= 0) parent_[at(j)] = renamed[at(parent[at(old)])];
  }
  position_ = inverse(order_);
}

template <Scalar T>
void SparseQr<T>::lay_out_fronts(const SparseMatrix<T>& S, double most_bytes) {
  // Each row enters where its first column is eliminated.
  std::vector<std::vector<index_t>> begins(at(cols_));
  for (index_t i = 0; i < S.rows; ++i) {
    index_t first = cols_;
    for (index_t p = S.offsets[at(i)]; p < S.offsets[at(i + 1)]; ++p) {
      first = std::min(first, position_[at(S.columns[at(p)])]);
    }
    if (first < cols_) begins[at(first)].push_back(i);
  }

  std::vector<std::vector<index_t>> waiting(at(cols_));  // fronts, by the column they leave rows to
  std::vector<index_t> seen(at(cols_), -1);
  const auto close = [&](index_t f) {
    Front& front = fronts_[at(f)];
    front.height = static_cast<index_t>(front.own.size());
    for (const index_t child : front.children) front.height += fronts_[at(child)].left_over();
    if (front.height < front.pivots()) {
      places_ += front.pivots() - front.height;
      front.height = front.pivots();
    }
    bytes_ += static_cast<double>(front.height) *
              static_cast<double>(front.width() * static_cast<index_t>(sizeof(T)) + 8);
    bytes_ += 256 + 8 * static_cast<double>(front.width());
    fits_ = bytes_ <= most_bytes;
  };
  for (index_t j = 0; j < cols_; ++j) {
    std::vector<index_t> reached;
    seen[at(j)] = j;
    const auto reach = [&](index_t c) {
      if (std::exchange(seen[at(c)], j) != j) reached.push_back(c);
    };
    for (const index_t i : begins[at(j)]) {
      for (index_t p = S.offsets[at(i)]; p < S.offsets[at(i + 1)]; ++p) {
        reach(position_[at(S.columns[at(p)])]);
      }
    }
    const bool follows = j > 0 && parent_[at(j - 1)] == j;  // the last front is a child
    std::vector<index_t>& children = waiting[at(j)];
    for (const index_t child : children) {
      for (const index_t c : fronts_[at(child)].rest) reach(c);
    }
    if (follows) {
      for (const index_t c : fronts_.back().rest) reach(c);
    }
    std::sort(reached.begin(), reached.end());

    const auto count = static_cast<index_t>(reached.size());
    if (follows && worth_joining(fronts_.back().pivots(),
                                 count + 1 - static_cast<index_t>(fronts_.back().rest.size()),
                                 children.empty())) {
      Front& front = fronts_.back();
      front.last = j + 1;
      front.rest = std::move(reached);
      front.children.insert(front.children.end(), children.begin(), children.end());
      front.own.insert(front.own.end(), begins[at(j)].begin(), begins[at(j)].end());
    } else {
      const auto f = static_cast<index_t>(fronts_.size());
      if (follows) {
        close(f - 1);
        children.push_back(f - 1);
      }
      Front front;
      front.first = j;
      front.last = j + 1;
      front.rest = std::move(reached);
      front.children = std::move(children);
      front.own = begins[at(j)];
      fronts_.push_back(std::move(front));
    }
    // A front whose last column is not followed by its parent is complete.
    if (j + 1 == cols_ || parent_[at(j)] != j + 1) {
      const auto f = static_cast<index_t>(fronts_.size()) - 1;
      close(f);
      if (parent_[at(j)] >= 0) waiting[at(parent_[at(j)])].push_back(f);
    }
    if (!fits_) return;
  }
}

template <Scalar T>
void SparseQr<T>::gather(const SparseMatrix<T>& S, Front& front) {
  front.values = Matrix<T>(front.height, front.width());
  front.places = front.own;
  for (std::size_t row = 0; row < front.own.size(); ++row) {
    const index_t i = front.own[row];
    for (index_t p = S.offsets[at(i)]; p < S.offsets[at(i + 1)]; ++p) {
      front.values(static_cast<index_t>(row), front.column(position_[at(S.columns[at(p)])])) =
          S.values[at(p)];
    }
  }
  for (const index_t f : front.children) {
    const Front& child = fronts_[at(f)];
    const auto top = static_cast<index_t>(front.places.size());
    const index_t pivots = child.pivots();
    const index_t rows = child.left_over();
    for (std::size_t c = 0; c < child.rest.size(); ++c) {
      const T* from = child.values.view().column(pivots + static_cast<index_t>(c)) + pivots;
      std::copy_n(from, std::min(rows, static_cast<index_t>(c) + 1),
                  front.values.view().column(front.column(child.rest[c])) + top);
    }
    front.places.insert(front.places.end(), child.places.begin() + pivots,
                        child.places.begin() + pivots + rows);
  }
}

template <Scalar T>
void SparseQr<T>::factor(const SparseMatrix<T>& S, real_t<T> least_pivot, const Context& context) {
  index_t spare = rows_;  // places for rows of zeros
  for (Front& front : fronts_) {
    core::throw_if_stopped(context);
    gather(S, front);
    while (static_cast<index_t>(front.places.size()) < front.height)
      front.places.push_back(spare++);
    front.tau.assign(at(std::min(front.height, front.width())), T{});
    blas::reflect_to_triangle<T>(front.values.view(), front.tau.data());
    for (index_t i = 0; i < front.pivots(); ++i) {
      if (!(std::abs(front.values(i, i)) >= least_pivot)) front.values(i, i) = least_pivot;
    }
  }
}

// The rows of X that belong to the later columns of the front.
template <Scalar T>
Matrix<T> SparseQr<T>::gather_rest(const Front& front, MatrixView<const T> X) const {
  Matrix<T> rest(static_cast<index_t>(front.rest.size()), X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < rest.rows(); ++i) rest(i, j) = X(front.rest[at(i)], j);
  }
  return rest;
}

template <Scalar T>
void SparseQr<T>::solve(MatrixView<T> X) const {
  const Context one_thread(1);
  Matrix<T> Y(cols_, X.cols);  // in the chosen order
  for (index_t j = 0; j < X.cols; ++j) std::copy_n(X.column(j), cols_, Y.view().column(j));
  for (auto front = fronts_.rbegin(); front != fronts_.rend(); ++front) {
    const MatrixView<T> pivots = Y.view().block(front->first, 0, front->pivots(), Y.cols());
    if (!front->rest.empty()) {
      const Matrix<T> rest = gather_rest(*front, Y.view());
      blas::gemm<T>(blas::Op::none, blas::Op::none, T{-1}, front->beside(), rest.view(), T{1},
                    pivots);
    }
    blas::solve_upper_from_left<T>(front->triangle(), pivots, one_thread);
  }
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t p = 0; p < cols_; ++p) X(order_[at(p)], j) = Y(p, j);
  }
}

template <Scalar T>
void SparseQr<T>::solve_adjoint(MatrixView<T> X) const {
  Matrix<T> Y(cols_, X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t p = 0; p < cols_; ++p) Y(p, j) = X(order_[at(p)], j);
  }
  for (const Front& front : fronts_) {
    const MatrixView<T> pivots = Y.view().block(front.first, 0, front.pivots(), Y.cols());
    // R^-H X = (X^H R^-1)^H.
    Matrix<T> turned(Y.cols(), front.pivots());
    copy_adjoint<T>(pivots, turned.view());
    blas::solve_upper_from_right<T>(turned.view(), front.triangle());
    copy_adjoint<T>(turned.view(), pivots);
    if (front.rest.empty()) continue;
    Matrix<T> change(static_cast<index_t>(front.rest.size()), Y.cols());
    blas::gemm<T>(blas::Op::adjoint, blas::Op::none, T{1}, front.beside(), pivots, T{0},
                  change.view());
    for (index_t j = 0; j < Y.cols(); ++j) {
      for (index_t i = 0; i < change.rows(); ++i) Y(front.rest[at(i)], j) -= change(i, j);
    }
  }
  for (index_t j = 0; j < X.cols; ++j) std::copy_n(Y.view().column(j), cols_, X.column(j));
}

template <Scalar T>
Matrix<T> SparseQr<T>::multiply_Q(MatrixView<const T> X) const {
  const Context one_thread(1);
  Matrix<T> Y(places_, X.cols);
  for (const Front& front : fronts_) {
    for (index_t j = 0; j < X.cols; ++j) {
      for (index_t i = 0; i < front.pivots(); ++i) {
        Y(front.places[at(i)], j) = X(front.first + i, j);
      }
    }
  }
  for (auto front = fronts_.rbegin(); front != fronts_.rend(); ++front) {
    Matrix<T> part(front->height, X.cols);
    for (index_t j = 0; j < X.cols; ++j) {
      for (index_t i = 0; i < front->height; ++i) part(i, j) = Y(front->places[at(i)], j);
    }
    apply_reflectors<T>(Stored::columns, front->values.view(), std::span<const T>(front->tau),
                        part.view(), one_thread);
    for (index_t j = 0; j < X.cols; ++j) {
      for (index_t i = 0; i < front->height; ++i) Y(front->places[at(i)], j) = part(i, j);
    }
  }
  Matrix<T> result(rows_, X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    std::copy_n(Y.view().column(j), rows_, result.view().column(j));
  }
  return result;
}

template class SparseQr<float>;
template class SparseQr<double>;
template class SparseQr<std::complex<float>>;
template class SparseQr<std::complex<double>>;

}  // namespace eckart::factor
