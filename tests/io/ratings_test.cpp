#include "eckart/io/ratings.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "io/ratings_text.hpp"

namespace eckart::io {
namespace {

using Options = RatingsOptions;

Ratings read(const std::string& text,
             const Options& options = {},
             RatingsReport* report = nullptr) {
  Input input;
  input.name = "file";
  input.bytes = text;
  RatingsReport own;
  return read_ratings_text(input, options, report != nullptr ? *report : own);
}

std::string complaint(const std::string& text, const Options& options = {}) {
  try {
    read(text, options);
  } catch (const IoError& error) {
    return error.what();
  }
  return "nothing to complain about";
}

void expect_says(const std::string& text, const std::string& what, const Options& options = {}) {
  const std::string said = complaint(text, options);
  EXPECT_NE(said.find(what), std::string::npos) << said;
}

// user x: item 1 -> 4.5 at 20, item 2 -> 3 at 10.
void expect_pair(const Ratings& r, bool timed = true) {
  ASSERT_EQ(r.count(), 2);
  EXPECT_EQ(r.users.size(), 1);
  EXPECT_EQ(r.users[0], "x");
  EXPECT_EQ(r.items[0], "01");
  EXPECT_EQ(r.items[1], "2");
  EXPECT_EQ(r.entries[0].value, 4.5);
  EXPECT_EQ(r.entries[1].value, 3);
  EXPECT_EQ(r.entries[1].item, 1);
  EXPECT_EQ(r.timed, timed);
  EXPECT_EQ(r.entries[0].time, timed ? 20 : 0);
}

TEST(Ratings, ReadsEveryCommonLayout) {
  expect_pair(read("x\t01\t4.5\t20\nx\t2\t3\t10\n"));
  expect_pair(read("x::01::4.5::20\nx::2::3::10"));
  expect_pair(read("userId,movieId,rating,timestamp\r\nx,01,4.5,20\r\nx,2,3,10\r\n"));
  expect_pair(read("\xEF\xBB\xBFtime;\"rating\";item;user\n20;4.5;01;x\n10;3;2;x\n"));
  expect_pair(read("# comment\n\n x  01 4.5\nx 2 3 \n"), false);
  expect_pair(read("who,what,how\n\"x\",\"01\",4.5\nx,2,3\n"), false);
  expect_pair(read("x|01|4.5|20\nx|2|3|10\n"));
}

TEST(Ratings, QuotedNamesMayHoldSeparatorsAndQuotes) {
  const Ratings r = read("user,item,rating\n\"a,b\",\"say \"\"hi\"\"\",2\n");
  EXPECT_EQ(r.users[0], "a,b");
  EXPECT_EQ(r.items[0], "say \"hi\"");
}

TEST(Ratings, PairsAloneAreOnes) {
  const Ratings r = read("a\tx\nb\ty\n");
  EXPECT_EQ(r.count(), 2);
  EXPECT_EQ(r.entries[1].value, 1);
  EXPECT_EQ(read("user,item\na,x\n").count(), 1);
}

TEST(Ratings, ColumnsAreChosenByNameOrNumber) {
  const std::string text = "when,stars,film,viewer,note\n20,4.5,01,x,?\n10,3,2,x,?\n";
  Options byname{.user = "viewer", .item = "film", .rating = "stars", .time = "when"};
  expect_pair(read(text, byname));
  Options by_number{.user = "4", .item = "3", .rating = "2", .time = "1"};
  expect_pair(read(text, by_number));
  expect_pair(read("20,4.5,01,x,?\n10,3,2,x,?\n", by_number));
  expect_says(text, "name them");
  expect_says(text, "no column is called \"star\"; the header has \"when\", \"stars\"",
              {.user = "viewer", .item = "film", .rating = "star"});
  expect_says(text, "there is no column 6", {.user = "6", .item = "3", .rating = "2"});
  expect_says(text, "cannot be two of", {.user = "3", .item = "3", .rating = "2"});
}

TEST(Ratings, NamesTheLineOfWhateverIsWrong) {
  expect_says("a\tx\t1\nb\tx\tgood\n", "file: line 2: the rating");
  expect_says("a\tx\t1\n\nb\tx\tinf\n", "file: line 3: the rating is \"inf\"");
  expect_says("a\tx\t1\nb\tx\t1e400\n", "line 2");
  expect_says("a\tx\t1\nb\tx\t1e31\n", "beyond 1e30");
  expect_says("a\tx\t1\nb\tx\t1,5\n", "comma");
  expect_says("a\tx\t1\nb\t\t1\n", "line 2: the name of the item is empty");
  expect_says("a\tx\t1\nb\tx\n", "line 2: has 2 fields; expected 3");
  expect_says("a\tx\t1\t5\nb\tx\t2\t1.5\n", "the time \"1.5\"");
  expect_says("a\tx\t1\t5\nb\tx\t2\t99999999999999999999\n", "64 bits");
  expect_says("a,\"x,1\n", "not closed");
  expect_says("a,\"x\"y,1\n", "behind the quotes");
  expect_says("alone\n", "is one field");
  expect_says("user,item,rating\n", "no rating follows");
  expect_says("\n# nothing\n", "holds no ratings");
  expect_says(std::string("a\tx\t1\nb\0\tx\t1\n", 14), "NUL");
  expect_says(
      "\xFF\xFE"
      "a",
      "UTF-16");
}

TEST(Ratings, MissingOnesAreRefusedOrSkippedAndCounted) {
  const std::string text = "a\tx\t1\nb\tx\t\nc\tx\tNA\n";
  expect_says(text, "line 2: the rating is empty");
  RatingsReport report;
  const Ratings r = read(text, {.missing = Options::Missing::skip}, &report);
  EXPECT_EQ(r.count(), 1);
  EXPECT_EQ(report.missing, 2);
  EXPECT_EQ(report.first_missing_line, 2);
  expect_says("a\tx\t\n", "every rating is missing", {.missing = Options::Missing::skip});
}

TEST(Ratings, OfDuplicatesTheRuleDecides) {
  const std::string text = "a\tx\t1\nb\tx\t2\na\tx\t4\na\ty\t3\na\tx\t4\n";
  RatingsReport report;
  const auto value = [&](Options::Duplicates rule) {
    const Ratings r = read(text, {.duplicates = rule}, &report);
    EXPECT_EQ(report.duplicates, 2);
    EXPECT_EQ(report.first_duplicate_line, 3);
    EXPECT_EQ(r.count(), rule == Options::Duplicates::all ? 5 : 3);
    return by_user(r).values_of(0)[0];
  };
  EXPECT_EQ(value(Options::Duplicates::last), 4.0F);
  EXPECT_EQ(value(Options::Duplicates::first), 1.0F);
  EXPECT_EQ(value(Options::Duplicates::mean), 3.0F);
  EXPECT_EQ(value(Options::Duplicates::all), 4.0F);
  expect_says(text, "line 3: user \"a\" rated item \"x\" on line 1",
              {.duplicates = Options::Duplicates::error});
}

TEST(Ratings, TheLatestOfDuplicatesCountsWhereTimesAreKnown) {
  const Ratings r = read("a\tx\t1\t30\na\tx\t2\t10\n");
  ASSERT_EQ(r.count(), 1);
  EXPECT_EQ(r.entries[0].value, 1);
}

TEST(Ratings, ManyNamesAreNumberedInOrderOfAppearance) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += std::to_string(i * 7919 % 5003) + "\t" + std::to_string(i % 977) + "\t1\n";
  }
  const Ratings r = read(text);
  EXPECT_EQ(r.users.size(), 5000);
  EXPECT_EQ(r.items.size(), 977);
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(r.users[i], std::to_string(i * 7919 % 5003));
    EXPECT_EQ(r.entries[static_cast<std::size_t>(i)].item, i % 977);
  }
}

TEST(Ratings, TheMemoryLimitHolds) {
  EXPECT_THROW(read("a\tx\t1\nb\tx\t1\nc\tx\t1\n", {.max_bytes = 64}), MemoryLimit);
}

}  // namespace
}  // namespace eckart::io
