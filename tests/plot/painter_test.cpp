#include "plot/painter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

namespace eckart::plot {
namespace {

class Canvas {
 public:
  Canvas() : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 100, 40)) {
    Painter painter(surface_);
    painter.color({1, 1, 1});
    cairo_paint(painter.cairo());
  }
  ~Canvas() { cairo_surface_destroy(surface_); }
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  cairo_surface_t* surface() { return surface_; }
  std::string pixels() {
    cairo_surface_flush(surface_);
    const auto bytes = static_cast<std::size_t>(cairo_image_surface_get_stride(surface_)) * 40;
    return std::string(reinterpret_cast<const char*>(cairo_image_surface_get_data(surface_)),
                       bytes);
  }
  // The smallest and the largest column with ink in it.
  std::pair<int, int> inked_columns() {
    const std::string all = pixels();
    const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface_));
    std::pair<int, int> columns(100, -1);
    for (std::size_t y = 0; y < 40; ++y) {
      for (int x = 0; x < 100; ++x) {
        if (static_cast<unsigned char>(all[y * stride + 4 * std::size_t(x)]) > 250) continue;
        columns.first = std::min(columns.first, x);
        columns.second = std::max(columns.second, x);
      }
    }
    return columns;
  }

 private:
  cairo_surface_t* surface_;
};

TEST(Painter, TextIsAsWideAsItSays) {
  Canvas canvas;
  Painter painter(canvas.surface());
  const double width = painter.text_width("HEH", 20);
  EXPECT_TRUE(width > 30 && width < 60);
  painter.color(ink);
  painter.text("HEH", 10, 5, 20, {0, 0});
  const auto [left, right] = canvas.inked_columns();
  EXPECT_TRUE(left >= 10 && left <= 13);
  EXPECT_TRUE(right <= 10 + width && right >= 10 + width - 4);
  EXPECT_TRUE(painter.text_width("HEH", 20, true) > width);
}

TEST(Painter, TheAnchorSaysWhichPointOfTheTextIsGiven) {
  Canvas canvas;
  Painter painter(canvas.surface());
  painter.color(ink);
  painter.text("HEH", 90, 20, 20, {1, 0.5});
  const auto [left, right] = canvas.inked_columns();
  EXPECT_TRUE(right <= 90 && right >= 86);
  EXPECT_TRUE(left > 30);
}

TEST(Painter, EachMarkerHasAShapeOfItsOwn) {
  std::set<std::string> shapes;
  for (std::size_t index = 0; index < palette.size(); ++index) {
    Canvas canvas;
    Painter painter(canvas.surface());
    painter.color(ink);
    painter.marker(50, 20, index, 8);
    const auto [left, right] = canvas.inked_columns();
    EXPECT_TRUE(left >= 38 && right <= 62 && right - left >= 10);
    shapes.insert(canvas.pixels());
  }
  EXPECT_EQ(shapes.size(), palette.size());
}

TEST(Palette, ColoursDifferForEyesThatDoNotTellRedFromGreen) {
  for (std::size_t a = 0; a < palette.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const Color &p = palette[a], &q = palette[b];
      const double warm = (p.red + p.green - q.red - q.green) / 2;
      EXPECT_TRUE(std::hypot(warm, p.blue - q.blue) >= 0.15) << a << " and " << b;
    }
  }
}

}  // namespace
}  // namespace eckart::plot
