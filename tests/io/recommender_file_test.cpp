#include "eckart/io/recommender_file.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "io/recommender_bytes.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::io {
namespace {

using recommend::Model;
using recommend::same_bits;

class RecommenderFile : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string bytes_of(const Model& model) const {
    write_recommender(path("model"), model);
    std::ifstream file(path("model"), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_ = testing::TempDir() + "recommender_file_" + std::to_string(::getpid());
};

Model read(const std::string& bytes) {
  Input input;
  input.name = "file";
  input.bytes = bytes;
  return read_recommender_bytes(input);
}

std::string complaint(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const IoError& error) {
    return error.what();
  }
  return "nothing to complain about";
}

std::vector<Model> models() {
  const Ratings r = recommend::sample(12, 9);
  recommend::PlainSvdOptions plain = recommend::PlainSvdOptions::surprise(true);
  plain.rank = 3;
  std::vector<Model> all;
  all.push_back(recommend::fit_baseline(r));
  all.push_back(recommend::fit_svd(r, {.rank = 5, .epochs = 2}));
  all.push_back(fit_plain_svd(r, plain));
  all.push_back(recommend::fit_als(r, {.rank = 2}));
  all.push_back(recommend::fit_implicit_als(r, {.rank = 2}));
  all.push_back(recommend::fit_pure_svd(r, {.rank = 3}));
  all.push_back(recommend::fit_ease(r));
  return all;
}

TEST_F(RecommenderFile, BringsEveryKindBack) {
  for (const Model& m : models()) {
    write_recommender(path("model"), m);
    const Model back = read_recommender(path("model"));
    EXPECT_EQ(back.kind, m.kind);
    EXPECT_EQ(back.rank, m.rank);
    EXPECT_EQ(back.mean, m.mean);
    EXPECT_EQ(back.scale.low, m.scale.low);
    EXPECT_EQ(back.scale.high, m.scale.high);
    EXPECT_EQ(back.options, m.options);
    EXPECT_TRUE(same_bits(back.rated.offsets, m.rated.offsets));
    EXPECT_TRUE(same_bits(back.rated.items, m.rated.items));
    EXPECT_TRUE(same_bits(back.rated.values, m.rated.values));
    EXPECT_TRUE(same_bits(back.user_bias, m.user_bias));
    EXPECT_TRUE(same_bits(back.user_factors, m.user_factors));
    EXPECT_TRUE(same_bits(back.item_factors, m.item_factors));
    EXPECT_TRUE(same_bits(back.input_factors, m.input_factors));
    EXPECT_TRUE(same_bits(back.singular_values, m.singular_values));
    EXPECT_TRUE(same_bits(back.item_weights, m.item_weights));
    EXPECT_EQ(back.users[3], "u3");
    EXPECT_EQ(back.items.find("i7"), 7);
    for (index_t i = 0; i < 9; ++i) EXPECT_EQ(predict(back, 2, i), predict(m, 2, i));
  }
}

TEST_F(RecommenderFile, IsTheSameBytesForTheSameModel) {
  const Ratings r = recommend::sample(60, 40);
  Context one(1), two(2);
  const recommend::SvdOptions o{.rank = 8, .epochs = 3};
  EXPECT_EQ(bytes_of(recommend::fit_svd(r, o, one)), bytes_of(recommend::fit_svd(r, o, two)));
}

TEST_F(RecommenderFile, EveryTruncationIsRefused) {
  const std::string bytes = bytes_of(models()[1]);
  for (std::size_t length = 0; length < bytes.size(); length += length < 1200 ? 7 : 97) {
    EXPECT_THROW(read(bytes.substr(0, length)), IoError) << length;
  }
}

TEST_F(RecommenderFile, SaysWhatIsWrong) {
  const std::string good = bytes_of(models()[1]);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    const std::size_t at = bytes.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    EXPECT_EQ(from.size(), to.size());
    return bytes.replace(at, to.size(), to);
  };
  const auto says = [](const std::string& bytes, const std::string& what) {
    const std::string said = complaint(bytes);
    EXPECT_NE(said.find(what), std::string::npos) << said;
  };
  says("short", "too short");
  says("x,y,z\n1,2,3\n4,5,6\n", "no recommender");
  says(changed("eckart recommender", "eckart refrigerato"), "no recommender that eckart wrote");
  says(changed("\"version\":\"1\"", "\"version\":\"7\""), "version 7");
  says(changed("\"kind\":\"svd\"", "\"kind\":\"svn\""), "no recommender called 'svn'");
  says(changed("\"rank\":\"5\"", "\"rank\":\"6\""), "holds 60 numbers; expected 72");
  says(changed("\"user_bias\"", "\"user_bims\""), "user_bias is missing");
  says(changed("\"I32\"", "\"F32\""), "not described as I32");
  const std::string item = changed("\"rank\":\"5\"", "\"rank\":\"5\"");
  std::string outside = good;
  const std::size_t data = 8 + static_cast<std::size_t>([&] {
                             std::uint64_t length = 0;
                             std::memcpy(&length, good.data(), 8);
                             return length;
                           }());
  for (std::size_t i = 0; i < 8; ++i) outside[data + 8 + i] = '\x7f';  // the second user offset
  says(outside, "does not hold together");
}

// Whatever single byte is changed, the model is refused or can be used.
TEST_F(RecommenderFile, NoChangedByteMakesItUnsafe) {
  for (const Model& m : models()) {
    const std::string good = bytes_of(m);
    for (std::size_t at = 0; at < good.size(); at += 3) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
      try {
        const Model back = read(bytes);
        const std::int32_t user = 0;
        static_cast<void>(top(back, {&user, 1}));
        static_cast<void>(similar_items(back, 0, 2));
      } catch (const IoError&) {
      }
    }
  }
}

TEST_F(RecommenderFile, AFileThatCannotBeWrittenIsAnError) {
  EXPECT_THROW(write_recommender(path("no/such/folder"), models()[0]), IoError);
  EXPECT_THROW(read_recommender(path("nothing")), IoError);
}

}  // namespace
}  // namespace eckart::io
