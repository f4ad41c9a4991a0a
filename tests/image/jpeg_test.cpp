#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
// needs FILE and size_t
#include <jpeglib.h>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"

namespace eckart::image {
namespace {

using namespace std::literals;

Image smooth(index_t width, index_t height, int channels, int bits = 8) {
  Image image = make_image(width, height, channels, bits);
  for (index_t i = 0; i < height; ++i) {
    for (index_t j = 0; j < width; ++j) {
      for (int c = 0; c < channels; ++c) {
        const double share = 0.5 + 0.4 * std::sin(0.1 * double(i) + c) * std::cos(0.07 * double(j));
        image.at(i, j, c) = std::uint16_t(std::lround(share * image.peak()));
      }
    }
  }
  return image;
}

// A file that our own writer does not make.
std::string made(J_COLOR_SPACE space, int components, bool progressive, bool arithmetic = false) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* file = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &file, &size);
  jpeg.image_width = 40;
  jpeg.image_height = 24;
  jpeg.input_components = components;
  jpeg.in_color_space = space;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  for (int c = 0; c < jpeg.num_components; ++c) {
    jpeg.comp_info[c].h_samp_factor = jpeg.comp_info[c].v_samp_factor = 1;
  }
  if (progressive) jpeg_simple_progression(&jpeg);
  jpeg.arith_code = arithmetic ? TRUE : FALSE;
  jpeg_start_compress(&jpeg, TRUE);
  const Image image = smooth(40, 24, components);
  for (index_t i = 0; i < 24; ++i) {
    std::vector<JSAMPLE> row;
    for (index_t j = 0; j < 40; ++j) {
      for (int c = 0; c < components; ++c) row.push_back(JSAMPLE(image.at(i, j, c)));
    }
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&jpeg, &pointer, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string bytes(reinterpret_cast<char*>(file), size);
  std::free(file);
  return bytes;
}

double largest_difference(const Image& a, const Image& b) {
  EXPECT_EQ(a.samples.size(), b.samples.size());
  double most = 0;
  for (std::size_t i = 0; i < std::min(a.samples.size(), b.samples.size()); ++i) {
    most = std::max(most, std::abs(double(a.samples[i]) - double(b.samples[i])));
  }
  return most;
}

std::string message_of(const std::string& bytes, const ImageLimits& limits = {}) {
  try {
    decode_image(bytes, "file", limits);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Jpeg, ReadsGreyAndColorPlainProgressiveAndArithmetic) {
  for (const bool progressive : {false, true}) {
    for (const bool arithmetic : {false, true}) {
      const Image grey = decode_image(made(JCS_GRAYSCALE, 1, progressive, arithmetic), "file");
      EXPECT_EQ(grey.channels, 1);
      EXPECT_EQ(grey.width, 40);
      EXPECT_TRUE(largest_difference(grey, smooth(40, 24, 1)) <= 1);
      const Image color = decode_image(made(JCS_RGB, 3, progressive, arithmetic), "file");
      EXPECT_EQ(color.channels, 3);
      EXPECT_TRUE(largest_difference(color, smooth(40, 24, 3)) <= 4);
    }
  }
}

TEST(Jpeg, WritesWhatItReadsBackNearly) {
  for (const int channels : {1, 3}) {
    const Image image = smooth(50, 30, channels);
    EXPECT_TRUE(largest_difference(decode_image(encode_jpeg(image, 100), "file"), image) <= 6);
    EXPECT_TRUE(encode_jpeg(image, 20).size() < encode_jpeg(image, 95).size());
  }
}

TEST(Jpeg, WritesTheUpperHalfOfSixteenBitsAndLeavesAlphaOut) {
  const Image fine = smooth(32, 16, 4, 16);
  const Image back = decode_image(encode_jpeg(fine, 100), "file");
  ASSERT_EQ(back.channels, 3);
  for (index_t j = 0; j < 32; ++j) {
    EXPECT_TRUE(std::abs(double(fine.at(3, j, 0)) / 257 - double(back.at(3, j, 0))) <= 6);
  }
}

TEST(Jpeg, RefusesInksByName) {
  const std::string message = message_of(made(JCS_CMYK, 4, false));
  EXPECT_TRUE(message.find("CMYK") != std::string::npos) << message;
  EXPECT_TRUE(message.find("convert it") != std::string::npos) << message;
}

TEST(Jpeg, TurnsThePictureUpright) {
  const std::string bytes = made(JCS_GRAYSCALE, 1, false);
  const std::string exif = "Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"s;
  const std::string marker = "\xff\xe1"s + '\0' + char(exif.size() + 2) + exif;
  const Image lying = decode_image(bytes, "file");
  const Image image = decode_image(bytes.substr(0, 2) + marker + bytes.substr(2), "file");
  ASSERT_EQ(image.width, 24);
  ASSERT_EQ(image.height, 40);
  for (index_t i = 0; i < 24; ++i) {
    for (index_t j = 0; j < 40; ++j) EXPECT_EQ(image.at(j, 23 - i, 0), lying.at(i, j, 0));
  }
}

TEST(Jpeg, RefusesEveryTruncationNamingTheByte) {
  for (const bool progressive : {false, true}) {
    const std::string whole = made(JCS_RGB, 3, progressive);
    EXPECT_EQ(message_of(whole), "no error");
    for (std::size_t size = 3; size + 2 < whole.size(); size += 17) {
      const std::string message = message_of(whole.substr(0, size));
      EXPECT_TRUE(message.find("file: byte ") != std::string::npos) << size << ": " << message;
    }
  }
  const std::string whole = made(JCS_RGB, 3, false);
  const std::string message = message_of(whole.substr(0, whole.size() - 300));
  EXPECT_TRUE(message.find("row ") != std::string::npos) << message;
}

TEST(Jpeg, RefusesSizesBeyondTheLimits) {
  const std::string bytes = made(JCS_GRAYSCALE, 1, false);
  EXPECT_EQ(message_of(bytes, {.max_pixels = 960}), "no error");
  EXPECT_NE(message_of(bytes, {.max_pixels = 959}), "no error");
  EXPECT_THROW(decode_image(bytes, "file", {.max_bytes = 1000}), MemoryLimit);
  // The height and width are behind the marker of the frame.
  std::string bomb = bytes;
  bomb.replace(bomb.find("\xff\xc0") + 5, 4, "\xff\xdc\xff\xdc");
  EXPECT_TRUE(message_of(bomb).find("65500 x 65500 pixels") != std::string::npos)
      << message_of(bomb);
  std::string lie = bytes;
  lie.replace(lie.find("\xff\xc0") + 5, 4, "\x23\x28\x23\x28");
  EXPECT_TRUE(message_of(lie).find("cannot hold") != std::string::npos) << message_of(lie);
}

TEST(Jpeg, RefusesThousandsOfScans) {
  const std::string bytes = made(JCS_GRAYSCALE, 1, true);
  // The last scan refines by nothing new: repeat a first scan of one coefficient instead.
  const std::size_t first = bytes.find("\xff\xda");
  const std::size_t second = bytes.find("\xff\xc4", first);
  ASSERT_NE(second, std::string::npos);
  std::string many = bytes.substr(0, second);
  for (int i = 0; i < 300; ++i) many += bytes.substr(first, second - first);
  many += bytes.substr(second);
  EXPECT_NE(message_of(many), "no error");
}

TEST(Jpeg, RefusesQualitiesAndSizesThatTheFormatLacks) {
  const Image image = smooth(8, 8, 1);
  EXPECT_THROW(encode_jpeg(image, 0), InvalidArgument);
  EXPECT_THROW(encode_jpeg(image, 101), InvalidArgument);
  EXPECT_THROW(encode_jpeg(make_image(70000, 1, 1, 8), 90), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
