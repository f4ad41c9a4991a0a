#include "io/entry_sorter.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/parallel.hpp"

namespace eckart::io {
namespace {

bool before(const Entry& a, const Entry& b) {
  return std::tie(a.row, a.col) < std::tie(b.row, b.col);
}

// Stable, so that entries at the same place stay in the order in which they came.
void sort(std::vector<Entry>& entries) {
  if (std::is_sorted(entries.begin(), entries.end(), before)) return;
  std::stable_sort(entries.begin(), entries.end(), before);
}

// Adds entries of one place, which come one after the other.
class Adder {
 public:
  explicit Adder(const std::function<void(const Entry&)>& take) : take_(take) {}
  void add(const Entry& entry) {
    if (any_ && entry.row == sum_.row && entry.col == sum_.col) {
      sum_.value += entry.value;
      return;
    }
    end();
    sum_ = entry;
    any_ = true;
  }
  void end() {
    if (any_) take_(sum_);
    any_ = false;
  }

 private:
  const std::function<void(const Entry&)>& take_;
  Entry sum_;
  bool any_ = false;
};

void stop_if_cancelled(const Context& context) {
  if (context.cancelled()) core::throw_cancelled(context);
}

constexpr std::uint64_t most_block_bytes = std::uint64_t{1} << 18;

}  // namespace

// Walks over a run, a block at a time.
class EntrySorter::Cursor {
 public:
  Cursor(const ScratchFile& scratch, Run run, std::uint64_t block_bytes)
      : scratch_(&scratch), run_(run), block_(block_bytes / sizeof(Entry)) {
    next();
  }
  bool ended() const { return ended_; }
  const Entry& entry() const { return block_[at_]; }
  void next() {
    if (++at_ < filled_) return;
    const auto count =
        std::min<std::uint64_t>(block_.size() * sizeof(Entry), run_.end - run_.begin);
    ended_ = count == 0;
    scratch_->read(run_.begin, count, block_.data());
    run_.begin += count;
    filled_ = count / sizeof(Entry);
    at_ = 0;
  }

 private:
  const ScratchFile* scratch_;
  Run run_;
  std::vector<Entry> block_;
  std::size_t at_ = 0, filled_ = 0;
  bool ended_ = false;
};

// A run is two thirds of the memory: sorting it takes a buffer of half its size.
EntrySorter::EntrySorter(const std::string& path, std::uint64_t memory_bytes)
    : path_(path),
      block_bytes_(std::min(most_block_bytes, memory_bytes / 4)),
      fan_in_(memory_bytes / block_bytes_),
      capacity_(memory_bytes * 2 / 3 / sizeof(Entry)) {
  buffer_.reserve(capacity_);  // pages are touched as far as there are entries
}

std::uint64_t EntrySorter::scratch_bytes(double count, std::uint64_t memory_bytes) {
  const double bytes = count * sizeof(Entry);
  if (bytes <= static_cast<double>(memory_bytes) * 2 / 3) return 0;
  constexpr double most = 9e18;
  return static_cast<std::uint64_t>(std::min(bytes, most));
}

void EntrySorter::add(const Entry& entry) {
  if (buffer_.size() == capacity_) spill();
  buffer_.push_back(entry);
  ++added_;
}

void EntrySorter::spill() {
  if (!scratch_) scratch_.emplace(path_);
  sort(buffer_);
  const std::uint64_t begin = scratch_->bytes();
  scratch_->append(buffer_.data(), buffer_.size() * sizeof(Entry));
  runs_.push_back({begin, scratch_->bytes()});
  buffer_.clear();
}

void EntrySorter::merge(std::size_t first,
                        std::size_t count,
                        const std::function<void(const Entry&)>& take,
                        const Context& context) const {
  std::vector<Cursor> cursors;
  std::vector<std::size_t> heap;
  // The earlier run comes first where places are equal.
  const auto later = [&](std::size_t a, std::size_t b) {
    const Entry &x = cursors[a].entry(), &y = cursors[b].entry();
    return std::tie(x.row, x.col, a) > std::tie(y.row, y.col, b);
  };
  for (std::size_t r = 0; r < count; ++r) {
    cursors.emplace_back(*scratch_, runs_[first + r], block_bytes_);
    heap.push_back(r);
  }
  std::make_heap(heap.begin(), heap.end(), later);
  constexpr std::uint64_t entries_per_look = 1 << 16;
  for (std::uint64_t taken = 0; !heap.empty(); ++taken) {
    if (taken % entries_per_look == 0) stop_if_cancelled(context);
    std::pop_heap(heap.begin(), heap.end(), later);
    Cursor& cursor = cursors[heap.back()];
    take(cursor.entry());
    cursor.next();
    if (cursor.ended()) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
}

// Merges neighbours until one merge is left: fewer and longer runs.
void EntrySorter::merge_down(const Context& context) {
  while (runs_.size() > fan_in_) {
    ScratchFile longer(path_);
    std::vector<Run> merged;
    std::vector<Entry> block;
    const auto flush = [&] {
      longer.append(block.data(), block.size() * sizeof(Entry));
      block.clear();
    };
    for (std::size_t first = 0; first < runs_.size(); first += fan_in_) {
      const std::uint64_t begin = longer.bytes();
      merge(
          first, std::min(fan_in_, runs_.size() - first),
          [&](const Entry& entry) {
            block.push_back(entry);
            if (block.size() * sizeof(Entry) >= block_bytes_) flush();
          },
          context);
      flush();
      merged.push_back({begin, longer.bytes()});
    }
    *scratch_ = std::move(longer);
    runs_ = std::move(merged);
  }
}

void EntrySorter::drain(const std::function<void(const Entry&)>& take, const Context& context) {
  Adder adder(take);
  if (runs_.empty()) {
    stop_if_cancelled(context);
    sort(buffer_);
    for (const Entry& entry : buffer_) adder.add(entry);
  } else {
    spill();
    buffer_ = {};
    merge_down(context);
    merge(
        0, runs_.size(), [&](const Entry& entry) { adder.add(entry); }, context);
  }
  adder.end();
}

}  // namespace eckart::io
