// Drawing with cairo in points: text that is measured, lines, markers. The surface outlives it.
#pragma once

#include <cairo.h>

#include <string>

#include "palette.hpp"

namespace eckart::plot {

inline constexpr double text_size = 13, small_text_size = 11.5, title_size = 15;

class Painter {
 public:
  explicit Painter(cairo_surface_t* surface);
  ~Painter();
  Painter(const Painter&) = delete;
  Painter& operator=(const Painter&) = delete;

  cairo_t* cairo() const { return cairo_; }
  void color(const Color& c, double opacity = 1);

  // Returns how far the text reaches; its height is that of a line, whatever its letters.
  double text_width(const std::string& text, double size, bool bold = false);
  static double line_height(double size) { return 1.25 * size; }

  // Where in the text the given point lies, from 0 (left, top) to 1 (right, bottom).
  struct Anchor {
    double x = 0, y = 0;
  };
  void text(const std::string& text,
            double x,
            double y,
            double size,
            const Anchor& anchor,
            bool bold = false);
  // The same, read from below; the anchor in the direction of reading.
  void vertical_text(
      const std::string& text, double x, double y, double size, const Anchor& anchor);

  void line(double x0, double y0, double x1, double y1, double width);
  void dashes(bool on);
  // A sign that differs for each index of the palette, so that colour is not needed to tell series
  // apart.
  void marker(double x, double y, std::size_t index, double radius);

 private:
  void font(double size, bool bold);
  cairo_t* cairo_;
};

}  // namespace eckart::plot
