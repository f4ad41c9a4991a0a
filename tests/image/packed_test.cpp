#include "eckart/image/packed.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "eckart/image/quality.hpp"

namespace eckart::image {
namespace {

const Image& camera() {
  static const Image image = read_image(EXAMPLES_DATA "/camera.png");
  return image;
}
const LowRankImage& decomposed_camera() {
  static const LowRankImage image = decompose(camera());
  return image;
}

Image part_of_chelsea(bool alpha) {
  const Image whole = read_image(EXAMPLES_DATA "/chelsea.png");
  Image image = make_image(90, 60, alpha ? 4 : 3, 8);
  for (index_t i = 0; i < 60; ++i) {
    for (index_t j = 0; j < 90; ++j) {
      for (int c = 0; c < 3; ++c) image.at(i, j, c) = whole.at(100 + i, 150 + j, c);
      if (alpha) image.at(i, j, 3) = std::uint16_t((i * j) % 256);
    }
  }
  return image;
}

double psnr_between(const Image& a, const Image& b) {
  return psnr(mean_squared_error(a, b), a.peak());
}

std::string message_of(const std::string& bytes, const ImageLimits& limits = {}) {
  try {
    (void)unpack(bytes, "file", limits);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

// The file with one byte changed and the checksum of its section put right.
std::string with_byte(std::string bytes, const char* section, std::size_t at, char value) {
  const std::size_t begin = bytes.find(section);
  const auto byte = [&](std::size_t i) {
    return std::size_t(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t length = byte(begin + 4) | byte(begin + 5) << 8 | byte(begin + 6) << 16;
  bytes[begin + 8 + at] = value;
  const std::string covered = bytes.substr(begin, 4) + bytes.substr(begin + 8, length);
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(covered.data()), uInt(covered.size()));
  for (std::size_t i = 0; i < 4; ++i) bytes[begin + 8 + length + i] = char(crc >> 8 * i & 0xff);
  return bytes;
}

TEST(Packed, IsSmallAndAddsTheErrorItPromises) {
  for (const index_t k : {5, 20, 50, 150}) {
    for (const double share : {0.125, 0.25, 1.0}) {
      const Packed packed = pack(decomposed_camera(), {k}, share);
      const LowRankImage back = unpack(packed.bytes, "file");
      // The error of low rank and of rounding the factors, before rounding samples.
      double error = 0;
      const Matrix<double>&U = back.planes[0].svd.U, &V = back.planes[0].svd.V;
      std::vector<double> row(512);
      for (index_t i = 0; i < 512; ++i) {
        for (index_t j = 0; j < 512; ++j) row[std::size_t(j)] = camera().at(i, j, 0);
        for (index_t t = 0; t < k; ++t) {
          const double x = back.planes[0].svd.sigma[std::size_t(t)] * U(i, t);
          for (index_t j = 0; j < 512; ++j) row[std::size_t(j)] -= x * V(j, t);
        }
        for (const double d : row) error += d * d;
      }
      const double low_rank = squared_error(decomposed_camera(), {k});
      EXPECT_TRUE(error >= low_rank * (1 + 0.8 * share)) << k << ' ' << share;
      EXPECT_TRUE(error <= low_rank * (1 + 1.2 * share)) << k << ' ' << share;
      // A float for each number of U and V is what a plain file takes.
      EXPECT_TRUE(packed.bytes.size() * 5 <= std::size_t(k * 1024 * 4));
    }
  }
}

TEST(Packed, KeepsExactPicturesExact) {
  // Rank 2 and whole samples: rounding must stay below half a sample.
  Image board = make_image(96, 64, 1, 8);
  for (index_t i = 0; i < 64; ++i) {
    for (index_t j = 0; j < 96; ++j) board.at(i, j, 0) = (i / 8 + j / 8) % 2 == 0 ? 200 : 30;
  }
  const Packed packed = pack(decompose(board), {2}, 0.125);
  EXPECT_EQ(reconstruct(unpack(packed.bytes, "file"), {2}).samples, board.samples);
  EXPECT_TRUE(packed.bytes.size() <= 400);
}

TEST(Packed, HoldsEveryKindOfPicture) {
  for (const bool alpha : {false, true}) {
    for (const int bits : {8, 16}) {
      for (const Colors colors : {Colors::ycbcr, Colors::channels}) {
        for (const index_t block : {0, 8}) {
          Image original = part_of_chelsea(alpha);
          original.bits = bits;
          if (bits == 16) {
            for (std::uint16_t& s : original.samples) s = std::uint16_t(s * 257);
          }
          const LowRankImage image = decompose(original, {.colors = colors, .block = block});
          const Packed packed = pack(image, ranks_of(image, 12));
          EXPECT_EQ(packed.ranks, ranks_of(image, 12));
          const LowRankImage back = unpack(packed.bytes, "file");
          EXPECT_EQ(all_ranks(back), packed.ranks);
          const Image result = reconstruct(back, packed.ranks);
          EXPECT_EQ(result.channels, original.channels);
          EXPECT_EQ(result.bits, bits);
          const double best = psnr_between(original, reconstruct(image, packed.ranks));
          EXPECT_TRUE(psnr_between(original, result) >= best - 1.6);
          for (std::size_t i = 3; alpha && i < result.samples.size(); i += 4) {
            ASSERT_EQ(result.samples[i], original.samples[i]);
          }
        }
      }
    }
  }
}

TEST(Packed, HoldsAPictureOfRankZero) {
  const Packed packed = pack(decomposed_camera(), {0});
  const Image back = reconstruct(unpack(packed.bytes, "file"), {0});
  EXPECT_EQ(back.samples, std::vector<std::uint16_t>(512 * 512, 0));
  EXPECT_TRUE(packed.bytes.size() <= 120);
}

TEST(Packed, GivesTheSameBytesForAnyNumberOfThreads) {
  Context one(1), three(3);
  const Image original = part_of_chelsea(true);
  EXPECT_EQ(pack(decompose(original, {}, one), {9, 2, 1}).bytes,
            pack(decompose(original, {}, three), {9, 2, 1}).bytes);
}

TEST(Packed, RefusesEveryTruncationAndEveryFlippedByte) {
  const LowRankImage image = decompose(part_of_chelsea(true));
  const std::string whole = pack(image, {2, 1, 0}).bytes;
  EXPECT_EQ(message_of(whole), "no error");
  for (std::size_t size = 0; size < whole.size(); size += size < 120 ? 1 : 37) {
    EXPECT_NE(message_of(whole.substr(0, size)), "no error") << size;
  }
  for (std::size_t at = 0; at < whole.size(); at += at < 120 ? 1 : 37) {
    std::string damaged = whole;
    damaged[at] = char(damaged[at] ^ 4);
    const std::string message = message_of(damaged);
    EXPECT_NE(message, "no error") << at;
    if (at < 8) continue;
    EXPECT_TRUE(message.find("file: ") == 0) << at << ": " << message;
  }
  EXPECT_TRUE(message_of(whole + "x").find("follow the end") != std::string::npos);
}

TEST(Packed, RefusesSizesThatContradictEachOtherThoughTheChecksumIsRight) {
  const std::string whole = pack(decomposed_camera(), {3}).bytes;
  EXPECT_EQ(message_of(with_byte(whole, "HEAD", 0, 1)), "no error");
  const auto expect = [](const std::string& bytes, const char* word) {
    const std::string message = message_of(bytes);
    EXPECT_TRUE(message.find(word) != std::string::npos) << message;
  };
  expect(with_byte(whole, "HEAD", 0, 2), "version 2");
  expect(with_byte(whole, "HEAD", 2, 9), "contradicts");         // bits
  expect(with_byte(whole, "HEAD", 3, 2), "contradicts");         // planes
  expect(with_byte(whole, "HEAD", 3, 3), "too short");           // ranks are missing
  expect(with_byte(whole, "HEAD", 5, 65), "contradicts");        // block
  expect(with_byte(whole, "HEAD", 9, 127), "pixels; at most");   // width
  expect(with_byte(whole, "HEAD", 7, 1), "cannot be inflated");  // width 256
  expect(with_byte(whole, "HEAD", 7, 0), "0 x 512 pixels");
  expect(with_byte(whole, "HEAD", 17, char(0x80)), "step");  // negative
  expect(with_byte(whole, "HEAD", 19, 3), "more than its 512 x 512");
  expect(with_byte(whole, "HEAD", 18, 4), "triplets cannot be inflated");
  expect("GIF89a", "no packed picture");
}

TEST(Packed, ObeysTheLimitsItIsGiven) {
  const std::string whole = pack(decomposed_camera(), {3}).bytes;
  EXPECT_EQ(message_of(whole, {.max_pixels = 512 * 512}), "no error");
  EXPECT_NE(message_of(whole, {.max_pixels = 512 * 512 - 1}), "no error");
  EXPECT_THROW((void)unpack(whole, "file", {.max_bytes = 1000}), MemoryLimit);
}

TEST(Packed, IsReadFromFilesAsPicturesAre) {
  const std::string path = ::testing::TempDir() + "eckart_packed_test.eck";
  const Packed packed = pack(decomposed_camera(), {7});
  std::ofstream(path, std::ios::binary) << packed.bytes;
  const PictureFile file = read_picture(path);
  EXPECT_EQ(file.bytes, packed.bytes.size());
  ASSERT_TRUE(file.packed.has_value());
  EXPECT_EQ(all_ranks(*file.packed), Ranks{7});
  EXPECT_EQ(file.image.samples, reconstruct(*file.packed, {7}).samples);
  std::remove(path.c_str());
  const PictureFile plain = read_picture(EXAMPLES_DATA "/camera.png");
  EXPECT_FALSE(plain.packed.has_value());
  EXPECT_EQ(plain.bytes, 139512u);
  EXPECT_EQ(plain.image.samples, camera().samples);
}

TEST(Packed, RefusesSharesBeyondItsModel) {
  EXPECT_THROW(pack(decomposed_camera(), {3}, 0), InvalidArgument);
  EXPECT_THROW(pack(decomposed_camera(), {3}, 1.5), InvalidArgument);
  EXPECT_THROW(pack(decomposed_camera(), {513}), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
