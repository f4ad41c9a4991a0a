#include "eckart/rank_rule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eckart/error.hpp"

namespace eckart {
namespace {

const std::vector<double> falling{4, 2, 1, 0.5};  // squares 16, 4, 1, 0.25: 21.25 together

index_t choose(const RankRule& rule, const std::vector<double>& sigma = falling) {
  return choose_rank<double>(rule, sigma);
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
  EXPECT_EQ(choose_rank<float>({.tolerance = 0.3}, {4e30F, 2e30F, 1e30F, 5e29F}), 2);
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

}  // namespace
}  // namespace eckart
