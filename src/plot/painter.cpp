#include "painter.hpp"

#include <cmath>
#include <numbers>

namespace eckart::plot {

Painter::Painter(cairo_surface_t* surface) : cairo_(cairo_create(surface)) {
  cairo_font_options_t* options = cairo_font_options_create();
  // Widths that do not depend on the resolution: PNG and SVG are laid out alike.
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_set_font_options(cairo_, options);
  cairo_font_options_destroy(options);
  cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_BUTT);
  cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
}

Painter::~Painter() { cairo_destroy(cairo_); }

void Painter::color(const Color& c, double opacity) {
  cairo_set_source_rgba(cairo_, c.red, c.green, c.blue, opacity);
}

void Painter::font(double size, bool bold) {
  cairo_select_font_face(cairo_, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo_, size);
}

double Painter::text_width(const std::string& text, double size, bool bold) {
  font(size, bold);
  cairo_text_extents_t extents;
  cairo_text_extents(cairo_, text.c_str(), &extents);
  return extents.x_advance;
}

void Painter::text(
    const std::string& text, double x, double y, double size, const Anchor& anchor, bool bold) {
  const double width = text_width(text, size, bold);
  // The baseline of a line whose letters reach from 0.95 above to 0.3 below it.
  const double baseline = y - anchor.y * line_height(size) + 0.95 * size;
  cairo_move_to(cairo_, x - anchor.x * width, baseline);
  cairo_show_text(cairo_, text.c_str());
  cairo_new_path(cairo_);
}

void Painter::vertical_text(
    const std::string& words, double x, double y, double size, const Anchor& anchor) {
  cairo_save(cairo_);
  cairo_translate(cairo_, x, y);
  cairo_rotate(cairo_, -std::numbers::pi / 2);
  text(words, 0, 0, size, anchor);
  cairo_restore(cairo_);
}

void Painter::line(double x0, double y0, double x1, double y1, double width) {
  cairo_set_line_width(cairo_, width);
  cairo_move_to(cairo_, x0, y0);
  cairo_line_to(cairo_, x1, y1);
  cairo_stroke(cairo_);
}

void Painter::dashes(bool on) {
  const double pattern[] = {5, 4};
  cairo_set_dash(cairo_, pattern, on ? 2 : 0, 0);
}

void Painter::marker(double x, double y, std::size_t index, double radius) {
  const auto polygon = [&](int corners, double turn, double reach) {
    for (int i = 0; i < corners; ++i) {
      const double angle = 2 * std::numbers::pi * (i / static_cast<double>(corners) + turn);
      cairo_line_to(cairo_, x + reach * std::cos(angle), y + reach * std::sin(angle));
    }
    cairo_close_path(cairo_);
  };
  cairo_new_path(cairo_);
  switch (index % palette.size()) {
    case 0:
      cairo_arc(cairo_, x, y, radius, 0, 2 * std::numbers::pi);
      break;
    case 1:
      polygon(3, -0.25, 1.35 * radius);
      break;
    case 2:
      polygon(4, 0.125, 1.25 * radius);
      break;
    case 3:
      polygon(4, 0, 1.35 * radius);
      break;
    case 4:
      polygon(3, 0.25, 1.35 * radius);
      break;
    default:
      polygon(5, -0.25, 1.2 * radius);
  }
  cairo_fill(cairo_);
}

}  // namespace eckart::plot
