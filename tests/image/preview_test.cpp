#include "eckart/image/preview.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"

namespace eckart::image {
namespace {

using Samples = std::vector<std::uint16_t>;

Image ramp(index_t width, index_t height) {
  Image image = make_image(width, height, 1, 8);
  for (index_t i = 0; i < height; ++i) {
    for (index_t j = 0; j < width; ++j) {
      image.at(i, j, 0) = std::uint16_t(255 * j / std::max<index_t>(1, width - 1));
    }
  }
  return image;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(Preview, ReducesToMeansOfWhatIsCovered) {
  const Image image{4, 2, 1, 8, {0, 10, 20, 30, 40, 50, 60, 70}};
  EXPECT_EQ(reduced(image, 2, 1).samples, (Samples{25, 45}));
  EXPECT_EQ(reduced(image, 4, 2).samples, image.samples);
  EXPECT_EQ(reduced(image, 3, 1).samples, (Samples{20, 30, 45}));
  EXPECT_THROW(reduced(image, 5, 1), InvalidArgument);
  EXPECT_THROW(reduced(image, 0, 1), InvalidArgument);
}

TEST(Preview, FitsAtTheProportionsOfThePicture) {
  const Image wide = fitted(ramp(400, 100), 80, 80);
  EXPECT_EQ(wide.width, 80);
  EXPECT_EQ(wide.height, 20);
  const Image small = fitted(ramp(40, 10), 80, 80);
  EXPECT_EQ(small.width, 40);
  const Image thread = fitted(ramp(400, 1), 80, 80);
  EXPECT_EQ(thread.height, 1);
}

TEST(Preview, ShowsBrightnessByLetters) {
  EXPECT_EQ(terminal_picture(ramp(10, 2), Graphics::letters, 10, 5), " .:-=+*#%@\n");
  // What is transparent is paper.
  const Image clear{2, 2, 2, 8, {0, 0, 0, 255, 0, 0, 0, 255}};
  EXPECT_EQ(terminal_picture(clear, Graphics::letters, 10, 5), "@ \n");
}

TEST(Preview, PutsTwoPixelsIntoABlock) {
  const Image image{1, 3, 3, 8, {1, 2, 3, 4, 5, 6, 250, 251, 252}};
  EXPECT_EQ(terminal_picture(image, Graphics::blocks, 10, 5),
            "\033[38;2;1;2;3;48;2;4;5;6m▀\033[0m\n\033[38;2;250;251;252m▀\033[0m\n");
  const std::string large = terminal_picture(ramp(500, 500), Graphics::blocks, 40, 10);
  EXPECT_EQ(count(large, "\n"), 10u);
  EXPECT_EQ(count(large, "▀"), 200u);
}

TEST(Preview, WritesSixelsThatSpellThePicture) {
  // Two red pixels above a blue one and a black one.
  const Image image{2, 2, 3, 8, {255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0}};
  EXPECT_EQ(terminal_picture(image, Graphics::sixel, 10, 5),
            "\033P0;1q\"1;1;2;2#0;2;0;0;0#5;2;0;0;100#180;2;100;0;0"
            "#0?A$#5A?$#180@@$-\033\\\n");
  // Runs are counted.
  const Image line = fitted(ramp(1, 1), 1, 1);
  Image row = make_image(50, 1, 1, 8);
  EXPECT_NE(terminal_picture(row, Graphics::sixel, 10, 5).find("#0!50@$"), std::string::npos);
  EXPECT_EQ(line.samples.size(), 1u);
}

TEST(Preview, SendsKittyAPngInChunks) {
  Image image = make_image(300, 200, 3, 8);
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    image.samples[i] = std::uint16_t(std::uint32_t(i) * 2654435761u >> 24);
  }
  const std::string text = terminal_picture(image, Graphics::kitty, 30, 10);
  EXPECT_TRUE(text.starts_with("\033_Ga=T,f=100,c=30,m=1;iVBORw0KGgo"));
  EXPECT_EQ(count(text, "m=0;"), 1u);
  // Decoded, it is the picture.
  std::string payload;
  for (std::size_t at = text.find(';'); at != std::string::npos; at = text.find(';', at + 1)) {
    const std::size_t end = text.find("\033\\", at);
    EXPECT_TRUE(end - at - 1 <= 4096);
    payload += text.substr(at + 1, end - at - 1);
  }
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : payload) {
    if (c == '=') break;
    bits = bits << 6 | std::uint32_t(letters.find(c));
    have += 6;
    if (have >= 8) bytes += char(bits >> (have -= 8) & 0xff);
  }
  EXPECT_EQ(payload.size() % 4, 0u);
  EXPECT_EQ(decode_image(bytes, "kitty").samples, image.samples);
}

TEST(Preview, RefusesATerminalWithoutRoom) {
  EXPECT_THROW(terminal_picture(ramp(5, 5), Graphics::blocks, 0, 5), InvalidArgument);
  EXPECT_THROW(terminal_picture(ramp(5, 5), Graphics::blocks, 5, 0), InvalidArgument);
}

}  // namespace
}  // namespace eckart::image
