// Numbers for terms, in the order in which they are met first.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "eckart/text/term_counts.hpp"

namespace eckart::text {

// An open-addressed hash table whose strings lie in one piece of memory.
class TermTable {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  // Returns the number of the term; a new one gets the next.
  // Throws Error if there are 2^32 - 1.
  std::uint32_t add(std::string_view term) { return place(term, hash(term)); }
  // The same with hash(term) known.
  std::uint32_t place(std::string_view term, std::uint64_t hash_value);
  // Returns its number or none.
  std::uint32_t find(std::string_view term) const;

  std::uint32_t size() const { return static_cast<std::uint32_t>(hashes_.size()); }
  std::string_view operator[](std::uint32_t number) const { return strings_.view()[number]; }
  std::uint64_t hash_of(std::uint32_t number) const { return hashes_[number]; }
  StringsView strings() const { return strings_.view(); }
  std::uint64_t bytes() const;
  // Forgets the terms and keeps the memory.
  void clear();

  static std::uint64_t hash(std::string_view term);

 private:
  std::size_t slot_of(std::string_view term, std::uint64_t hash_value) const;
  void grow();

  Strings strings_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> slots_;  // a power of two of them
};

}  // namespace eckart::text
