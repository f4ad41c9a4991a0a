// How fast the recommender learns and answers. Prints one JSON object.
//   recommender_rates rates USERS ITEMS RATINGS    made-up ratings of that size
//   recommender_rates curve TRAIN TEST             RMSE on TEST over seconds, epoch by epoch, at
//                                                  two ranks and two regularizations
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "eckart/apps/recommend/evaluate.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/io/ratings.hpp"

namespace {

using namespace eckart;
using namespace eckart::recommend;
using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> numbers(index_t n) {
  std::vector<std::string> names;
  for (index_t i = 0; i < n; ++i) names.push_back(std::to_string(i));
  return names;
}

// Popular items and busy users; ten tastes, biases and noise, rounded to 1 ... 5.
Ratings made_up(index_t users, index_t items, index_t count) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<double> user_bias, item_bias, tastes, traits, busy;
  for (index_t u = 0; u < users; ++u) {
    user_bias.push_back(0.4 * normal(random));
    busy.push_back(std::exp(normal(random)));
    for (int t = 0; t < 10; ++t) tastes.push_back(0.45 * normal(random));
  }
  for (index_t i = 0; i < items; ++i) {
    item_bias.push_back(0.5 * normal(random));
    for (int t = 0; t < 10; ++t) traits.push_back(0.45 * normal(random));
  }
  double total = 0;
  for (const double b : busy) total += b;
  Ratings r{Names(numbers(users)), Names(numbers(items)), {}, false};
  for (index_t u = 0; u < users; ++u) {
    const double share = busy[static_cast<std::size_t>(u)] / total;
    const auto wanted = static_cast<std::size_t>(std::min(
        0.5 * static_cast<double>(items), 1 + std::round(share * static_cast<double>(count))));
    std::vector<bool> seen(static_cast<std::size_t>(items));
    for (std::size_t n = 0; n < wanted;) {
      const auto i =
          static_cast<std::size_t>(static_cast<double>(items) * std::pow(uniform(random), 2.5));
      if (seen[i]) continue;
      seen[i] = true;
      ++n;
      double value =
          3.6 + user_bias[static_cast<std::size_t>(u)] + item_bias[i] + 0.8 * normal(random);
      for (std::size_t t = 0; t < 10; ++t) {
        value += tastes[static_cast<std::size_t>(u) * 10 + t] * traits[i * 10 + t];
      }
      r.entries.push_back({static_cast<std::int32_t>(u), static_cast<std::int32_t>(i),
                           std::clamp(std::round(value), 1.0, 5.0), 0});
    }
  }
  return r;
}

// Median seconds of an epoch after the first.
template <class F>
double seconds_of_epoch(const F& fit) {
  std::vector<double> seconds;
  Clock::time_point last = Clock::now();
  fit([&](const Epoch& epoch) {
    if (epoch.number > 1) seconds.push_back(since(last));
    last = Clock::now();
    return true;
  });
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

ordered_json rates(index_t users, index_t items, index_t count) {
  const Ratings r = made_up(users, items, count);
  const auto n = static_cast<double>(r.count());
  ordered_json result{{"ratings", r.count()}, {"users", users}, {"items", items}};
  for (const int threads : {1, 2}) {
    Context context(threads);
    for (const index_t rank : {16, 32, 64, 96, 128}) {
      const double seconds = seconds_of_epoch([&](const Watch& watch) {
        return fit_svd(r, {.rank = rank, .epochs = 12}, context, watch);
      });
      result["svd"][std::to_string(rank)][std::to_string(threads)] = n / seconds / 1e6;
    }
  }
  Context context(2);
  PlainSvdOptions plain = PlainSvdOptions::surprise(true);
  auto start = Clock::now();
  static_cast<void>(fit_plain_svd(r, plain, context));
  result["svdpp_seconds"] = since(start);
  plain = PlainSvdOptions::surprise(false);
  start = Clock::now();
  static_cast<void>(fit_plain_svd(r, plain, context));
  result["surprise_svd_seconds"] = since(start);
  const Model model = fit_svd(r, {.epochs = 2}, context);
  std::vector<std::int32_t> everyone;
  for (index_t u = 0; u < users; ++u) everyone.push_back(static_cast<std::int32_t>(u));
  std::vector<double> seconds;
  for (int run = 0; run < 7; ++run) {
    start = Clock::now();
    static_cast<void>(top(model, everyone, {}, context));
    seconds.push_back(since(start));
  }
  std::sort(seconds.begin(), seconds.end());
  result["top_users_per_second"] = static_cast<double>(users) / seconds[3];
  start = Clock::now();
  static_cast<void>(fit_ease(r, {}, context));
  result["ease_seconds"] = since(start);
  start = Clock::now();
  static_cast<void>(fit_pure_svd(r, {.rank = 50}, context));
  result["pure_svd_seconds"] = since(start);
  return result;
}

ordered_json curve(const std::string& train_file, const std::string& test_file) {
  const Ratings train = io::read_ratings(train_file);
  const Ratings test = renumbered(io::read_ratings(test_file), train.users, train.items);
  ordered_json result;
  for (const int threads : {1, 2}) {
    Context context(threads);
    static_cast<void>(fit_svd(train, {.epochs = 2}, context));  // threads and pages are there
    ordered_json points = ordered_json::array();
    for (const index_t rank : {32, 64}) {
      for (const double regularization : {0.05, 0.08}) {
        double watching = 0;
        const SvdOptions options{.rank = rank, .regularization = regularization};
        const auto start = Clock::now();
        static_cast<void>(fit_svd(train, options, context, [&](const Epoch& epoch) {
          const double seconds = since(start) - watching;
          const double rmse = rating_errors(epoch.model(), test, context).rmse;
          points.push_back({{"rank", rank},
                            {"regularization", regularization},
                            {"epoch", epoch.number},
                            {"seconds", seconds},
                            {"rmse", rmse}});
          watching = since(start) - seconds;
          return true;
        }));
      }
    }
    result[std::to_string(threads)] = points;
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  ordered_json result;
  if (words.size() == 4 && words[0] == "rates") {
    result = rates(std::stoll(words[1]), std::stoll(words[2]), std::stoll(words[3]));
  } else if (words.size() == 3 && words[0] == "curve") {
    result = curve(words[1], words[2]);
  } else {
    std::fputs("usage: recommender_rates rates USERS ITEMS RATINGS | curve TRAIN TEST\n", stderr);
    return 2;
  }
  std::puts(result.dump().c_str());
  return 0;
}
