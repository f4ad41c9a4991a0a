// Neighbours: cosines of factors, weights of ease, cosines of ratings where there are no factors.
#include <algorithm>
#include <cmath>

#include "eckart/apps/recommend/use.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

// Returns the cosines of one row with all, each column multiplied by its weight (or none).
std::vector<float> cosines(std::span<const float> rows,
                           index_t k,
                           index_t row,
                           const Shared<float>& weights) {
  const index_t n = k == 0 ? 0 : static_cast<index_t>(rows.size()) / k;
  const auto product = [&](index_t a, index_t b) {
    double sum = 0;
    for (index_t j = 0; j < k; ++j) {
      const double w = weights.size() > 0 ? weights[j] : 1;
      sum += w * w * rows[at(a * k + j)] * rows[at(b * k + j)];
    }
    return sum;
  };
  const double own = product(row, row);
  std::vector<float> result(at(n));
  for (index_t i = 0; i < n; ++i) {
    const double lengths = std::sqrt(own * product(i, i));
    result[at(i)] = lengths > 0 ? static_cast<float>(product(row, i) / lengths) : 0;
  }
  return result;
}

// The same of sparse rows.
std::vector<float> cosines(const RatingRows& rows, index_t columns, index_t row) {
  std::vector<double> wanted(at(columns));
  double own = 0;
  for (index_t p = rows.offsets[row]; p < rows.offsets[row + 1]; ++p) {
    wanted[at(rows.items[p])] = rows.values[p];
    own += double{rows.values[p]} * rows.values[p];
  }
  std::vector<float> result(at(rows.rows()));
  for (index_t i = 0; i < rows.rows(); ++i) {
    double sum = 0, squares = 0;
    for (index_t p = rows.offsets[i]; p < rows.offsets[i + 1]; ++p) {
      sum += wanted[at(rows.items[p])] * rows.values[p];
      squares += double{rows.values[p]} * rows.values[p];
    }
    const double lengths = std::sqrt(own * squares);
    result[at(i)] = lengths > 0 ? static_cast<float>(sum / lengths) : 0;
  }
  return result;
}

// How near every item is to the given one.
std::vector<float> nearness(const Model& model, index_t item) {
  const index_t n = model.items.size();
  if (model.kind == Kind::ease) {
    std::vector<float> weights(at(n));  // of every item for the given one
    for (index_t j = 0; j < n; ++j) weights[at(j)] = model.item_weights[j * n + item];
    return weights;
  }
  if (!model.has_factors()) {
    return cosines(transpose(model.rated, n), model.users.size(), item);
  }
  return cosines(model.item_factors.values, model.rank, item, model.singular_values);
}

std::vector<Scored> nearest(const std::vector<float>& scores,
                            std::span<const std::int32_t> candidates,
                            index_t self,
                            index_t count) {
  std::vector<Scored> list;
  for (const std::int32_t i : candidates) {
    if (i != self) list.push_back({i, scores[at(i)]});
  }
  const auto wanted = std::min(at(std::max<index_t>(count, 0)), list.size());
  std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(wanted), list.end(),
                    [](const Scored& a, const Scored& b) {
                      return a.score > b.score || (a.score == b.score && a.number < b.number);
                    });
  list.resize(wanted);
  return list;
}

std::vector<std::int32_t> everyone(index_t n) {
  std::vector<std::int32_t> all(at(n));
  for (index_t i = 0; i < n; ++i) all[at(i)] = static_cast<std::int32_t>(i);
  return all;
}

void require_item(const Model& model, index_t item) {
  require(item >= 0 && item < model.items.size(), "there is no item " + std::to_string(item));
}

}  // namespace

std::vector<Scored> similar_items(const Model& model, index_t item, index_t count) {
  require_item(model, item);
  return nearest(nearness(model, item), everyone(model.items.size()), item, count);
}

std::vector<Scored> similar_users(const Model& model, index_t user, index_t count) {
  require(user >= 0 && user < model.users.size(), "there is no user " + std::to_string(user));
  const std::vector<float> scores = model.has_factors()
                                        ? cosines(model.user_factors.values, model.rank, user, {})
                                        : cosines(model.rated, model.items.size(), user);
  return nearest(scores, everyone(model.users.size()), user, count);
}

std::vector<Scored> reasons(const Model& model,
                            std::span<const std::int32_t> rated,
                            index_t item,
                            index_t count) {
  require_item(model, item);
  return nearest(nearness(model, item), rated, item, count);
}

}  // namespace eckart::recommend
