#include "image/levels.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace eckart::image {
namespace {

TEST(Levels, TakeAsManyBytesAsTheLargestNeeds) {
  EXPECT_EQ(width_of({}), 0);
  EXPECT_EQ(width_of({0, 0}), 0);
  EXPECT_EQ(width_of({0, 1, -1}), 1);
  EXPECT_EQ(width_of({127, -128}), 1);
  EXPECT_EQ(width_of({128}), 2);
  EXPECT_EQ(width_of({-129}), 2);
  EXPECT_EQ(width_of({32767, -32768}), 2);
  EXPECT_EQ(width_of({32768}), 3);
  EXPECT_EQ(width_of({1 << 23}), 4);
}

TEST(Levels, ComeBackUnchanged) {
  constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
  const std::vector<Levels> columns = {
      {0, 0, 0}, {1, -1, 2, -2, 127, -128}, {}, {300, -5, 70000}, {least, most, 0, -1}};
  std::vector<std::size_t> lengths;
  std::vector<int> widths;
  std::size_t bytes = 0;
  for (const Levels& column : columns) {
    lengths.push_back(column.size());
    widths.push_back(width_of(column));
    bytes += column.size() * std::size_t(width_of(column));
  }
  const std::string split_bytes = split(columns);
  EXPECT_EQ(split_bytes.size(), bytes);
  EXPECT_EQ(join(split_bytes, lengths, widths), columns);
}

TEST(Levels, PutBytesOfOnePlaceTogether) {
  // 0, -1, 1, ... are counted 0, 1, 2; 200 is 400 = 0x190.
  EXPECT_EQ(split({{200, 1}, {-1, 1}}), std::string("\x90\x02\x01\x02\x01\x00", 6));
}

TEST(Levels, DeflateToFewBytesAndBack) {
  std::string skewed;
  std::uint32_t state = 1;
  for (int i = 0; i < 20000; ++i) {
    state = state * 1664525u + 1013904223u;
    skewed += char(state >> 31 & state >> 30 & state >> 29);  // one in eight is not zero
  }
  for (const std::string& bytes : {std::string(), std::string("x"), skewed}) {
    const std::string packed = deflate_best(bytes);
    EXPECT_EQ(inflate_exactly(packed, bytes.size()), bytes);
  }
  // The entropy is 0.544 bits each.
  EXPECT_TRUE(double(deflate_best(skewed).size()) <= 20000 / 8.0 * 1.1);
}

TEST(Levels, InflateOnlyToTheExactSizeOfUndamagedBytes) {
  const std::string bytes(1000, 'a');
  const std::string packed = deflate_best(bytes);
  EXPECT_FALSE(inflate_exactly(packed, 999).has_value());
  EXPECT_FALSE(inflate_exactly(packed, 1001).has_value());
  EXPECT_FALSE(inflate_exactly(packed, 0).has_value());
  EXPECT_FALSE(inflate_exactly(packed + "x", 1000).has_value());
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(inflate_exactly(packed.substr(0, size), 1000).has_value());
  }
  std::string damaged = packed;
  damaged.back() = char(damaged.back() ^ 1);
  EXPECT_FALSE(inflate_exactly(damaged, 1000).has_value());
  // A size that the bytes cannot have takes no memory.
  EXPECT_FALSE(inflate_exactly(packed, std::size_t{1} << 60).has_value());
}

}  // namespace
}  // namespace eckart::image
