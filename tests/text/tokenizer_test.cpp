#include "eckart/text/tokenizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <regex>

#include "eckart/error.hpp"

namespace eckart {
namespace {

std::string terms_of(const std::string& text, const TextRules& rules = {}) {
  Tokenizer tokenizer(rules);
  std::string joined;
  for (const std::string_view term : tokenizer.terms(text)) {
    joined += (joined.empty() ? "" : "|") + std::string(term);
  }
  return joined;
}

// What a regular expression finds in the text in lower case.
std::string matches_of(const std::string& text, const char* pattern) {
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const std::regex expression(pattern);
  std::string joined;
  for (std::sregex_iterator it(lower.begin(), lower.end(), expression), end; it != end; ++it) {
    joined += (joined.empty() ? "" : "|") + it->str();
  }
  return joined;
}

TEST(Tokenizer, WordsAreTwoOrMoreWordCharactersInLowerCase) {
  EXPECT_EQ(terms_of("Don't  PANIC, it's a_b 42 x 7!"), "don|panic|it|a_b|42");
  EXPECT_EQ(terms_of(""), "");
  EXPECT_EQ(terms_of(" \n\t.,"), "");
}

TEST(Tokenizer, LowersAndNormalisesOtherScripts) {
  EXPECT_EQ(terms_of("Übermäßig ÉCOLE Москва ΑΘΗΝΑ"), "übermäßig|école|москва|αθηνα");
  // A ligature, full-width letters, and an accent that stands apart.
  EXPECT_EQ(terms_of("e\xEF\xAC\x83"
                     "cient \xEF\xBC\xA1\xEF\xBC\xA2 cafe\xCC\x81"),
            "efficient|ab|caf\xC3\xA9");
  // Mathematical letters have no lower case of their own, only what they stand for has.
  EXPECT_EQ(terms_of("\xF0\x9D\x90\x80\xF0\x9D\x90\x81"), "ab");
  // Marks belong to the word: Hindi stays whole.
  EXPECT_EQ(terms_of("हिन्दी भाषा"), "हिन्दी|भाषा");
  EXPECT_EQ(terms_of("“quoted”—text… für"), "quoted|text|für");
  // One character is too short, however many bytes it has.
  EXPECT_EQ(terms_of("é 語 中文"), "中文");
}

TEST(Tokenizer, LongTextWithoutAsciiIsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "é。";  // longer than what is normalised at once
  EXPECT_EQ(terms_of(text), "");
  text.clear();
  for (int i = 0; i < 30000; ++i) text += "éé。";
  Tokenizer tokenizer({});
  const auto& terms = tokenizer.terms(text);
  // Few words are cut in two, and none is broken.
  EXPECT_TRUE(terms.size() > 29900 && terms.size() <= 30000) << terms.size();
  for (const std::string_view term : terms) ASSERT_EQ(term, "éé");
}

TEST(Tokenizer, AsciiRulesAgreeWithTheirRegularExpressions) {
  std::mt19937 random(3);
  const std::string letters = "abZ09+-_ .,\xC3\xA9g";
  for (int trial = 0; trial < 300; ++trial) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += letters[random() % letters.size()];
    EXPECT_EQ(terms_of(text, {.tokens = TokenRule::ascii}), matches_of(text, "[a-z][a-z0-9]+"));
    EXPECT_EQ(terms_of(text, {.tokens = TokenRule::names}),
              matches_of(text, "[a-z][a-z0-9+-]*[a-z0-9]"));
  }
}

TEST(Tokenizer, LeavesOutStopWordsAndStems) {
  TextRules rules;
  rules.stop_words = {"the", "of"};
  EXPECT_EQ(terms_of("The running of the bulls", rules), "running|bulls");
  rules.stemmer = "english";
  EXPECT_EQ(terms_of("The running of the bulls", rules), "run|bull");
  EXPECT_EQ(terms_of("Häuser laufen", {.stemmer = "german"}), "haus|lauf");
}

TEST(Tokenizer, JoinsNeighboursAcrossStopWords) {
  EXPECT_EQ(terms_of("new york city", {.ngrams = 2}), "new|new york|york|york city|city");
  TextRules rules{.ngrams = 3};
  rules.stop_words = {"of"};
  EXPECT_EQ(terms_of("state of union", rules), "state|state union|union");
}

TEST(Tokenizer, LeavesOutAndCountsTokensThatAreTooLong) {
  Tokenizer tokenizer({});
  const std::string longest(max_token_bytes, 'a');
  EXPECT_EQ(tokenizer.terms(longest + " bb").size(), 2U);
  EXPECT_EQ(tokenizer.long_tokens(), 0);
  EXPECT_EQ(tokenizer.terms(longest + "a bb").size(), 1U);
  EXPECT_EQ(tokenizer.long_tokens(), 1);
  Tokenizer ascii({.tokens = TokenRule::ascii});
  EXPECT_EQ(ascii.terms(std::string(1000, 'a') + " bb").size(), 1U);
}

TEST(Tokenizer, RefusesUnknownStemmersAndWidths) {
  EXPECT_THROW(Tokenizer({.stemmer = "klingon"}), InvalidArgument);
  EXPECT_THROW(Tokenizer({.ngrams = 0}), InvalidArgument);
  EXPECT_THROW(Tokenizer({.ngrams = 9}), InvalidArgument);
  const auto known = stemmer_languages();
  EXPECT_TRUE(std::find(known.begin(), known.end(), "french") != known.end());
}

TEST(Tokenizer, RuleNamesGoThereAndBack) {
  for (const TokenRule rule : {TokenRule::words, TokenRule::ascii, TokenRule::names}) {
    EXPECT_EQ(token_rule_from_string(to_string(rule)), rule);
  }
  EXPECT_THROW(token_rule_from_string("wrods"), InvalidArgument);
}

}  // namespace
}  // namespace eckart
