#include "eckart/apps/recommend/evaluate.hpp"

#include <algorithm>
#include <cmath>

#include "eckart/apps/recommend/use.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

// The relevant items of every known user, in rising order.
std::vector<std::vector<std::int32_t>> relevant_items(const Model& model,
                                                      const Ratings& test,
                                                      const RankingOptions& o) {
  std::vector<std::vector<std::int32_t>> relevant(at(model.users.size()));
  for (const Rating& r : test.entries) {
    if (r.user < 0) continue;
    if (o.relevant_from && r.value < *o.relevant_from) continue;
    // An item that nobody rated in the training cannot be found, but it counts as missed.
    relevant[at(r.user)].push_back(r.item);
  }
  for (auto& items : relevant) {
    std::sort(items.begin(), items.end());
    // Unknown items are different ones.
    const auto known = std::find_if(items.begin(), items.end(), [](auto i) { return i >= 0; });
    items.erase(std::unique(known, items.end()), items.end());
  }
  return relevant;
}

}  // namespace

RatingErrors rating_errors(const Model& model, const Ratings& test, const Context& context) {
  require(model.predicts_ratings(), std::string("a model of the kind ") + to_string(model.kind) +
                                        " learnt an order; it predicts no ratings");
  RatingErrors e;
  e.ratings = test.count();
  if (e.ratings == 0) return e;
  const std::vector<double> predictions = predict(model, test.entries, context);
  std::vector<bool> learnt(at(model.items.size()));
  for (const std::int32_t i : model.rated.items.values) learnt[at(i)] = true;
  double squares = 0, sum = 0;
  for (std::size_t p = 0; p < predictions.size(); ++p) {
    const Rating& r = test.entries[p];
    const double error = r.value - predictions[p];
    squares += error * error;
    sum += std::abs(error);
    e.unknown_users += r.user < 0 || model.rated.items_of(r.user).empty();
    e.unknown_items += r.item < 0 || !learnt[at(r.item)];
  }
  const auto n = static_cast<double>(e.ratings);
  e.rmse = std::sqrt(squares / n);
  e.mae = sum / n;
  return e;
}

Ranking ranking(const Model& model,
                const Ratings& test,
                const RankingOptions& o,
                const Context& context) {
  const auto relevant = relevant_items(model, test, o);
  Ranking result;
  std::vector<std::int32_t> users;
  for (index_t u = 0; u < model.users.size(); ++u) {
    if (!relevant[at(u)].empty()) users.push_back(static_cast<std::int32_t>(u));
  }
  result.users = static_cast<index_t>(users.size());
  result.skipped = model.users.size() - result.users;
  const auto lists = top(model, users, {.count = o.count}, context);
  std::vector<index_t> ratings(at(model.items.size()));
  for (const std::int32_t i : model.rated.items.values) ++ratings[at(i)];
  std::vector<bool> listed(at(model.items.size()));
  double in_lists = 0;
  for (std::size_t n = 0; n < users.size(); ++n) {
    const auto& wanted = relevant[at(users[n])];
    double hits = 0, precisions = 0, gain = 0, ideal = 0;
    for (std::size_t j = 0; j < lists[n].size(); ++j) {
      const std::int32_t item = lists[n][j].number;
      listed[at(item)] = true;
      result.popularity += static_cast<double>(ratings[at(item)]);
      ++in_lists;
      if (!std::binary_search(wanted.begin(), wanted.end(), item)) continue;
      const auto rank = static_cast<double>(j + 1);
      if (hits == 0) result.mrr += 1 / rank;
      ++hits;
      precisions += hits / rank;
      gain += 1 / std::log2(rank + 1);
    }
    const auto most =
        std::min<double>(static_cast<double>(wanted.size()), static_cast<double>(o.count));
    for (double rank = 1; rank <= most; ++rank) ideal += 1 / std::log2(rank + 1);
    result.precision += hits / static_cast<double>(o.count);
    result.recall += hits / static_cast<double>(wanted.size());
    result.map += precisions / most;
    result.ndcg += gain / ideal;
    result.hit_rate += hits > 0;
  }
  if (result.users > 0) {
    const auto count = static_cast<double>(result.users);
    for (double* mean : {&result.precision, &result.recall, &result.map, &result.ndcg,
                         &result.hit_rate, &result.mrr}) {
      *mean /= count;
    }
  }
  if (in_lists > 0) result.popularity /= in_lists;
  result.coverage = static_cast<double>(std::count(listed.begin(), listed.end(), true)) /
                    static_cast<double>(std::max<index_t>(model.items.size(), 1));
  return result;
}

Spread spread_of(const std::vector<double>& values) {
  Spread s;
  if (values.empty()) return s;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) s.mean += v / n;
  for (const double v : values) s.deviation += (v - s.mean) * (v - s.mean);
  s.deviation = n > 1 ? std::sqrt(s.deviation / (n - 1)) : 0;
  return s;
}

CrossValidation cross_validate(const Ratings& ratings,
                               const std::vector<std::int32_t>& fold_of,
                               const Fit& fit,
                               const RankingOptions* lists,
                               Context& context) {
  require(!fold_of.empty(), "there is no rating to judge by");
  const index_t folds = *std::max_element(fold_of.begin(), fold_of.end()) + 1;
  CrossValidation result;
  result.errors.resize(at(folds));
  if (lists != nullptr) result.rankings.resize(at(folds));
  std::vector<char> judged(at(folds));
  core::for_each_chunk(folds, 1, context, [&](index_t fold, index_t, index_t) {
    if (context.cancelled()) core::throw_cancelled(context);
    Context own(1);
    const Split split = split_fold(ratings, fold_of, fold);
    const Model model = fit(split.train, own);
    if (model.predicts_ratings()) {
      result.errors[at(fold)] = rating_errors(model, split.test, own);
      judged[at(fold)] = 1;
    }
    if (lists != nullptr) result.rankings[at(fold)] = ranking(model, split.test, *lists, own);
  });
  if (!judged[0]) result.errors.clear();
  return result;
}

}  // namespace eckart::recommend
