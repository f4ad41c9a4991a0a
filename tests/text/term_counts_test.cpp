#include "eckart/text/term_counts.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <sstream>

#include "eckart/error.hpp"
#include "tests/text/text_testing.hpp"

namespace eckart {
namespace {

using testing_support::Listed;

constexpr std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Documents of made-up words; lengths from nothing to a few thousand, so that several pieces and
// batches arise.
std::vector<std::string> made_texts(int documents, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::string> texts;
  for (int d = 0; d < documents; ++d) {
    std::string text;
    const unsigned long words = d % 7 == 3 ? 0 : random() % (d % 50 == 0 ? 3000 : 60);
    for (unsigned long w = 0; w < words; ++w) {
      const auto rank = static_cast<unsigned>(1e4 / static_cast<double>(1 + random() % 10000));
      text += "w" + std::to_string(rank) + (w % 9 == 0 ? "\n" : " ");
    }
    texts.push_back(text);
  }
  return texts;
}

// Counts of a plain map from term to document to number.
std::map<std::string, std::map<index_t, double>> plain_counts(
    const std::vector<std::string>& texts) {
  std::map<std::string, std::map<index_t, double>> counts;
  for (std::size_t d = 0; d < texts.size(); ++d) {
    std::istringstream words(texts[d]);
    for (std::string word; words >> word;) counts[word][static_cast<index_t>(d)] += 1;
  }
  return counts;
}

TermCounts count(const std::vector<std::string>& texts,
                 const CountOptions& options = {},
                 int threads = 2) {
  Listed source(texts);
  Context context(threads);
  return count_terms(source, {}, options, context);
}

TEST(TermCounts, AgreeWithAPlainMap) {
  const auto texts = made_texts(9000, 5);
  const TermCounts result = count(texts, {.min_documents = 3, .max_share = 0.2});
  auto expected = plain_counts(texts);
  std::erase_if(expected, [&](const auto& term) {
    const double in = static_cast<double>(term.second.size());
    return in < 3 || in > 0.2 * 9000;
  });
  ASSERT_TRUE(expected.size() > 100);
  ASSERT_EQ(result.terms.view().size(), static_cast<index_t>(expected.size()));
  validate(result.counts);
  index_t row = 0, entries = 0;
  std::map<std::string, index_t> rows;
  for (const auto& [term, documents] : expected) {
    ASSERT_EQ(result.terms.view()[row], term);
    ASSERT_EQ(find_sorted(result.terms.view(), term), row);
    rows[term] = row++;
    entries += static_cast<index_t>(documents.size());
  }
  ASSERT_EQ(result.counts.stored_entries(), entries);
  for (index_t d = 0; d < 9000; ++d) {
    for (index_t p = result.counts.offsets[at(d)]; p < result.counts.offsets[at(d) + 1]; ++p) {
      const std::string term(result.terms.view()[result.counts.columns[at(p)]]);
      ASSERT_EQ(result.counts.values[at(p)], expected.at(term).at(d));
    }
  }
}

TEST(TermCounts, AreTheSameForAnyNumberOfThreads) {
  const auto texts = made_texts(9000, 8);
  const TermCounts one = count(texts, {}, 1);
  for (const int threads : {2, 3}) {
    const TermCounts more = count(texts, {}, threads);
    EXPECT_EQ(one.terms.bytes, more.terms.bytes);
    EXPECT_EQ(one.counts.offsets, more.counts.offsets);
    EXPECT_EQ(one.counts.columns, more.counts.columns);
    EXPECT_EQ(one.counts.values, more.counts.values);
    EXPECT_EQ(one.lengths, more.lengths);
    EXPECT_EQ(one.leads.bytes, more.leads.bytes);
  }
}

TEST(TermCounts, TellWhatWasRead) {
  const TermCounts result =
      count({"apple pear", "", "apple apple fig", "x " + std::string(300, 'y')});
  EXPECT_EQ(result.facts.documents, 4);
  EXPECT_EQ(result.facts.empty_documents, 2);
  EXPECT_EQ(result.facts.tokens, 5);
  EXPECT_EQ(result.facts.long_tokens, 1);
  EXPECT_EQ(result.facts.distinct_terms, 3);
  EXPECT_EQ(result.facts.text_bytes, 10U + 15U + 302U);
  EXPECT_EQ(result.lengths, (std::vector<double>{2, 0, 3, 0}));
  ASSERT_EQ(result.terms.view().size(), 1);
  EXPECT_EQ(result.terms.view()[0], "apple");
  EXPECT_EQ(result.names.view()[2], "3");
}

TEST(TermCounts, KeepTheBeginningOfEachDocument) {
  const TermCounts result = count({"  two\n\nlines here ", "", "aaaa bbbb cccc dddd",
                                   std::string(40, 'z'), "äääääääääääääääääääääää"},
                                  {.lead_bytes = 15});
  const StringsView leads = result.leads.view();
  EXPECT_EQ(leads[0], "two lines here");
  EXPECT_EQ(leads[1], "");
  EXPECT_EQ(leads[2], "aaaa bbbb cccc …");
  EXPECT_EQ(leads[3], "zzzzzzzzzzzzzzz …");
  EXPECT_EQ(leads[4], "äääääää …");  // never half a character
  EXPECT_EQ(count({"a text"}, {.lead_bytes = 0}).leads.view()[0], "");
}

TEST(TermCounts, OfAGivenVocabularyLeaveOutAndCountTheRest) {
  Strings terms;
  for (const char* term : {"apple", "fig", "pear"}) terms.add(term);
  Listed source({"fig apple fig plum", "plum", "pear"});
  Context context(2);
  const TermCounts result = count_known_terms(source, {}, terms.view(), {}, context);
  EXPECT_EQ(result.counts.rows, 3);
  EXPECT_EQ(result.counts.cols, 3);
  EXPECT_EQ(result.counts.offsets, (std::vector<index_t>{0, 2, 2, 3}));
  EXPECT_EQ(result.counts.columns, (std::vector<index_t>{0, 1, 2}));
  EXPECT_EQ(result.counts.values, (std::vector<double>{1, 2, 1}));
  EXPECT_EQ(result.facts.unknown_tokens, 2);
  EXPECT_EQ(result.facts.empty_documents, 1);
}

TEST(TermCounts, OfNothingAreNothing) {
  const TermCounts result = count({});
  EXPECT_EQ(result.counts.rows, 0);
  EXPECT_EQ(result.counts.cols, 0);
  validate(result.counts);
}

TEST(TermCounts, StopAtTheMemoryCap) {
  Listed source(made_texts(3000, 2));
  Context context(2);
  context.set_memory_cap_bytes(1 << 20);
  EXPECT_THROW((void)count_terms(source, {}, {}, context), MemoryLimit);
}

TEST(TermCounts, StopWhenCancelled) {
  Listed source(made_texts(3000, 2));
  Context context(2);
  context.cancel();
  EXPECT_THROW((void)count_terms(source, {}, {}, context), Cancelled);
}

TEST(TermCounts, RefuseOptionsOutOfRange) {
  EXPECT_THROW(count({"a"}, {.min_documents = 0}), InvalidArgument);
  EXPECT_THROW(count({"a"}, {.max_share = 0}), InvalidArgument);
  EXPECT_THROW(count({"a"}, {.max_share = 1.5}), InvalidArgument);
}

}  // namespace
}  // namespace eckart
