// Term counts of a collection: batches of documents are counted in parallel, piece by piece, and
// joined in their order; terms are sorted at the end. Nothing depends on the number of threads.
#include "eckart/text/term_counts.hpp"

#include <algorithm>
#include <numeric>

#include "core/parallel.hpp"
#include "eckart/error.hpp"
#include "text/term_table.hpp"

namespace eckart {
namespace {

using text::TermTable;

// Text that is read before it is counted, and that one thread counts at a time.
constexpr std::size_t batch_bytes = std::size_t{4} << 20;
constexpr std::size_t piece_bytes = std::size_t{256} << 10;

struct Entry {
  std::uint32_t term;
  std::uint32_t count;
};

// What was counted in some neighbouring documents.
struct Piece {
  std::size_t first = 0, last = 0;  // documents of the batch
  TermTable table;                  // numbers of the piece; not used with a given vocabulary
  std::vector<Entry> entries;       // document by document, terms as they are met
  std::vector<std::size_t> ends;    // entries of each document
  std::vector<double> lengths;
  index_t unknown = 0, long_tokens = 0;
};

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }
bool continues(char c) { return (c & 0xC0) == 0x80; }

// The beginning of a text on one line, cut in front of a word.
std::string lead_of(std::string_view text, index_t limit) {
  std::string lead;
  const auto most = static_cast<std::size_t>(limit);
  if (most == 0) return lead;
  std::size_t last_blank = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_blank(text[at])) {
      if (lead.empty() || lead.back() == ' ') continue;
      last_blank = lead.size();
      lead += ' ';
    } else {
      lead += text[at];
    }
    if (lead.size() <= most) continue;
    std::size_t end = last_blank > most / 2 ? last_blank : most;
    while (end > 0 && continues(lead[end])) --end;
    return lead.substr(0, end) + " …";
  }
  if (!lead.empty() && lead.back() == ' ') lead.pop_back();
  return lead;
}

// Reads documents until there is a batch of text; returns false if there are none.
bool read_batch(DocumentSource& source, std::vector<Document>& batch, std::size_t& count) {
  std::size_t bytes = 0;
  for (count = 0; bytes < batch_bytes; ++count) {
    if (batch.size() == count) batch.emplace_back();
    if (!source.next(batch[count])) break;
    // A document may be empty: it takes some memory even so.
    bytes += batch[count].text.size() + 64;
  }
  return count > 0;
}

// Cuts the batch into pieces; returns how many.
std::size_t cut(const std::vector<Document>& batch, std::size_t count, std::vector<Piece>& pieces) {
  std::size_t used = 0;
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first, bytes = 0;
    for (; last < count && bytes < piece_bytes; ++last) bytes += batch[last].text.size() + 64;
    if (pieces.size() == used) pieces.emplace_back();
    pieces[used].first = first;
    pieces[used].last = last;
    ++used;
    first = last;
  }
  return used;
}

// Counts the terms of a piece: by numbers of its own, or by those of the given vocabulary.
void count_piece(const std::vector<Document>& batch,
                 const TextRules& rules,
                 const TermTable* vocabulary,
                 Piece& piece) {
  Tokenizer tokenizer(rules);
  piece.table.clear();
  piece.entries.clear();
  piece.ends.clear();
  piece.lengths.clear();
  piece.unknown = 0;
  // Where the entry of a term stands, if it stands behind the beginning of the document.
  std::vector<std::size_t> place(vocabulary ? vocabulary->size() : 0, 0);
  for (std::size_t d = piece.first; d < piece.last; ++d) {
    const std::size_t begin = piece.entries.size();
    const std::vector<std::string_view>& terms = tokenizer.terms(batch[d].text);
    for (const std::string_view term : terms) {
      const std::uint32_t number = vocabulary ? vocabulary->find(term) : piece.table.add(term);
      if (number == TermTable::none) {
        ++piece.unknown;
        continue;
      }
      if (number >= place.size()) place.resize(number + std::size_t{1}, 0);
      const std::size_t at = place[number];
      if (at >= begin && at < piece.entries.size() && piece.entries[at].term == number) {
        ++piece.entries[at].count;
      } else {
        place[number] = piece.entries.size();
        piece.entries.push_back({number, 1});
      }
    }
    piece.ends.push_back(piece.entries.size());
    piece.lengths.push_back(static_cast<double>(terms.size()));
  }
  piece.long_tokens = tokenizer.long_tokens();
}

// A counted piece, with the numbers of the collection.
struct Counted {
  index_t first_document, first_entry;
  std::vector<Entry> entries;
};

// Everything that was counted so far.
struct Collection {
  TermTable table;
  std::vector<std::uint32_t> documents_of;  // of each term
  std::vector<Counted> pieces;
  std::vector<index_t> ends;  // entries of each document
  TermCounts result;

  std::uint64_t bytes() const {
    std::uint64_t sum = table.bytes() + documents_of.capacity() * sizeof(std::uint32_t) +
                        ends.capacity() * (sizeof(index_t) + sizeof(double)) +
                        result.names.bytes.capacity() + result.leads.bytes.capacity();
    for (const Counted& piece : pieces) sum += piece.entries.capacity() * sizeof(Entry);
    return sum;
  }
};

void join(Collection& all, const std::vector<Document>& batch, Piece& piece, bool known_terms) {
  if (!known_terms) {
    std::vector<std::uint32_t> number_of(piece.table.size());
    for (std::uint32_t i = 0; i < piece.table.size(); ++i) {
      number_of[i] = all.table.place(piece.table[i], piece.table.hash_of(i));
    }
    for (Entry& entry : piece.entries) entry.term = number_of[entry.term];
  }
  all.documents_of.resize(all.table.size());
  for (const Entry& entry : piece.entries) ++all.documents_of[entry.term];
  const index_t before = all.ends.empty() ? 0 : all.ends.back();
  all.pieces.push_back({static_cast<index_t>(all.ends.size()), before,
                        std::vector(piece.entries.begin(), piece.entries.end())});
  for (const std::size_t end : piece.ends) all.ends.push_back(before + static_cast<index_t>(end));
  TermCounts& result = all.result;
  for (const double length : piece.lengths) {
    result.lengths.push_back(length);
    result.facts.tokens += static_cast<index_t>(length);
  }
  for (std::size_t d = piece.first; d < piece.last; ++d) {
    result.names.add(batch[d].name);
    result.facts.text_bytes += batch[d].text.size();
  }
  result.facts.unknown_tokens += piece.unknown;
  result.facts.long_tokens += piece.long_tokens;
}

// Reads the source to its end.
void read_all(DocumentSource& source,
              const TextRules& rules,
              const CountOptions& options,
              bool known_terms,
              Collection& all,
              Context& context) {
  std::vector<Document> batch;
  std::vector<Piece> pieces;
  std::vector<std::string> leads;
  std::size_t count = 0;
  CountFacts& facts = all.result.facts;
  while (read_batch(source, batch, count)) {
    const std::size_t used = cut(batch, count, pieces);
    leads.resize(count);
    core::for_each_chunk(static_cast<index_t>(used), 1, context, [&](index_t p, index_t, index_t) {
      Piece& piece = pieces[static_cast<std::size_t>(p)];
      count_piece(batch, rules, known_terms ? &all.table : nullptr, piece);
      for (std::size_t d = piece.first; d < piece.last; ++d) {
        leads[d] = lead_of(batch[d].text, options.lead_bytes);
      }
    });
    for (std::size_t p = 0; p < used; ++p) join(all, batch, pieces[p], known_terms);
    for (std::size_t d = 0; d < count; ++d) all.result.leads.add(leads[d]);
    facts.documents += static_cast<index_t>(count);
    facts.peak_bytes = std::max(facts.peak_bytes, all.bytes() + 4 * batch_bytes);
    const std::uint64_t cap = context.memory_cap_bytes();
    if (cap > 0 && facts.peak_bytes > cap) {
      throw MemoryLimit("counting the terms of " + std::to_string(facts.documents) +
                            " documents, and more follow,",
                        facts.peak_bytes, cap);
    }
    context.report_progress({.stage = "read text", .fraction = -1});
    if (context.cancelled()) core::throw_cancelled(context);
  }
  facts.repairs = source.repairs();
}

// Returns the terms that are kept, sorted, and for every number its row among them or -1.
std::vector<index_t> choose_terms(const Collection& all,
                                  const CountOptions& options,
                                  Strings& sorted) {
  const auto documents = static_cast<double>(all.ends.size());
  std::vector<std::uint32_t> kept;
  for (std::uint32_t number = 0; number < all.table.size(); ++number) {
    const double in = all.documents_of[number];
    if (in >= static_cast<double>(options.min_documents) && in <= options.max_share * documents) {
      kept.push_back(number);
    }
  }
  std::sort(kept.begin(), kept.end(),
            [&](std::uint32_t a, std::uint32_t b) { return all.table[a] < all.table[b]; });
  std::vector<index_t> column_of(all.table.size(), -1);
  for (const std::uint32_t number : kept) {
    column_of[number] = sorted.view().size();
    sorted.add(all.table[number]);
  }
  return column_of;
}

// Writes the counts of every document in the order of the columns.
void compress(Collection& all,
              const std::vector<index_t>& column_of,
              index_t columns,
              const Context& context) {
  SparseMatrix<double>& A = all.result.counts;
  A.rows = static_cast<index_t>(all.ends.size());
  A.cols = columns;
  A.offsets.assign(static_cast<std::size_t>(A.rows) + 1, 0);
  const auto for_each_document = [&](const auto& body) {
    const auto pieces = static_cast<index_t>(all.pieces.size());
    core::for_each_chunk(pieces, 1, context, [&](index_t p, index_t, index_t) {
      const Counted& piece = all.pieces[static_cast<std::size_t>(p)];
      const index_t end =
          p + 1 < pieces ? all.pieces[static_cast<std::size_t>(p) + 1].first_document : A.rows;
      index_t begin = 0;
      for (index_t row = piece.first_document; row < end; ++row) {
        const index_t stop = all.ends[static_cast<std::size_t>(row)] - piece.first_entry;
        body(row,
             std::span(piece.entries)
                 .subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(stop - begin)));
        begin = stop;
      }
    });
  };
  for_each_document([&](index_t row, std::span<const Entry> entries) {
    index_t kept = 0;
    for (const Entry& entry : entries) kept += column_of[entry.term] >= 0 ? 1 : 0;
    A.offsets[static_cast<std::size_t>(row) + 1] = kept;
  });
  all.result.facts.empty_documents = std::count(A.offsets.begin() + 1, A.offsets.end(), 0);
  std::partial_sum(A.offsets.begin(), A.offsets.end(), A.offsets.begin());
  A.columns.resize(static_cast<std::size_t>(A.offsets.back()));
  A.values.resize(A.columns.size());
  for_each_document([&](index_t row, std::span<const Entry> entries) {
    std::vector<std::pair<index_t, std::uint32_t>> sorted;
    for (const Entry& entry : entries) {
      if (column_of[entry.term] >= 0) sorted.emplace_back(column_of[entry.term], entry.count);
    }
    std::sort(sorted.begin(), sorted.end());
    auto at = static_cast<std::size_t>(A.offsets[static_cast<std::size_t>(row)]);
    for (const auto& [column, count] : sorted) {
      A.columns[at] = column;
      A.values[at++] = count;
    }
  });
}

void finish(Collection& all,
            const std::vector<index_t>& column_of,
            index_t columns,
            const Context& context) {
  CountFacts& facts = all.result.facts;
  compress(all, column_of, columns, context);
  facts.peak_bytes = std::max<std::uint64_t>(
      facts.peak_bytes, all.bytes() + all.result.terms.bytes.capacity() +
                            all.result.counts.values.size() * (sizeof(double) + sizeof(index_t)));
  const std::uint64_t cap = context.memory_cap_bytes();
  if (cap > 0 && facts.peak_bytes > cap) {
    throw MemoryLimit("the matrix of term counts", facts.peak_bytes, cap);
  }
}

}  // namespace

index_t find_sorted(StringsView sorted, std::string_view word) {
  index_t low = 0, high = sorted.size();
  while (low < high) {
    const index_t middle = low + (high - low) / 2;
    if (sorted[middle] < word) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < sorted.size() && sorted[low] == word ? low : -1;
}

TermCounts count_terms(DocumentSource& source,
                       const TextRules& rules,
                       const CountOptions& options,
                       Context& context) {
  require(options.min_documents >= 1,
          "min_documents must be >= 1, got " + std::to_string(options.min_documents));
  require(options.max_share > 0 && options.max_share <= 1,
          "max_share must be in (0, 1], got " + std::to_string(options.max_share));
  Collection all;
  read_all(source, rules, options, false, all, context);
  all.result.facts.distinct_terms = all.table.size();
  const std::vector<index_t> column_of = choose_terms(all, options, all.result.terms);
  finish(all, column_of, all.result.terms.view().size(), context);
  return std::move(all.result);
}

TermCounts count_known_terms(DocumentSource& source,
                             const TextRules& rules,
                             StringsView terms,
                             const CountOptions& options,
                             Context& context) {
  Collection all;
  for (index_t i = 0; i < terms.size(); ++i) all.table.add(terms[i]);
  require(static_cast<index_t>(all.table.size()) == terms.size(), "a term is there twice");
  read_all(source, rules, options, true, all, context);
  std::vector<index_t> column_of(all.table.size());
  std::iota(column_of.begin(), column_of.end(), 0);
  finish(all, column_of, terms.size(), context);
  return std::move(all.result);
}

}  // namespace eckart
