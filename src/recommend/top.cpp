// Predictions for pairs, and the best items for users: products of blocks of users, then a heap for
// each list.
#include <algorithm>
#include <limits>

#include "blas/blas.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "kernels/sgd.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

constexpr float never = -std::numeric_limits<float>::infinity();

// The value that a rating of the model's rows has as input of pure_svd and ease.
float input_value(const Model& model, float rating) {
  const auto found = model.options.find("values");
  return found != model.options.end() && found->second != 0 ? rating : 1;
}

// The weights of what the user rated for the item.
double ease_score(const Model& model, index_t user, index_t item) {
  const auto items = model.rated.items_of(user);
  const auto values = model.rated.values_of(user);
  double score = 0;
  for (std::size_t p = 0; p < items.size(); ++p) {
    score +=
        input_value(model, values[p]) * model.item_weights[items[p] * model.items.size() + item];
  }
  return score;
}

// Writes the scores of all items for some users, a column of S for each.
void score_block(const Model& model, std::span<const std::int32_t> users, MatrixView<float> S) {
  const index_t n = model.items.size(), k = model.rank;
  for (index_t c = 0; c < S.cols; ++c) {
    const index_t u = users[at(c)];
    const float base =
        model.predicts_ratings() ? static_cast<float>(model.mean) + model.user_bias[u] : 0.0F;
    float* const scores = S.column(c);
    for (index_t i = 0; i < n; ++i) {
      scores[i] = model.item_bias.size() > 0 ? base + model.item_bias[i] : base;
    }
    if (model.kind != Kind::ease) continue;
    const auto items = model.rated.items_of(u);
    const auto values = model.rated.values_of(u);
    for (std::size_t p = 0; p < items.size(); ++p) {
      kernels::add_multiple(n, input_value(model, values[p]),
                            model.item_weights.data() + items[p] * n, scores);
    }
  }
  if (!model.has_factors()) return;
  Matrix<float> P = Matrix<float>::uninitialized(k, S.cols);
  for (index_t c = 0; c < S.cols; ++c) {
    const auto factors = model.factors_of_user(users[at(c)]);
    std::copy(factors.begin(), factors.end(), P.view().column(c));
  }
  const MatrixView<const float> Q{model.item_factors.data(), k, n, k};
  blas::gemm<float>(blas::Op::transpose, blas::Op::none, 1.0F, Q, P.view(), 1.0F, S);
}

// Better ones first.
bool better(const Scored& a, const Scored& b) {
  return a.score > b.score || (a.score == b.score && a.number < b.number);
}

std::vector<Scored> best_of(const float* scores, index_t n, index_t count) {
  std::vector<Scored> heap;  // the worst in front
  float worst = never;       // to be beaten
  for (index_t i = 0; i < n; ++i) {
    if (!(scores[i] > worst)) continue;
    if (static_cast<index_t>(heap.size()) == count) {
      std::pop_heap(heap.begin(), heap.end(), better);
      heap.pop_back();
    }
    heap.push_back({static_cast<std::int32_t>(i), scores[i]});
    std::push_heap(heap.begin(), heap.end(), better);
    if (static_cast<index_t>(heap.size()) == count) worst = heap.front().score;
  }
  std::sort_heap(heap.begin(), heap.end(), better);
  return heap;
}

}  // namespace

double predict(const Model& model, index_t user, index_t item) {
  double score = model.predicts_ratings() ? model.mean : 0;
  if (user >= 0 && model.user_bias.size() > 0) score += model.user_bias[user];
  if (item >= 0 && model.item_bias.size() > 0) score += model.item_bias[item];
  if (user >= 0 && item >= 0) {
    if (model.has_factors()) {
      const auto p = model.factors_of_user(user), q = model.factors_of_item(item);
      double product = 0;
      for (std::size_t j = 0; j < p.size(); ++j) product += double{p[j]} * q[j];
      score += product;
    } else if (model.kind == Kind::ease) {
      score += ease_score(model, user, item);
    }
  }
  return model.predicts_ratings() ? model.scale.clip(score) : score;
}

std::vector<double> predict(const Model& model,
                            std::span<const Rating> pairs,
                            const Context& context) {
  std::vector<double> predictions(pairs.size());
  constexpr index_t pairs_per_chunk = 8192;
  core::for_each_chunk(static_cast<index_t>(pairs.size()), pairs_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t p = first; p < last; ++p) {
                           predictions[at(p)] =
                               predict(model, pairs[at(p)].user, pairs[at(p)].item);
                         }
                       });
  return predictions;
}

std::vector<std::vector<Scored>> top(const Model& model,
                                     std::span<const std::int32_t> users,
                                     const TopOptions& o,
                                     const Context& context) {
  require(o.count >= 1, "count must be >= 1, got " + std::to_string(o.count));
  for (const std::int32_t u : users) {
    require(u >= 0 && u < model.users.size(), "there is no user " + std::to_string(u));
  }
  const index_t n = model.items.size();
  std::vector<std::int32_t> rare;
  if (o.min_ratings > 0) {
    std::vector<index_t> ratings(at(n));
    for (const std::int32_t i : model.rated.items.values) ++ratings[at(i)];
    for (index_t i = 0; i < n; ++i) {
      if (ratings[at(i)] < o.min_ratings) rare.push_back(static_cast<std::int32_t>(i));
    }
  }
  std::vector<std::vector<Scored>> lists(users.size());
  const blas::BlasThreads guard;
  constexpr index_t users_per_chunk = 32;
  core::for_each_chunk(static_cast<index_t>(users.size()), users_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         Matrix<float> S = Matrix<float>::uninitialized(n, last - first);
                         const auto block = users.subspan(at(first), at(last - first));
                         score_block(model, block, S.view());
                         for (index_t c = 0; c < S.cols(); ++c) {
                           float* const scores = S.view().column(c);
                           if (o.exclude_rated) {
                             for (const std::int32_t i : model.rated.items_of(block[at(c)]))
                               scores[i] = never;
                           }
                           for (const std::int32_t i : rare) scores[i] = never;
                           lists[at(first + c)] = best_of(scores, n, o.count);
                         }
                       });
  return lists;
}

}  // namespace eckart::recommend
