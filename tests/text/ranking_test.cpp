#include "eckart/text/ranking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "eckart/error.hpp"

namespace eckart {
namespace {

TEST(Ranking, AgreesWithAStableSort) {
  std::mt19937 random(4);
  const index_t n = 500, b = 7;
  Matrix<float> scores(n, b);
  std::vector<float> lengths;
  for (index_t i = 0; i < n; ++i) {
    // Few different values, so that there are ties.
    for (index_t c = 0; c < b; ++c) scores(i, c) = static_cast<float>(random() % 20) / 16 - 0.5F;
    lengths.push_back(i % 10 == 0 ? 0 : 1 + static_cast<float>(random() % 2));
  }
  for (const int threads : {1, 2, 3}) {
    const Context context(threads);
    for (const index_t count : {0L, 1L, 10L, 500L, 1000L}) {
      const auto found = rank_columns(std::as_const(scores).view(), lengths, count, context);
      for (index_t c = 0; c < b; ++c) {
        std::vector<index_t> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        const auto score = [&](index_t i) {
          const auto length = double{lengths[static_cast<std::size_t>(i)]};
          return length > 0 ? double{scores(i, c)} / length : 0;
        };
        std::stable_sort(order.begin(), order.end(),
                         [&](index_t i, index_t j) { return score(i) > score(j); });
        const auto& hits = found[static_cast<std::size_t>(c)];
        ASSERT_EQ(static_cast<index_t>(hits.size()), std::min(count, n));
        for (std::size_t i = 0; i < hits.size(); ++i) {
          ASSERT_EQ(hits[i].index, order[i]);
          ASSERT_EQ(hits[i].score, score(order[i]));
        }
      }
    }
  }
}

TEST(Ranking, TakesWhatIsNoCosineForZero) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  Matrix<float> scores(5, 1);
  const float given[] = {nan, 0.5F, inf, -0.5F, 1e30F};
  std::copy_n(given, 5, scores.data());
  const std::vector<float> lengths{1, 1, 1, 1, 1e-30F};
  const auto hits = rank_columns(std::as_const(scores).view(), lengths, 5)[0];
  EXPECT_EQ(hits[0].index, 1);
  EXPECT_EQ(hits[1].index, 0);
  EXPECT_EQ(hits[1].score, 0);
  EXPECT_EQ(hits[4].index, 3);
  EXPECT_THROW((void)rank_columns(std::as_const(scores).view(), std::vector<float>(4), 1),
               InvalidArgument);
}

}  // namespace
}  // namespace eckart
