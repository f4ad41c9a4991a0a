// Colours that people with any colour vision can tell apart: Okabe and Ito, Color Universal Design,
// 2008, without black and the yellow that vanishes on white.
#pragma once

#include <array>
#include <cstddef>

namespace eckart::plot {

struct Color {
  double red, green, blue;  // 0 .. 1
};

inline constexpr std::array<Color, 6> palette = {{
    {0.0, 114 / 255.0, 178 / 255.0},          // blue
    {213 / 255.0, 94 / 255.0, 0.0},           // vermilion
    {0.0, 158 / 255.0, 115 / 255.0},          // bluish green
    {204 / 255.0, 121 / 255.0, 167 / 255.0},  // reddish purple
    {230 / 255.0, 159 / 255.0, 0.0},          // orange
    {86 / 255.0, 180 / 255.0, 233 / 255.0},   // sky blue
}};

inline constexpr Color ink = {0.13, 0.13, 0.13}, faint = {0.55, 0.55, 0.55}, grid = {0.9, 0.9, 0.9};

}  // namespace eckart::plot
