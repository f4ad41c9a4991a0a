// New users, items and ratings in a fitted model. The other side stays, so that a row is the answer
// of a small ridge regression.
#include <algorithm>
#include <cmath>
#include <set>

#include "blas/blas.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

double option(const Model& model, const char* name, double otherwise) {
  const auto found = model.options.find(name);
  return found == model.options.end() ? otherwise : found->second;
}

// The users or the items of a model, which are fitted alike.
struct Side {
  Shared<float> Model::*bias;
  Shared<float> Model::*factors;
  const char* regularization;  // of baselines
};
constexpr Side user_side{&Model::user_bias, &Model::user_factors, "user_regularization"};
constexpr Side item_side{&Model::item_bias, &Model::item_factors, "item_regularization"};

// A descent that ends early holds a row back as a ridge of 1 / (sum of its rates) does.
double early_end(const Model& model, const char* rate) {
  const double first = option(model, rate, 0);
  if (first <= 0) return 0;  // least squares do not end early
  const double decay = std::clamp(option(model, "rate_decay", 1), 0.0, 1.0);
  const double epochs = std::max(option(model, "epochs", 1), 1.0);
  return (decay == 1 ? 1 / epochs : (1 - decay) / (1 - std::pow(decay, epochs))) / first;
}

// Fits bias and factors of one row to its ratings; base holds what the row's factors have without
// them (of svdpp: the sum of its items).
class RowFit {
 public:
  RowFit(const Model& model, const Side& mine, const Side& other)
      : model_(model),
        mine_(mine),
        other_bias_((model.*other.bias).values),
        other_((model.*other.factors).values),
        k_(model.rank),
        solver_(k_ + (model.predicts_ratings() ? 1 : 0)) {
    if (model.kind != Kind::implicit_als) return;
    std::vector<double> Y(other_.begin(), other_.end());
    const index_t count = static_cast<index_t>(Y.size()) / k_;
    all_ = Matrix<double>(k_, k_);
    const MatrixView<const double> view{Y.data(), k_, count, k_};
    blas::gemm<double>(blas::Op::none, blas::Op::transpose, option(model, "unobserved_weight", 1),
                       view, view, 0.0, all_.view());
    weight_ = option(model, "unobserved_weight", 1) * static_cast<double>(count);
  }

  void operator()(const NewRow& row, std::span<const double> base, float* bias, float* factors) {
    const auto n = static_cast<index_t>(row.numbers.size());
    if (model_.kind == Kind::baseline) {
      double sum = 0;
      for (index_t t = 0; t < n; ++t) sum += residual(row, t);
      *bias = static_cast<float>(
          sum / (option(model_, mine_.regularization, 0) + static_cast<double>(n)));
      return;
    }
    if (model_.kind == Kind::implicit_als) return fit_order(row, factors);
    // The bias is an unknown with the column s and so with the ridge of the factors / s^2.
    const double ridge = option(model_, "regularization", 0) * static_cast<double>(n) +
                         early_end(model_, "rate") + tiny;
    const double bias_ridge = option(model_, "bias_regularization", 0) * static_cast<double>(n) +
                              early_end(model_, "bias_rate") + tiny;
    const double s = std::sqrt(ridge / bias_ridge);
    const MatrixView<double> F = solver_.design(n);
    for (index_t t = 0; t < n; ++t) {
      const float* other = factors_of(row.numbers[at(t)]);
      F(t, 0) = s;
      double known = 0;
      for (index_t j = 0; j < k_; ++j) {
        F(t, j + 1) = other[j];
        if (!base.empty()) known += base[at(j)] * other[j];
      }
      solver_.target()[t] = residual(row, t) - known;
    }
    const auto x = solver_.solve(ridge);
    *bias = static_cast<float>(s * x[0]);
    for (index_t j = 0; j < k_; ++j) {
      factors[j] = static_cast<float>(x[at(j + 1)] + (base.empty() ? 0 : base[at(j)]));
    }
  }

 private:
  static constexpr double tiny = 1e-9;  // a fit without regularization is determined all the same

  const float* factors_of(index_t other) const { return other_.data() + other * k_; }
  double residual(const NewRow& row, index_t t) const {
    return row.values[at(t)] - model_.mean - other_bias_[at(row.numbers[at(t)])];
  }

  void fit_order(const NewRow& row, float* factors) {
    const auto n = static_cast<index_t>(row.numbers.size());
    const MatrixView<double> F = solver_.design(n);
    for (index_t t = 0; t < n; ++t) {
      const double root = option(model_, "values", 0) != 0
                              ? std::sqrt(std::max(0.0, double{row.values[at(t)]}))
                              : 1;
      for (index_t j = 0; j < k_; ++j) F(t, j) = root * factors_of(row.numbers[at(t)])[j];
      solver_.target()[t] = root;
    }
    const MatrixView<const double> base = std::as_const(all_).view();
    const double ridge = option(model_, "regularization", 0) *
                         std::pow(static_cast<double>(n) + weight_, option(model_, "exponent", 1));
    const auto x = solver_.solve(ridge, &base);
    std::transform(x.begin(), x.end(), factors, [](double v) { return static_cast<float>(v); });
  }

  const Model& model_;
  const Side& mine_;
  std::span<const float> other_bias_, other_;
  index_t k_;
  RidgeSolver solver_;
  Matrix<double> all_;  // alpha_0 Y^T Y
  double weight_ = 0;   // alpha_0 times the number of the others
};

void check(const NewRow& row, index_t others, const char* what) {
  require(!row.numbers.empty() && row.numbers.size() == row.values.size(),
          std::string("a new ") + what + " needs ratings, a value for each");
  std::set<std::int32_t> seen;
  for (std::size_t p = 0; p < row.numbers.size(); ++p) {
    require(row.numbers[p] >= 0 && row.numbers[p] < others,
            "number " + std::to_string(row.numbers[p]) + " is outside of the model");
    require(seen.insert(row.numbers[p]).second,
            "number " + std::to_string(row.numbers[p]) + " is rated twice");
    require(std::isfinite(row.values[p]), "a rating is not finite");
  }
}

void require_new(const Names& names, std::string_view name) {
  require(!names.find(name), "\"" + std::string(name) + "\" is in the model already");
}

Names with_name(const Names& names, const std::string& name) {
  require_new(names, name);
  std::vector<std::string> all;
  for (index_t i = 0; i < names.size(); ++i) all.emplace_back(names[i]);
  all.push_back(name);
  return Names(all);
}

// Returns the values with as many zeros behind them as are missing.
std::vector<float> grown(const Shared<float>& values, index_t size) {
  std::vector<float> longer(values.values.begin(), values.values.end());
  longer.resize(at(size));
  return longer;
}

NewRow row_of(const RatingRows& rows, index_t u) {
  const auto items = rows.items_of(u);
  const auto values = rows.values_of(u);
  return {{items.begin(), items.end()}, {values.begin(), values.end()}};
}

// |N(u)|^-1/2 times the sum of the input factors of svdpp.
std::vector<double> implicit_part(const Model& model, const NewRow& row) {
  if (model.kind != Kind::svdpp) return {};
  std::vector<double> sum(at(model.rank));
  for (const std::int32_t j : row.numbers) {
    for (index_t c = 0; c < model.rank; ++c) sum[at(c)] += model.input_factors[j * model.rank + c];
  }
  for (double& s : sum) s /= std::sqrt(static_cast<double>(row.numbers.size()));
  return sum;
}

// Fits the rows of the model that are named, all of whose ratings are in rows.
void fit_rows(Model& model,
              const std::vector<index_t>& numbers,
              const RatingRows& rows,
              bool are_users) {
  const Side& mine = are_users ? user_side : item_side;
  const bool biases = model.predicts_ratings();
  std::vector<float> bias = grown(model.*mine.bias, biases ? rows.rows() : 0);
  std::vector<float> factors = grown(model.*mine.factors, rows.rows() * model.rank);
  {
    RowFit fit(model, mine, are_users ? item_side : user_side);
    for (const index_t u : numbers) {
      const NewRow row = row_of(rows, u);
      if (row.numbers.empty()) continue;
      const std::vector<double> base =
          are_users ? implicit_part(model, row) : std::vector<double>();
      fit(row, base, biases ? &bias[at(u)] : nullptr, factors.data() + u * model.rank);
    }
  }
  model.*mine.bias = std::move(bias);
  model.*mine.factors = std::move(factors);
}

// The factors of users of pure_svd are what their ratings add.
void project_users(Model& model, const std::vector<index_t>& users) {
  std::vector<float> factors = grown(model.user_factors, model.users.size() * model.rank);
  const bool ratings = option(model, "values", 0) != 0;
  for (const index_t u : users) {
    const NewRow row = row_of(model.rated, u);
    for (index_t c = 0; c < model.rank; ++c) {
      double sum = 0;
      for (std::size_t p = 0; p < row.numbers.size(); ++p) {
        sum +=
            (ratings ? row.values[p] : 1.0F) * model.input_factors[row.numbers[p] * model.rank + c];
      }
      factors[at(u * model.rank + c)] = static_cast<float>(sum);
    }
  }
  model.user_factors = std::move(factors);
}

}  // namespace

Ratings ratings_of(const Model& model) {
  Ratings ratings{model.users, model.items, {}, false};
  for (index_t u = 0; u < model.users.size(); ++u) {
    for (index_t p = model.rated.offsets[u]; p < model.rated.offsets[u + 1]; ++p) {
      ratings.entries.push_back(
          {static_cast<std::int32_t>(u), model.rated.items[p], model.rated.values[p], 0});
    }
  }
  return ratings;
}

Model with_users(const Model& model, const Ratings& ratings) {
  std::vector<std::string> names;
  for (index_t u = 0; u < model.users.size(); ++u) names.emplace_back(model.users[u]);
  std::vector<index_t> added;
  Ratings all = ratings_of(model);
  for (index_t u = 0; u < ratings.users.size(); ++u) {
    require_new(model.users, ratings.users[u]);
    added.push_back(static_cast<index_t>(names.size()));
    names.emplace_back(ratings.users[u]);
  }
  for (Rating rating : ratings.entries) {
    rating.user += static_cast<std::int32_t>(model.users.size());
    all.entries.push_back(rating);
  }
  Model more = model;
  more.users = Names(names);
  all.users = more.users;
  more.rated = by_user(all);
  if (model.kind == Kind::pure_svd) {
    project_users(more, added);
  } else if (model.kind != Kind::ease) {
    const blas::BlasThreads guard;
    fit_rows(more, added, more.rated, true);
  }
  return more;
}

Model with_user(const Model& model, const std::string& name, const NewRow& row) {
  check(row, model.items.size(), "user");
  Ratings ratings{Names({name}), model.items, {}, false};
  for (std::size_t p = 0; p < row.numbers.size(); ++p) {
    ratings.entries.push_back({0, row.numbers[p], row.values[p], 0});
  }
  return with_users(model, ratings);
}

Model with_item(const Model& model, const std::string& name, const NewRow& row) {
  check(row, model.users.size(), "item");
  require(model.kind != Kind::pure_svd && model.kind != Kind::ease,
          std::string("a model of the kind ") + to_string(model.kind) +
              " takes no new item; update it, which fits it again");
  Model more = model;
  more.items = with_name(model.items, name);
  Ratings ratings = ratings_of(model);
  const index_t i = model.items.size();
  for (std::size_t p = 0; p < row.numbers.size(); ++p) {
    ratings.entries.push_back({row.numbers[p], static_cast<std::int32_t>(i), row.values[p], 0});
  }
  ratings.items = more.items;
  more.rated = by_user(ratings);
  if (model.kind == Kind::svdpp) {
    more.input_factors = grown(model.input_factors, more.items.size() * model.rank);
  }
  const blas::BlasThreads guard;
  fit_rows(more, {i}, transpose(more.rated, more.items.size()), false);
  return more;
}

Model updated(const Model& model, const Ratings& more, Context& context) {
  const Ratings all = joined(ratings_of(model), more);
  const bool exact =
      model.kind == Kind::baseline || model.kind == Kind::pure_svd || model.kind == Kind::ease;
  if (exact) {
    Model again = fit_again(model, all, context);
    again.scale = {std::min(model.scale.low, again.scale.low),
                   std::max(model.scale.high, again.scale.high)};
    return again;
  }
  Model next = model;
  next.users = all.users;
  next.items = all.items;
  next.rated = by_user(all);
  const RatingScale scale = more.scale();
  next.scale = {std::min(model.scale.low, scale.low), std::max(model.scale.high, scale.high)};
  if (model.kind == Kind::svdpp) {
    next.input_factors = grown(model.input_factors, all.items.size() * model.rank);
  }
  std::vector<index_t> items, users;
  for (index_t i = model.items.size(); i < all.items.size(); ++i) items.push_back(i);
  std::set<index_t> touched;
  for (index_t u = 0; u < more.users.size(); ++u) touched.insert(*all.users.find(more.users[u]));
  users.assign(touched.begin(), touched.end());
  const blas::BlasThreads guard;
  // New users know nothing yet when the items are fitted, then everything.
  next.user_bias = grown(model.user_bias, all.users.size());
  next.user_factors = grown(model.user_factors, all.users.size() * model.rank);
  if (!model.predicts_ratings()) next.user_bias = {};
  fit_rows(next, items, transpose(next.rated, all.items.size()), false);
  fit_rows(next, users, next.rated, true);
  return next;
}

Model fit_again(const Model& model, const Ratings& ratings, Context& context) {
  const auto number = [&](const char* name, double otherwise) {
    return option(model, name, otherwise);
  };
  const auto whole = [&](const char* name, double otherwise) {
    // A file may hold any number.
    return static_cast<index_t>(std::clamp(number(name, otherwise), 0.0, 1e6));
  };
  const auto seed = static_cast<std::uint64_t>(std::clamp(number("seed", 0), 0.0, 0x1p53));
  const Values values = number("values", 0) != 0 ? Values::ratings : Values::ones;
  const auto plain = [&] {
    PlainSvdOptions o;
    o.implicit = model.kind == Kind::svdpp;
    o.rank = model.rank;
    o.epochs = whole("epochs", 20);
    o.rate = number("rate", o.rate);
    o.rate_decay = number("rate_decay", 1);
    o.regularization = number("regularization", o.regularization);
    o.bias_rate = number("bias_rate", o.rate);
    o.bias_regularization = number("bias_regularization", o.regularization);
    o.implicit_rate = number("implicit_rate", o.rate);
    o.implicit_regularization = number("implicit_regularization", o.regularization);
    o.deviation = number("deviation", o.deviation);
    o.seed = seed;
    return fit_plain_svd(ratings, o, context);
  };
  switch (model.kind) {
    case Kind::baseline:
      return fit_baseline(ratings,
                          {.epochs = whole("epochs", 10),
                           .item_regularization = number("item_regularization", 10),
                           .user_regularization = number("user_regularization", 15)},
                          context);
    case Kind::svd:
      if (number("plain", 0) != 0) return plain();
      return fit_svd(ratings,
                     {.rank = model.rank,
                      .epochs = whole("epochs", 20),
                      .rate = number("rate", 0.1),
                      .bias_rate = number("bias_rate", 0.01),
                      .rate_decay = number("rate_decay", 0.9),
                      .regularization = number("regularization", 0.08),
                      .bias_regularization = number("bias_regularization", 0.02),
                      .deviation = number("deviation", 0.02),
                      .grid = whole("grid", 0),
                      .seed = seed},
                     context);
    case Kind::svdpp:
      return plain();
    case Kind::als:
      return fit_als(ratings,
                     {.rank = model.rank,
                      .epochs = whole("epochs", 15),
                      .regularization = number("regularization", 0.08),
                      .deviation = number("deviation", 0.02),
                      .seed = seed},
                     context);
    case Kind::implicit_als:
      return fit_implicit_als(ratings,
                              {.rank = model.rank,
                               .epochs = whole("epochs", 12),
                               .unobserved_weight = number("unobserved_weight", 0.3),
                               .regularization = number("regularization", 0.3),
                               .exponent = number("exponent", 0.5),
                               .deviation = number("deviation", 0.1),
                               .values = values,
                               .seed = seed},
                              context);
    case Kind::pure_svd:
      return fit_pure_svd(
          ratings,
          {.rank = model.rank, .values = values, .scaling = number("scaling", 1), .seed = seed},
          context);
    case Kind::ease:
      return fit_ease(ratings, {.regularization = number("regularization", 300), .values = values},
                      context);
  }
  throw InvalidArgument("a model of an unknown kind");
}

}  // namespace eckart::recommend
