// eckart/apps/recommend/evaluate.hpp - how good a model is on ratings that it has not seen.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "eckart/apps/recommend/model.hpp"
#include "eckart/apps/recommend/split.hpp"
#include "eckart/context.hpp"

namespace eckart::recommend {

// Over all test ratings, not per user; predictions are clipped to the scale.
struct RatingErrors {
  double rmse = 0;
  double mae = 0;
  index_t ratings = 0;
  index_t unknown_users = 0;  // test ratings whose user has no rating that the model learnt from
  index_t unknown_items = 0;
};

// test has the numbers of the model; -1 is unknown. Zeros if it is empty.
// Throws InvalidArgument if the model predicts no ratings.
RatingErrors rating_errors(const Model& model,
                           const Ratings& test,
                           const Context& context = default_context());

struct RankingOptions {
  index_t count = 10;  // length N of the lists. REQUIRES: >= 1
  // Test ratings from here on are relevant; none: all of them.
  std::optional<double> relevant_from = {};
};

// Lists hold N of all items that the user has not rated in the training. With h hits of t relevant
// test items, rank counted from 1, averages over the users who have any (the others are counted):
struct Ranking {
  double precision = 0;   // h / N
  double recall = 0;      // h / t
  double map = 0;         // sum over hits of (hits up to there / its rank) / min(t, N)
  double ndcg = 0;        // sum over hits of 1 / log2(rank + 1), / its largest value for min(t, N)
  double hit_rate = 0;    // share of users with h > 0
  double mrr = 0;         // 1 / rank of the first hit; 0 without
  double coverage = 0;    // share of all items that are in any list
  double popularity = 0;  // mean number of training ratings of the items in the lists
  index_t users = 0;
  index_t skipped = 0;  // known users without a relevant test item
};

Ranking ranking(const Model& model,
                const Ratings& test,
                const RankingOptions& options = {},
                const Context& context = default_context());

// Mean and standard deviation over folds (divisor folds - 1).
struct Spread {
  double mean = 0;
  double deviation = 0;
};
Spread spread_of(const std::vector<double>& values);

// Fits to every fold's training part and judges by its test. The folds run side by side, each on
// one thread.
struct CrossValidation {
  std::vector<RatingErrors> errors;  // empty if the models predict no ratings
  std::vector<Ranking> rankings;     // empty unless asked for
};
using Fit = std::function<Model(const Ratings&, Context&)>;
CrossValidation cross_validate(const Ratings& ratings,
                               const std::vector<std::int32_t>& fold_of,
                               const Fit& fit,
                               const RankingOptions* lists,
                               Context& context = default_context());

}  // namespace eckart::recommend
