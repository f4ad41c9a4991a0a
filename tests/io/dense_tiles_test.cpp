#include "io/dense_tiles.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/io/file_testing.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::Folder, test::npy, test::write_bytes;

TEST(DenseTiles, CoverTheMatrixOnceAndComeAfterThoseAboveAndToTheLeft) {
  const Folder folder;
  const auto number = [](index_t, index_t) { return 1; };
  write_bytes(folder / "a.npy", npy<double>("f8", 130, 3000, number));
  write_bytes(folder / "b.npy", npy<double>("f8", 7, 3000, number));
  for (const std::uint64_t bytes : {4096u, 1u << 16, 1u << 24}) {
    std::vector<DensePart> parts;
    parts.push_back(open_npy_part(folder / "a.npy"));
    parts.push_back(open_npy_part(folder / "b.npy"));
    const auto source = make_dense_tiles(std::move(parts), bytes);
    std::set<std::pair<index_t, index_t>> seen;
    for (const Tile& tile : source->tiles()) {
      for (index_t i = tile.row; i < tile.row + tile.rows; ++i) {
        for (index_t j = tile.col; j < tile.col + tile.cols; ++j) {
          EXPECT_TRUE(seen.insert({i, j}).second);
          EXPECT_TRUE(i == 0 || seen.contains({i - 1, j}));
          EXPECT_TRUE(j == 0 || seen.contains({i, j - 1}));
        }
      }
    }
    EXPECT_EQ(static_cast<index_t>(seen.size()), 137 * 3000);
  }
}

TEST(DenseTiles, SpanWholeRowsWhere64OfThemDoNotTakeFourTimesATile) {
  const Folder folder;
  const auto number = [](index_t, index_t) { return 1; };
  write_bytes(folder / "a.npy", npy<std::int8_t>("i1", 130, 1000, number));
  const auto cols_with = [&](std::uint64_t bytes) {
    std::vector<DensePart> parts;
    parts.push_back(open_npy_part(folder / "a.npy"));
    return make_dense_tiles(std::move(parts), bytes)->tiles().front().cols;
  };
  EXPECT_EQ(cols_with(64 * 8 * 1000 / 4), 1000);  // int8 becomes 8 bytes
  EXPECT_EQ(cols_with(64 * 8 * 1000 / 4 - 512), 1000 / 4 - 1);
}

TEST(DenseTiles, KnowsElementTypesByBothNames) {
  EXPECT_EQ(element_from_string("f4"), Element::float32);
  EXPECT_EQ(element_from_string("float32"), Element::float32);
  EXPECT_EQ(element_from_string("bfloat16"), Element::bfloat16);
  EXPECT_THROW(element_from_string("f3"), InvalidArgument);
}

}  // namespace
}  // namespace eckart::io
