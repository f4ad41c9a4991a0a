#include "eckart/image/image.hpp"

#include <fmt/format.h>

#include "eckart/error.hpp"

namespace eckart::image {
namespace {

void validate_shape(index_t width, index_t height, int channels, int bits) {
  require(width >= 1 && height >= 1,
          fmt::format("an image needs pixels, got {} x {}", width, height));
  require(channels >= 1 && channels <= 4,
          fmt::format("an image has 1 to 4 channels, got {}", channels));
  require(bits == 8 || bits == 16, fmt::format("samples have 8 or 16 bits, got {}", bits));
}

}  // namespace

Image make_image(index_t width, index_t height, int channels, int bits, const ImageLimits& limits) {
  validate_shape(width, height, channels, bits);
  require(width <= limits.max_pixels / height,
          fmt::format("{} x {} pixels are more than the limit of {}", width, height,
                      limits.max_pixels));
  Image image{width, height, channels, bits, {}};
  const auto count = static_cast<std::size_t>(image.pixels() * channels);
  const std::uint64_t bytes = count * sizeof(std::uint16_t);
  if (limits.max_bytes != 0 && bytes > limits.max_bytes) {
    throw MemoryLimit(fmt::format("an image of {} x {} pixels", width, height), bytes,
                      limits.max_bytes);
  }
  image.samples.resize(count);
  return image;
}

void validate(const Image& image) {
  validate_shape(image.width, image.height, image.channels, image.bits);
  index_t count = 0;
  const bool overflows = __builtin_mul_overflow(image.width, image.height, &count) ||
                         __builtin_mul_overflow(count, index_t{image.channels}, &count);
  require(!overflows && image.samples.size() == static_cast<std::size_t>(count),
          fmt::format("an image of {} x {} pixels with {} channels has {} samples", image.width,
                      image.height, image.channels, image.samples.size()));
}

}  // namespace eckart::image
