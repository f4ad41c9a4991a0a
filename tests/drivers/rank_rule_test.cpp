#include "eckart/rank_rule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "eckart/error.hpp"

namespace eckart {
namespace {

const std::vector<double> falling{4, 2, 1, 0.5};  // squares 16, 4, 1, 0.25: 21.25 together

index_t choose(const RankRule& rule, const std::vector<double>& sigma = falling) {
  const auto n = static_cast<index_t>(sigma.size());
  return choose_rank<double>(rule, sigma, n, n);
}

TEST(RankRule, ByNumberIsCutAtWhatThereIs) {
  EXPECT_EQ(choose({.rank = 0}), 0);
  EXPECT_EQ(choose({.rank = 3}), 3);
  EXPECT_EQ(choose({.rank = 99}), 4);
  EXPECT_EQ(choose({}), 4);
}

TEST(RankRule, EnergyGivesTheSmallestRankThatHoldsIt) {
  EXPECT_EQ(choose({.energy = 0.75}), 1);   // 16 / 21.25 = 0.7529
  EXPECT_EQ(choose({.energy = 0.76}), 2);
  EXPECT_EQ(choose({.energy = 0.94}), 2);   // 20 / 21.25 = 0.9412
  EXPECT_EQ(choose({.energy = 0.95}), 3);
  EXPECT_EQ(choose({.energy = 0.9999}), 4);
  EXPECT_EQ(choose({.energy = 1.0}), 4);
}

TEST(RankRule, ToleranceGivesTheSmallestRankThatMeetsIt) {
  EXPECT_EQ(choose({.tolerance = 0.5}), 1);   // sqrt(5.25 / 21.25) = 0.497
  EXPECT_EQ(choose({.tolerance = 0.49}), 2);
  EXPECT_EQ(choose({.tolerance = 0.243}), 2);  // sqrt(1.25 / 21.25) = 0.2425
  EXPECT_EQ(choose({.tolerance = 0.242}), 3);
  EXPECT_EQ(choose({.tolerance = 0.0}), 4);
}

TEST(RankRule, TolerancesFarBelowTheRootOfEpsilonAreMet) {
  std::vector<double> sigma;
  for (int i = 0; i < 60; ++i) sigma.push_back(std::pow(0.25, i));
  double total = 0;
  for (double s : sigma) total += s * s;
  for (index_t k = 1; k < 40; ++k) {  // down to 1e-24: the tail is summed from its small end
    double tail = 0;
    for (std::size_t i = 60; i > static_cast<std::size_t>(k); --i) {
      tail += sigma[i - 1] * sigma[i - 1];
    }
    EXPECT_EQ(choose({.tolerance = std::sqrt(tail / total) * 1.01}, sigma), k);
    EXPECT_EQ(choose({.tolerance = std::sqrt(tail / total) * 0.99}, sigma), k + 1);
  }
}

TEST(RankRule, ExactZerosAreNotNeeded) {
  const std::vector<double> sigma{3, 1, 0, 0};
  EXPECT_EQ(choose({.tolerance = 0.0}, sigma), 2);
  EXPECT_EQ(choose({.energy = 1.0}, sigma), 2);
  EXPECT_EQ(choose({}, sigma), 4);
}

TEST(RankRule, NothingIsNeededOfAZeroOrEmptyMatrix) {
  const std::vector<double> zeros{0, 0};
  EXPECT_EQ(choose({.energy = 0.9}, zeros), 0);
  EXPECT_EQ(choose({.tolerance = 0.1}, zeros), 0);
  EXPECT_EQ(choose({.energy = 0.9}, {}), 0);
  EXPECT_EQ(choose({}, {}), 0);
}

TEST(RankRule, SquaresMayLeaveTheRange) {
  EXPECT_EQ(choose({.tolerance = 0.3}, {4e200, 2e200, 1e200, 5e199}), 2);
  EXPECT_EQ(choose({.energy = 0.95}, {4e-200, 2e-200, 1e-200, 5e-201}), 3);
  EXPECT_EQ(choose_rank<float>({.tolerance = 0.3}, {4e30F, 2e30F, 1e30F, 5e29F}, 4, 4), 2);
}

TEST(RankRule, RefusesWhatBreaksItsContract) {
  const auto refuses = [](const RankRule& rule) { EXPECT_THROW(validate(rule), InvalidArgument); };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refuses({.rank = -1});
  refuses({.energy = 0.0});
  refuses({.energy = 1.0001});
  refuses({.energy = nan});
  refuses({.tolerance = -1e-9});
  refuses({.tolerance = 1.0});
  refuses({.tolerance = nan});
  refuses({.rank = 3, .energy = 0.5});
  refuses({.rank = 3, .tolerance = 0.5});
  refuses({.energy = 0.5, .tolerance = 0.5});
  EXPECT_NO_THROW(validate({}));
  EXPECT_NO_THROW(validate({.rank = 0}));
  EXPECT_NO_THROW(validate({.energy = 1.0}));
  EXPECT_NO_THROW(validate({.tolerance = 0.0}));
  EXPECT_TRUE(RankRule{}.all());
  EXPECT_FALSE(RankRule{.rank = 3}.all());
}

// --- Chosen from the values ----------------------------------------------------------------------

TEST(RankRule, TheMedianOfMarchenkoAndPasturHasHalfTheMassBelow) {
  EXPECT_TRUE(std::abs(marchenko_pastur_median(1) - 0.6527759) <= 1e-6);
  for (const double beta : {1e-3, 0.04, 0.3, 0.77, 1.0}) {
    const double median = marchenko_pastur_median(beta);
    const double low = std::pow(1 - std::sqrt(beta), 2);
    const double high = std::pow(1 + std::sqrt(beta), 2);
    // By the midpoint rule in sqrt(x), which tames the pole at 0 for beta = 1.
    const int steps = 400000;
    const double width = (std::sqrt(median) - std::sqrt(low)) / steps;
    double mass = 0;
    for (int i = 0; i < steps; ++i) {
      const double root = std::sqrt(low) + (i + 0.5) * width;
      const double x = root * root;
      mass += std::sqrt((high - x) * (x - low)) / (2 * 3.14159265358979324 * beta * x) * 2 * root *
              width;
    }
    EXPECT_TRUE(std::abs(mass - 0.5) <= 1e-5) << "beta " << beta << ": " << mass;
  }
  EXPECT_TRUE(std::abs(marchenko_pastur_median(1e-7) - marchenko_pastur_median(1e-9)) <= 1e-6);
}

TEST(RankRule, GavishAndDonohoWithKnownNoiseCutsAtTheirThreshold) {
  // Square: 4 / sqrt(3) sqrt(n) noise.
  EXPECT_TRUE(std::abs(noise_threshold(300, 300, 0.1) - 4 / std::sqrt(3.0) * std::sqrt(300.0) * 0.1) <=
              1e-12);
  // beta -> 0: sqrt(2) sqrt(n) noise; the orientation does not matter.
  EXPECT_TRUE(std::abs(noise_threshold(1, 100000000, 1) / 1e4 - std::sqrt(2.0)) <= 1e-6);
  EXPECT_TRUE(noise_threshold(20, 700, 3) == noise_threshold(700, 20, 3));
  const double threshold = noise_threshold(4, 4, 0.3);  // 1.386
  EXPECT_TRUE(threshold > 1 && threshold < 2);
  EXPECT_EQ(choose({.choice = RankChoice::gavish_donoho, .noise = 0.3}), 2);
  EXPECT_EQ(choose({.choice = RankChoice::gavish_donoho, .noise = 1e3}), 0);
  EXPECT_EQ(choose({.choice = RankChoice::gavish_donoho, .noise = 1e-9}), 4);
}

TEST(RankRule, GavishAndDonohoWithUnknownNoiseCutsAtAMultipleOfTheMedian) {
  // Square: 2.858 times the median.
  const RankRule rule{.choice = RankChoice::gavish_donoho};
  EXPECT_EQ(choose(rule, {2.9, 2.85, 1, 1, 0.5}), 1);
  EXPECT_EQ(choose(rule, {2.86, 2.859, 1, 1, 0.5}), 2);
  EXPECT_EQ(choose(rule, {4.3, 4.2, 2, 1, 1, 0.5}), 1) << "the median of six is 1.5";
  // A narrow matrix: lambda(0.01) / sqrt(mu(0.01)) = 1.455.
  EXPECT_EQ(choose_rank<double>(rule, {1.6, 1, 1, 1}, 400, 4), 1);
  EXPECT_EQ(choose_rank<double>(rule, {1.4, 1, 1, 1}, 400, 4), 0);
  EXPECT_EQ(choose(rule, {0, 0, 0}), 0);
}

TEST(RankRule, TheElbowIsTheSplitOfGreatestLikelihood) {
  const RankRule rule{.choice = RankChoice::elbow};
  EXPECT_EQ(choose(rule, {10, 9.5, 9, 1, 0.9, 0.8, 0.7}), 3);
  EXPECT_EQ(choose(rule, {100, 1, 1, 1}), 1);
  EXPECT_EQ(choose(rule, {3, 3, 3, 3, 0}), 4);
  EXPECT_EQ(choose(rule, {7}), 1);
  EXPECT_EQ(choose(rule, {2, 2, 2}), 3) << "equal values have no elbow";
  EXPECT_EQ(choose(rule, {0, 0}), 0);
  // Against the definition: the least sum of squares about two means.
  std::vector<double> sigma;
  for (int i = 1; i <= 40; ++i) sigma.push_back(1 / std::sqrt(i) + (i <= 7 ? 0.8 : 0));
  index_t best = 0;
  double least = 1e9;
  for (index_t k = 1; k < 40; ++k) {
    double squares = 0;
    for (const auto& [first, last] : {std::pair<index_t, index_t>{0, k}, {k, 40}}) {
      double mean = 0;
      for (index_t i = first; i < last; ++i) {
        mean += sigma[static_cast<std::size_t>(i)] / static_cast<double>(last - first);
      }
      for (index_t i = first; i < last; ++i) {
        squares += std::pow(sigma[static_cast<std::size_t>(i)] - mean, 2);
      }
    }
    if (squares < least) {
      least = squares;
      best = k;
    }
  }
  EXPECT_EQ(choose(rule, sigma), best);
}

TEST(RankRule, ChoicesDoNotMixWithOtherRules) {
  EXPECT_THROW(validate({.rank = 1, .choice = RankChoice::elbow}), InvalidArgument);
  EXPECT_THROW(validate({.energy = 0.5, .choice = RankChoice::elbow}), InvalidArgument);
  EXPECT_THROW(validate({.noise = 1.0}), InvalidArgument);
  EXPECT_THROW(validate({.choice = RankChoice::elbow, .noise = 1.0}), InvalidArgument);
  EXPECT_THROW(validate({.choice = RankChoice::gavish_donoho, .noise = 0.0}), InvalidArgument);
  EXPECT_NO_THROW(validate({.choice = RankChoice::gavish_donoho, .noise = 1e-300}));
  EXPECT_TRUE((RankRule{.choice = RankChoice::elbow}).open());
  EXPECT_TRUE((RankRule{.choice = RankChoice::gavish_donoho}).needs_all_values());
  EXPECT_FALSE((RankRule{.choice = RankChoice::gavish_donoho, .noise = 1.0}).needs_all_values());
}

}  // namespace
}  // namespace eckart
