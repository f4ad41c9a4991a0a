// EASE: item weights in closed form (Steck, WWW 2019).
// Stages: Gram matrix of the items -> Cholesky factor -> its inverse -> weights.
#include <algorithm>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

// The upper triangle of X^T X + lambda I.
Matrix<double> gram_of(const Model& model, const EaseOptions& o, const Context& context) {
  const index_t n = model.items.size();
  const RatingRows& by_user = model.rated;
  const RatingRows by_item = transpose(by_user, n);
  const bool ones = o.values == Values::ones;
  Matrix<double> G(n, n);
  constexpr index_t items_per_chunk = 16;
  core::for_each_chunk(n, items_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      double* const column = G.data() + j * n;
      for (index_t p = by_item.offsets[j]; p < by_item.offsets[j + 1]; ++p) {
        const index_t u = by_item.items[p];
        const double x = ones ? 1 : by_item.values[p];
        for (index_t q = by_user.offsets[u]; by_user.items[q] < j; ++q) {
          column[by_user.items[q]] += ones ? x : x * by_user.values[q];
        }
        column[j] += x * x;
      }
      column[j] += o.regularization;
    }
  });
  return G;
}

// Items of a tile of the inverse.
constexpr index_t tile = 192;

// W <- R^-1 for upper triangular R: rows [first, last) of it end at the diagonal on the left, so
// that only what lies right of it is solved for.
Matrix<double> invert_triangle(const Matrix<double>& R, const Context& context) {
  const index_t n = R.rows();
  Matrix<double> W(n, n);
  core::for_each_chunk(n, tile, context, [&](index_t, index_t first, index_t last) {
    const MatrixView<double> rows = W.view().block(first, first, last - first, n - first);
    for (index_t i = 0; i < last - first; ++i) rows(i, i) = 1;
    blas::solve_upper_from_right<double>(rows, R.view().block(first, first, n - first, n - first));
  });
  return W;
}

// B from the tiles of P = W W^T: row a of W is zero left of its diagonal, so that the product of
// two tiles of rows begins at the later one.
std::vector<float> weights_of(const Matrix<double>& W, const Context& context) {
  const index_t n = W.rows();
  std::vector<double> diagonal(at(n));
  std::vector<float> B(at(n * n));
  const auto product = [&](index_t a, index_t b, Matrix<double>& P) {
    const index_t rows = std::min(tile, n - a), cols = std::min(tile, n - b);
    const index_t inner = std::max(a, b);
    blas::gemm<double>(
        blas::Op::none, blas::Op::transpose, 1.0, W.view().block(a, inner, rows, n - inner),
        W.view().block(b, inner, cols, n - inner), 0.0, P.view().block(0, 0, rows, cols));
  };
  core::for_each_chunk(n, tile, context, [&](index_t, index_t first, index_t last) {
    Matrix<double> P(tile, tile);
    product(first, first, P);
    for (index_t i = first; i < last; ++i) diagonal[at(i)] = P(i - first, i - first);
  });
  const index_t tiles = core::count_chunks(n, tile);
  core::for_each_chunk(tiles * tiles, 1, context, [&](index_t c, index_t, index_t) {
    const index_t a = c / tiles * tile, b = c % tiles * tile;
    if (a > b) return;
    Matrix<double> P(tile, tile);
    product(a, b, P);
    for (index_t i = a; i < std::min(a + tile, n); ++i) {
      for (index_t j = b; j < std::min(b + tile, n); ++j) {
        if (i == j) continue;
        const double p = P(i - a, j - b);
        B[at(i * n + j)] = static_cast<float>(-p / diagonal[at(j)]);
        B[at(j * n + i)] = static_cast<float>(-p / diagonal[at(i)]);
      }
    }
  });
  return B;
}

}  // namespace

Model fit_ease(const Ratings& ratings, const EaseOptions& o, Context& context) {
  require(o.regularization > 0, "regularization must be > 0");
  Model model = start_model(Kind::ease, ratings);
  const auto n = static_cast<std::uint64_t>(model.items.size());
  const std::uint64_t needed = 20 * n * n;
  if (context.memory_cap_bytes() != 0 && needed > context.memory_cap_bytes()) {
    throw MemoryLimit("the weights of " + std::to_string(n) + " items for each other", needed,
                      context.memory_cap_bytes());
  }
  const blas::BlasThreads guard;
  begin_epoch("Gram matrix", 0, 4, context);
  Matrix<double> R = gram_of(model, o, context);
  begin_epoch("Cholesky factor", 1, 4, context);
  require(blas::cholesky(R.view()),
          "the Gram matrix of the items is not positive definite in double; raise the "
          "regularization");
  begin_epoch("inverse", 2, 4, context);
  const Matrix<double> W = invert_triangle(R, context);
  begin_epoch("weights", 3, 4, context);
  model.item_weights = weights_of(W, context);
  model.options = {{"regularization", o.regularization}, {"values", o.values == Values::ratings}};
  return model;
}

}  // namespace eckart::recommend
