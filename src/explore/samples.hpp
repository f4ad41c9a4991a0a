// Pictures that the explorer brings along.
#pragma once

#include <string>

#include "eckart/image/packed.hpp"

namespace eckart::explore {

// Returns the picture of that name: gradient (of rank 2, exactly), checkerboard (of rank 2), noise
// (of full rank), or the photographs camera (grey) and chelsea (in colour). bytes is its size as
// PNG. Throws InvalidArgument listing the names.
image::PictureFile sample_picture(const std::string& name);

}  // namespace eckart::explore
