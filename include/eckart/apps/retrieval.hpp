// eckart/apps/retrieval.hpp - how well a ranking answers queries whose answers are known.
#pragma once

#include <span>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// Means over the queries that have a relevant document.
struct RetrievalScores {
  index_t queries = 0;
  double average_precision = 0;  // mean over the relevant documents of the precision at each (MAP)
  double precision_5 = 0;
  double precision_10 = 0;
  double recall_100 = 0;
  double ndcg_10 = 0;  // with gain 1 for a relevant document [1]
};

// rankings: for each query the documents, best first; a relevant one that is missing counts as
// never found. relevant: for each query its documents, sorted, without repetitions.
// Throws InvalidArgument if the two have different lengths.
//
// [1] Jarvelin, Kekalainen, ACM Trans. Inf. Syst. 20(4):422-446, 2002.
RetrievalScores score_rankings(std::span<const std::vector<index_t>> rankings,
                               std::span<const std::vector<index_t>> relevant);

}  // namespace eckart
