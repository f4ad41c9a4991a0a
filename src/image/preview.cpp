#include "eckart/image/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"

namespace eckart::image {
namespace {

// Characters are about twice as high as wide, and a pixel is about a tenth of their width.
constexpr index_t pixels_per_column = 10, pixels_per_row = 20;

using Pixel = std::array<int, 3>;  // 0 .. 255

// Grey as three equal numbers, 8 bits, on white.
Pixel shown(const Image& image, index_t row, index_t col) {
  Pixel pixel;
  const double peak = image.peak();
  const double opaque = image.has_alpha() ? image.at(row, col, image.channels - 1) / peak : 1;
  for (int c = 0; c < 3; ++c) {
    const double value = image.at(row, col, image.colors() == 3 ? c : 0) / peak;
    pixel[std::size_t(c)] = int(std::lround(255 * (1 + opaque * (value - 1))));
  }
  return pixel;
}

std::string as_letters(const Image& image, index_t columns, index_t rows) {
  // Each letter shows what two pixels of half its height would.
  const Image doubled = fitted(image, columns, 2 * rows);
  const Image small = reduced(doubled, doubled.width, std::max<index_t>(1, doubled.height / 2));
  constexpr std::string_view ramp = " .:-=+*#%@";
  std::string text;
  for (index_t i = 0; i < small.height; ++i) {
    for (index_t j = 0; j < small.width; ++j) {
      const Pixel p = shown(small, i, j);
      const int brightness = (299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000;
      text += ramp[std::size_t(brightness) * ramp.size() / 256];
    }
    text += '\n';
  }
  return text;
}

std::string as_blocks(const Image& image, index_t columns, index_t rows) {
  const Image small = fitted(image, columns, 2 * rows);
  std::string text;
  for (index_t i = 0; i < small.height; i += 2) {
    for (index_t j = 0; j < small.width; ++j) {
      const Pixel above = shown(small, i, j);
      text += fmt::format("\033[38;2;{};{};{}", above[0], above[1], above[2]);
      if (i + 1 < small.height) {
        const Pixel below = shown(small, i + 1, j);
        text += fmt::format(";48;2;{};{};{}", below[0], below[1], below[2]);
      }
      text += "m▀";
    }
    text += "\033[0m\n";
  }
  return text;
}

// Appends count times the sixel, as short as it goes.
void repeat(std::string& text, char sixel, index_t count) {
  if (count > 3) {
    text += fmt::format("!{}{}", count, sixel);
  } else {
    text.append(static_cast<std::size_t>(count), sixel);
  }
}

std::string as_sixels(const Image& image, index_t columns, index_t rows) {
  const Image small = fitted(image, columns * pixels_per_column, rows * pixels_per_row);
  constexpr int levels = 6, colors = levels * levels * levels;
  std::vector<int> number;  // of the colour of each pixel
  std::array<bool, colors> used{};
  for (index_t i = 0; i < small.height; ++i) {
    for (index_t j = 0; j < small.width; ++j) {
      int color = 0;
      for (const int part : shown(small, i, j)) color = levels * color + (part * 5 + 127) / 255;
      number.push_back(color);
      used[std::size_t(color)] = true;
    }
  }
  std::string text = fmt::format("\033P0;1q\"1;1;{};{}", small.width, small.height);
  for (int c = 0; c < colors; ++c) {
    if (!used[std::size_t(c)]) continue;
    text += fmt::format("#{};2;{};{};{}", c, c / 36 * 20, c / 6 % 6 * 20, c % 6 * 20);
  }
  // Bands of six rows: for each colour a line of bits.
  for (index_t top = 0; top < small.height; top += 6) {
    const index_t high = std::min<index_t>(6, small.height - top);
    std::array<bool, colors> here{};
    for (index_t i = 0; i < high; ++i) {
      for (index_t j = 0; j < small.width; ++j) {
        here[std::size_t(number[std::size_t((top + i) * small.width + j)])] = true;
      }
    }
    for (int c = 0; c < colors; ++c) {
      if (!here[std::size_t(c)]) continue;
      text += fmt::format("#{}", c);
      char last = 0;
      index_t count = 0;
      for (index_t j = 0; j < small.width; ++j) {
        int bits = 0;
        for (index_t i = 0; i < high; ++i) {
          if (number[std::size_t((top + i) * small.width + j)] == c) bits |= 1 << i;
        }
        const char sixel = static_cast<char>('?' + bits);
        if (sixel != last) {
          repeat(text, last, count);
          last = sixel;
          count = 0;
        }
        ++count;
      }
      repeat(text, last, count);
      text += '$';
    }
    text += '-';
  }
  return text + "\033\\\n";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i <= bytes.size() ? letters[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

std::string as_kitty(const Image& image, index_t columns, index_t rows) {
  const Image small = fitted(image, columns * pixels_per_column, rows * pixels_per_row);
  const std::string payload = base64(encode_png(small));
  // So many columns that pixels keep their proportions within the rows.
  const index_t wide = std::max<index_t>(1, small.width / pixels_per_column);
  constexpr std::size_t most = 4096;
  std::string text;
  for (std::size_t at = 0; at < payload.size(); at += most) {
    text += at == 0 ? fmt::format("\033_Ga=T,f=100,c={},m=", wide) : "\033_Gm=";
    text += at + most < payload.size() ? "1;" : "0;";
    text += payload.substr(at, most);
    text += "\033\\";
  }
  return text + "\n";
}

}  // namespace

Image reduced(const Image& image, index_t width, index_t height) {
  require(width >= 1 && width <= image.width && height >= 1 && height <= image.height,
          fmt::format("a picture of {} x {} pixels cannot be reduced to {} x {}", image.width,
                      image.height, width, height));
  Image result = make_image(width, height, image.channels, image.bits);
  for (index_t i = 0; i < height; ++i) {
    const index_t top = i * image.height / height, bottom = (i + 1) * image.height / height;
    for (index_t j = 0; j < width; ++j) {
      const index_t left = j * image.width / width, right = (j + 1) * image.width / width;
      for (int c = 0; c < image.channels; ++c) {
        std::uint64_t sum = 0;
        for (index_t y = top; y < bottom; ++y) {
          for (index_t x = left; x < right; ++x) sum += image.at(y, x, c);
        }
        const auto count = static_cast<std::uint64_t>((bottom - top) * (right - left));
        result.at(i, j, c) = static_cast<std::uint16_t>((sum + count / 2) / count);
      }
    }
  }
  return result;
}

Image fitted(const Image& image, index_t width, index_t height) {
  require(width >= 1 && height >= 1, "a picture needs room for a pixel");
  const double scale =
      std::min({1.0, double(width) / double(image.width), double(height) / double(image.height)});
  const auto side = [&](index_t length) {
    return std::max<index_t>(1, std::lround(scale * double(length)));
  };
  return reduced(image, side(image.width), side(image.height));
}

std::string terminal_picture(const Image& image, Graphics graphics, int columns, int rows) {
  validate(image);
  require(columns >= 1 && rows >= 1,
          fmt::format("a terminal of {} x {} characters shows nothing", columns, rows));
  switch (graphics) {
    case Graphics::letters:
      return as_letters(image, columns, rows);
    case Graphics::blocks:
      return as_blocks(image, columns, rows);
    case Graphics::sixel:
      return as_sixels(image, columns, rows);
    case Graphics::kitty:
      return as_kitty(image, columns, rows);
  }
  return {};
}

}  // namespace eckart::image
