// The cost model behind plan_svd.
#pragma once

#include "eckart/svd.hpp"

namespace eckart::drivers {

// What the planner knows of a problem, in O(1).
struct Problem {
  index_t rows = 0;
  index_t cols = 0;
  Storage storage = Storage::dense;
  double entries = 0;        // multiplications of one product with a vector
  double scalar_factor = 1;  // 4 for complex scalars
};

// Expected number of triplets when the rule leaves it open.
index_t expected_rank(const RankRule& rule, index_t min_dim);

// Flops of each method, certificate included; iteration counts are typical ones.
double dense_flops(const Problem& p, Vectors vectors);
double gram_flops(const Problem& p, index_t k);
double randomized_flops(const Problem& p, index_t k);
double lanczos_flops(const Problem& p, index_t k);
double lanczos_passes(index_t k);

}  // namespace eckart::drivers
