#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "eckart/apps/recommend/evaluate.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

NewRow row_of(const Model& m, index_t u) {
  const auto items = m.rated.items_of(u);
  const auto values = m.rated.values_of(u);
  return {{items.begin(), items.end()}, {values.begin(), values.end()}};
}

// The first eighty users learn; the others are judged by half of their ratings, given the other.
struct Strangers {
  explicit Strangers(const Ratings& all) {
    std::vector<index_t> seen(static_cast<std::size_t>(all.users.size()));
    train = {Names(numbered("u", 80)), all.items, {}, false};
    for (const Rating& r : all.entries) {
      if (r.user < 80) {
        train.entries.push_back(r);
      } else {
        (seen[static_cast<std::size_t>(r.user)]++ % 2 == 0 ? given : hidden).push_back(r);
      }
    }
  }
  double rmse(const Model& fitted) const {
    double squares = 0;
    for (std::int32_t u = 80; u < 100; ++u) {
      NewRow row;
      for (const Rating& r : given) {
        if (r.user != u) continue;
        row.numbers.push_back(r.item);
        row.values.push_back(static_cast<float>(r.value));
      }
      const Model m = with_user(fitted, "u" + std::to_string(u), row);
      validate(m);
      for (const Rating& r : hidden) {
        if (r.user != u) continue;
        const double e = r.value - predict(m, 80, r.item);
        squares += e * e;
      }
    }
    return std::sqrt(squares / static_cast<double>(hidden.size()));
  }
  Ratings train;
  std::vector<Rating> given, hidden;
};

TEST(FoldIn, NewUsersArePredictedFarBetterThanByBiases) {
  const Strangers s(sample(100, 120));
  const double baseline = s.rmse(fit_baseline(s.train));
  EXPECT_TRUE(s.rmse(fit_svd(s.train)) <= 0.75 * baseline)
      << s.rmse(fit_svd(s.train)) << " " << baseline;
  EXPECT_TRUE(s.rmse(fit_als(s.train, {.rank = 4})) <= 0.75 * baseline)
      << s.rmse(fit_als(s.train, {.rank = 4}));
  PlainSvdOptions o = PlainSvdOptions::tuned_svdpp();
  o.rank = 8;
  EXPECT_TRUE(s.rmse(fit_plain_svd(s.train, o)) <= 0.85 * baseline)
      << s.rmse(fit_plain_svd(s.train, o));
}

TEST(FoldIn, ANewUserOfAlsMinimisesTheObjective) {
  const Ratings r = sample(40, 30);
  const Model m = fit_als(r, {.rank = 3, .epochs = 4, .regularization = 0.1});
  const NewRow row{{1, 4, 7, 12, 20}, {5, 1, 4, 2, 3}};
  const Model more = with_user(m, "new", row);
  const index_t u = m.users.size();
  const auto objective = [&](float bias, std::vector<float> p) {
    double sum = 0;
    for (std::size_t t = 0; t < 5; ++t) {
      double e = row.values[t] - m.mean - bias - m.item_bias[row.numbers[t]];
      for (std::size_t j = 0; j < 3; ++j) e -= double{p[j]} * m.factors_of_item(row.numbers[t])[j];
      sum += e * e + 0.1 * bias * bias;
      for (const float x : p) sum += 0.1 * x * x;
    }
    return sum;
  };
  const auto found = more.factors_of_user(u);
  const std::vector<float> p(found.begin(), found.end());
  const double least = objective(more.user_bias[u], p);
  for (const float step : {-0.01F, 0.01F}) {
    EXPECT_TRUE(objective(more.user_bias[u] + step, p) > least);
    for (std::size_t j = 0; j < 3; ++j) {
      std::vector<float> moved = p;
      moved[j] += step;
      EXPECT_TRUE(objective(more.user_bias[u], moved) > least);
    }
  }
}

TEST(FoldIn, WhatFollowsFromRatingsAloneIsExact) {
  const Ratings r = sample(40, 30);
  for (const Model& m :
       {fit_pure_svd(r, {.rank = 4}),
        fit_pure_svd(r, {.rank = 4, .values = Values::ratings, .scaling = 0.5}), fit_ease(r)}) {
    const Model more = with_user(m, "twin of 5", row_of(m, 5));
    for (index_t i = 0; i < 30; ++i) {
      EXPECT_TRUE(std::abs(predict(more, 40, i) - predict(m, 5, i)) <= 1e-5);
    }
  }
}

TEST(FoldIn, ANewUserOfImplicitAlsSolvesTheNormalEquations) {
  const NewRow row{{1, 4, 7, 12}, {5, 1, 4, 2}};
  for (const Values values : {Values::ones, Values::ratings}) {
    const Model m = fit_implicit_als(sample(40, 30), {.rank = 3,
                                                      .unobserved_weight = 0.3,
                                                      .regularization = 0.02,
                                                      .exponent = 0.8,
                                                      .values = values});
    const Model more = with_user(m, "new", row);
    const auto p = more.factors_of_user(40);
    for (std::size_t c = 0; c < 3; ++c) {
      double gradient = 0.02 * std::pow(4 + 0.3 * 30, 0.8) * p[c];
      for (std::int32_t i = 0; i < 30; ++i) {
        const auto q = m.factors_of_item(i);
        double score = 0;
        for (std::size_t j = 0; j < 3; ++j) score += double{q[j]} * p[j];
        const auto rated = std::find(row.numbers.begin(), row.numbers.end(), i);
        double weight = rated != row.numbers.end() ? 1 : 0;
        if (weight > 0 && values == Values::ratings) {
          weight = row.values[static_cast<std::size_t>(rated - row.numbers.begin())];
        }
        gradient += (0.3 * score + weight * (score - 1)) * q[c];
      }
      EXPECT_TRUE(std::abs(gradient) <= 1e-5) << gradient;
    }
  }
}

TEST(FoldIn, TwoRatingsGiveSensibleLists) {
  const Ratings r = sample(100, 60);
  for (const Model& m : {fit_svd(r), fit_ease(r), fit_pure_svd(r, {.rank = 5})}) {
    const Model more = with_user(m, "new", {{3, 9}, {5, 4}});
    const std::int32_t user = 100;
    const auto list = top(more, {&user, 1})[0];
    EXPECT_EQ(list.size(), 10u);
    for (const Scored& s : list) {
      EXPECT_NE(s.number, 3);
      EXPECT_NE(s.number, 9);
      EXPECT_TRUE(!m.predicts_ratings() || (s.score >= 2 && s.score <= 6)) << s.score;
    }
  }
}

TEST(FoldIn, NewItemsAreLearntFromTheirUsers) {
  const Ratings all = sample(100, 60);
  Ratings train = all, hidden = all;
  std::erase_if(train.entries, [](const Rating& e) { return e.item == 59; });
  std::erase_if(hidden.entries, [](const Rating& e) { return e.item != 59; });
  train.items = Names(numbered("i", 59));
  NewRow row;
  for (std::size_t p = 0; p < hidden.entries.size(); p += 2) {
    row.numbers.push_back(hidden.entries[p].user);
    row.values.push_back(static_cast<float>(hidden.entries[p].value));
  }
  const auto rmse = [&](const Model& m) {
    double squares = 0, n = 0;
    for (std::size_t p = 1; p < hidden.entries.size(); p += 2, ++n) {
      const double e = hidden.entries[p].value - predict(m, hidden.entries[p].user, 59);
      squares += e * e;
    }
    return std::sqrt(squares / n);
  };
  const double baseline = rmse(with_item(fit_baseline(train), "i59", row));
  const Model fitted = fit_svd(train);
  const Model m = with_item(fitted, "i59", row);
  validate(m);
  EXPECT_TRUE(rmse(m) <= 0.8 * baseline) << rmse(m) << " " << baseline;
  EXPECT_THROW(with_item(fit_ease(train), "i59", row), InvalidArgument);
}

TEST(FoldIn, SeveralNewUsersAreEachAsIfTheyCameAlone) {
  const Strangers s(sample(100, 120));
  PlainSvdOptions plain;
  plain.implicit = true;
  plain.rank = 5;
  plain.epochs = 3;
  Ratings rows{Names({"new a", "new b", "new c"}), s.train.items, {}, false};
  for (const Rating& r : s.given) {
    if (r.user < 82) rows.entries.push_back({r.user - 80, r.item, r.value, 0});
  }
  for (const Model& fitted :
       {fit_svd(s.train, {.rank = 6}), fit_plain_svd(s.train, plain), fit_als(s.train, {.rank = 6}),
        fit_implicit_als(s.train, {.rank = 6}), fit_pure_svd(s.train, {.rank = 6}),
        fit_ease(s.train), fit_baseline(s.train)}) {
    const Model all = with_users(fitted, rows);
    validate(all);
    ASSERT_EQ(all.users.size(), 83);
    for (const std::int32_t u : {0, 1}) {
      NewRow row;
      for (const Rating& r : rows.entries) {
        if (r.user != u) continue;
        row.numbers.push_back(r.item);
        row.values.push_back(static_cast<float>(r.value));
      }
      const Model alone = with_user(fitted, "someone", row);
      for (index_t i = 0; i < all.items.size(); ++i) {
        EXPECT_EQ(predict(all, 80 + u, i), predict(alone, 80, i)) << to_string(fitted.kind);
      }
      EXPECT_EQ(row_of(all, 80 + u).numbers.size(), row.numbers.size());
    }
    // The third rated nothing: the mean and the biases of the items are left.
    for (index_t i = 0; i < all.items.size(); ++i) {
      EXPECT_EQ(predict(all, 82, i), predict(fitted, -1, i)) << to_string(fitted.kind);
    }
  }
  rows.users = Names({"new a", "u3", "new c"});
  EXPECT_THROW((void)with_users(fit_svd(s.train, {.rank = 2}), rows), InvalidArgument);
}

TEST(FoldIn, RefusesWhatCannotBe) {
  const Model m = fit_svd(sample(10, 8), {.rank = 2, .epochs = 1});
  EXPECT_THROW(with_user(m, "u3", {{1}, {4}}), InvalidArgument);
  EXPECT_THROW(with_user(m, "new", {}), InvalidArgument);
  EXPECT_THROW(with_user(m, "new", {{1, 1}, {4, 4}}), InvalidArgument);
  EXPECT_THROW(with_user(m, "new", {{8}, {4}}), InvalidArgument);
  EXPECT_THROW(with_user(m, "new", {{1}, {NAN}}), InvalidArgument);
  EXPECT_THROW(with_item(m, "new", {{10}, {4}}), InvalidArgument);
}

TEST(Updated, LearnsNewUsersItemsAndRatingsAndKeepsTheRest) {
  const Ratings r = sample(60, 40);
  const Ratings more{Names({"u5", "new"}),
                     Names({"i3", "fresh"}),
                     {{0, 0, 1}, {0, 1, 5}, {1, 0, 4}, {1, 1, 2}},
                     false};
  PlainSvdOptions plain = PlainSvdOptions::tuned_svdpp();
  plain.rank = 4;
  for (const Model& m : {fit_svd(r), fit_plain_svd(r, plain), fit_als(r, {.rank = 3}),
                         fit_implicit_als(r, {.rank = 3})}) {
    const Model next = updated(m, more);
    validate(next);
    EXPECT_EQ(next.users.size(), 61);
    EXPECT_EQ(next.items.size(), 41);
    EXPECT_EQ(next.users[60], "new");
    EXPECT_EQ(next.rated.items_of(60).size(), 2u);
    EXPECT_EQ(predict(next, 7, 9), predict(m, 7, 9));
    EXPECT_NE(predict(next, 5, 9), predict(m, 5, 9));
    double norm = 0;
    for (const float q : next.factors_of_item(40)) norm += q * q;
    EXPECT_TRUE(norm > 0);
  }
}

TEST(Updated, ModelsInClosedFormAreFittedAgain) {
  const Ratings r = sample(60, 40);
  const Ratings more{Names({"u5", "new"}), Names({"i3", "fresh"}), {{0, 0, 1}, {1, 1, 2}}, false};
  const Ratings all = joined(ratings_of(fit_baseline(r)), more);
  EXPECT_TRUE(same_bits(updated(fit_baseline(r, {.epochs = 3}), more).item_bias,
                        fit_baseline(all, {.epochs = 3}).item_bias));
  EXPECT_TRUE(same_bits(updated(fit_ease(r, {.regularization = 9}), more).item_weights,
                        fit_ease(all, {.regularization = 9}).item_weights));
  EXPECT_TRUE(same_bits(updated(fit_pure_svd(r, {.rank = 3, .scaling = 0.5}), more).item_factors,
                        fit_pure_svd(all, {.rank = 3, .scaling = 0.5}).item_factors));
}

TEST(FitAgain, RepeatsTheFitOfEveryKind) {
  const Ratings r = sample(30, 20);
  PlainSvdOptions plain = PlainSvdOptions::surprise(true);
  plain.rank = 3;
  plain.implicit_rate = 0.02;
  PlainSvdOptions surprise = PlainSvdOptions::surprise(false);
  surprise.epochs = 4;
  for (const Model& m :
       {fit_baseline(r, {.epochs = 2, .user_regularization = 4}),
        fit_svd(r, {.rank = 5, .epochs = 3, .rate = 0.07, .rate_decay = 0.8, .grid = 3, .seed = 5}),
        fit_plain_svd(r, plain), fit_plain_svd(r, surprise),
        fit_als(r, {.rank = 3, .epochs = 2, .regularization = 0.2, .seed = 1}),
        fit_implicit_als(r, {.rank = 3,
                            .epochs = 2,
                            .unobserved_weight = 0.4,
                            .exponent = 0.5,
                            .values = Values::ratings}),
        fit_pure_svd(r, {.rank = 3, .values = Values::ratings, .scaling = 0.7}),
        fit_ease(r, {.regularization = 17, .values = Values::ratings})}) {
    const Model again = fit_again(m, ratings_of(m));
    EXPECT_EQ(again.kind, m.kind);
    EXPECT_EQ(again.options, m.options);
    const bool plain_order = m.options.contains("plain");  // its order is that of the file
    if (plain_order) continue;
    EXPECT_TRUE(same_bits(again.item_bias, m.item_bias)) << to_string(m.kind);
    EXPECT_TRUE(same_bits(again.item_factors, m.item_factors)) << to_string(m.kind);
    EXPECT_TRUE(same_bits(again.item_weights, m.item_weights)) << to_string(m.kind);
  }
}

}  // namespace
}  // namespace eckart::recommend
