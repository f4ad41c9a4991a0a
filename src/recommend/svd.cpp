// Biased matrix factorisation by stochastic gradient descent over a grid of blocks.
// Stages: numbering and grid -> for every epoch, rounds of blocks that share no row -> model.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/array.hpp"
#include "core/rounds.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "kernels/sgd.hpp"
#include "recommend/fitting.hpp"

namespace eckart::recommend {
namespace {

void check(const SvdOptions& o) {
  require(o.rank >= 1 && o.rank <= kernels::largest_sgd_width,
          "rank must be from 1 to " + std::to_string(kernels::largest_sgd_width) + ", got " +
              std::to_string(o.rank));
  require(o.epochs >= 1, "epochs must be >= 1, got " + std::to_string(o.epochs));
  require(o.rate > 0 && o.bias_rate >= 0, "rate must be > 0 and bias_rate >= 0");
  require(o.rate_decay > 0 && o.rate_decay <= 1, "rate_decay must be above 0 and at most 1");
  require(o.regularization >= 0 && o.bias_regularization >= 0, "regularization must be >= 0");
  require(o.deviation > 0, "deviation must be > 0");
  require(o.grid >= 0 && o.grid <= 1024, "grid must be from 0 to 1024");
}

// Blocks small enough for the caches, and enough of them for threads.
index_t choose_grid(const SvdOptions& o, index_t ratings) {
  if (o.grid > 0) return o.grid;
  return ratings < 1'000'000 ? 8 : ratings < 10'000'000 ? 16 : 32;
}

// Users or items in random order, cut into parts with about equally many ratings.
struct Side {
  std::vector<std::int32_t> order;  // by place: the number
  std::vector<std::int32_t> place;  // by number
  std::vector<std::int32_t> part;   // by place; never falls
};

// counts: the ratings of every user or item.
Side make_side(const std::vector<index_t>& counts,
               index_t parts,
               std::uint64_t seed,
               std::uint32_t purpose) {
  Side side;
  const auto n = static_cast<index_t>(counts.size());
  side.order = shuffled(n, seed, purpose);
  side.place.resize(at(n));
  side.part.resize(at(n));
  const index_t total = std::accumulate(counts.begin(), counts.end(), index_t{0});
  index_t before = 0;
  for (index_t i = 0; i < n; ++i) {
    const std::int32_t number = side.order[at(i)];
    side.place[at(number)] = static_cast<std::int32_t>(i);
    side.part[at(i)] = static_cast<std::int32_t>(std::min(parts - 1, parts * before / total));
    before += counts[at(number)];
  }
  return side;
}

// The ratings of all blocks. Block (a, b) holds those of user part a for item part b.
class Grid {
 public:
  Grid(const RatingRows& rows, double mean, index_t parts, const Side& users, const Side& items)
      : parts_(parts), item_(at(rows.items.size())), value_(item_.size()) {
    // Block by block, in it user by user, the places where their ratings begin.
    std::vector<std::vector<std::int32_t>> users_of(at(parts * parts));
    std::vector<std::vector<index_t>> counts(at(parts * parts));
    std::vector<index_t> count(at(parts));
    for (index_t place = 0; place < rows.rows(); ++place) {
      const std::int32_t u = users.order[at(place)];
      std::fill(count.begin(), count.end(), 0);
      for (const std::int32_t i : rows.items_of(u)) ++count[at(items.part[at(items.place[at(i)])])];
      for (index_t b = 0; b < parts; ++b) {
        if (count[at(b)] == 0) continue;
        const std::size_t block = at(users.part[at(place)] * parts + b);
        users_of[block].push_back(static_cast<std::int32_t>(place));
        counts[block].push_back(count[at(b)]);
      }
    }
    std::vector<index_t> next(at(parts * parts));  // rating of each block
    index_t begin = 0;
    for (std::size_t block = 0; block < users_of.size(); ++block) {
      next[block] = begin;
      begin_.push_back(static_cast<index_t>(user_.size()));
      for (std::size_t s = 0; s < counts[block].size(); ++s) {
        user_.push_back(users_of[block][s]);
        first_.push_back(begin);
        begin += counts[block][s];
      }
      first_.push_back(begin);  // the end of the last user of the block
      user_.push_back(-1);
      size_.push_back(static_cast<index_t>(counts[block].size()));
    }
    for (index_t place = 0; place < rows.rows(); ++place) {
      const std::int32_t u = users.order[at(place)];
      for (index_t p = rows.offsets[u]; p < rows.offsets[u + 1]; ++p) {
        const std::int32_t item = items.place[at(rows.items[p])];
        const index_t to = next[at(users.part[at(place)] * parts + items.part[at(item)])]++;
        item_[at(to)] = item;
        value_[at(to)] = static_cast<float>(rows.values[p] - mean);
      }
    }
  }

  index_t parts() const { return parts_; }
  kernels::SgdBlock block(index_t a, index_t b) const {
    const std::size_t i = at(a * parts_ + b);
    return {size_[i], user_.data() + begin_[i], first_.data() + begin_[i], item_.data(),
            value_.data()};
  }

 private:
  index_t parts_;
  std::vector<std::int32_t> item_;
  std::vector<float> value_;
  std::vector<index_t> begin_, size_;  // of each block, in user_ and first_
  std::vector<std::int32_t> user_;
  std::vector<index_t> first_;
};

// The parameters of users or items, by place.
struct Rows {
  Rows(index_t n, const SvdOptions& o, std::uint32_t purpose, const Context& context)
      : width(kernels::sgd_width(o.rank)), factors(n * width), bias(at(n)), energy(at(n), 1.0F) {
    fill_rows(n, o.rank, width, o.deviation, o.seed, purpose, factors.writable(), context);
  }

  // Returns the first rank numbers of every row, by number.
  Shared<float> gather_factors(const Side& side, index_t rank) const {
    std::vector<float> rows(side.order.size() * at(rank));
    for (std::size_t place = 0; place < side.order.size(); ++place) {
      std::copy_n(factors.data() + static_cast<index_t>(place) * width, rank,
                  rows.begin() + side.order[place] * rank);
    }
    return rows;
  }
  Shared<float> gather_bias(const Side& side) const {
    std::vector<float> biases(bias.size());
    for (std::size_t place = 0; place < bias.size(); ++place) {
      biases[at(side.order[place])] = bias[place];
    }
    return biases;
  }

  index_t width;
  core::Array<float> factors;
  std::vector<float> bias;
  std::vector<float> energy;
};

}  // namespace

Model fit_svd(const Ratings& ratings, const SvdOptions& o, Context& context, const Watch& watch) {
  check(o);
  Model model = start_model(Kind::svd, ratings);
  model.rank = o.rank;
  const index_t count = model.rated.items.size();
  const index_t parts = choose_grid(o, count);
  model.options = {{"epochs", o.epochs},
                   {"rate", o.rate},
                   {"bias_rate", o.bias_rate},
                   {"rate_decay", o.rate_decay},
                   {"regularization", o.regularization},
                   {"bias_regularization", o.bias_regularization},
                   {"deviation", o.deviation},
                   {"grid", parts},
                   {"seed", static_cast<double>(o.seed)}};
  const Side users = make_side(user_counts(model.rated), parts, o.seed, user_purpose);
  const Side items =
      make_side(item_counts(model.rated, model.items.size()), parts, o.seed, item_purpose);
  const Grid grid(model.rated, model.mean, parts, users, items);
  Rows P(model.users.size(), o, user_purpose, context);
  Rows Q(model.items.size(), o, item_purpose, context);
  const kernels::SgdRows rows{P.factors.writable(), Q.factors.writable(), P.bias.data(),
                              Q.bias.data(),        P.energy.data(),      Q.energy.data()};

  const auto finish = [&] {
    model.user_factors = P.gather_factors(users, o.rank);
    model.item_factors = Q.gather_factors(items, o.rank);
    model.user_bias = P.gather_bias(users);
    model.item_bias = Q.gather_bias(items);
    clear_unrated(model);
    return model;
  };

  double speed = 1;  // what is left of the rates
  std::vector<double> losses(at(parts));
  for (index_t epoch = 0; epoch < o.epochs; ++epoch, speed *= o.rate_decay) {
    begin_epoch("epochs", epoch, o.epochs, context);
    const kernels::SgdStep step{.rate = static_cast<float>(o.rate * speed),
                                .decay = static_cast<float>(o.regularization),
                                .bias_rate = static_cast<float>(o.bias_rate * speed),
                                .bias_decay = static_cast<float>(o.bias_regularization),
                                .share = 1.0F / static_cast<float>(o.rank)};
    double loss = 0;
    for (index_t round = 0; round < parts; ++round) {
      // Item rows, which are visited in no order, stay with their thread; most user rows as well.
      core::for_each_in_place(parts, context, [&](index_t b) {
        const index_t a = (b + round + epoch) % parts;
        losses[at(b)] = kernels::sgd_block(grid.block(a, b), P.width, rows, step);
      });
      loss = std::accumulate(losses.begin(), losses.end(), loss);
    }
    const double rmse = std::sqrt(loss / static_cast<double>(count));
    require(std::isfinite(rmse), "the descent diverged in epoch " + std::to_string(epoch + 1) +
                                     "; choose a smaller rate");
    if (watch && !watch({epoch + 1, rmse, finish})) {
      model.options["epochs"] = static_cast<double>(epoch + 1);
      break;
    }
  }
  return finish();
}

}  // namespace eckart::recommend
