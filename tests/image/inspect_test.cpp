#include "eckart/image/inspect.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "eckart/image/packed.hpp"
#include "eckart/image/quality.hpp"

namespace eckart::image {
namespace {

Image part_of_chelsea(int channels) {
  const Image whole = read_image(EXAMPLES_DATA "/chelsea.png");
  Image image = make_image(96, 80, channels, 8);
  for (index_t i = 0; i < image.height; ++i) {
    for (index_t j = 0; j < image.width; ++j) {
      for (int c = 0; c < channels; ++c) {
        image.at(i, j, c) = c == 3 ? std::uint16_t(200) : whole.at(100 + i, 150 + j, c);
      }
    }
  }
  return image;
}

TEST(Inspect, FindsTheSmallestJpegThatIsAsGood) {
  const Image image = part_of_chelsea(3);
  for (const double wanted : {25.0, 32.0, 38.0}) {
    const auto jpeg = jpeg_with_psnr(image, wanted);
    ASSERT_TRUE(jpeg.has_value());
    EXPECT_TRUE(jpeg->psnr >= wanted);
    const std::string bytes = encode_jpeg(image, jpeg->quality);
    EXPECT_EQ(jpeg->bytes, bytes.size());
    EXPECT_EQ(jpeg->psnr, psnr(mean_squared_error(image, decode_image(bytes, "JPEG")), 255));
    const Image worse = decode_image(encode_jpeg(image, jpeg->quality - 1), "JPEG");
    EXPECT_TRUE(psnr(mean_squared_error(image, worse), 255) < wanted);
  }
}

TEST(Inspect, SaysThatNoJpegIsAsGoodWhereThatIsSo) {
  EXPECT_FALSE(jpeg_with_psnr(part_of_chelsea(3), 200).has_value());
  Image fine = part_of_chelsea(1);
  fine.bits = 16;
  EXPECT_FALSE(jpeg_with_psnr(fine, 20).has_value());
  EXPECT_FALSE(jpeg_with_psnr(make_image(70000, 1, 1, 8), 20).has_value());
}

TEST(Inspect, TellsOfARankWhatItsPartsTell) {
  const Image original = part_of_chelsea(3);
  for (const Colors colors : {Colors::ycbcr, Colors::channels}) {
    const LowRankImage image = decompose(original, {.colors = colors});
    const RankQuality q = quality_at(image, original, 12);
    EXPECT_EQ(q.rank, 12);
    EXPECT_EQ(q.ranks, ranks_of(image, 12));
    EXPECT_EQ(q.energy, energy(image, q.ranks));
    const Image shown = reconstruct(image, q.ranks);
    EXPECT_EQ(q.psnr, psnr(mean_squared_error(original, shown), 255));
    EXPECT_EQ(q.ssim, ssim(original, shown));
    EXPECT_EQ(q.packed_bytes, pack(image, q.ranks).bytes.size());
    EXPECT_TRUE(q.packed_psnr < q.psnr && q.packed_psnr > q.psnr - 1.5);
    ASSERT_TRUE(q.jpeg.has_value());
    EXPECT_TRUE(q.jpeg->psnr >= q.packed_psnr);
    EXPECT_EQ(q.psnr_unclipped.has_value(), colors == Colors::channels);
  }
}

TEST(Inspect, ClippingAndRoundingChangeThePsnrALittle) {
  const Image original = part_of_chelsea(1);
  const LowRankImage image = decompose(original);
  for (const index_t k : {3, 20}) {
    const RankQuality q = quality_at(image, original, k);
    ASSERT_TRUE(q.psnr_unclipped.has_value());
    EXPECT_TRUE(std::abs(q.psnr - *q.psnr_unclipped) <= 0.2);
    const double mse = squared_error(image, {k}) / double(original.pixels());
    EXPECT_TRUE(std::abs(*q.psnr_unclipped - psnr(mse, 255)) <= 1e-12);
  }
  EXPECT_FALSE(
      quality_at(decompose(original, {.block = 8}), original, 3).psnr_unclipped.has_value());
}

TEST(Inspect, ComparesWithoutTransparency) {
  const Image original = part_of_chelsea(4);
  const RankQuality q = quality_at(decompose(original), original, 12);
  const Image opaque = part_of_chelsea(3);
  const RankQuality same = quality_at(decompose(opaque), opaque, 12);
  EXPECT_EQ(q.psnr, same.psnr);
  EXPECT_EQ(q.jpeg->bytes, same.jpeg->bytes);
}

TEST(Inspect, CountsRanksAsFarAsThereAre) {
  const Image original = part_of_chelsea(1);
  const LowRankImage image = decompose(original);
  EXPECT_EQ(quality_at(image, original, 1000).rank, 80);
  EXPECT_EQ(quality_at(image, original, 1000).energy, 1);
  EXPECT_THROW(quality_at(image, original, -1), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
