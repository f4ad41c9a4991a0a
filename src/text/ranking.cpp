#include "eckart/text/ranking.hpp"

#include <algorithm>

#include "core/parallel.hpp"
#include "eckart/error.hpp"

namespace eckart {
namespace {

// The order of hits: larger scores first, then earlier rows.
bool before(const Hit& a, const Hit& b) {
  return a.score != b.score ? a.score > b.score : a.index < b.index;
}

std::vector<Hit> rank(const float* scores, std::span<const float> lengths, std::size_t count) {
  std::vector<Hit> heap;  // the worst of the best so far in front
  heap.reserve(count);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const double quotient = static_cast<double>(scores[i]) / static_cast<double>(lengths[i]);
    const bool counts = lengths[i] > 0 && quotient >= -2 && quotient <= 2;
    const Hit hit{static_cast<index_t>(i), counts ? quotient : 0};
    if (heap.size() < count) {
      heap.push_back(hit);
      std::push_heap(heap.begin(), heap.end(), before);
    } else if (before(hit, heap.front())) {
      std::pop_heap(heap.begin(), heap.end(), before);
      heap.back() = hit;
      std::push_heap(heap.begin(), heap.end(), before);
    }
  }
  std::sort_heap(heap.begin(), heap.end(), before);
  return heap;
}

}  // namespace

std::vector<std::vector<Hit>> rank_columns(MatrixView<const float> scores,
                                           std::span<const float> lengths,
                                           index_t count,
                                           const Context& context) {
  require(static_cast<index_t>(lengths.size()) == scores.rows,
          "there are " + std::to_string(lengths.size()) + " lengths for " +
              std::to_string(scores.rows) + " rows of scores");
  const auto most = static_cast<std::size_t>(std::clamp<index_t>(count, 0, scores.rows));
  std::vector<std::vector<Hit>> best(static_cast<std::size_t>(scores.cols));
  if (most == 0) return best;
  core::for_each_chunk(scores.cols, 1, context, [&](index_t c, index_t, index_t) {
    best[static_cast<std::size_t>(c)] = rank(scores.column(c), lengths, most);
  });
  return best;
}

}  // namespace eckart
