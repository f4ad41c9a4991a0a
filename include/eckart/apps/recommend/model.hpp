// eckart/apps/recommend/model.hpp - what was learnt from ratings.
#pragma once

#include <map>
#include <string>

#include "eckart/ratings.hpp"

namespace eckart::recommend {

// How a model was learnt, and what its scores are.
enum class Kind {
  baseline,      // mu + b_u + b_i
  svd,           // mu + b_u + b_i + p_u.q_i
  svdpp,         // mu + b_u + b_i + (p_u + |N(u)|^-1/2 sum y_j).q_i
  als,           // as svd, by alternating least squares
  implicit_als,  // p_u.q_i, an order and no ratings, as the two below
  pure_svd,      // (row of the ratings) V V^T
  ease,          // (row of the ratings) B
};
const char* to_string(Kind kind);
// Throws InvalidArgument naming the known kinds.
Kind kind_from_string(const std::string& name);

// Everything that predictions need. Copies share their arrays; those read from a file are mapped.
struct Model {
  Kind kind = Kind::baseline;
  Names users;
  Names items;
  RatingRows rated;                          // what it learnt from
  RatingScale scale;                         // of predicted ratings
  double mean = 0;                           // mu
  index_t rank = 0;                          // k
  Shared<float> user_bias, item_bias;        // empty: there are none
  Shared<float> user_factors, item_factors;  // k for each, side by side
  // What a rated item adds to its user's factors, k for each item: |N(u)|^1/2 times that of svdpp,
  // times the rating of pure_svd. Empty for other kinds.
  Shared<float> input_factors;
  Shared<float> singular_values;  // of pure_svd, k
  Shared<float> item_weights;     // B of ease: weight of item j for item i at j * items + i
  // The options that it was fitted with, by their names.
  std::map<std::string, double> options;

  bool predicts_ratings() const { return kind <= Kind::als; }
  bool has_factors() const { return rank > 0; }
  std::span<const float> factors_of_user(index_t u) const {
    return user_factors.part(u * rank, (u + 1) * rank);
  }
  std::span<const float> factors_of_item(index_t i) const {
    return item_factors.part(i * rank, (i + 1) * rank);
  }
};

// Throws InvalidArgument naming the first array whose size does not fit or, if it looks at the
// values, the first that holds a value that is not finite.
void validate(const Model& model, bool values = true);

}  // namespace eckart::recommend
