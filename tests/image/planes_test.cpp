#include "image/planes.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace eckart::image {
namespace {

Image noise(index_t width, index_t height, int channels, int bits) {
  Image image = make_image(width, height, channels, bits);
  std::uint32_t state = 1;
  for (std::uint16_t& sample : image.samples) {
    state = state * 1664525u + 1013904223u;
    sample = static_cast<std::uint16_t>(state >> (32 - bits));
  }
  return image;
}

TEST(Planes, ReturnsEveryPictureExactly) {
  const Context context(2);
  for (const int channels : {1, 3}) {
    for (const int bits : {8, 16}) {
      for (const Colors colors : {Colors::ycbcr, Colors::channels}) {
        for (const index_t block : {0, 1, 4, 8, 64}) {
          const Image image = noise(37, 21, channels, bits);
          const auto planes = to_planes(image, colors, block, context);
          const PlaneShape shape = plane_shape(37, 21, block);
          for (const auto& plane : planes) {
            EXPECT_EQ(plane.rows(), shape.cols);
            EXPECT_EQ(plane.cols(), shape.rows);
          }
          Image back = make_image(37, 21, channels, bits);
          from_planes(planes, colors, block, back, context);
          EXPECT_EQ(back.samples, image.samples) << channels << ' ' << bits << ' ' << block;
        }
      }
    }
  }
}

TEST(Planes, HoldTheRowsOfThePicture) {
  const Image image = noise(5, 3, 1, 8);
  const auto planes = to_planes(image, Colors::ycbcr, 0, Context(1));
  ASSERT_EQ(planes.size(), 1u);
  for (index_t i = 0; i < 3; ++i) {
    for (index_t j = 0; j < 5; ++j) EXPECT_EQ(planes[0](j, i), image.at(i, j, 0));
  }
}

TEST(Planes, HoldABlockInEachRowCompletedFromTheEdge) {
  const Image image = noise(5, 3, 1, 8);
  const auto planes = to_planes(image, Colors::ycbcr, 2, Context(1));
  ASSERT_EQ(planes[0].rows(), 4);  // samples of a block
  ASSERT_EQ(planes[0].cols(), 6);  // 2 x 3 blocks
  for (index_t block = 0; block < 6; ++block) {
    for (index_t sample = 0; sample < 4; ++sample) {
      const index_t row = std::min<index_t>(block / 3 * 2 + sample / 2, 2);
      const index_t col = std::min<index_t>(block % 3 * 2 + sample % 2, 4);
      EXPECT_EQ(planes[0](sample, block), image.at(row, col, 0));
    }
  }
}

TEST(Planes, MixColorsAsJfifDoes) {
  // The primaries, and what JFIF's equations give for them.
  const double expected[3][3] = {
      {0.299, -0.168735892, 0.5}, {0.587, -0.331264108, -0.418687589}, {0.114, 0.5, -0.081312411}};
  for (int primary = 0; primary < 3; ++primary) {
    Image image = make_image(1, 1, 3, 8);
    image.at(0, 0, primary) = 255;
    const auto planes = to_planes(image, Colors::ycbcr, 0, Context(1));
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_TRUE(std::abs(planes[c](0, 0) / 255 - expected[primary][c]) <= 1e-9);
    }
  }
  const Image grey{1, 1, 3, 8, {80, 80, 80}};
  const auto planes = to_planes(grey, Colors::ycbcr, 0, Context(1));
  EXPECT_TRUE(std::abs(planes[0](0, 0) - 80) <= 1e-12);
  EXPECT_TRUE(std::abs(planes[1](0, 0)) <= 1e-12);
  EXPECT_TRUE(std::abs(planes[2](0, 0)) <= 1e-12);
}

TEST(Planes, ClipAndRoundToWhatSamplesCanBe) {
  std::vector<Matrix<double>> planes;
  planes.emplace_back(4, 1);
  planes[0](0, 0) = -3;
  planes[0](1, 0) = 1.5;
  planes[0](2, 0) = 254.49;
  planes[0](3, 0) = 1e9;
  Image image = make_image(4, 1, 1, 8);
  from_planes(planes, Colors::channels, 0, image, Context(1));
  EXPECT_EQ(image.samples, (std::vector<std::uint16_t>{0, 2, 254, 255}));
}

TEST(Planes, HaveNames) {
  EXPECT_EQ(plane_names(1, Colors::ycbcr), std::vector<std::string>{"grey"});
  EXPECT_EQ(plane_names(3, Colors::ycbcr), (std::vector<std::string>{"Y", "Cb", "Cr"}));
  EXPECT_EQ(plane_names(3, Colors::channels), (std::vector<std::string>{"red", "green", "blue"}));
}

}  // namespace
}  // namespace eckart::image
