#include "eckart/image/low_rank.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"

namespace eckart::image {
namespace {

// i, j: row and column.
template <class Value>
Image picture(index_t width, index_t height, int channels, const Value& value) {
  Image image = make_image(width, height, channels, 8);
  for (index_t i = 0; i < height; ++i) {
    for (index_t j = 0; j < width; ++j) {
      for (int c = 0; c < channels; ++c) {
        image.at(i, j, c) = static_cast<std::uint16_t>(value(i, j, c));
      }
    }
  }
  return image;
}

Image gradient() {
  return picture(128, 100, 1, [](index_t i, index_t j, int) { return i + j; });
}

Image checkerboard() {
  return picture(96, 64, 1,
                 [](index_t i, index_t j, int) { return (i / 8 + j / 8) % 2 == 0 ? 200 : 30; });
}

Image color_picture() {
  return picture(40, 30, 3, [](index_t i, index_t j, int c) {
    return std::lround(128 + 60 * std::sin(0.2 * double(i) + c) * std::cos(0.11 * double(j * c)) +
                       double((i * 7 + j * 13) % 23));
  });
}

// Slow and plain: the sum over samples of the squares of differences to A_k, not rounded.
double error_by_definition(const Plane& plane, index_t k, const Image& image, int channel) {
  double sum = 0;
  for (index_t i = 0; i < image.height; ++i) {
    for (index_t j = 0; j < image.width; ++j) {
      double value = 0;
      for (index_t t = 0; t < k; ++t) {
        value += plane.svd.sigma[std::size_t(t)] * plane.svd.U(i, t) * plane.svd.V(j, t);
      }
      sum += std::pow(value - image.at(i, j, channel), 2);
    }
  }
  return sum;
}

TEST(LowRank, KeepsOfTheCameraThePublishedEnergies) {
  const Image camera = read_image(EXAMPLES_DATA "/camera.png");
  ASSERT_EQ(camera.width, 512);
  const LowRankImage image = decompose(camera);
  const double sigma[] = {70966.03483871753, 17054.59107480, 13314.90060259};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::abs(image.planes[0].svd.sigma[i] - sigma[i]) <= 1e-8);
  }
  const std::pair<index_t, double> published[] = {{1, 87.0077},  {5, 97.0411},  {10, 98.1768},
                                                  {20, 98.9757}, {50, 99.5959}, {100, 99.8453}};
  for (const auto& [k, percent] : published) {
    EXPECT_TRUE(std::abs(100 * energy(image, {k}) - percent) <= 0.5e-4) << k;
    EXPECT_EQ(ranks_for_energy(image, (percent - 1e-3) / 100).size(), 1u);
  }
}

TEST(LowRank, FindsThatAGradientHasRankTwoAndACheckerboardRankTwo) {
  for (const Image& original : {gradient(), checkerboard()}) {
    const LowRankImage image = decompose(original);
    EXPECT_EQ(ranks_for_energy(image, 1), Ranks{2});
    EXPECT_TRUE(squared_error(image, {2}) <= 1e-12);
    EXPECT_EQ(reconstruct(image, {2}).samples, original.samples);
    EXPECT_NE(reconstruct(image, {1}).samples, original.samples);
  }
  const Image ramp = picture(64, 48, 1, [](index_t, index_t j, int) { return 3 * j; });
  EXPECT_EQ(ranks_for_energy(decompose(ramp), 1), Ranks{1});
}

TEST(LowRank, TellsTheErrorOfEveryRankWithoutAnotherDecomposition) {
  const Image original = color_picture();
  const LowRankImage image = decompose(original, {.colors = Colors::channels});
  ASSERT_EQ(image.planes.size(), 3u);
  for (const index_t k : {0, 1, 3, 29, 30}) {
    double expected = 0;
    for (int c = 0; c < 3; ++c) {
      expected += error_by_definition(image.planes[std::size_t(c)], k, original, c);
    }
    EXPECT_TRUE(std::abs(squared_error(image, {k, k, k}) - expected) <= 1e-6) << k;
  }
  const LowRankImage leading = decompose(original, {.colors = Colors::channels, .rank = 5});
  EXPECT_EQ(leading.planes[1].rank(), 5);
  EXPECT_TRUE(std::abs(squared_error(leading, {2, 3, 4}) - squared_error(image, {2, 3, 4})) <=
              1e-9 * squared_error(image, {0, 0, 0}));
}

TEST(LowRank, ReconstructsAllTripletsToThePictureInEveryModel) {
  const Image original = color_picture();
  for (const Colors colors : {Colors::ycbcr, Colors::channels}) {
    for (const index_t block : {0, 8}) {
      const LowRankImage image = decompose(original, {.colors = colors, .block = block});
      Ranks all;
      for (const Plane& plane : image.planes) all.push_back(plane.rank());
      EXPECT_EQ(reconstruct(image, all).samples, original.samples);
      EXPECT_EQ(energy(image, all), 1);
    }
  }
}

TEST(LowRank, KeepsAlphaAsItIs) {
  for (const int channels : {2, 4}) {
    const Image original = picture(20, 10, channels, [&](index_t i, index_t j, int c) {
      return c == channels - 1 ? (i * 31 + j * 17) % 256 : 100 + i;
    });
    const Image back = reconstruct(decompose(original), Ranks(std::size_t(channels - 1), 1));
    ASSERT_EQ(back.channels, channels);
    for (index_t i = 0; i < 10; ++i) {
      for (index_t j = 0; j < 20; ++j) {
        EXPECT_EQ(back.at(i, j, channels - 1), original.at(i, j, channels - 1));
      }
    }
  }
}

TEST(LowRank, GivesColorDifferencesTheTripletsThatReachTheThresholdOfTheBrightness) {
  const LowRankImage image = decompose(color_picture());
  const Ranks ranks = ranks_of(image, 10);
  EXPECT_EQ(ranks[0], 10);
  const double threshold = image.planes[0].svd.sigma[9];
  for (const std::size_t p : {1u, 2u}) {
    const auto& sigma = image.planes[p].svd.sigma;
    EXPECT_TRUE(ranks[p] <= 10);
    if (ranks[p] > 0) {
      EXPECT_TRUE(sigma[std::size_t(ranks[p] - 1)] >= threshold);
    }
    if (ranks[p] < 10) {
      EXPECT_TRUE(sigma[std::size_t(ranks[p])] < threshold);
    }
  }
  EXPECT_EQ(ranks_of(decompose(color_picture(), {.colors = Colors::channels}), 10),
            (Ranks{10, 10, 10}));
  EXPECT_EQ(ranks_of(image, 0), (Ranks{0, 0, 0}));
  EXPECT_EQ(ranks_of(image, 99)[0], 30);
}

TEST(LowRank, TakesTheLargestSingularValuesOfAllPlanesFirst) {
  const LowRankImage image = decompose(color_picture());
  for (const index_t count : {0, 1, 7, 25, 90, 1000}) {
    const Ranks ranks = leading_ranks(image, count);
    index_t sum = 0;
    double smallest_kept = 1e300, largest_dropped = 0;
    for (std::size_t p = 0; p < 3; ++p) {
      const auto& sigma = image.planes[p].svd.sigma;
      sum += ranks[p];
      if (ranks[p] > 0) smallest_kept = std::min(smallest_kept, sigma[std::size_t(ranks[p] - 1)]);
      if (ranks[p] < image.planes[p].rank()) {
        largest_dropped = std::max(largest_dropped, sigma[std::size_t(ranks[p])]);
      }
    }
    EXPECT_EQ(sum, std::min<index_t>(count, 90));
    EXPECT_TRUE(smallest_kept >= largest_dropped);
  }
}

TEST(LowRank, TakesTheFewestTripletsForAnEnergy) {
  const LowRankImage image = decompose(color_picture());
  for (const double share : {0.5, 0.9, 0.99, 0.9999}) {
    const Ranks ranks = ranks_for_energy(image, share);
    const index_t count = ranks[0] + ranks[1] + ranks[2];
    EXPECT_TRUE(energy(image, ranks) >= share - 1e-12);
    EXPECT_TRUE(energy(image, leading_ranks(image, count - 1)) < share);
  }
}

TEST(LowRank, SketchesNearlyAsWellAsTheExactApproximation) {
  const Image camera = read_image(EXAMPLES_DATA "/camera.png");
  const LowRankImage exact = decompose(camera, {.rank = 50});
  const LowRankImage sketch = decompose(camera, {.rank = 50, .approximate = true, .seed = 3});
  ASSERT_EQ(sketch.planes[0].rank(), 50);
  EXPECT_EQ(sketch.planes[0].square, exact.planes[0].square);
  const double best = squared_error(exact, {50});
  EXPECT_TRUE(squared_error(sketch, {50}) >= best);
  EXPECT_TRUE(squared_error(sketch, {50}) <= 1.1 * best);
  const LowRankImage other = decompose(camera, {.rank = 50, .approximate = true, .seed = 4});
  EXPECT_NE(other.planes[0].svd.sigma, sketch.planes[0].svd.sigma);
}

TEST(LowRank, GivesTheSameBitsForAnyNumberOfThreads) {
  const Image original = color_picture();
  Context one(1), two(2), three(3);
  const LowRankImage a = decompose(original, {}, one);
  const Image expected = reconstruct(a, {7, 3, 2}, one);
  for (Context* context : {&two, &three}) {
    const LowRankImage b = decompose(original, {}, *context);
    for (std::size_t p = 0; p < 3; ++p) {
      EXPECT_EQ(a.planes[p].svd.sigma, b.planes[p].svd.sigma);
      EXPECT_EQ(a.planes[p].square, b.planes[p].square);
    }
    EXPECT_EQ(reconstruct(b, {7, 3, 2}, *context).samples, expected.samples);
  }
}

TEST(LowRank, RefusesWhatItCannotDo) {
  const Image original = gradient();
  EXPECT_THROW((void)decompose(original, {.block = 65}), InvalidArgument);
  EXPECT_THROW((void)decompose(original, {.block = -1}), InvalidArgument);
  EXPECT_THROW((void)decompose(original, {.rank = -1}), InvalidArgument);
  EXPECT_THROW((void)decompose(original, {.approximate = true}), InvalidArgument);
  const LowRankImage image = decompose(original, {.rank = 3});
  EXPECT_THROW(reconstruct(image, {4}), InvalidArgument);
  EXPECT_THROW(reconstruct(image, {-1}), InvalidArgument);
  EXPECT_THROW(reconstruct(image, {1, 1}), InvalidArgument);
  EXPECT_THROW(ranks_for_energy(image, 1.5), InvalidArgument);
  EXPECT_THROW(ranks_of(image, -1), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
