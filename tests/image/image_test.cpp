#include "eckart/image/image.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"

namespace eckart::image {
namespace {

TEST(Image, TellsColorsAlphaAndPeakFromItsFields) {
  const Image grey = make_image(3, 2, 1, 8), color = make_image(3, 2, 4, 16);
  EXPECT_EQ(grey.colors(), 1);
  EXPECT_FALSE(grey.has_alpha());
  EXPECT_EQ(grey.peak(), 255);
  EXPECT_EQ(color.colors(), 3);
  EXPECT_TRUE(color.has_alpha());
  EXPECT_EQ(color.peak(), 65535);
  EXPECT_EQ(color.samples.size(), 24u);
  EXPECT_EQ(make_image(1, 1, 2, 8).colors(), 1);
  EXPECT_EQ(make_image(1, 1, 3, 8).colors(), 3);
}

TEST(Image, KeepsThePixelsOfARowBesideEachOther) {
  Image image = make_image(3, 2, 2, 8);
  image.at(1, 2, 1) = 9;
  EXPECT_EQ(image.samples.back(), 9);
  image.at(0, 1, 0) = 7;
  EXPECT_EQ(image.samples[2], 7);
}

TEST(Image, RefusesShapesThatNoPictureHas) {
  EXPECT_THROW(make_image(0, 5, 1, 8), InvalidArgument);
  EXPECT_THROW(make_image(5, -1, 1, 8), InvalidArgument);
  EXPECT_THROW(make_image(5, 5, 5, 8), InvalidArgument);
  EXPECT_THROW(make_image(5, 5, 0, 8), InvalidArgument);
  EXPECT_THROW(make_image(5, 5, 1, 12), InvalidArgument);
}

TEST(Image, ChecksTheLimitsWithoutOverflow) {
  EXPECT_THROW(make_image(index_t{1} << 40, index_t{1} << 40, 4, 16), InvalidArgument);
  EXPECT_NO_THROW(make_image(10, 10, 1, 8, {.max_pixels = 100}));
  EXPECT_THROW(make_image(10, 10, 1, 8, {.max_pixels = 99}), InvalidArgument);
  EXPECT_NO_THROW(make_image(10, 10, 1, 8, {.max_bytes = 200}));
  EXPECT_THROW(make_image(10, 10, 1, 8, {.max_bytes = 199}), MemoryLimit);
}

TEST(Image, ValidatesThatTheSamplesFitTheShape) {
  Image image = make_image(4, 4, 3, 8);
  EXPECT_NO_THROW(validate(image));
  image.samples.pop_back();
  EXPECT_THROW(validate(image), InvalidArgument);
  const Image huge{index_t{1} << 62, 4, 1, 8, {}};
  EXPECT_THROW(validate(huge), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
