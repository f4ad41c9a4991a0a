// mu + b_u + b_i by alternating means: Koren (2010), section 2.1.
#include "eckart/apps/recommend/fit.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

// b <- sum (r - mu - other) / (regularization + n), for every row.
void update(const RatingRows& rows,
            double mean,
            double regularization,
            const std::vector<double>& other,
            std::vector<double>& b) {
  for (index_t u = 0; u < rows.rows(); ++u) {
    double sum = 0;
    for (index_t p = rows.offsets[u]; p < rows.offsets[u + 1]; ++p) {
      sum += rows.values[p] - mean - other[at(rows.items[p])];
    }
    const auto n = static_cast<double>(rows.offsets[u + 1] - rows.offsets[u]);
    b[at(u)] = n > 0 ? sum / (regularization + n) : 0;
  }
}

}  // namespace

Model fit_baseline(const Ratings& ratings, const BaselineOptions& o, Context& context) {
  require(o.epochs >= 1, "epochs must be >= 1, got " + std::to_string(o.epochs));
  require(o.item_regularization >= 0 && o.user_regularization >= 0,
          "the regularization of a baseline must be >= 0");
  Model model = start_model(Kind::baseline, ratings);
  const RatingRows& by_user = model.rated;
  const RatingRows by_item = transpose(by_user, model.items.size());
  std::vector<double> user_bias(at(model.users.size())), item_bias(at(model.items.size()));
  for (index_t epoch = 0; epoch < o.epochs; ++epoch) {
    begin_epoch("baseline", epoch, o.epochs, context);
    update(by_item, model.mean, o.item_regularization, user_bias, item_bias);
    update(by_user, model.mean, o.user_regularization, item_bias, user_bias);
  }
  model.user_bias = std::vector<float>(user_bias.begin(), user_bias.end());
  model.item_bias = std::vector<float>(item_bias.begin(), item_bias.end());
  model.options = {{"epochs", o.epochs},
                   {"item_regularization", o.item_regularization},
                   {"user_regularization", o.user_regularization}};
  return model;
}

}  // namespace eckart::recommend
