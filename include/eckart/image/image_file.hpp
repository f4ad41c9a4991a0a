// eckart/image/image_file.hpp - pictures from and to PNG, JPEG and PNM.
#pragma once

#include <string>
#include <string_view>

#include "eckart/image/image.hpp"

namespace eckart::image {

// Returns the picture in the file, which is known by its first bytes, whatever its name.
//
// PNG: all kinds, interlaced too; a palette becomes RGB, 1, 2 and 4 bits become 8, a transparent
// colour becomes alpha. Of an animation the first picture. Profiles and gamma are not applied:
// samples stay as stored.
// JPEG: grey and colour, progressive too, turned upright as EXIF says. CMYK is refused.
// PNM: P1 to P6, and PAM (P7) of the types of an Image; values are scaled to 8 or 16 bits.
//
// Throws IoError naming file and byte or row: no image, damaged, incomplete, no pixels, more pixels
// than the limits allow, or more than so few bytes can hold; MemoryLimit.
Image read_image(const std::string& path, const ImageLimits& limits = {});

// The same from bytes in memory; name is for messages.
Image decode_image(std::string_view bytes, const std::string& name, const ImageLimits& limits = {});

// Returns a PNG file of the same samples.
std::string encode_png(const Image& image);

// Returns a JPEG file. 8 bits of every sample are kept, alpha is not.
// REQUIRES: 1 <= quality <= 100
std::string encode_jpeg(const Image& image, int quality);

// Returns a PGM or PPM file, a PAM file where there is alpha.
std::string encode_pnm(const Image& image);

// Writes the picture, atomically, as the extension says: .png, .jpg, .jpeg, .pgm, .ppm, .pnm, .pam.
// Throws InvalidArgument if it is none of these, or cannot hold alpha that the picture has;
// IoError.
void write_image(const std::string& path, const Image& image, int jpeg_quality = 90);

}  // namespace eckart::image
