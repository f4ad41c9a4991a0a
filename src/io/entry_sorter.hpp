// Entries of a sparse matrix, more than fit into memory, brought into order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/types.hpp"
#include "io/atomic_file.hpp"

namespace eckart::io {

struct Entry {
  index_t row = 0;
  index_t col = 0;
  double value = 0;
};

// An external merge sort: Knuth, The Art of Computer Programming 3, section 5.4.
class EntrySorter {
 public:
  // Takes about memory_bytes; entries beyond go to scratch files beside the path.
  // REQUIRES: memory_bytes >= 4096
  EntrySorter(const std::string& path, std::uint64_t memory_bytes);

  void add(const Entry& entry);
  index_t added() const { return added_; }

  // Calls take for every place that has an entry, by row and then by column. Entries at the same
  // place are added in the order in which they came: the bits of from_triplets. Once only.
  // Throws Cancelled if context.cancelled(); IoError if a scratch file fails.
  void drain(const std::function<void(const Entry&)>& take, const Context& context);

  // Bytes that count entries take beside the path while they are sorted; 0 where they fit.
  static std::uint64_t scratch_bytes(double count, std::uint64_t memory_bytes);

 private:
  struct Run {
    std::uint64_t begin = 0, end = 0;  // of its entries in the scratch file
  };
  class Cursor;

  void spill();
  void merge_down(const Context& context);
  void merge(std::size_t first,
             std::size_t count,
             const std::function<void(const Entry&)>& take,
             const Context& context) const;

  std::string path_;
  std::uint64_t block_bytes_;  // read at once from a run
  std::size_t fan_in_;         // runs merged at once
  std::size_t capacity_;       // entries of a run
  std::vector<Entry> buffer_;
  std::optional<ScratchFile> scratch_;
  std::vector<Run> runs_;
  index_t added_ = 0;
};

}  // namespace eckart::io
