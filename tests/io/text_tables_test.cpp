#include <gtest/gtest.h>

#include <string>

#include "eckart/error.hpp"
#include "io/text_readers.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains;
using test::io_error_of;

// "name=text|name=text" of a table.
std::string read(const std::string& table, TextOptions options, char delimiter = ',') {
  TextDecoder decoder(options.encoding);
  const auto reader =
      make_table_reader(TextStream::over("t.csv", table, 1 << 20), delimiter, options, "");
  std::string result;
  for (Document d; reader->next(d, decoder);) {
    result += (result.empty() ? "" : "|") + d.name + "=" + d.text;
  }
  return result;
}

std::string error_of(const std::string& table, const TextOptions& options, char delimiter = ',') {
  return io_error_of([&] { read(table, options, delimiter); });
}

TEST(TextTables, TakeColumnsByNameOrNumber) {
  const std::string table = "id,title,body\n7,One,first text\n8,Two,second\n";
  EXPECT_EQ(read(table, {.column = "body"}), "1=first text|2=second");
  EXPECT_EQ(read(table, {.column = "title,body", .id_column = "id"}),
            "7=One first text|8=Two second");
  EXPECT_EQ(read(table, {.column = "3", .id_column = "1"}), "7=first text|8=second");
  EXPECT_EQ(read("7\tx y\n8\tz\n", {.column = "2", .id_column = "1", .header = false}, '\t'),
            "7=x y|8=z");
  EXPECT_EQ(read("text\na\nb\n", {}), "1=a|2=b");
  EXPECT_EQ(read("text\n", {}), "");
  EXPECT_EQ(read("", {}), "");
}

TEST(TextTables, UnderstandQuotes) {
  EXPECT_EQ(read("id,text\n1,\"a, b\"\n2,\"two\nlines\"\n3,\"say \"\"hi\"\"\"\n4,\"\"\n",
                 {.column = "text"}),
            "1=a, b|2=two\nlines|3=say \"hi\"|4=");
  EXPECT_EQ(read("id;text\n1;a, b\n", {.column = "text"}), "1=a, b");
  // A tab-separated file has none.
  EXPECT_EQ(read("id\ttext\n1\t\"open\n", {.column = "text"}, '\t'), "1=\"open");
}

TEST(TextTables, SkipBlankLinesAndKeepEmptyFields) {
  EXPECT_EQ(read("id,text\n\n1,\n\n2,b\r\n", {.column = "text"}), "1=|2=b");
}

TEST(TextTables, SayWhatIsWrongAndWhere) {
  const std::string table = "id,text\n1,a\n2\n";
  EXPECT_TRUE(contains(error_of(table, {.column = "text"}), "line 3: has 1 fields; the first row"));
  EXPECT_TRUE(contains(error_of(table, {.column = "txet"}), "one of id, text"));
  EXPECT_TRUE(contains(error_of(table, {}), "has 2 columns"));
  EXPECT_TRUE(contains(error_of(table, {.column = "3", .header = false}), "number from 1 to 2"));
  EXPECT_TRUE(contains(error_of(table, {.column = "0"}), "no such column"));
  EXPECT_TRUE(contains(error_of(table, {.column = "text", .id_column = "no"}), "--id-column"));
  EXPECT_TRUE(contains(error_of("text\n\"a\nb\n", {}), "line 2: a quote that begins"));
}

TEST(TextTables, SplitNamesAtCommas) {
  EXPECT_EQ(split_commas(""), std::vector<std::string>());
  EXPECT_EQ(split_commas("a"), std::vector<std::string>{"a"});
  EXPECT_EQ(split_commas("a,b c"), (std::vector<std::string>{"a", "b c"}));
}

}  // namespace
}  // namespace eckart::io
