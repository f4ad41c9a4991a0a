// The readers of the single formats. Each gets the bytes of a file that begins as the format does.
#pragma once

#include <string>
#include <string_view>

#include "eckart/image/image.hpp"

namespace eckart::image {

Image read_png(std::string_view bytes, const std::string& name, const ImageLimits& limits);
Image read_jpeg(std::string_view bytes, const std::string& name, const ImageLimits& limits);
Image read_pnm(std::string_view bytes, const std::string& name, const ImageLimits& limits);

// Throws IoError unless the sizes that a file announces are positive and within the limits, and its
// bytes can hold as many samples at all: a format that packs best gives most_pixels_per_byte.
void check_size(index_t width,
                index_t height,
                std::string_view bytes,
                double most_pixels_per_byte,
                const std::string& name,
                const ImageLimits& limits);

}  // namespace eckart::image
