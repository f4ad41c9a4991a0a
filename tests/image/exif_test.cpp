#include "image/exif.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eckart::image {
namespace {

using namespace std::literals;

std::string exif(bool big, int tag, int type, int value) {
  const auto number = [&](int v, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += char(v >> 8 * (big ? size - 1 - i : i) & 0xff);
    return bytes;
  };
  std::string data = "Exif\0\0"s + (big ? "MM\0*"s : "II*\0"s) + number(8, 4) + number(2, 2);
  data += number(271, 2) + number(2, 2) + number(4, 4) + "abc\0"s;  // the maker
  data += number(tag, 2) + number(type, 2) + number(1, 4) + number(value, 2) + number(0, 2);
  return data + number(0, 4);
}

TEST(Exif, ReadsTheOrientationInBothByteOrders) {
  for (int value = 1; value <= 8; ++value) {
    EXPECT_EQ(exif_orientation(exif(false, 274, 3, value)), value);
    EXPECT_EQ(exif_orientation(exif(true, 274, 3, value)), value);
  }
}

TEST(Exif, TakesWhatIsMissingOrDamagedForUpright) {
  EXPECT_EQ(exif_orientation(""), 1);
  EXPECT_EQ(exif_orientation("Exif\0\0"sv), 1);
  EXPECT_EQ(exif_orientation(exif(false, 275, 3, 6)), 1);
  EXPECT_EQ(exif_orientation(exif(false, 274, 4, 6)), 1);
  EXPECT_EQ(exif_orientation(exif(false, 274, 3, 9)), 1);
  EXPECT_EQ(exif_orientation(exif(false, 274, 3, 0)), 1);
  const std::string whole = exif(true, 274, 3, 6);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const int found = exif_orientation(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(found == 1 || (found == 6 && size >= 38)) << size;
  }
  std::string far = whole;
  far.replace(10, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(exif_orientation(far), 1);
}

// Exif 2.3 says where the first row and the first column are seen: of a picture whose upper left
// pixel is marked 1 and the one right of it 2.
TEST(Exif, TurnsPicturesUpright) {
  // Seen: 1 2 3
  //       4 5 6
  const std::vector<std::uint16_t> seen = {1, 2, 3, 4, 5, 6};
  const std::vector<std::uint16_t> stored[] = {
      {1, 2, 3, 4, 5, 6},  // first row on top, first column left
      {3, 2, 1, 6, 5, 4},  // top, right
      {6, 5, 4, 3, 2, 1},  // bottom, right
      {4, 5, 6, 1, 2, 3},  // bottom, left
      {1, 4, 2, 5, 3, 6},  // first row on the left, first column on top
      {3, 6, 2, 5, 1, 4},  // right, top
      {6, 3, 5, 2, 4, 1},  // right, bottom
      {4, 1, 5, 2, 6, 3},  // left, bottom
  };
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const bool turned = orientation >= 5;
    const Image image =
        upright({turned ? 2 : 3, turned ? 3 : 2, 1, 8, stored[orientation - 1]}, orientation);
    EXPECT_EQ(image.width, 3);
    EXPECT_EQ(image.height, 2);
    EXPECT_EQ(image.samples, seen) << orientation;
  }
}

TEST(Exif, TurnsAllChannelsOfAPixel) {
  const Image image = upright({2, 1, 3, 8, {1, 2, 3, 4, 5, 6}}, 6);
  EXPECT_EQ(image.width, 1);
  EXPECT_EQ(image.samples, (std::vector<std::uint16_t>{1, 2, 3, 4, 5, 6}));
  const Image mirrored = upright({2, 1, 3, 8, {1, 2, 3, 4, 5, 6}}, 2);
  EXPECT_EQ(mirrored.samples, (std::vector<std::uint16_t>{4, 5, 6, 1, 2, 3}));
}

}  // namespace
}  // namespace eckart::image
