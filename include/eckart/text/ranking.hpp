// eckart/text/ranking.hpp - the largest entries of columns.
#pragma once

#include <span>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

struct Hit {
  index_t index = 0;
  double score = 0;
};

// Returns for each column of scores the count largest of score(i) / length(i), the largest first;
// ties keep the order of the rows. A length that is not positive, and a score that is not a number,
// make it 0.
// Shapes: scores n x b, lengths n.
// Cost: one look at the scores, in parallel.
std::vector<std::vector<Hit>> rank_columns(MatrixView<const float> scores,
                                           std::span<const float> lengths,
                                           index_t count,
                                           const Context& context = default_context());

}  // namespace eckart
