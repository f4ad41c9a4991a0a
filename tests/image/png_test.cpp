// Every kind of PNG against files made by hand, and files that are damaged.

#include <gtest/gtest.h>
#include <png.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "made_png.hpp"

namespace eckart::image {
namespace {

using testing::adam7;
using testing::MadePng;
using testing::png_chunk;
using testing::png_rows;
using Samples = std::vector<std::uint16_t>;

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int v : values) bytes += static_cast<char>(v);
  return bytes;
}

std::string message_of(const std::string& bytes, const ImageLimits& limits = {}) {
  try {
    decode_image(bytes, "file", limits);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

std::string file_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

TEST(Png, ReadsGreyAndColorWithAndWithoutAlpha) {
  const struct { int kind, channels; } kinds[] = {{0, 1}, {4, 2}, {2, 3}, {6, 4}};
  for (const auto& k : kinds) {
    const auto row_bytes = std::size_t(3 * k.channels);
    std::string samples;
    for (std::size_t i = 0; i < 2 * row_bytes; ++i) samples += char(i * 19 % 256);
    const Image image = decode_image(
        MadePng{3, 2, 8, k.kind, false, "", png_rows(row_bytes, samples)}.bytes(), "file");
    EXPECT_EQ(image.width, 3);
    EXPECT_EQ(image.height, 2);
    EXPECT_EQ(image.bits, 8);
    ASSERT_EQ(image.channels, k.channels);
    ASSERT_EQ(image.samples.size(), 2 * row_bytes);
    for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(image.samples[i], i * 19 % 256);
  }
}

TEST(Png, ReadsSixteenBitsInFullPrecision) {
  const std::string row = bytes_of({0x12, 0x34, 0xff, 0xfe, 0x00, 0x01});
  const Image image = decode_image(MadePng{3, 1, 16, 0, false, "", '\0' + row}.bytes(), "file");
  EXPECT_EQ(image.bits, 16);
  EXPECT_EQ(image.samples, (Samples{0x1234, 0xfffe, 0x0001}));
}

TEST(Png, SpreadsFewerThanEightBitsFromBlackToWhite) {
  const auto row = [](int bits, std::uint32_t width, std::initializer_list<int> bytes) {
    return decode_image(MadePng{width, 1, bits, 0, false, "", '\0' + bytes_of(bytes)}.bytes(),
                        "file")
        .samples;
  };
  EXPECT_EQ(row(1, 10, {0b10110001, 0b01000000}),
            (Samples{255, 0, 255, 255, 0, 0, 0, 255, 0, 255}));
  EXPECT_EQ(row(2, 4, {0b00011011}), (Samples{0, 85, 170, 255}));
  EXPECT_EQ(row(4, 3, {0x0f, 0x80}), (Samples{0, 255, 136}));
}

TEST(Png, TurnsAPaletteIntoColorsAndItsTransparencyIntoAlpha) {
  const std::string palette = png_chunk("PLTE", bytes_of({10, 20, 30, 200, 100, 50}));
  const std::string row = '\0' + bytes_of({0b01100000});
  const Image opaque = decode_image(MadePng{3, 1, 1, 3, false, palette, row}.bytes(), "file");
  EXPECT_EQ(opaque.channels, 3);
  EXPECT_EQ(opaque.samples, (Samples{10, 20, 30, 200, 100, 50, 200, 100, 50}));

  const std::string clear = palette + png_chunk("tRNS", bytes_of({7}));
  const Image image = decode_image(MadePng{3, 1, 1, 3, false, clear, row}.bytes(), "file");
  EXPECT_EQ(image.channels, 4);
  EXPECT_EQ(image.samples, (Samples{10, 20, 30, 7, 200, 100, 50, 255, 200, 100, 50, 255}));
}

TEST(Png, TurnsATransparentGreyIntoAlpha) {
  const std::string clear = png_chunk("tRNS", bytes_of({0, 5}));
  const Image image =
      decode_image(MadePng{2, 1, 8, 0, false, clear, '\0' + bytes_of({5, 6})}.bytes(), "file");
  EXPECT_EQ(image.channels, 2);
  EXPECT_EQ(image.samples, (Samples{5, 0, 6, 255}));
}

TEST(Png, PutsTheRowsOfInterlacedFilesInOrder) {
  for (const std::uint32_t width : {1u, 3u, 5u, 13u}) {
    for (const std::uint32_t height : {1u, 2u, 7u, 11u}) {
      std::string samples;
      for (std::uint32_t i = 0; i < width * height; ++i) samples += char(i * 7 % 251);
      const Image image = decode_image(
          MadePng{width, height, 8, 0, true, "", adam7(width, height, samples)}.bytes(), "file");
      ASSERT_EQ(image.samples.size(), samples.size());
      for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(image.samples[i], i * 7 % 251);
    }
  }
}

TEST(Png, WritesWhatItReadsBackUnchanged) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (const int bits : {8, 16}) {
      Image image = make_image(37, 11, channels, bits);
      for (std::size_t i = 0; i < image.samples.size(); ++i) {
        image.samples[i] = std::uint16_t(i * 2654435761u >> (32 - bits) & unsigned(image.peak()));
      }
      const Image back = decode_image(encode_png(image), "file");
      EXPECT_EQ(back.width, 37);
      EXPECT_EQ(back.height, 11);
      EXPECT_EQ(back.channels, channels);
      EXPECT_EQ(back.bits, bits);
      EXPECT_EQ(back.samples, image.samples);
    }
  }
}

TEST(Png, ReadsAPhotographAsLibpngsOwnSimpleInterfaceDoes) {
  const std::string bytes = file_of(EXAMPLES_DATA "/chelsea.png");
  const Image image = decode_image(bytes, "chelsea");
  png_image plain;
  std::memset(&plain, 0, sizeof plain);
  plain.version = PNG_IMAGE_VERSION;
  ASSERT_NE(png_image_begin_read_from_memory(&plain, bytes.data(), bytes.size()), 0);
  plain.format = PNG_FORMAT_RGB;
  std::vector<unsigned char> pixels(PNG_IMAGE_SIZE(plain));
  ASSERT_NE(png_image_finish_read(&plain, nullptr, pixels.data(), 0, nullptr), 0);
  EXPECT_EQ(image.samples, Samples(pixels.begin(), pixels.end()));
}

TEST(Png, NamesByteAndRowOfEveryTruncation) {
  std::string samples;
  for (int i = 0; i < 40 * 40; ++i) samples += char(unsigned(i) * 2654435761u >> 24);
  const std::string whole = MadePng{40, 40, 8, 0, false, "", png_rows(40, samples)}.bytes();
  EXPECT_EQ(message_of(whole), "no error");
  for (std::size_t size = 8; size < whole.size(); size += 13) {
    const std::string message = message_of(whole.substr(0, size));
    EXPECT_TRUE(message.find("byte") != std::string::npos) << size << ": " << message;
  }
  const std::string late = message_of(whole.substr(0, whole.size() / 2 + 100));
  EXPECT_TRUE(late.find("row ") != std::string::npos) << late;
  EXPECT_TRUE(late.find("ends too early") != std::string::npos) << late;
}

TEST(Png, RefusesDamageThatTheChecksumShows) {
  std::string bytes =
      MadePng{3, 2, 8, 0, false, "", png_rows(3, bytes_of({1, 2, 3, 4, 5, 6}))}.bytes();
  bytes[bytes.size() - 20] = char(bytes[bytes.size() - 20] ^ 1);
  EXPECT_TRUE(message_of(bytes).find("damaged") != std::string::npos) << message_of(bytes);
}

TEST(Png, RefusesSizesThatNoFileSoSmallCanHold) {
  const std::string bomb = MadePng{65535, 65535, 8, 6, false, "", "\0"}.bytes();
  EXPECT_TRUE(message_of(bomb).find("65535 x 65535 pixels; at most 89478485") != std::string::npos)
      << message_of(bomb);
  const std::string lie = MadePng{9000, 9000, 8, 6, false, "", "\0"}.bytes();
  EXPECT_TRUE(message_of(lie).find("cannot hold as many") != std::string::npos) << message_of(lie);
  const std::string none = MadePng{0, 5, 8, 0, false, "", ""}.bytes();
  EXPECT_TRUE(message_of(none).find("0 x 5 pixels") != std::string::npos) << message_of(none);
}

TEST(Png, ObeysTheLimitsItIsGiven) {
  const std::string bytes =
      MadePng{3, 2, 8, 0, false, "", png_rows(3, bytes_of({1, 2, 3, 4, 5, 6}))}.bytes();
  EXPECT_EQ(message_of(bytes, {.max_pixels = 6}), "no error");
  EXPECT_NE(message_of(bytes, {.max_pixels = 5}), "no error");
  EXPECT_NO_THROW(decode_image(bytes, "file", {.max_bytes = 12}));
  EXPECT_THROW(decode_image(bytes, "file", {.max_bytes = 11}), MemoryLimit);
}

TEST(Png, SkipsTextThatInflatesToMoreThanMemory) {
  const std::string text(std::size_t{64} << 20, ' ');
  const std::string bomb =
      png_chunk("zTXt", std::string("Comment") + '\0' + '\0' + testing::deflated(text));
  const Image image =
      decode_image(MadePng{1, 1, 8, 0, false, bomb, '\0' + bytes_of({77})}.bytes(), "file");
  EXPECT_EQ(image.samples, (Samples{77}));
}

}  // namespace
}  // namespace eckart::image
