#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "eckart/text/tokenizer.hpp"

namespace eckart {
namespace {

TEST(StopWords, AreDistinctTokensInLowerCase) {
  const auto& words = english_stop_words();
  EXPECT_EQ(std::set(words.begin(), words.end()).size(), words.size());
  for (const std::string& word : words) {
    EXPECT_TRUE(std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
        << word;
  }
}

TEST(StopWords, HoldFunctionWordsAndNoTopics) {
  const auto& words = english_stop_words();
  const auto has = [&](const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  for (const char* word : {"the", "of", "and", "with", "because", "would"}) EXPECT_TRUE(has(word));
  for (const char* word : {"war", "system", "computer", "time", "good"}) EXPECT_FALSE(has(word));
}

}  // namespace
}  // namespace eckart
