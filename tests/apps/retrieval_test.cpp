#include "eckart/apps/retrieval.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/error.hpp"

namespace eckart {
namespace {

using Lists = std::vector<std::vector<index_t>>;

void expect_near(double found, double expected) {
  EXPECT_TRUE(std::abs(found - expected) <= 1e-14) << found << " " << expected;
}

TEST(Retrieval, ScoresOneRankingByHand) {
  // Relevant documents at ranks 1, 3 and 7; a fourth is never found.
  const Lists rankings{{4, 9, 2, 8, 7, 5, 0, 1}}, relevant{{0, 2, 4, 30}};
  const RetrievalScores s = score_rankings(rankings, relevant);
  EXPECT_EQ(s.queries, 1);
  expect_near(s.average_precision, (1.0 + 2.0 / 3 + 3.0 / 7) / 4);
  expect_near(s.precision_5, 2.0 / 5);
  expect_near(s.precision_10, 3.0 / 10);
  expect_near(s.recall_100, 3.0 / 4);
  const double gain = 1 + 1 / std::log2(4) + 1 / std::log2(8);
  expect_near(s.ndcg_10, gain / (1 + 1 / std::log2(3) + 1 / std::log2(4) + 1 / std::log2(5)));
}

TEST(Retrieval, TakesMeansOverQueriesThatHaveAnAnswer) {
  const Lists rankings{{1, 2}, {1, 2}, {2, 1}}, relevant{{1}, {}, {1}};
  const RetrievalScores s = score_rankings(rankings, relevant);
  EXPECT_EQ(s.queries, 2);
  expect_near(s.average_precision, 0.75);
  expect_near(s.recall_100, 1);
}

TEST(Retrieval, LooksAtTheFirstTenAndHundredOnly) {
  std::vector<index_t> ranking(200);
  for (std::size_t i = 0; i < 200; ++i) ranking[i] = static_cast<index_t>(i);
  const Lists rankings{ranking}, relevant{{5, 10, 100}};
  const RetrievalScores s = score_rankings(rankings, relevant);
  expect_near(s.precision_5, 0);
  expect_near(s.precision_10, 0.1);
  expect_near(s.recall_100, 2.0 / 3);
  expect_near(s.average_precision, (1.0 / 6 + 2.0 / 11 + 3.0 / 101) / 3);
}

TEST(Retrieval, OfNothingIsNothing) {
  EXPECT_EQ(score_rankings({}, {}).queries, 0);
  const Lists one{{1}};
  EXPECT_THROW(score_rankings(one, {}), InvalidArgument);
}

}  // namespace
}  // namespace eckart
