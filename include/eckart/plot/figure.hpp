// eckart/plot/figure.hpp - a figure as data, and how it is drawn: PNG, SVG, or text for a terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eckart/types.hpp"

namespace eckart::plot {

enum class Scale { linear, logarithmic };

struct Axis {
  std::string label = {};
  Scale scale = Scale::linear;
  std::optional<double> least = {}, most = {};  // unset: room for all that is drawn
  bool whole = false;                           // it counts: ticks at whole numbers alone
};

enum class Mark {
  points,
  line,
  line_and_points,
  steps,   // constant up to the next x
  bars,    // from the lower end of the axis, or from 0, centred at x
  arrows,  // from the origin, on linear axes
};

// What is NaN or infinite, or not above 0 on a logarithmic axis, is left out.
struct Series {
  std::string label = {};  // in the legend; empty: none
  Mark mark = Mark::points;
  std::vector<double> x = {}, y = {};     // of one length
  std::vector<std::string> names = {};    // beside the points, where there is room; none or as many
  std::optional<std::size_t> color = {};  // in the palette; unset: that of its place in the panel
};

// A dashed line across the panel, its label outside.
struct Guide {
  enum class Direction { horizontal, vertical };
  Direction direction = Direction::horizontal;
  double at = 0;
  std::string label = {};
};

// Values as shades, the first row on top.
struct Image {
  enum class Shades {
    grey,       // black at least, white at most
    diverging,  // blue at least, white halfway, orange at most
    color       // three values to the pixel: red, green, blue
  };
  index_t rows = 0, cols = 0;
  std::vector<double> values = {};  // rows x cols, row by row; three times as many of color
  double least = 0, most = 1;       // beyond them: as at them
  Shades shades = Shades::grey;
};

struct Panel {
  std::string title = {};
  Axis x = {}, y = {};
  std::vector<Series> series = {};
  std::vector<Guide> guides = {};
  std::optional<Image> image = {};  // instead of axes and series
  bool same_unit = false;           // a unit of x is as long as one of y
};

struct Figure {
  std::string title = {};
  std::vector<Panel> panels = {};
  std::size_t columns = 0;  // panels beside each other; 0: all
  double width = 800;       // in points; 1 / 96 inch
  double height = 500;
};

// Returns the figure as a file. The same figure gives the same bytes on machines with the same
// cairo and the same fonts (DejaVu Sans). Text does not overlap: names of points for which there is
// no room are left out. A PNG has two pixels to the point.
// Throws InvalidArgument if lengths in a series or an image do not fit each other, arrows have a
// logarithmic axis, there is no panel, or a side is not 100 to 8000 points.
std::string to_png(const Figure& figure);
std::string to_svg(const Figure& figure);

// What a terminal can show.
struct TextStyle {
  int columns = 80;  // at least 40
  int rows = 12;     // of each panel, axes not counted; at least 4
  bool utf8 = true;
  bool color = false;
};

// Returns the figure as lines of at most style.columns characters, its panels below each other.
// Several series in a panel differ by sign, with or without colour.
std::string to_text(const Figure& figure, const TextStyle& style);

// Throws as to_png.
void validate(const Figure& figure);

}  // namespace eckart::plot
