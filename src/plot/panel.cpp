// Around the plot of a panel stand, from outside in: title, legend, labels of vertical guides
// (above); label and numbers of y (left); labels of horizontal guides (right); numbers and label of
// x (below). So nothing but names of points has to look for a place.

#include "panel.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "axis.hpp"

namespace eckart::plot {
namespace {

constexpr double gap = 6;
constexpr std::size_t longest_name = 24;

std::size_t color_of(const Panel& panel, std::size_t series) {
  return panel.series[series].color.value_or(series) % palette.size();
}

// Panels, drawn one at a time.
class PanelPainter {
 public:
  PanelPainter(Painter& painter, const Panel& panel, const Box& box)
      : p_(painter), panel_(panel), box_(box), x_(x_range(panel)), y_(y_range(panel)) {}

  void draw() {
    if (panel_.image) {
      draw_image();
      return;
    }
    lay_out();
    draw_grid();
    cairo_save(p_.cairo());
    cairo_rectangle(p_.cairo(), plot_.left, plot_.top, plot_.width, plot_.height);
    cairo_clip(p_.cairo());
    for (std::size_t s = 0; s < panel_.series.size(); ++s) draw_series(s);
    cairo_restore(p_.cairo());
    draw_guides();
    draw_frame();
    draw_names();
  }

 private:
  struct LegendEntry {
    std::size_t series;
    double x, y;
  };

  double px(double x) const { return plot_.left + x_.position(x) * plot_.width; }
  double py(double y) const { return plot_.bottom() - y_.position(y) * plot_.height; }
  bool drawable(const Series& s, std::size_t i) const {
    return x_.drawable(s.x[i]) && y_.drawable(s.y[i]);
  }

  // Sets the plot's box and the ticks, and places all that is outside of it.
  void lay_out() {
    const double line = Painter::line_height(small_text_size);
    double top = box_.top + (panel_.title.empty() ? 0 : Painter::line_height(text_size) + gap);
    top = lay_out_legend(top);
    double right = box_.right() - gap;
    double guide_width = 0;
    bool vertical = false;
    for (const Guide& guide : panel_.guides) {
      if (guide.direction == Guide::Direction::horizontal) {
        guide_width = std::max(guide_width, p_.text_width(guide.label, small_text_size) + gap);
      } else {
        vertical = vertical || !guide.label.empty();
      }
    }
    right -= guide_width;
    if (vertical) top += line + 2;
    const double label = Painter::line_height(text_size);
    const double bottom = box_.bottom() - line - gap - (panel_.x.label.empty() ? 0 : label + 2);
    // The width of the numbers decides on the width of the plot, and that on how many there are.
    plot_ = {box_.left, top, right - box_.left, bottom - top};
    fit_same_unit();
    y_ticks_ = ticks(y_, std::clamp(static_cast<int>(plot_.height / 45), 2, 8), panel_.y.whole);
    double numbers = 0;
    for (const Tick& tick : y_ticks_) {
      numbers = std::max(numbers, p_.text_width(tick.label, small_text_size));
    }
    const double left = box_.left + numbers + gap + (panel_.y.label.empty() ? 2 : label + gap);
    plot_.width -= left - plot_.left;
    plot_.left = left;
    fit_same_unit();
    for (int count = std::clamp(static_cast<int>(plot_.width / 60), 2, 10); count >= 1; --count) {
      x_ticks_ = ticks(x_, count, panel_.x.whole);
      if (x_labels_fit()) break;
    }
  }

  // Widens one range so that units of x and y are of one length.
  void fit_same_unit() {
    if (!panel_.same_unit) return;
    x_ = x_range(panel_);
    y_ = y_range(panel_);
    const double per_x = (x_.high - x_.low) / plot_.width,
                 per_y = (y_.high - y_.low) / plot_.height;
    const auto widen = [](Range& range, double factor) {
      const double middle = (range.low + range.high) / 2, half = (range.high - range.low) / 2;
      range.low = middle - factor * half;
      range.high = middle + factor * half;
    };
    if (per_x < per_y) {
      widen(x_, per_y / per_x);
    } else {
      widen(y_, per_x / per_y);
    }
  }

  bool x_labels_fit() {
    double end = -1e300;
    for (const Tick& tick : x_ticks_) {
      if (tick.label.empty()) continue;
      const double half = p_.text_width(tick.label, small_text_size) / 2;
      if (px(tick.at) - half < end + gap) return false;
      end = px(tick.at) + half;
    }
    return true;
  }

  // Legend entries in rows from the left; returns where they end.
  double lay_out_legend(double top) {
    constexpr double sign = 24;
    const double line = Painter::line_height(small_text_size) + 2;
    double x = box_.left + gap, y = top;
    for (std::size_t s = 0; s < panel_.series.size(); ++s) {
      if (panel_.series[s].label.empty()) continue;
      const double width = sign + p_.text_width(panel_.series[s].label, small_text_size);
      if (x + width > box_.right() && x > box_.left + gap) {
        x = box_.left + gap;
        y += line;
      }
      legend_.push_back({s, x, y});
      x += width + 3 * gap;
    }
    return legend_.empty() ? top : y + line + gap;
  }

  void draw_grid() {
    p_.color(grid);
    const auto is_labelled = [](const Tick& tick) { return !tick.label.empty(); };
    for (const Tick& tick : y_ticks_) {
      if (is_labelled(tick)) p_.line(plot_.left, py(tick.at), plot_.right(), py(tick.at), 1);
    }
    const bool bars = std::any_of(panel_.series.begin(), panel_.series.end(),
                                  [](const Series& s) { return s.mark == Mark::bars; });
    for (const Tick& tick : x_ticks_) {
      if (is_labelled(tick) && !bars) {
        p_.line(px(tick.at), plot_.top, px(tick.at), plot_.bottom(), 1);
      }
    }
  }

  void draw_frame() {
    p_.color(ink);
    p_.line(plot_.left, plot_.bottom(), plot_.right(), plot_.bottom(), 1);
    p_.line(plot_.left, plot_.top, plot_.left, plot_.bottom(), 1);
    for (const Tick& tick : x_ticks_) {
      const double at = px(tick.at), length = tick.label.empty() ? 2.5 : 4;
      p_.line(at, plot_.bottom(), at, plot_.bottom() + length, 1);
      p_.text(tick.label, at, plot_.bottom() + 5, small_text_size, {0.5, 0});
    }
    for (const Tick& tick : y_ticks_) {
      const double at = py(tick.at), length = tick.label.empty() ? 2.5 : 4;
      p_.line(plot_.left - length, at, plot_.left, at, 1);
      p_.text(tick.label, plot_.left - gap, at, small_text_size, {1, 0.5});
    }
    p_.text(panel_.x.label, plot_.left + plot_.width / 2, box_.bottom(), text_size, {0.5, 1});
    p_.vertical_text(panel_.y.label, box_.left, plot_.top + plot_.height / 2, text_size, {0.5, 0});
    draw_title();
    for (const LegendEntry& entry : legend_) {
      const Series& series = panel_.series[entry.series];
      const double middle = entry.y + Painter::line_height(small_text_size) / 2;
      draw_sign(entry.series, entry.x, middle);
      p_.color(ink);
      p_.text(series.label, entry.x + 24, entry.y, small_text_size, {0, 0});
    }
  }

  void draw_title() {
    p_.color(ink);
    p_.text(panel_.title, box_.left + gap, box_.top, text_size, {0, 0}, true);
  }

  // What stands for a series in the legend, 18 wide.
  void draw_sign(std::size_t s, double x, double y) {
    const std::size_t index = color_of(panel_, s);
    const Mark mark = panel_.series[s].mark;
    p_.color(palette[index]);
    if (mark == Mark::bars) {
      cairo_rectangle(p_.cairo(), x + 3, y - 5, 12, 10);
      cairo_fill(p_.cairo());
      return;
    }
    if (mark != Mark::points) p_.line(x, y, x + 18, y, 2);
    if (mark == Mark::points || mark == Mark::line_and_points) p_.marker(x + 9, y, index, 3.5);
  }

  void draw_series(std::size_t s) {
    const Series& series = panel_.series[s];
    const std::size_t index = color_of(panel_, s);
    p_.color(palette[index], series.mark == Mark::points && series.x.size() > 400 ? 0.6 : 1);
    switch (series.mark) {
      case Mark::points:
        draw_markers(series, index);
        break;
      case Mark::line_and_points:
        draw_line(series, false);
        draw_markers(series, index);
        break;
      case Mark::line:
      case Mark::steps:
        draw_line(series, series.mark == Mark::steps);
        break;
      case Mark::bars:
        draw_bars(series);
        break;
      case Mark::arrows:
        for (std::size_t i = 0; i < series.x.size(); ++i) {
          if (drawable(series, i)) draw_arrow(series.x[i], series.y[i]);
        }
    }
  }

  void draw_markers(const Series& series, std::size_t index) {
    const double radius = series.x.size() > 400 ? 2 : series.x.size() > 60 ? 2.8 : 3.5;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (drawable(series, i)) p_.marker(px(series.x[i]), py(series.y[i]), index, radius);
    }
  }

  void draw_line(const Series& series, bool steps) {
    bool begun = false;
    double y = 0;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!drawable(series, i)) {
        begun = false;
        continue;
      }
      const double x = px(series.x[i]);
      if (!begun) cairo_move_to(p_.cairo(), x, py(series.y[i]));
      if (begun && steps) cairo_line_to(p_.cairo(), x, y);
      y = py(series.y[i]);
      cairo_line_to(p_.cairo(), x, y);
      begun = true;
    }
    cairo_set_line_width(p_.cairo(), 1.8);
    cairo_stroke(p_.cairo());
  }

  void draw_bars(const Series& series) {
    const double foot = y_.scale == Scale::linear ? std::clamp(0.0, y_.low, y_.high) : y_.low;
    const double half = std::max(0.4 * std::abs(px(x_.low + 1) - px(x_.low)), 0.4);
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!drawable(series, i)) continue;
      const double top = py(series.y[i]);
      cairo_rectangle(p_.cairo(), px(series.x[i]) - half, top, 2 * half, py(foot) - top);
    }
    cairo_fill(p_.cairo());
  }

  void draw_arrow(double x, double y) {
    const double x0 = px(0), y0 = py(0), x1 = px(x), y1 = py(y);
    const double length = std::hypot(x1 - x0, y1 - y0);
    if (length < 1) return;
    const double dx = (x1 - x0) / length, dy = (y1 - y0) / length, head = std::min(9.0, length);
    p_.line(x0, y0, x1 - 0.7 * head * dx, y1 - 0.7 * head * dy, 1.8);
    cairo_move_to(p_.cairo(), x1, y1);
    cairo_line_to(p_.cairo(), x1 - head * dx - 0.4 * head * dy, y1 - head * dy + 0.4 * head * dx);
    cairo_line_to(p_.cairo(), x1 - head * dx + 0.4 * head * dy, y1 - head * dy - 0.4 * head * dx);
    cairo_close_path(p_.cairo());
    cairo_fill(p_.cairo());
  }

  void draw_guides() {
    std::vector<const Guide*> across, upright;
    for (const Guide& guide : panel_.guides) {
      (guide.direction == Guide::Direction::horizontal ? across : upright).push_back(&guide);
    }
    // Rising on the page: the labels are spread from the top down, from the left to the right.
    std::sort(across.begin(), across.end(),
              [](const Guide* a, const Guide* b) { return a->at > b->at; });
    std::sort(upright.begin(), upright.end(),
              [](const Guide* a, const Guide* b) { return a->at < b->at; });
    std::vector<double> heights, places;
    p_.color(faint);
    p_.dashes(true);
    double widest = 0;
    for (const Guide* guide : across) {
      heights.push_back(py(guide->at));
      p_.line(plot_.left, heights.back(), plot_.right(), heights.back(), 1.2);
    }
    for (const Guide* guide : upright) {
      places.push_back(px(guide->at));
      p_.line(places.back(), plot_.top, places.back(), plot_.bottom(), 1.2);
      widest = std::max(widest, p_.text_width(guide->label, small_text_size) + gap);
    }
    p_.dashes(false);
    const double line = Painter::line_height(small_text_size);
    heights = spread(heights, line, plot_.top - line / 2, plot_.bottom() + line / 2);
    places = spread(places, widest, box_.left, box_.right());
    p_.color(ink);
    for (std::size_t i = 0; i < across.size(); ++i) {
      p_.text(across[i]->label, plot_.right() + gap, heights[i], small_text_size, {0, 0.5});
    }
    for (std::size_t i = 0; i < upright.size(); ++i) {
      p_.text(upright[i]->label, places[i], plot_.top - 2, small_text_size, {0.5, 1});
    }
  }

  // Names stand beside their points, where they touch neither marks nor each other.
  void draw_names() {
    const bool any = std::any_of(panel_.series.begin(), panel_.series.end(),
                                 [](const Series& s) { return !s.names.empty(); });
    if (!any) return;
    FreeSpace space = space_of_plot();
    for (const Series& series : panel_.series) take_marks(series, space);
    for (const Guide& guide : panel_.guides) {
      if (guide.direction == Guide::Direction::horizontal) {
        space.take({plot_.left, py(guide.at) - 1, plot_.width, 2});
      } else {
        space.take({px(guide.at) - 1, plot_.top, 2, plot_.height});
      }
    }
    // Arrows first: there are few, and each has something to say. Where there is no room beside the
    // points, their names stand on them.
    FreeSpace on_points = space_of_plot();
    for (const Series& series : panel_.series) {
      if (series.mark == Mark::arrows) take_marks(series, on_points);
    }
    for (const Series& series : panel_.series) {
      if (series.mark == Mark::arrows) place_arrow_names(series, space, on_points);
    }
    for (const Series& series : panel_.series) {
      if (series.mark != Mark::arrows) place_names(series, space);
    }
  }

  FreeSpace space_of_plot() const {
    return FreeSpace({plot_.left + 2, plot_.top + 2, plot_.width - 4, plot_.height - 4});
  }

  void place_arrow_names(const Series& series, FreeSpace& space, FreeSpace& on_points) {
    const double height = Painter::line_height(small_text_size);
    for (std::size_t i = 0; i < series.names.size(); ++i) {
      if (!drawable(series, i)) continue;
      const std::string name = shortened(series.names[i], longest_name);
      const double width = p_.text_width(name, small_text_size);
      const double x = px(series.x[i]), y = py(series.y[i]);
      auto place = space.place(x, y, width, height, x - px(0), y - py(0));
      if (place) {
        on_points.take(*place);
      } else {
        place = on_points.place(x, y, width, height, x - px(0), y - py(0));
        if (!place) continue;
        space.take(*place);
        p_.color({1, 1, 1}, 0.8);
        cairo_rectangle(p_.cairo(), place->left - 1, place->top, width + 2, height);
        cairo_fill(p_.cairo());
      }
      p_.color(ink);
      p_.text(name, place->left, place->top, small_text_size, {0, 0});
    }
  }

  void take_marks(const Series& series, FreeSpace& space) const {
    const bool joined = series.mark == Mark::line || series.mark == Mark::line_and_points;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!drawable(series, i)) continue;
      const double x = px(series.x[i]), y = py(series.y[i]);
      space.take({x - 4, y - 4, 8, 8});
      if (series.mark == Mark::arrows) space.take_line(px(0), py(0), x, y);
      if (joined && i > 0 && drawable(series, i - 1)) {
        space.take_line(px(series.x[i - 1]), py(series.y[i - 1]), x, y);
      }
    }
  }

  void place_names(const Series& series, FreeSpace& space) {
    const double height = Painter::line_height(small_text_size);
    p_.color(ink);
    for (std::size_t i = 0; i < series.names.size(); ++i) {
      if (series.names[i].empty() || !drawable(series, i)) continue;
      const std::string name = shortened(series.names[i], longest_name);
      const double x = px(series.x[i]), y = py(series.y[i]);
      if (series.mark == Mark::bars) {  // centred on the bar, if no wider than its share
        if (p_.text_width(name, small_text_size) + gap > px(1) - px(0)) continue;
        p_.text(name, x, above_guides(y - 1, height), small_text_size, {0.5, 1});
        continue;
      }
      const auto place = space.place(x, y, p_.text_width(name, small_text_size), height, 0, 0);
      if (place) p_.text(name, place->left, place->top, small_text_size, {0, 0});
    }
  }

  // Returns the bottom at which a line of text crosses no horizontal guide.
  double above_guides(double bottom, double height) const {
    for (const Guide& guide : panel_.guides) {
      const double at = py(guide.at);
      if (guide.direction == Guide::Direction::horizontal && at > bottom - height && at < bottom) {
        return at - 1;
      }
    }
    return bottom;
  }

  // As large as it can be with square pixels, its title above.
  void draw_image() {
    const Image& image = *panel_.image;
    const double title = panel_.title.empty() ? 0 : Painter::line_height(text_size) + gap;
    const double label = panel_.x.label.empty() ? 0 : Painter::line_height(text_size) + 2;
    const double room_x = box_.width - gap, room_y = box_.height - title - label;
    const auto rows = static_cast<double>(image.rows), cols = static_cast<double>(image.cols);
    const double pixel = std::min(room_x / cols, room_y / rows);
    const double left = box_.left + (box_.width - pixel * cols) / 2, top = box_.top + title;
    const int stride = cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, int(image.cols));
    std::vector<unsigned char> bytes(std::size_t(stride) * std::size_t(image.rows));
    for (index_t i = 0; i < image.rows; ++i) {
      for (index_t j = 0; j < image.cols; ++j) {
        const Color c = pixel_color(image, i * image.cols + j);
        const std::size_t at = std::size_t(i) * std::size_t(stride) + 4 * std::size_t(j);
        bytes[at] = level(c.blue);
        bytes[at + 1] = level(c.green);
        bytes[at + 2] = level(c.red);
      }
    }
    cairo_surface_t* surface = cairo_image_surface_create_for_data(
        bytes.data(), CAIRO_FORMAT_RGB24, int(image.cols), int(image.rows), stride);
    cairo_save(p_.cairo());
    cairo_translate(p_.cairo(), left, top);
    cairo_scale(p_.cairo(), pixel, pixel);
    cairo_set_source_surface(p_.cairo(), surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(p_.cairo()), CAIRO_FILTER_NEAREST);
    cairo_rectangle(p_.cairo(), 0, 0, cols, rows);
    cairo_fill(p_.cairo());
    cairo_restore(p_.cairo());
    // An SVG surface keeps a reference to the pixels until it is written.
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    p_.color(ink);
    cairo_set_line_width(p_.cairo(), 1);
    cairo_rectangle(p_.cairo(), left, top, pixel * cols, pixel * rows);
    cairo_stroke(p_.cairo());
    p_.text(panel_.title, left, box_.top, text_size, {0, 0}, true);
    p_.text(panel_.x.label, left + pixel * cols / 2, top + pixel * rows + 2, small_text_size,
            {0.5, 0});
  }

  static unsigned char level(double share) {
    return static_cast<unsigned char>(std::lround(255 * share));
  }

  // From 0 at least to 1 at most.
  static double share_of(const Image& image, index_t at) {
    const double range = image.most - image.least;
    const double value = image.values[std::size_t(at)];
    if (!std::isfinite(value)) return 1;
    return range > 0 ? std::clamp((value - image.least) / range, 0.0, 1.0) : 0.5;
  }

  static Color pixel_color(const Image& image, index_t pixel) {
    if (image.shades == Image::Shades::color) {
      return {share_of(image, 3 * pixel), share_of(image, 3 * pixel + 1),
              share_of(image, 3 * pixel + 2)};
    }
    if (!std::isfinite(image.values[std::size_t(pixel)])) return {1, 1, 1};
    const double share = share_of(image, pixel);
    if (image.shades == Image::Shades::grey) return {share, share, share};
    const Color end = share < 0.5 ? palette[0] : palette[1];
    const double from_white = std::abs(2 * share - 1);
    const auto mix = [&](double part) { return 1 + from_white * (part - 1); };
    return {mix(end.red), mix(end.green), mix(end.blue)};
  }

  Painter& p_;
  const Panel& panel_;
  Box box_;
  Box plot_;
  Range x_, y_;
  std::vector<Tick> x_ticks_, y_ticks_;
  std::vector<LegendEntry> legend_;
};

}  // namespace

void draw_panel(Painter& painter, const Panel& panel, const Box& box) {
  PanelPainter(painter, panel, box).draw();
}

}  // namespace eckart::plot
