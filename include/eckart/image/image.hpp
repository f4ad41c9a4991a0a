// eckart/image/image.hpp - a picture in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "eckart/types.hpp"

namespace eckart::image {

// Samples as a file holds them: row by row from the top, the channels of a pixel beside each other,
// grey or red-green-blue, with alpha (0: transparent) last where there is one.
struct Image {
  index_t width = 0;
  index_t height = 0;
  int channels = 1;  // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
  int bits = 8;      // of a sample: 8 or 16
  std::vector<std::uint16_t> samples = {};

  index_t pixels() const { return width * height; }
  bool has_alpha() const { return channels == 2 || channels == 4; }
  int colors() const { return channels - (has_alpha() ? 1 : 0); }
  int peak() const { return (1 << bits) - 1; }
  std::uint16_t& at(index_t row, index_t col, int channel) {
    return samples[static_cast<std::size_t>((row * width + col) * channels + channel)];
  }
  std::uint16_t at(index_t row, index_t col, int channel) const {
    return samples[static_cast<std::size_t>((row * width + col) * channels + channel)];
  }
};

// What a picture may be at most. It is checked before memory is taken.
struct ImageLimits {
  // More than this is refused: a file of a few kilobytes can announce billions.
  // REQUIRES: max_pixels >= 1
  index_t max_pixels = 89'478'485;

  // Refuse (MemoryLimit) to take more than this for the samples; 0: no limit.
  std::uint64_t max_bytes = 0;
};

// Returns an image of zeros. Throws InvalidArgument if a side, the number of channels or the bits
// are none that an Image can have, or there are more pixels than the limits allow; MemoryLimit.
Image make_image(
    index_t width, index_t height, int channels, int bits, const ImageLimits& limits = {});

// Throws InvalidArgument if the fields of the image do not fit each other.
void validate(const Image& image);

}  // namespace eckart::image
