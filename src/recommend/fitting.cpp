#include "recommend/fitting.hpp"

#include <algorithm>
#include <cmath>

#include "blas/blas.hpp"
#include "blas/lapack.hpp"
#include "core/philox.hpp"

namespace eckart::recommend {

Model start_model(Kind kind, const Ratings& ratings) {
  require(ratings.count() > 0, "there is no rating to learn from");
  Model model;
  model.kind = kind;
  model.users = ratings.users;
  model.items = ratings.items;
  model.rated = by_user(ratings);
  model.scale = ratings.scale();
  model.mean = ratings.mean();
  return model;
}

std::vector<index_t> user_counts(const RatingRows& rated) {
  std::vector<index_t> counts(at(rated.rows()));
  for (index_t u = 0; u < rated.rows(); ++u)
    counts[at(u)] = rated.offsets[u + 1] - rated.offsets[u];
  return counts;
}

std::vector<index_t> item_counts(const RatingRows& rated, index_t items) {
  std::vector<index_t> counts(at(items));
  for (const std::int32_t i : rated.items.values) ++counts[at(i)];
  return counts;
}

void clear_unrated(Model& model) {
  const auto clear = [&](const std::vector<index_t>& counts, Shared<float>& factors) {
    std::vector<float> cleared;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] > 0) continue;
      if (cleared.empty()) cleared.assign(factors.values.begin(), factors.values.end());
      std::fill_n(cleared.begin() + static_cast<index_t>(i) * model.rank, model.rank, 0.0F);
    }
    if (!cleared.empty()) factors = std::move(cleared);
  };
  const std::vector<index_t> items = item_counts(model.rated, model.items.size());
  clear(user_counts(model.rated), model.user_factors);
  clear(items, model.item_factors);
  if (model.kind == Kind::svdpp) clear(items, model.input_factors);
}

void begin_epoch(const char* stage, index_t epoch, index_t epochs, const Context& context) {
  if (context.cancelled()) core::throw_cancelled(context);
  context.report_progress(
      {.stage = stage, .fraction = static_cast<double>(epoch) / static_cast<double>(epochs)});
}

void fill_rows(index_t rows,
               index_t count,
               index_t width,
               double deviation,
               std::uint64_t seed,
               std::uint32_t purpose,
               float* data,
               const Context& context) {
  constexpr index_t rows_per_chunk = 256;
  // Uniform in (-a, a) has the deviation a / sqrt(3).
  const double step = 2 * std::sqrt(3.0) * deviation * 0x1p-32;
  core::for_each_chunk(rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t i = first; i < last; ++i) {
      float* row = data + i * width;
      std::fill_n(row, width, 0.0F);
      for (index_t j = 0; j < count; j += 4) {
        const auto words = core::philox(
            {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), purpose, 0},
            {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
        for (index_t c = j; c < std::min(j + 4, count); ++c) {
          row[c] =
              static_cast<float>(step * (static_cast<double>(words[at(c - j)]) - 0x1p31 + 0.5));
        }
      }
    }
  });
}

std::vector<std::int32_t> shuffled(index_t n, std::uint64_t seed, std::uint32_t purpose) {
  std::vector<std::pair<std::uint64_t, std::int32_t>> keys(at(n));
  for (index_t i = 0; i < n; ++i) {
    const auto words =
        core::philox({static_cast<std::uint32_t>(i), order_purpose, purpose, 0},
                     {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    keys[at(i)] = {(std::uint64_t{words[0]} << 32) | words[1], static_cast<std::int32_t>(i)};
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::int32_t> order(at(n));
  for (index_t i = 0; i < n; ++i) order[at(i)] = keys[at(i)].second;
  return order;
}

MatrixView<double> RidgeSolver::design(index_t ratings) {
  ratings_ = ratings;
  design_.resize(std::max(design_.size(), at(ratings * unknowns_)));
  target_.resize(std::max(target_.size(), at(ratings)));
  return {design_.data(), ratings, unknowns_, std::max<index_t>(ratings, 1)};
}

std::span<const double> RidgeSolver::solve(double ridge, const MatrixView<const double>* base) {
  const index_t c = unknowns_;
  gram_.assign(at(c * c), 0.0);
  x_.assign(at(c), 0.0);
  const MatrixView<double> G{gram_.data(), c, c, c};
  const MatrixView<const double> F{design_.data(), ratings_, c, std::max<index_t>(ratings_, 1)};
  if (ratings_ > 0) {
    blas::gram<double>(F, 0.0, G);
    const MatrixView<const double> t{target_.data(), ratings_, 1, ratings_};
    blas::gemm<double>(blas::Op::transpose, blas::Op::none, 1.0, F, t, 0.0, {x_.data(), c, 1, c});
  }
  for (index_t j = 0; j < c; ++j) {
    for (index_t i = 0; i <= j; ++i) {
      if (base != nullptr) G(i, j) += (*base)(i, j);
    }
    G(j, j) += ridge;
  }
  if (!blas::cholesky(G))
    throw InvalidArgument(
        "the normal equations are not positive definite; raise the regularization");
  for (index_t j = 0; j < c; ++j) {  // R^T y = F^T t
    double sum = x_[at(j)];
    for (index_t i = 0; i < j; ++i) sum -= G(i, j) * x_[at(i)];
    x_[at(j)] = sum / G(j, j);
  }
  for (index_t j = c - 1; j >= 0; --j) {  // R x = y
    x_[at(j)] /= G(j, j);
    for (index_t i = 0; i < j; ++i) x_[at(i)] -= G(i, j) * x_[at(j)];
  }
  return x_;
}

}  // namespace eckart::recommend
