#include "text/term_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace eckart::text {
namespace {

TEST(TermTable, NumbersTermsAsTheyAreMetFirst) {
  TermTable table;
  std::map<std::string, std::uint32_t> plain;
  std::mt19937 random(1);
  for (int i = 0; i < 50000; ++i) {
    const std::string term = std::to_string(random() % 20000);
    const auto [place, isnew] = plain.emplace(term, static_cast<std::uint32_t>(plain.size()));
    ASSERT_EQ(table.add(term), place->second);
  }
  ASSERT_EQ(table.size(), plain.size());
  for (const auto& [term, number] : plain) {
    ASSERT_EQ(table.find(term), number);
    ASSERT_EQ(table[number], term);
    ASSERT_EQ(table.hash_of(number), TermTable::hash(term));
  }
  EXPECT_EQ(table.find("nothing"), TermTable::none);
  EXPECT_EQ(table.find(""), TermTable::none);
}

TEST(TermTable, ForgetsWhenCleared) {
  TermTable table;
  EXPECT_EQ(table.find("a"), TermTable::none);
  table.add("a");
  table.clear();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.find("a"), TermTable::none);
  EXPECT_EQ(table.add("b"), 0U);
}

TEST(TermTable, TellsTermsOfOneHashApart) {
  TermTable table;
  EXPECT_EQ(table.place("a", 7), 0U);
  EXPECT_EQ(table.place("b", 7), 1U);
  EXPECT_EQ(table.place("a", 7), 0U);
  EXPECT_EQ(table.place("b", 7), 1U);
}

}  // namespace
}  // namespace eckart::text
