#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

TEST(PureSvd, ScoresAreTheRowTimesTheProjection) {
  const Ratings r = sample(30, 20);
  const Model m = fit_pure_svd(r, {.rank = 6});
  validate(m);
  for (index_t u = 0; u < 30; u += 7) {
    for (index_t i = 0; i < 20; ++i) {
      double score = 0;  // sum over rated j of v_j . v_i
      for (const std::int32_t j : m.rated.items_of(u)) {
        for (index_t c = 0; c < 6; ++c) {
          score += double{m.factors_of_item(j)[static_cast<std::size_t>(c)]} *
                   m.factors_of_item(i)[static_cast<std::size_t>(c)];
        }
      }
      EXPECT_TRUE(std::abs(predict(m, u, i) - score) <= 1e-5) << score;
    }
  }
}

TEST(PureSvd, AllTripletsGiveTheMatrixBack) {
  const Ratings r = sample(12, 15);
  const Model m = fit_pure_svd(r, {.rank = 12, .values = Values::ratings});
  for (index_t u = 0; u < 12; ++u) {
    std::vector<double> row(15);
    for (const Rating& e : r.entries) {
      if (e.user == u) row[static_cast<std::size_t>(e.item)] = e.value;
    }
    for (index_t i = 0; i < 15; ++i) {
      EXPECT_TRUE(std::abs(predict(m, u, i) - row[static_cast<std::size_t>(i)]) <= 1e-4);
    }
  }
}

// Two groups that share nothing: m1 x n1 and m2 x n2 ones have the values sqrt(m n).
TEST(PureSvd, FindsGroupsInClosedForm) {
  Ratings r{Names(numbered("u", 7)), Names(numbered("i", 9)), {}, false};
  for (std::int32_t u = 0; u < 7; ++u) {
    for (std::int32_t i = 0; i < 9; ++i) {
      if ((u < 4) == (i < 6)) r.entries.push_back({u, i, 2, 0});
    }
  }
  const Model m = fit_pure_svd(r, {.rank = 2});
  EXPECT_TRUE(std::abs(m.singular_values[0] - std::sqrt(24.0)) <= 1e-5);
  EXPECT_TRUE(std::abs(m.singular_values[1] - 3) <= 1e-5);
  EXPECT_TRUE(std::abs(predict(m, 0, 3) - 1) <= 1e-5);
  EXPECT_TRUE(std::abs(predict(m, 0, 8)) <= 1e-5);
  const Model weighted = fit_pure_svd(r, {.rank = 2, .values = Values::ratings});
  EXPECT_TRUE(std::abs(weighted.singular_values[0] - 2 * std::sqrt(24.0)) <= 1e-5);
  // With scaling 0 every column has the length 1: m x n ones / sqrt(m) have the value sqrt(n).
  const Model scaled = fit_pure_svd(r, {.rank = 2, .scaling = 0});
  EXPECT_TRUE(std::abs(scaled.singular_values[0] - std::sqrt(6.0)) <= 1e-5);
}

TEST(PureSvd, SameBitsForAnyThreadCount) {
  const Ratings r = sample(200, 150);
  Context one(1), two(2);
  EXPECT_TRUE(same_bits(fit_pure_svd(r, {.rank = 10}, one).user_factors,
                        fit_pure_svd(r, {.rank = 10}, two).user_factors));
}

TEST(PureSvd, RefusesWhatCannotBe) {
  EXPECT_THROW(static_cast<void>(fit_pure_svd(sample(10, 20), {.rank = 11})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_pure_svd(sample(10, 20), {.rank = 0})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(fit_pure_svd(sample(10, 20), {.rank = 2, .scaling = NAN})),
               InvalidArgument);
}

TEST(PureSvd, HasThePublishedSpectrumOfMovieLens) {
  const std::string file = data_file("ml-100k/u.data.gz");
  if (file.empty()) GTEST_SKIP() << "needs ECKART_DATA with ratings/ml-100k/u.data.gz";
  const Model m = fit_pure_svd(io::read_ratings(file), {.rank = 4, .values = Values::ratings});
  const double expected[] = {640.63362257, 244.83634567, 217.84622472, 159.15359872};
  for (index_t c = 0; c < 4; ++c) {
    EXPECT_TRUE(std::abs(m.singular_values[c] - expected[c]) <= 1e-7 * expected[0]);
  }
}

}  // namespace
}  // namespace eckart::recommend
