// eckart/text/term_counts.hpp - how often which term occurs in which document.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/sparse_matrix.hpp"
#include "eckart/text/documents.hpp"
#include "eckart/text/tokenizer.hpp"

namespace eckart {

// Many strings in one piece of memory, perhaps of someone else: string i ends at ends[i].
struct StringsView {
  std::span<const std::uint64_t> ends = {};
  std::string_view bytes = {};

  index_t size() const { return static_cast<index_t>(ends.size()); }
  std::string_view operator[](index_t i) const {
    const auto at = static_cast<std::size_t>(i);
    const std::uint64_t begin = at == 0 ? 0 : ends[at - 1];
    return bytes.substr(begin, ends[at] - begin);
  }
};

// The same, owned.
struct Strings {
  std::vector<std::uint64_t> ends;
  std::string bytes;

  void add(std::string_view text) {
    bytes += text;
    ends.push_back(bytes.size());
  }
  StringsView view() const { return {ends, bytes}; }
};

// Returns the position of word among sorted strings, or -1.
index_t find_sorted(StringsView sorted, std::string_view word);

struct CountOptions {
  // Terms in fewer documents are left out.
  // REQUIRES: min_documents >= 1
  index_t min_documents = 2;

  // Terms in more than this share of the documents are left out.
  // REQUIRES: 0 < max_share <= 1
  double max_share = 1;

  // Bytes of each document that are kept to show it to people, cut at a blank; 0: none.
  index_t lead_bytes = 240;
};

// What a pass over a collection saw.
struct CountFacts {
  index_t documents = 0;
  index_t empty_documents = 0;  // without any term that was kept
  index_t tokens = 0;           // terms that were read, repetitions included
  index_t long_tokens = 0;      // left out
  index_t distinct_terms = 0;   // before min_documents and max_share
  index_t unknown_tokens = 0;   // in no vocabulary that was given
  std::uint64_t text_bytes = 0;
  std::uint64_t peak_bytes = 0;  // held by the counting, result included
  TextRepairs repairs = {};
};

// n documents over m terms.
struct TermCounts {
  Strings terms;                // m, sorted by bytes
  Strings names;                // n
  Strings leads;                // n
  SparseMatrix<double> counts;  // n x m
  std::vector<double> lengths;  // n: terms of each document, those left out included
  CountFacts facts;
};

// Returns the counts of all documents of the source. The vocabulary is what the documents hold.
//
// Cost: one pass over the text, in parallel; 8 bytes for every different term of every document,
// then 24 for each that is kept. The text itself is not kept.
// The result is the same for any number of threads.
// Throws InvalidArgument if an option is out of range, MemoryLimit, Cancelled, and what the source
// throws.
[[nodiscard]] TermCounts count_terms(DocumentSource& source,
                                     const TextRules& rules,
                                     const CountOptions& options = {},
                                     Context& context = default_context());

// The same over a vocabulary that is given, sorted; terms outside it count as unknown.
// options.min_documents and max_share are not used. The result's terms are empty.
[[nodiscard]] TermCounts count_known_terms(DocumentSource& source,
                                           const TextRules& rules,
                                           StringsView terms,
                                           const CountOptions& options = {},
                                           Context& context = default_context());

}  // namespace eckart
