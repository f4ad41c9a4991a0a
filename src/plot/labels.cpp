#include "labels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace eckart::plot {

void FreeSpace::take_line(double x0, double y0, double x1, double y1) {
  const double length = std::hypot(x1 - x0, y1 - y0);
  const int pieces = std::clamp(static_cast<int>(length / 4), 1, 2000);
  for (int i = 0; i <= pieces; ++i) {
    const double share = static_cast<double>(i) / pieces;
    take({x0 + share * (x1 - x0) - 2, y0 + share * (y1 - y0) - 2, 4, 4});
  }
}

bool FreeSpace::free(const Box& box) const {
  return all_.holds(box) && std::none_of(taken_.begin(), taken_.end(),
                                         [&](const Box& other) { return other.touches(box); });
}

std::optional<Box> FreeSpace::place(
    double x, double y, double width, double height, double away_x, double away_y) {
  const double start =
      away_x == 0 && away_y == 0 ? -std::numbers::pi / 4 : std::atan2(away_y, away_x);
  for (const double distance : {6.0, 11.0, 18.0, 28.0}) {
    for (const int eighth : {0, 1, -1, 2, -2, 3, -3, 4}) {
      const double angle = start + eighth * std::numbers::pi / 4;
      const double dx = std::cos(angle), dy = std::sin(angle);
      // The box touches the circle of that radius with its nearest corner or side.
      const Box box{x + dx * (distance + width / 2) - width / 2,
                    y + dy * (distance + height / 2) - height / 2, width, height};
      if (!free(box)) continue;
      constexpr double air = 3;  // between two labels
      take({box.left - air, box.top, box.width + 2 * air, box.height});
      return box;
    }
  }
  return {};
}

std::vector<double> spread(std::vector<double> middles, double length, double low, double high) {
  const std::size_t n = middles.size();
  if (n == 0) return middles;
  for (double& middle : middles) middle = std::clamp(middle, low + length / 2, high - length / 2);
  for (std::size_t i = 1; i < n; ++i) middles[i] = std::max(middles[i], middles[i - 1] + length);
  // What was pushed beyond the end comes back, and pushes the others.
  middles[n - 1] = std::min(middles[n - 1], high - length / 2);
  for (std::size_t i = n - 1; i-- > 0;) middles[i] = std::min(middles[i], middles[i + 1] - length);
  return middles;
}

std::string shortened(const std::string& text, std::size_t most) {
  std::size_t points = 0, cut = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80) continue;
    if (++points == most) cut = i;
  }
  return points <= most ? text : text.substr(0, cut) + "…";
}

}  // namespace eckart::plot
