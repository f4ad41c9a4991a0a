// Matrix factorisation by plain stochastic gradient descent, user after user: SVD and SVD++ in the
// order of the Python package Surprise.
#include <cmath>
#include <numeric>

#include "eckart/apps/recommend/fit.hpp"
#include "kernels/sgd.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

void check(const PlainSvdOptions& o) {
  require(o.rank >= 1 && o.rank < index_t{1} << 20,
          "rank must be >= 1, got " + std::to_string(o.rank));
  require(o.epochs >= 1, "epochs must be >= 1, got " + std::to_string(o.epochs));
  require(o.rate > 0, "rate must be > 0");
  require(o.rate_decay > 0 && o.rate_decay <= 1, "rate_decay must be above 0 and at most 1");
  require(o.regularization >= 0 && o.bias_rate.value_or(0) >= 0 &&
              o.implicit_rate.value_or(0) >= 0 && o.bias_regularization.value_or(0) >= 0 &&
              o.implicit_regularization.value_or(0) >= 0,
          "rates and regularization must be >= 0");
  require(o.deviation >= 0 && std::isfinite(o.deviation), "deviation must be >= 0");
}

kernels::PlainStep step_of(const PlainSvdOptions& o, double speed) {
  const double bias_rate = speed * o.bias_rate.value_or(o.rate);
  const double bias_decay = o.bias_regularization.value_or(o.regularization);
  const double rate = speed * o.rate;
  return {.rate_bu = bias_rate,
          .decay_bu = bias_decay,
          .rate_bi = bias_rate,
          .decay_bi = bias_decay,
          .rate_p = rate,
          .decay_p = o.regularization,
          .rate_q = rate,
          .decay_q = o.regularization,
          .rate_s = speed * o.implicit_rate.value_or(o.rate),
          .decay_s = o.implicit_regularization.value_or(o.regularization)};
}

// The ratings user after user in the order of first appearance, in it in the order of the file.
struct Visits {
  Visits(const Ratings& ratings, double mean) {
    std::vector<std::vector<index_t>> of_user(at(ratings.users.size()));
    for (index_t p = 0; p < ratings.count(); ++p) {
      auto& mine = of_user[at(ratings.entries[at(p)].user)];
      if (mine.empty()) users.push_back(ratings.entries[at(p)].user);
      mine.push_back(p);
    }
    for (const std::int32_t u : users) {
      for (const index_t p : of_user[at(u)]) {
        items.push_back(ratings.entries[at(p)].item);
        values.push_back(ratings.entries[at(p)].value - mean);
      }
      offsets.push_back(static_cast<index_t>(items.size()));
    }
  }

  std::vector<std::int32_t> users;  // in the order of the visits
  std::vector<index_t> offsets{0};
  std::vector<std::int32_t> items;
  std::vector<double> values;
};

std::vector<double> random_rows(index_t rows,
                                const PlainSvdOptions& o,
                                std::uint32_t purpose,
                                const Context& context) {
  std::vector<float> numbers(at(rows * o.rank));
  fill_rows(rows, o.rank, o.rank, o.deviation, o.seed, purpose, numbers.data(), context);
  return {numbers.begin(), numbers.end()};
}

PlainFactors make_start(const Model& model, const PlainSvdOptions& o, const Context& context) {
  const index_t users = model.users.size(), items = model.items.size();
  return {random_rows(users, o, user_purpose, context),
          random_rows(items, o, item_purpose, context),
          o.implicit ? random_rows(items, o, input_purpose, context) : std::vector<double>(),
          std::vector<double>(at(users)), std::vector<double>(at(items))};
}

void check_start(const PlainFactors& f, const Model& model, const PlainSvdOptions& o) {
  const std::size_t users = at(model.users.size()), items = at(model.items.size());
  const std::size_t k = at(o.rank);
  require(f.p.size() == users * k && f.q.size() == items * k &&
              f.y.size() == (o.implicit ? items * k : 0) && f.user_bias.size() == users &&
              f.item_bias.size() == items,
          "the start does not fit the ratings and the rank");
}

// The y_j of one user: their sum |N|^-1/2 sum y_j before the visits, and their change after them.
class Implicit {
 public:
  Implicit(const RatingRows& rated, index_t rank, std::vector<double>& y)
      : rated_(rated), rank_(rank), y_(y), sum_(at(rank)), before_(at(rank)), change_(at(rank)) {}

  // Returns the sum S_0.
  double* gather(index_t u) {
    const auto items = rated_.items_of(u);
    std::fill(sum_.begin(), sum_.end(), 0.0);
    for (const std::int32_t j : items) kernels::add_row(rank_, row(j), sum_.data());
    root_ = std::sqrt(static_cast<double>(items.size()));
    for (double& s : sum_) s /= root_;
    before_ = sum_;
    return sum_.data();
  }

  // After m visits every y_j has become A y_j + |N|^-1/2 T with A = (1 - rate decay)^m, so that
  // S_m = A S_0 + T: T is known without any y_j.
  void scatter(index_t u, index_t visits, const kernels::PlainStep& step) {
    const double c = -std::expm1(static_cast<double>(visits) *
                                 std::log1p(-step.rate_s * step.decay_s));  // 1 - A
    for (std::size_t j = 0; j < change_.size(); ++j) {
      change_[j] = (sum_[j] - before_[j] + c * before_[j]) / root_;
    }
    for (const std::int32_t j : rated_.items_of(u)) {
      kernels::decay_row(rank_, c, change_.data(), row(j));
    }
  }

 private:
  double* row(index_t j) { return y_.data() + j * rank_; }

  const RatingRows& rated_;
  index_t rank_;
  std::vector<double>& y_;
  std::vector<double> sum_, before_, change_;
  double root_ = 1;
};

// Returns the sum of e^2.
double run_epoch(const Visits& visits,
                 const RatingRows& rated,
                 const PlainSvdOptions& o,
                 const kernels::PlainStep& step,
                 PlainFactors& f) {
  Implicit implicit(rated, o.rank, f.y);
  double loss = 0;
  for (std::size_t v = 0; v < visits.users.size(); ++v) {
    const index_t u = visits.users[v];
    const index_t first = visits.offsets[v], count = visits.offsets[v + 1] - first;
    double* sum = o.implicit ? implicit.gather(u) : nullptr;
    loss += kernels::sgd_user({.p = f.p.data() + u * o.rank,
                               .s = sum,
                               .bias = &f.user_bias[at(u)],
                               .ratings = count,
                               .item = visits.items.data() + first,
                               .value = visits.values.data() + first},
                              o.rank, f.q.data(), f.item_bias.data(), step);
    if (o.implicit) implicit.scatter(u, count, step);
  }
  return loss;
}

Shared<float> rounded(const std::vector<double>& numbers) {
  return std::vector<float>(numbers.begin(), numbers.end());
}

// Fills the arrays of the model; users of SVD++ get their sums.
void finish(const PlainFactors& f, const PlainSvdOptions& o, Model& model) {
  model.user_bias = rounded(f.user_bias);
  model.item_bias = rounded(f.item_bias);
  model.item_factors = rounded(f.q);
  if (!o.implicit) {
    model.user_factors = rounded(f.p);
    return;
  }
  std::vector<double> w = f.p, y = f.y;
  Implicit implicit(model.rated, o.rank, y);
  for (index_t u = 0; u < model.users.size(); ++u) {
    if (model.rated.items_of(u).empty()) continue;
    kernels::add_row(o.rank, implicit.gather(u), w.data() + u * o.rank);
  }
  model.user_factors = rounded(w);
  model.input_factors = rounded(y);
}

}  // namespace

PlainSvdOptions PlainSvdOptions::surprise(bool implicit) {
  PlainSvdOptions o;
  o.implicit = implicit;
  if (implicit) {
    o.rank = 20;
    o.rate = 0.007;
  }
  return o;
}

PlainSvdOptions PlainSvdOptions::tuned_svdpp() {
  PlainSvdOptions o;
  o.implicit = true;
  o.rank = 64;
  o.epochs = 60;
  o.rate = 0.01;
  o.rate_decay = 0.97;
  o.regularization = 0.055;
  o.bias_regularization = 0.02;
  o.deviation = 0.02;
  return o;
}

Model fit_plain_svd(const Ratings& ratings,
                    const PlainSvdOptions& o,
                    Context& context,
                    const Watch& watch,
                    PlainFactors* start) {
  check(o);
  Model model = start_model(o.implicit ? Kind::svdpp : Kind::svd, ratings);
  model.rank = o.rank;
  model.options = {{"epochs", o.epochs},
                   {"rate", o.rate},
                   {"rate_decay", o.rate_decay},
                   {"regularization", o.regularization},
                   {"bias_regularization", o.bias_regularization.value_or(o.regularization)},
                   {"bias_rate", o.bias_rate.value_or(o.rate)},
                   {"deviation", o.deviation},
                   {"seed", static_cast<double>(o.seed)},
                   {"plain", 1}};
  if (o.implicit) {
    model.options["implicit_rate"] = o.implicit_rate.value_or(o.rate);
    model.options["implicit_regularization"] = o.implicit_regularization.value_or(o.regularization);
  }
  const Visits visits(ratings, model.mean);
  PlainFactors own;
  if (start == nullptr) own = make_start(model, o, context);
  PlainFactors& f = start != nullptr ? *start : own;
  check_start(f, model, o);

  const auto make = [&] {
    finish(f, o, model);
    clear_unrated(model);
    return model;
  };
  double speed = 1;
  for (index_t epoch = 0; epoch < o.epochs; ++epoch, speed *= o.rate_decay) {
    begin_epoch("epochs", epoch, o.epochs, context);
    const double loss = run_epoch(visits, model.rated, o, step_of(o, speed), f);
    const double rmse = std::sqrt(loss / static_cast<double>(ratings.count()));
    require(std::isfinite(rmse), "the descent diverged in epoch " + std::to_string(epoch + 1) +
                                     "; choose a smaller rate");
    if (watch && !watch({epoch + 1, rmse, make})) {
      model.options["epochs"] = static_cast<double>(epoch + 1);
      break;
    }
  }
  return make();
}

}  // namespace eckart::recommend
