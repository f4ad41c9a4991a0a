// eckart/apps/recommend/use.hpp - answers of a model: ratings, lists, neighbours, new users.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "eckart/apps/recommend/model.hpp"
#include "eckart/context.hpp"

namespace eckart::recommend {

// Returns the rating of the pair, clipped to the scale, or the score of a model that learnt an
// order. An unknown user or item (-1) adds nothing: what is left is the mean and the bias of the
// other, or a score of 0.
double predict(const Model& model, index_t user, index_t item);

// Returns predict() for every pair. Values of the ratings are not looked at.
std::vector<double> predict(const Model& model,
                            std::span<const Rating> pairs,
                            const Context& context = default_context());

// An item, or a user, and how much it is one.
struct Scored {
  std::int32_t number = 0;
  float score = 0;
};

struct TopOptions {
  index_t count = 10;         // REQUIRES: >= 1
  bool exclude_rated = true;  // by the user
  index_t min_ratings = 0;    // items with fewer are left out
};

// Returns the items of largest score for every user, best first; of equal scores the item of lower
// number. Ratings are not clipped here, so that the scale has no ties. Lists are shorter where
// there are fewer items. Cost: 2 items rank flops for each user (ease: 2 items |N(u)|), by blocks
// of users. Throws InvalidArgument for a user outside of the model.
std::vector<std::vector<Scored>> top(const Model& model,
                                     std::span<const std::int32_t> users,
                                     const TopOptions& options = {},
                                     const Context& context = default_context());

// Returns the items most like the given one: by the cosine of their factors (of pure_svd: V Sigma),
// by the weights of ease, or for a baseline by the cosine of their columns of ratings; nearest
// first.
std::vector<Scored> similar_items(const Model& model, index_t item, index_t count);

// Returns the users most like the given one: by the cosine of their factors or, without factors, of
// their rows of ratings.
std::vector<Scored> similar_users(const Model& model, index_t user, index_t count);

// Returns the rated items that speak most for the item: those nearest to it as in similar_items,
// among the given ones.
std::vector<Scored> reasons(const Model& model,
                            std::span<const std::int32_t> rated,
                            index_t item,
                            index_t count);

// Someone whom the model has not seen, by their ratings.
struct NewRow {
  std::vector<std::int32_t> numbers;  // of items, or of users; distinct
  std::vector<float> values;
};

// Returns the model with that user behind the others, without training: the bias and factors that
// fit the ratings best, the items' staying as they are, with the regularization of the fit; of
// pure_svd and ease the scores follow from the ratings alone.
// Throws InvalidArgument if the name exists or the row is empty, repeats or leaves the model.
Model with_user(const Model& model, const std::string& name, const NewRow& row);

// The same for several new users at once. The ratings have the item names of the model; a user
// without any gets no bias and no factors. Throws InvalidArgument if a name exists.
Model with_users(const Model& model, const Ratings& ratings);

// The same for a new item and the ratings of users for it. Throws InvalidArgument also for
// pure_svd and ease, which must be fitted again.
Model with_item(const Model& model, const std::string& name, const NewRow& row);

// Returns the model with more ratings: every new item and then every user who occurs in them are
// fitted to all their ratings, while everything else stays. pure_svd, ease and baseline are fitted
// again, which is exact.
Model updated(const Model& model, const Ratings& more, Context& context = default_context());

// Returns the ratings that the model learnt from.
Ratings ratings_of(const Model& model);

// Fits a model of the same kind with the same options to the ratings.
Model fit_again(const Model& model, const Ratings& ratings, Context& context = default_context());

}  // namespace eckart::recommend
