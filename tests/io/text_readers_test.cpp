#include "io/text_readers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "eckart/error.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using namespace std::string_literals;
using test::contains;
using test::io_error_of;

// "name=text|name=text" of a stream of that name.
std::string read(const std::string& name,
                 const std::string& bytes,
                 const TextOptions& options = {},
                 const std::string& prefix = "") {
  TextDecoder decoder(options.encoding);
  const auto reader = make_text_reader(TextStream::over(name, bytes, 1 << 20), options, prefix);
  std::string result;
  for (Document d; reader->next(d, decoder);) {
    result += (result.empty() ? "" : "|") + d.name + "=" + d.text;
  }
  return result;
}

std::string error_of(const std::string& name,
                     const std::string& bytes,
                     const TextOptions& options = {}) {
  return io_error_of([&] { read(name, bytes, options); });
}

TEST(TextReaders, TakeAnyOtherFileAsOneDocument) {
  EXPECT_EQ(read("a.txt", "two\nlines\n"), "a.txt=two\nlines\n");
  EXPECT_EQ(read("a.txt", ""), "a.txt=");
}

TEST(TextReaders, TakeLinesAsDocuments) {
  EXPECT_EQ(read("a", "one\n\ntwo", {.format = TextFormat::lines}), "1=one|2=|3=two");
  EXPECT_EQ(read("a", "one\n", {.format = TextFormat::lines}, "a:"), "a:1=one");
}

TEST(TextReaders, TakeJsonLines) {
  EXPECT_EQ(read("a.jsonl", "{\"text\":\"one\"}\n\n{\"text\":null}\n{\"text\":12}\n"),
            "1=one|3=|4=12");
  EXPECT_EQ(read("a.ndjson.gz", "{\"t\":\"A\",\"b\":\"x\\ny\",\"k\":\"id\"}",
                 {.column = "t,b", .id_column = "k"}),
            "id=A x\ny");
  EXPECT_EQ(read("a.jsonl", "{\"text\":\"a\\u0000b\xFF\"}\n"), "1=a b\xEF\xBF\xBD");
  EXPECT_TRUE(contains(error_of("a.jsonl", "{\"text\":\"a\"}\n{\"text\":"), "line 2: is not JSON"));
  EXPECT_TRUE(contains(error_of("a.jsonl", "[1]\n"), "no object"));
  EXPECT_TRUE(
      contains(error_of("a.jsonl", "{\"body\":1}\n"), "no key 'text' (--column); it has body"));
}

TEST(TextReaders, SurviveJsonOfAnyDepth) {
  EXPECT_TRUE(contains(error_of("a.jsonl", std::string(500000, '[')), "is not JSON"));
}

TEST(TextReaders, TakeMessages) {
  const std::string box =
      "From ann@here Mon Jan  1 00:00:00 2024\nSubject: First\n  of all\nMessage-ID: <1@x>\n\n"
      "Body.\nFrom here on it is text.\n>From there\n>>From far\n\n"
      "From bob@there Mon Jan  1 00:00:00 2024\nX-Other: y\n\nSecond\n";
  EXPECT_EQ(read("a.mbox", box),
            "1@x= First  of all\nBody.\nFrom here on it is text.\nFrom there\n>From far\n\n"
            "|2=\nSecond\n");
  EXPECT_EQ(read("a.mbox", ""), "");
  EXPECT_TRUE(contains(error_of("a.mbox", "Hello\n"), "line 1: a mail box begins"));
}

TEST(TextReaders, TakeSmartCollections) {
  const std::string collection =
      ".I 1\n.T\ntitle one\n.A\nsomebody\n.W\ntext\nof one\n.I 22\n.W\n.I 3\n.W \n.Inside\n";
  EXPECT_EQ(read("MED.ALL", collection), "1=title one\ntext\nof one\n|22=|3=.Inside\n");
  EXPECT_TRUE(
      contains(error_of("x", "text\n", {.format = TextFormat::smart}), "begins with a line"));
  EXPECT_EQ(read("x", "", {.format = TextFormat::smart}), "");
}

TEST(TextReaders, ChooseTheFormatByNameThenByTheFirstLine) {
  EXPECT_EQ(read("T.CSV.gz", "text\na\n"), "1=a");
  EXPECT_EQ(read("t.tsv", "text\na,b\n"), "1=a,b");
  EXPECT_EQ(read("t.csv", "text\na\n", {.format = TextFormat::lines}), "1=text|2=a");
  EXPECT_EQ(read("t", "a\nb\n", {.otherwise = TextFormat::lines}), "1=a|2=b");
  EXPECT_EQ(read("t", ".I 1\n", {.otherwise = TextFormat::lines}), "1=");
}

TEST(TextReaders, RefuseAColumnOfWhatHasNone) {
  EXPECT_THROW(read("a.txt", "x", {.column = "text"}), InvalidArgument);
  EXPECT_THROW(read("a.mbox", "", {.id_column = "id"}), InvalidArgument);
}

TEST(TextReaders, FormatNamesGoThereAndBack) {
  for (const TextFormat format :
       {TextFormat::automatic, TextFormat::file, TextFormat::lines, TextFormat::csv,
        TextFormat::tsv, TextFormat::jsonl, TextFormat::mbox, TextFormat::smart}) {
    EXPECT_EQ(text_format_from_string(to_string(format)), format);
  }
  EXPECT_THROW(text_format_from_string("pdf"), InvalidArgument);
}

}  // namespace
}  // namespace eckart::io
