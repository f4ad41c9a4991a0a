#include "eckart/image/quality.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"

namespace eckart::image {
namespace {

// Every sample becomes the middle of its interval of the given length.
Image coarse(const Image& image, int length) {
  Image result = image;
  for (std::uint16_t& s : result.samples) s = std::uint16_t(s / length * length + length / 2);
  return result;
}

Image noise(index_t width, index_t height, int channels, std::uint32_t seed) {
  Image image = make_image(width, height, channels, 8);
  for (std::uint16_t& s : image.samples) {
    seed = seed * 1664525u + 1013904223u;
    s = std::uint16_t(seed >> 24);
  }
  return image;
}

// Wang et al. 2004, equations 13 to 16, one window after the other.
double ssim_by_definition(const Image& a, const Image& b) {
  double weight[11][11], total = 0, sum = 0;
  for (int i = 0; i < 11; ++i) {
    for (int j = 0; j < 11; ++j) {
      total += weight[i][j] = std::exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / (2 * 1.5 * 1.5));
    }
  }
  const double c1 = std::pow(0.01 * 255, 2), c2 = std::pow(0.03 * 255, 2);
  int windows = 0;
  for (int c = 0; c < a.colors(); ++c) {
    for (index_t y = 0; y + 11 <= a.height; ++y) {
      for (index_t x = 0; x + 11 <= a.width; ++x, ++windows) {
        double mean_a = 0, mean_b = 0, var_a = 0, var_b = 0, covariance = 0;
        for (int i = 0; i < 11; ++i) {
          for (int j = 0; j < 11; ++j) {
            mean_a += weight[i][j] / total * a.at(y + i, x + j, c);
            mean_b += weight[i][j] / total * b.at(y + i, x + j, c);
          }
        }
        for (int i = 0; i < 11; ++i) {
          for (int j = 0; j < 11; ++j) {
            const double da = a.at(y + i, x + j, c) - mean_a, db = b.at(y + i, x + j, c) - mean_b;
            var_a += weight[i][j] / total * da * da;
            var_b += weight[i][j] / total * db * db;
            covariance += weight[i][j] / total * da * db;
          }
        }
        sum += (2 * mean_a * mean_b + c1) * (2 * covariance + c2) /
               ((mean_a * mean_a + mean_b * mean_b + c1) * (var_a + var_b + c2));
      }
    }
  }
  return sum / windows;
}

TEST(Quality, OfPhotographsIsWhatScikitImageFinds) {
  const Image camera = read_image(EXAMPLES_DATA "/camera.png");
  const Image chelsea = read_image(EXAMPLES_DATA "/chelsea.png");
  EXPECT_TRUE(std::abs(*ssim(camera, coarse(camera, 16)) - 0.9290629526585135) <= 1e-9);
  EXPECT_TRUE(std::abs(mean_squared_error(camera, coarse(camera, 16)) - 20.76821517944336) <= 1e-9);
  EXPECT_TRUE(std::abs(psnr(mean_squared_error(camera, coarse(camera, 16)), 255) -
                       34.95681185999911) <= 1e-9);
  EXPECT_TRUE(std::abs(*ssim(chelsea, coarse(chelsea, 16)) - 0.902900623783289) <= 1e-9);
  EXPECT_TRUE(std::abs(mean_squared_error(chelsea, coarse(chelsea, 16)) - 21.316430155210643) <=
              1e-9);
}

TEST(Quality, OfSixteenBitsTakesTheirPeak) {
  Image camera = read_image(EXAMPLES_DATA "/camera.png");
  camera.bits = 16;
  for (std::uint16_t& s : camera.samples) s = std::uint16_t(s * 257);
  EXPECT_TRUE(std::abs(*ssim(camera, coarse(camera, 4096)) - 0.929389392094308) <= 1e-9);
}

TEST(Quality, SsimIsWhatItsDefinitionSays) {
  for (const int channels : {1, 3}) {
    const Image a = noise(40, 90, channels, 1), b = noise(40, 90, channels, 2);
    EXPECT_TRUE(std::abs(*ssim(a, b) - ssim_by_definition(a, b)) <= 1e-10);
    EXPECT_TRUE(std::abs(*ssim(a, coarse(a, 64)) - ssim_by_definition(a, coarse(a, 64))) <= 1e-10);
  }
}

TEST(Quality, OfEqualPicturesIsPerfect) {
  const Image a = noise(30, 20, 3, 1);
  EXPECT_EQ(mean_squared_error(a, a), 0);
  EXPECT_EQ(psnr(0, 255), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::abs(*ssim(a, a) - 1) <= 1e-12);
}

TEST(Quality, FollowsClosedForms) {
  // Two flat pictures: the structure says nothing, the means remain.
  Image a = make_image(20, 20, 1, 8), b = a;
  for (std::uint16_t& s : a.samples) s = 100;
  for (std::uint16_t& s : b.samples) s = 110;
  EXPECT_TRUE(std::abs(mean_squared_error(a, b) - 100) <= 1e-12);
  EXPECT_TRUE(std::abs(psnr(100, 255) - 28.1308036086791) <= 1e-12);
  const double c1 = 6.5025;
  EXPECT_TRUE(std::abs(*ssim(a, b) - (2 * 100.0 * 110 + c1) / (100.0 * 100 + 110 * 110 + c1)) <=
              1e-9);
}

TEST(Quality, DoesNotCountAlpha) {
  Image a = noise(20, 20, 4, 1), b = a;
  for (std::size_t i = 3; i < b.samples.size(); i += 4) b.samples[i] = 0;
  EXPECT_EQ(mean_squared_error(a, b), 0);
  EXPECT_TRUE(*ssim(a, b) >= 1 - 1e-12);
}

TEST(Quality, HasNoSsimWhereNoWindowFits) {
  EXPECT_FALSE(ssim(noise(10, 50, 1, 1), noise(10, 50, 1, 2)).has_value());
  EXPECT_FALSE(ssim(noise(50, 10, 1, 1), noise(50, 10, 1, 2)).has_value());
  EXPECT_TRUE(ssim(noise(11, 11, 1, 1), noise(11, 11, 1, 2)).has_value());
}

TEST(Quality, GivesTheSameBitsForAnyNumberOfThreads) {
  const Image a = noise(64, 300, 3, 1), b = noise(64, 300, 3, 2);
  for (const int threads : {2, 3}) {
    EXPECT_EQ(*ssim(a, b, Context(1)), *ssim(a, b, Context(threads)));
    EXPECT_EQ(mean_squared_error(a, b, Context(1)), mean_squared_error(a, b, Context(threads)));
  }
}

TEST(Quality, RefusesPicturesOfDifferentKinds) {
  const Image a = noise(20, 20, 1, 1);
  EXPECT_THROW(mean_squared_error(a, noise(20, 21, 1, 1)), InvalidArgument);
  EXPECT_THROW(mean_squared_error(a, noise(20, 20, 3, 1)), InvalidArgument);
  Image fine = a;
  fine.bits = 16;
  EXPECT_THROW((void)ssim(a, fine), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
