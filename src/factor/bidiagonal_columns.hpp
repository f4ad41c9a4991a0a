// Moving the columns of a matrix.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "eckart/matrix.hpp"

namespace eckart::factor {

// Column j of Q <- column order[j], for a permutation of [0, order.size()).
// Memory: one column.
template <class Real>
void permute_columns(MatrixView<Real> Q, std::span<const index_t> order) {
  if (Q.rows == 0) return;
  std::vector<Real> held(static_cast<std::size_t>(Q.rows));
  std::vector<bool> done(order.size(), false);
  const auto size = static_cast<index_t>(order.size());
  for (index_t start = 0; start < size; ++start) {
    if (done[static_cast<std::size_t>(start)]) continue;
    index_t j = start;
    index_t from = order[static_cast<std::size_t>(j)];
    if (from == start) continue;
    std::copy_n(Q.column(start), Q.rows, held.begin());
    for (; from != start; j = from, from = order[static_cast<std::size_t>(j)]) {
      std::copy_n(Q.column(from), Q.rows, Q.column(j));
      done[static_cast<std::size_t>(j)] = true;
    }
    std::copy_n(held.begin(), Q.rows, Q.column(j));
    done[static_cast<std::size_t>(j)] = true;
  }
}

}  // namespace eckart::factor
