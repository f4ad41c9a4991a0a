#include "text/term_table.hpp"

#include <xxhash.h>

#include <algorithm>

#include "eckart/error.hpp"

namespace eckart::text {

std::uint64_t TermTable::hash(std::string_view term) {
  return XXH3_64bits(term.data(), term.size());
}

// The slot that holds the term, or the empty one where it belongs. REQUIRES: slots_ not empty
std::size_t TermTable::slot_of(std::string_view term, std::uint64_t hash_value) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash_value & mask;; at = (at + 1) & mask) {
    const std::uint32_t number = slots_[at];
    if (number == none) return at;
    if (hashes_[number] == hash_value && (*this)[number] == term) return at;
  }
}

void TermTable::grow() {
  slots_.assign(std::max<std::size_t>(1024, slots_.size() * 2), none);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t number = 0; number < size(); ++number) {
    std::size_t at = hashes_[number] & mask;
    while (slots_[at] != none) at = (at + 1) & mask;
    slots_[at] = number;
  }
}

std::uint32_t TermTable::place(std::string_view term, std::uint64_t hash_value) {
  if (hashes_.size() * 2 >= slots_.size()) grow();
  const std::size_t at = slot_of(term, hash_value);
  if (slots_[at] != none) return slots_[at];
  if (size() == none - 1) throw Error("more than 4,294,967,294 different terms");
  slots_[at] = size();
  hashes_.push_back(hash_value);
  strings_.add(term);
  return slots_[at];
}

std::uint32_t TermTable::find(std::string_view term) const {
  return slots_.empty() ? none : slots_[slot_of(term, hash(term))];
}

std::uint64_t TermTable::bytes() const {
  return slots_.capacity() * sizeof(std::uint32_t) +
         (hashes_.capacity() + strings_.ends.capacity()) * sizeof(std::uint64_t) +
         strings_.bytes.capacity();
}

void TermTable::clear() {
  strings_.ends.clear();
  strings_.bytes.clear();
  hashes_.clear();
  std::fill(slots_.begin(), slots_.end(), none);
}

}  // namespace eckart::text
