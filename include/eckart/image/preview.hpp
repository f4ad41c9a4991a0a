// eckart/image/preview.hpp - small pictures, and pictures on a terminal.
#pragma once

#include <string>

#include "eckart/image/image.hpp"

namespace eckart::image {

// Returns the picture with the given size, every sample the mean of those that it covers.
// REQUIRES: 1 <= width <= image.width, 1 <= height <= image.height
Image reduced(const Image& image, index_t width, index_t height);

// Returns the picture at its proportions within so many pixels, unchanged if it fits.
// REQUIRES: width >= 1, height >= 1
Image fitted(const Image& image, index_t width, index_t height);

// Ways to show pictures on a terminal.
enum class Graphics {
  letters,  // . : - = + * # % @ by brightness: any terminal, any file
  blocks,   // half blocks of 24-bit colour, two pixels to the character
  sixel,    // pixels of 216 colours: foot, mlterm, xterm -ti vt340
  kitty,    // a PNG in escape sequences: kitty, Ghostty, WezTerm
};

// Returns the picture as what a terminal is to be sent, at most `columns` characters wide and
// `rows` high, ending in a new line. What is transparent is shown on white.
// Sources: the kitty terminal graphics protocol; DEC STD 070, chapter 9 (sixel).
// REQUIRES: columns >= 1, rows >= 1
std::string terminal_picture(const Image& image, Graphics graphics, int columns, int rows);

}  // namespace eckart::image
