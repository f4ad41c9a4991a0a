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
  double digits = 10;        // of the accuracy asked for, -log10
};

// What a method costs, certificate included; iteration counts are typical ones.
struct Cost {
  double flops = 0;
  double passes = 0;
  // On a nominal machine of fixed rates: it compares methods, so that the choice depends on the
  // problem alone. It predicts no time.
  double nominal_seconds = 0;
};

// Expected number of triplets when the rule leaves it open.
index_t expected_rank(const RankRule& rule, index_t min_dim);

Cost dense_cost(const Problem& p, Vectors vectors, index_t k);
Cost jacobi_cost(const Problem& p, Vectors vectors);
Cost hermitian_cost(const Problem& p);
Cost gram_cost(const Problem& p, index_t k);
Cost randomized_cost(const Problem& p, index_t k);
Cost lanczos_cost(const Problem& p, index_t k);

}  // namespace eckart::drivers
