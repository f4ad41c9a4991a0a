#include "eckart/io/word_vectors.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/io/made_files.hpp"

namespace eckart::io::test {
namespace {

namespace fs = std::filesystem;

class WordFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("eckart_words_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& bytes) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  fs::path folder_;
};

struct Row {
  std::string token;
  std::vector<float> x;
  bool operator==(const Row&) const = default;
};

std::vector<Row> rows_of(const std::string& path) {
  std::vector<Row> rows;
  const WordVectors words(path);
  words.for_each([&](index_t i, std::string_view token, std::span<const float> x) {
    EXPECT_EQ(i, static_cast<index_t>(rows.size()));
    rows.push_back({std::string(token), {x.begin(), x.end()}});
  });
  EXPECT_EQ(words.tokens(), static_cast<index_t>(rows.size()));
  return rows;
}

TEST_F(WordFiles, TokensMayHoldBlanksAndAnyBytes) {
  const std::string path = write("a.vec", "3 2\na b 1 2\n\xff\xfe 3 4 \r\n\n. . . -5e-1\t.5\n");
  EXPECT_EQ(rows_of(path),
            (std::vector<Row>{{"a b", {1, 2}}, {"\xff\xfe", {3, 4}}, {". . .", {-0.5F, 0.5F}}}));
  EXPECT_TRUE(WordVectors(path).has_header());
}

TEST_F(WordFiles, WithoutAHeaderTheFewestFieldsTellTheDimensions) {
  const std::string path = write("a.txt", "at x@y.z 1 2 3\nb 4 5 6\n1 7 8 9");
  EXPECT_EQ(rows_of(path),
            (std::vector<Row>{{"at x@y.z", {1, 2, 3}}, {"b", {4, 5, 6}}, {"1", {7, 8, 9}}}));
  EXPECT_FALSE(WordVectors(path).has_header());
  // "7 2" is a token and its number where the next line is too short for two.
  EXPECT_EQ(rows_of(write("b.txt", "7 2\n8 3\n")), (std::vector<Row>{{"7", {2}}, {"8", {3}}}));
}

TEST_F(WordFiles, AHeaderMayLieAboutTheNumberOfTokens) {
  EXPECT_EQ(rows_of(write("a.vec", "900 2\na 1 2\nb 3 4\n")).size(), 2U);
}

TEST_F(WordFiles, BinaryFilesWithAndWithoutLineEnds) {
  const auto number = [](float x) {
    return std::string(reinterpret_cast<const char*>(&x), sizeof x);
  };
  for (const char* end : {"", "\n"}) {
    const std::string path = write(
        "a.bin", "2 2\nab " + number(1) + number(2) + end + "c " + number(3) + number(4) + end);
    EXPECT_EQ(rows_of(path), (std::vector<Row>{{"ab", {1, 2}}, {"c", {3, 4}}}));
  }
}

TEST_F(WordFiles, MistakesNameTheirPlace) {
  const auto refused = [&](const std::string& name, const std::string& bytes) {
    return io_error_of([&] { rows_of(write(name, bytes)); });
  };
  EXPECT_TRUE(contains(refused("a.vec", "2 3\na 1 2 3\nb 1 x 3\n"), "line 3"));
  EXPECT_TRUE(contains(refused("a.vec", "2 3\na 1 2 3\nb 1 2\n"), "line 3"));
  EXPECT_TRUE(contains(refused("a.vec", "word\n"), "line 1"));
  EXPECT_TRUE(contains(refused("a.bin", "2 2\nab "), "as many vectors"));
  EXPECT_TRUE(contains(refused("a.bin", "hello"), "as many vectors"));
  EXPECT_TRUE(contains(refused("a.bin", "1 1\nabcdefgh"), "ends in vector 1"));
  EXPECT_TRUE(contains(refused("a.bin", little(793712314, 4) + little(12, 4)), "fastText"));
}

TEST_F(WordFiles, WhatIsWrittenIsReadBack) {
  for (const WordFormat format : {WordFormat::text, WordFormat::binary, WordFormat::npy}) {
    const std::string path =
        (folder_ / (format == WordFormat::binary ? "o.bin" : "o.vec")).string();
    {
      WordVectorWriter unfinished(path, format, true, 2, 2);
      unfinished.write("a", std::vector<float>{1, 2});
    }
    EXPECT_FALSE(fs::exists(path));
    WordVectorWriter writer(path, format, true, 2, 2);
    writer.write("a", std::vector<float>{1, -2.5F});
    writer.write("b", std::vector<float>{0.25F, 1e-9F});
    writer.commit();
    const std::vector<Row> rows = rows_of(path);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].token, format == WordFormat::npy ? "" : "b");
    EXPECT_EQ(rows[1].x, (std::vector<float>{0.25F, 1e-9F}));
    fs::remove(path);
  }
}

}  // namespace
}  // namespace eckart::io::test
