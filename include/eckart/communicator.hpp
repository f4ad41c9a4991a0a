// eckart/communicator.hpp - the ranks that share one problem, and what they tell each other.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// The ranks 0, 1, ..., size() - 1, each a process or a thread with rows of its own, that run the
// same calls in the same order. An implementation moves bytes between two of them; what all do
// together is made of that here, with the same messages and the same order of additions wherever it
// runs: the same bits in every run with as many ranks.
//
// Source of the patterns: Thakur, Rabenseifner, Gropp, "Optimization of collective communication
// operations in MPICH", Int. J. High Perform. Comput. Appl. 19(1), 2005.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int size() const = 0;
  virtual int rank() const = 0;

  // Sends bytes to one rank while it receives bytes from another, which may be the same; nobody
  // where the bytes are none. Returns when both are through.
  virtual void exchange(int to,
                        std::span<const std::byte> sent,
                        int from,
                        std::span<std::byte> received) const = 0;

  // values <- their sums over all ranks, the same bits on each.
  // Cost: log2(size()) messages of all values; two more unless size() is a power of two.
  void sum(std::span<double> values) const;
  void sum(std::span<float> values) const;

  // values <- their largest over all ranks.
  void max(std::span<double> values) const;

  // Piece r of the values is [bounds[r], bounds[r + 1]); bounds has size() + 1 entries and starts
  // with 0. sum_pieces leaves the sums of this rank's piece in its place, the rest is scratch;
  // gather_pieces fills all pieces from that of each rank.
  // Cost: log2(size()) messages, together of all values but the own piece; see sum for the rest.
  void sum_pieces(std::span<double> values, std::span<const index_t> bounds) const;
  void sum_pieces(std::span<float> values, std::span<const index_t> bounds) const;
  void gather_pieces(std::span<double> values, std::span<const index_t> bounds) const;
  void gather_pieces(std::span<float> values, std::span<const index_t> bounds) const;

  // bytes <- those of rank 0. Cost: log2(size()) messages in a row.
  void broadcast(std::span<std::byte> bytes) const;
};

// Rows of a tall block that lie on this rank: [first, first + count) of total.
struct Shard {
  const Communicator* ranks = nullptr;  // null: all rows are here
  index_t first = 0;
  index_t count = 0;
  index_t total = 0;
  index_t largest = 0;  // the most that any rank holds

  // All rows here.
  static Shard whole(index_t rows) { return {nullptr, 0, rows, rows, rows}; }
  // Rows shared out as evenly as can be.
  static Shard even(const Communicator& ranks, index_t rows);
  // The rows that this rank holds, after those of the ranks before it. Every rank calls it.
  static Shard counted(const Communicator& ranks, index_t count);

  bool alone() const { return ranks == nullptr || ranks->size() == 1; }
  // Whether any rank says so.
  bool any(bool here) const;
};

// Returns where the pieces of each rank begin when rows are shared out as evenly as can be, and the
// end of the last.
std::vector<index_t> even_bounds(index_t rows, int ranks);

}  // namespace eckart
