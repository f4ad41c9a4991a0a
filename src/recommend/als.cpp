// Biased matrix factorisation by alternating least squares: Zhou, Wilkinson, Schreiber, Pan (2008).
#include "blas/blas_threads.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

// One side of the model: (b, x) of every user or of every item, side by side.
struct Side {
  Side(index_t count, index_t unknowns) : width(unknowns), rows(at(count * unknowns)) {}
  double* row(index_t i) { return rows.data() + i * width; }
  const double* row(index_t i) const { return rows.data() + i * width; }

  index_t width;
  std::vector<double> rows;
};

// For every row minimises sum (r - mu - b_other - b - x.x_other)^2 + lambda n (b^2 + |x|^2).
void solve_side(const RatingRows& ratings,
                double mean,
                double regularization,
                const Side& other,
                Side& mine,
                const Context& context) {
  constexpr index_t rows_per_chunk = 16;
  core::for_each_chunk(ratings.rows(), rows_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         RidgeSolver solver(mine.width);
                         for (index_t u = first; u < last; ++u) {
                           const auto items = ratings.items_of(u);
                           const auto values = ratings.values_of(u);
                           const auto n = static_cast<index_t>(items.size());
                           if (n == 0) continue;  // stays at zero
                           const MatrixView<double> F = solver.design(n);
                           for (index_t t = 0; t < n; ++t) {
                             const double* row = other.row(items[at(t)]);
                             F(t, 0) = 1;
                             for (index_t j = 1; j < mine.width; ++j) F(t, j) = row[j];
                             solver.target()[t] = values[at(t)] - mean - row[0];
                           }
                           const auto x = solver.solve(regularization * static_cast<double>(n));
                           std::copy(x.begin(), x.end(), mine.row(u));
                         }
                       });
}

Shared<float> biases_of(const Side& side) {
  std::vector<float> biases;
  for (std::size_t i = 0; i < side.rows.size(); i += at(side.width)) {
    biases.push_back(static_cast<float>(side.rows[i]));
  }
  return biases;
}

Shared<float> factors_of(const Side& side) {
  std::vector<float> factors;
  for (std::size_t i = 0; i < side.rows.size(); ++i) {
    if (i % at(side.width) != 0) factors.push_back(static_cast<float>(side.rows[i]));
  }
  return factors;
}

}  // namespace

Model fit_als(const Ratings& ratings, const AlsOptions& o, Context& context) {
  require(o.rank >= 1 && o.rank < index_t{1} << 15,
          "rank must be >= 1, got " + std::to_string(o.rank));
  require(o.epochs >= 1, "epochs must be >= 1, got " + std::to_string(o.epochs));
  require(o.regularization > 0, "regularization must be > 0");
  require(o.deviation > 0, "deviation must be > 0");
  Model model = start_model(Kind::als, ratings);
  model.rank = o.rank;
  const RatingRows by_item = transpose(model.rated, model.items.size());
  Side users(model.users.size(), o.rank + 1), items(model.items.size(), o.rank + 1);
  std::vector<float> start(at(model.items.size() * o.rank));
  fill_rows(model.items.size(), o.rank, o.rank, o.deviation, o.seed, item_purpose, start.data(),
            context);
  for (index_t i = 0; i < model.items.size(); ++i) {
    std::copy_n(start.data() + i * o.rank, o.rank, items.row(i) + 1);
  }
  const blas::BlasThreads guard;
  for (index_t epoch = 0; epoch < o.epochs; ++epoch) {
    begin_epoch("epochs", epoch, o.epochs, context);
    solve_side(model.rated, model.mean, o.regularization, items, users, context);
    solve_side(by_item, model.mean, o.regularization, users, items, context);
  }
  model.user_bias = biases_of(users);
  model.item_bias = biases_of(items);
  model.user_factors = factors_of(users);
  model.item_factors = factors_of(items);
  clear_unrated(model);
  model.options = {{"epochs", o.epochs},
                   {"regularization", o.regularization},
                   {"bias_regularization", o.regularization},
                   {"deviation", o.deviation},
                   {"seed", static_cast<double>(o.seed)}};
  return model;
}

}  // namespace eckart::recommend
