#include <gtest/gtest.h>

#include <cmath>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "eckart/image/packed.hpp"
#include "eckart/image/quality.hpp"

namespace eckart::image {
namespace {

Image part_of_chelsea() {
  const Image whole = read_image(EXAMPLES_DATA "/chelsea.png");
  Image image = make_image(120, 90, 3, 8);
  for (index_t i = 0; i < image.height; ++i) {
    for (index_t j = 0; j < image.width; ++j) {
      for (int c = 0; c < 3; ++c) image.at(i, j, c) = whole.at(100 + i, 150 + j, c);
    }
  }
  return image;
}

double psnr_of(const Packed& packed, const Image& original) {
  const Image back = reconstruct(unpack(packed.bytes, "file"), packed.ranks);
  return psnr(mean_squared_error(original, back), original.peak());
}

index_t count(const Packed& packed) {
  index_t sum = 0;
  for (const index_t rank : packed.ranks) sum += rank;
  return sum;
}

TEST(PackSearch, KeepsWithinTheBytesAndUsesThem) {
  const Image original = part_of_chelsea();
  const LowRankImage image = decompose(original);
  double before = 0;
  for (const std::uint64_t bytes : {400u, 1000u, 3000u, 8000u}) {
    const Packed packed = pack_within(image, bytes);
    EXPECT_TRUE(packed.bytes.size() <= bytes);
    EXPECT_TRUE(packed.bytes.size() >= bytes / 2);
    const Packed more = pack(image, leading_ranks(image, count(packed) + 1), packed.share);
    EXPECT_TRUE(more.bytes.size() > bytes);
    EXPECT_TRUE(psnr_of(packed, original) > before);
    before = psnr_of(packed, original);
  }
}

TEST(PackSearch, FindsNoWorsePictureThanAnyFixedShare) {
  const Image original = part_of_chelsea();
  const LowRankImage image = decompose(original);
  const double found = psnr_of(pack_within(image, 2000), original);
  for (const double share : {0.125, 0.25, 0.5, 1.0}) {
    for (index_t n = 0;; ++n) {
      const Packed packed = pack(image, leading_ranks(image, n), share);
      if (packed.bytes.size() > 2000) break;
      EXPECT_TRUE(psnr_of(packed, original) <= found + 0.4) << share << ' ' << n;
    }
  }
}

TEST(PackSearch, ReachesThePsnrAndNotMuchMore) {
  const Image original = part_of_chelsea();
  const LowRankImage image = decompose(original);
  for (const double wanted : {20.0, 28.0, 36.0}) {
    const Packed packed = pack_to_psnr(image, original, wanted);
    EXPECT_TRUE(psnr_of(packed, original) >= wanted);
    EXPECT_TRUE(psnr_of(packed, original) <= wanted + 2);
    const Packed less = pack(image, leading_ranks(image, count(packed) - 1), packed.share);
    EXPECT_TRUE(psnr_of(less, original) < wanted);
  }
}

TEST(PackSearch, SaysWhatIsPossibleWhereTheWishIsNot) {
  const Image original = part_of_chelsea();
  const LowRankImage image = decompose(original);
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string small = message([&] { pack_within(image, 50); });
  EXPECT_TRUE(small.find("takes 1") != std::string::npos) << small;
  const std::string fine =
      message([&] { pack_to_psnr(decompose(original, {.rank = 5}), original, 40); });
  EXPECT_TRUE(fine.find("all triplets reach") != std::string::npos) << fine;
  EXPECT_THROW(pack_to_psnr(image, original, -1), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
