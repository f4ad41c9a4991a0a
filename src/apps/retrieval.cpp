#include "eckart/apps/retrieval.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "eckart/error.hpp"

namespace eckart {
namespace {

double gain_at(std::size_t rank) { return 1 / std::log2(static_cast<double>(rank) + 2); }

// Adds what one query scores.
void add(RetrievalScores& sum,
         const std::vector<index_t>& ranking,
         const std::vector<index_t>& relevant) {
  const auto wanted = static_cast<double>(relevant.size());
  double found = 0, precisions = 0, gain = 0, best_gain = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(10, relevant.size()); ++i) {
    best_gain += gain_at(i);
  }
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    if (!std::binary_search(relevant.begin(), relevant.end(), ranking[i])) continue;
    found += 1;
    precisions += found / static_cast<double>(i + 1);
    if (i < 5) sum.precision_5 += 1.0 / 5;
    if (i < 10) sum.precision_10 += 1.0 / 10;
    if (i < 10) gain += gain_at(i);
    if (i < 100) sum.recall_100 += 1 / wanted;
  }
  sum.average_precision += precisions / wanted;
  sum.ndcg_10 += gain / best_gain;
  ++sum.queries;
}

}  // namespace

RetrievalScores score_rankings(std::span<const std::vector<index_t>> rankings,
                               std::span<const std::vector<index_t>> relevant) {
  require(rankings.size() == relevant.size(),
          "there are " + std::to_string(rankings.size()) + " rankings and " +
              std::to_string(relevant.size()) + " lists of relevant documents");
  RetrievalScores scores;
  for (std::size_t q = 0; q < rankings.size(); ++q) {
    if (!relevant[q].empty()) add(scores, rankings[q], relevant[q]);
  }
  if (scores.queries == 0) return scores;
  const auto queries = static_cast<double>(scores.queries);
  for (double* score : {&scores.average_precision, &scores.precision_5, &scores.precision_10,
                        &scores.recall_100, &scores.ndcg_10}) {
    *score /= queries;
  }
  return scores;
}

}  // namespace eckart
