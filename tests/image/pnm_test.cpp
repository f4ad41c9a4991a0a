#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"

namespace eckart::image {
namespace {

using namespace std::literals;
using Samples = std::vector<std::uint16_t>;

std::string message_of(const std::string& bytes, const ImageLimits& limits = {}) {
  try {
    decode_image(bytes, "file", limits);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Pnm, ReadsBitmaps) {
  EXPECT_EQ(decode_image("P1\n# a comment\n3 2\n101\n0 1 0\n", "file").samples,
            (Samples{0, 255, 0, 255, 0, 255}));
  // Rows begin with a byte of their own.
  EXPECT_EQ(decode_image("P4 9 2\n\x80\x80\x01\x00"s, "file").samples,
            (Samples{0, 255, 255, 255, 255, 255, 255, 255, 0,  //
                     255, 255, 255, 255, 255, 255, 255, 0, 255}));
}

TEST(Pnm, ReadsGreyAndColorAsTextAndAsBytes) {
  EXPECT_EQ(decode_image("P2 2 2 255 0 7\n255 128", "file").samples, (Samples{0, 7, 255, 128}));
  EXPECT_EQ(decode_image("P5 2 2 255\n\x00\x07\xff\x80"s, "file").samples,
            (Samples{0, 7, 255, 128}));
  const Image text = decode_image("P3 1 2 255 1 2 3 4 5 6\n", "file");
  EXPECT_EQ(text.channels, 3);
  EXPECT_EQ(text.samples, (Samples{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(decode_image("P6 1 2 255\n\1\2\3\4\5\6"s, "file").samples, (Samples{1, 2, 3, 4, 5, 6}));
}

TEST(Pnm, ScalesOtherMaximaToEightOrSixteenBits) {
  EXPECT_EQ(decode_image("P2 3 1 100 0 50 100 ", "file").samples, (Samples{0, 128, 255}));
  const Image fine = decode_image("P5 2 1 1023\n\x03\xff\x00\x01"s, "file");
  EXPECT_EQ(fine.bits, 16);
  EXPECT_EQ(fine.samples, (Samples{65535, 64}));
  EXPECT_EQ(decode_image("P5 1 1 65535\n\x12\x34"s, "file").samples, (Samples{0x1234}));
}

TEST(Pnm, ReadsPamWithAlpha) {
  const Image image = decode_image(
      "P7\nWIDTH 1\nHEIGHT 2\n# comment\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
      "\1\2\3\4\5\6\7\x08"s,
      "file");
  EXPECT_EQ(image.channels, 4);
  EXPECT_EQ(image.samples, (Samples{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(Pnm, WritesWhatItReadsBackUnchanged) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (const int bits : {8, 16}) {
      Image image = make_image(7, 5, channels, bits);
      for (std::size_t i = 0; i < image.samples.size(); ++i) {
        image.samples[i] = std::uint16_t(std::uint32_t(i) * 2654435761u >> (32 - bits));
      }
      const Image back = decode_image(encode_pnm(image), "file");
      EXPECT_EQ(back.channels, channels);
      EXPECT_EQ(back.bits, bits);
      EXPECT_EQ(back.samples, image.samples);
    }
  }
}

TEST(Pnm, NamesTheByteOfEveryMistake) {
  const std::pair<std::string, const char*> cases[] = {
      {"P2 x 2 255 1 1", "byte 3"},
      {"P2 2 2 0 1 1 1 1", "1 to 65535"},
      {"P2 2 2 65536 1 1 1 1", "1 to 65535"},
      {"P2 2 1 100 1 101 ", "above the maximum"},
      {"P2 2 2 255 1 2 3   ", "sample"},
      {"P5 2 2 255\1\2\3\4", "blank"},
      {"P5 2 2 255\n\1\2\3", "cannot hold"},
      {"P1 2 2 1 0 2 1", "0 or 1"},
      {"P1 2 2 1 0 1    ", "too early"},
      {"P5 0 2 255\n", "0 x 2 pixels"},
      {"P5 99999999999 2 255\n", "width"},
      {"P5 99999 99999 255\n", "99999 x 99999 pixels"},
      {"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 5\nMAXVAL 255\nENDHDR\n", "DEPTH of 1 to 4"},
      {"P7\nWIDTH 2\nCOLOUR 2\n", "COLOUR"},
      {"P7\nWIDTH 2\n", "expected WIDTH"},
  };
  for (const auto& [bytes, word] : cases) {
    const std::string message = message_of(bytes);
    EXPECT_TRUE(message.find(word) != std::string::npos) << bytes << ": " << message;
  }
}

TEST(Pnm, ObeysTheLimitsItIsGiven) {
  const std::string bytes = "P2 2 2 255 0 7\n255 128";
  EXPECT_EQ(message_of(bytes, {.max_pixels = 4}), "no error");
  EXPECT_NE(message_of(bytes, {.max_pixels = 3}), "no error");
  EXPECT_THROW(decode_image(bytes, "file", {.max_bytes = 7}), MemoryLimit);
}

}  // namespace
}  // namespace eckart::image
