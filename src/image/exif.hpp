// The orientation that a camera notes in a JPEG file.
#pragma once

#include <string_view>

#include "eckart/image/image.hpp"

namespace eckart::image {

// Returns the orientation, 1 to 8, of the Exif data "Exif\0\0" TIFF; 1 if it says none or is
// damaged: nobody loses a picture to its notes.
// Source: CIPA DC-008 (Exif 2.3), section 4.6.4, tag 274.
int exif_orientation(std::string_view exif);

// Returns the picture as it is to be seen when its stored rows are oriented so.
// REQUIRES: 1 <= orientation <= 8
Image upright(Image image, int orientation);

}  // namespace eckart::image
