// A figure on a cairo surface, as PNG and as SVG.

#include <cairo-svg.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "eckart/error.hpp"
#include "eckart/plot/figure.hpp"
#include "panel.hpp"

namespace eckart::plot {
namespace {

void draw(const Figure& figure, cairo_surface_t* surface) {
  Painter painter(surface);
  cairo_set_source_rgb(painter.cairo(), 1, 1, 1);
  cairo_paint(painter.cairo());
  constexpr double border = 12, between = 22, below_title = 6;
  double top = border;
  if (!figure.title.empty()) {
    painter.color(ink);
    painter.text(figure.title, figure.width / 2, top, title_size, {0.5, 0}, true);
    top += Painter::line_height(title_size) + below_title;
  }
  const std::size_t columns =
      figure.columns == 0 ? figure.panels.size() : std::min(figure.columns, figure.panels.size());
  const std::size_t rows = (figure.panels.size() + columns - 1) / columns;
  const auto wide = static_cast<double>(columns), high = static_cast<double>(rows);
  const double width = (figure.width - 2 * border - (wide - 1) * between) / wide;
  const double height = (figure.height - top - border - (high - 1) * between) / high;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const auto row = static_cast<double>(i / columns), column = static_cast<double>(i % columns);
    draw_panel(
        painter, figure.panels[i],
        {border + column * (width + between), top + row * (height + between), width, height});
  }
}

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

// Returns the text with its surfaces numbered from 1: cairo counts all that a process ever made.
std::string renumbered(const std::string& svg) {
  constexpr std::string_view word = "surface";
  std::vector<std::string> seen;
  std::string result;
  std::size_t done = 0;
  for (std::size_t at = svg.find(word); at != std::string::npos; at = svg.find(word, at + 1)) {
    const std::size_t first = at + word.size();
    const std::size_t end = std::min(svg.find_first_not_of("0123456789", first), svg.size());
    const bool is_name = at > 0 && (svg[at - 1] == '"' || svg[at - 1] == '#') && end > first;
    if (!is_name) continue;
    const std::string number = svg.substr(first, end - first);
    auto place = std::find(seen.begin(), seen.end(), number);
    if (place == seen.end()) place = seen.insert(seen.end(), number);
    result += svg.substr(done, first - done) + fmt::format("{}", place - seen.begin() + 1);
    done = end;
  }
  return result + svg.substr(done);
}

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) throw Error(cairo_status_to_string(status));
}

struct Destroy {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, Destroy>;

}  // namespace

void validate(const Figure& figure) {
  require(!figure.panels.empty(), "a figure needs a panel");
  require(
      figure.width >= 100 && figure.height >= 100 && figure.width <= 8000 && figure.height <= 8000,
      fmt::format("a figure is 100 to 8000 points wide and high, got {} x {}", figure.width,
                  figure.height));
  for (const Panel& panel : figure.panels) {
    for (const Series& series : panel.series) {
      require(series.x.size() == series.y.size(),
              fmt::format("a series has {} x and {} y", series.x.size(), series.y.size()));
      const bool linear = panel.x.scale == Scale::linear && panel.y.scale == Scale::linear;
      require(series.mark != Mark::arrows || linear,
              "arrows come from the origin, which a logarithmic axis does not have");
      require(
          series.names.empty() || series.names.size() == series.x.size(),
          fmt::format("a series has {} points and {} names", series.x.size(), series.names.size()));
    }
    if (!panel.image) continue;
    const Image& image = *panel.image;
    const index_t each = image.shades == Image::Shades::color ? 3 : 1;
    require(image.rows > 0 && image.cols > 0 && image.rows <= 20000 && image.cols <= 20000 &&
                static_cast<std::size_t>(image.rows * image.cols * each) == image.values.size(),
            fmt::format("an image of {} x {} pixels has {} values", image.rows, image.cols,
                        image.values.size()));
  }
}

std::string to_png(const Figure& figure) {
  validate(figure);
  constexpr double pixels_per_point = 2;
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                                   int(figure.width * pixels_per_point),
                                                   int(figure.height * pixels_per_point)));
  cairo_surface_set_device_scale(surface.get(), pixels_per_point, pixels_per_point);
  draw(figure, surface.get());
  std::string bytes;
  check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

std::string to_svg(const Figure& figure) {
  validate(figure);
  std::string bytes;
  const Surface surface(
      cairo_svg_surface_create_for_stream(append, &bytes, figure.width, figure.height));
  draw(figure, surface.get());
  cairo_surface_finish(surface.get());
  check(cairo_surface_status(surface.get()));
  return renumbered(bytes);
}

}  // namespace eckart::plot
