// Sums of what each rank made of its rows.
#pragma once

#include <span>

#include "eckart/communicator.hpp"
#include "eckart/types.hpp"

namespace eckart::apps {

// values[0..n) <- their sums over the ranks that the rows are spread over.
template <Scalar T>
void sum_over_ranks(const Shard& rows, T* values, index_t n) {
  if (rows.alone() || n == 0) return;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  rows.ranks->sum(
      std::span(reinterpret_cast<real_t<T>*>(values), static_cast<std::size_t>(n * parts)));
}

}  // namespace eckart::apps
