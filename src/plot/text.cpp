// A figure as lines of text: bars of block characters, curves of braille dots where they are alone
// in their panel, a sign for each series where they are not.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "axis.hpp"
#include "eckart/error.hpp"
#include "eckart/plot/figure.hpp"
#include "labels.hpp"
#include "spelling.hpp"

namespace eckart::plot {
namespace {

constexpr int no_color = -1, dim = -2;

// A field of characters, each with a colour; the first row on top.
class Cells {
 public:
  Cells(int rows, int columns)
      : columns_(columns),
        glyphs_(std::size_t(rows * columns)),
        colors_(glyphs_.size(), no_color) {}
  std::string& glyph(int row, int column) { return glyphs_[std::size_t(row * columns_ + column)]; }
  void set(int row, int column, const std::string& glyph, int color) {
    this->glyph(row, column) = glyph;
    colors_[std::size_t(row * columns_ + column)] = color;
  }
  bool blank(int row, int column) { return glyph(row, column).empty(); }
  int columns() const { return columns_; }

  std::string line(int row, bool colored) {
    static constexpr const char* codes[] = {"36", "33", "32", "35", "34", "31"};
    std::string text, pending;
    int current = no_color;
    const auto change = [&](int color) {
      if (!colored || color == current) return;
      if (current != no_color) text += "\033[0m";
      if (color != no_color) {
        text += fmt::format("\033[{}m", color == dim ? "2" : codes[std::size_t(color) % 6]);
      }
      current = color;
    };
    for (int column = 0; column < columns_; ++column) {
      if (blank(row, column)) {
        pending += ' ';
        continue;
      }
      if (!pending.empty()) change(no_color);
      text += pending;
      pending.clear();
      change(colors_[std::size_t(row * columns_ + column)]);
      text += glyph(row, column);
    }
    change(no_color);
    return text;
  }

 private:
  int columns_;
  std::vector<std::string> glyphs_;
  std::vector<int> colors_;
};

// Returns the sign of a series that shares its panel.
const char* sign_of(std::size_t series, bool utf8) {
  static constexpr const char* signs[] = {"●", "○", "×", "◆", "△", "□"};
  static constexpr const char* letters[] = {"o", "x", "+", "*", "#", "@"};
  return utf8 ? signs[series % 6] : letters[series % 6];
}

// Returns what one cell shows of a bar that fills it by the given share.
const char* block(double filled, bool utf8) {
  static constexpr const char* blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr const char* letters[] = {" ", ".", ".", ":", ":", ":", "#", "#", "#"};
  const auto eighths = static_cast<std::size_t>(std::lround(std::clamp(filled, 0.0, 1.0) * 8));
  return utf8 ? blocks[eighths] : letters[eighths];
}

// Returns the character of a cell of braille dots, bit 4 * column + row from the top.
std::string braille(unsigned dots) {
  static constexpr std::array<unsigned, 8> bits = {0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80};
  unsigned pattern = 0;
  for (unsigned i = 0; i < 8; ++i) {
    if (dots >> i & 1U) pattern |= bits[i];
  }
  return {char(0xe2), char(0xa0 | pattern >> 6), char(0x80 | (pattern & 0x3fU))};
}

class PanelText {
 public:
  PanelText(const Panel& panel, const TextStyle& style)
      : panel_(panel), style_(style), rows_(style.rows), x_(x_range(panel)), y_(y_range(panel)) {}

  std::string draw() {
    if (panel_.image) return image_text();
    lay_out();
    Cells cells(rows_, width_);
    draw_guides(cells);
    if (bars_) {
      draw_bars(cells);
    } else if (alone_ && style_.utf8) {
      draw_dots(cells);
    } else {
      draw_signs(cells);
    }
    draw_names(cells);
    return heading() + body(cells) + foot();
  }

 private:
  std::string shown(const std::string& text) const { return style_.utf8 ? text : ascii(text); }

  // Sets ranges, ticks and the width of the plot.
  void lay_out() {
    std::size_t drawn = 0;
    for (const Series& series : panel_.series) {
      if (series.mark == Mark::bars) bars_ = true;
      ++drawn;
    }
    alone_ = drawn == 1;
    if (bars_ && y_.scale == Scale::logarithmic) whole_decades();
    for (const Tick& tick : ticks(y_, std::clamp(rows_ / 2, 2, 8), panel_.y.whole)) {
      if (!tick.label.empty()) y_ticks_.push_back({tick.at, shown(tick.label)});
    }
    for (const Tick& tick : y_ticks_) label_width_ = std::max(label_width_, width_of(tick.label));
    int guide_width = 0;
    for (const Guide& guide : panel_.guides) {
      if (guide.direction != Guide::Direction::horizontal || guide.label.empty()) continue;
      guide_width = std::max(guide_width, width_of(shown(guide.label)) + 1);
    }
    width_ = style_.columns - label_width_ - 4 - guide_width;
    if (bars_) fit_bars();
  }

  // Moves the ends of a logarithmic axis to decades, all rows standing for the same factor.
  void whole_decades() {
    double low = y_.high, high = y_.low;
    for (const Series& series : panel_.series) {
      for (const double y : series.y) {
        if (!y_.drawable(y)) continue;
        low = std::min(low, y);
        high = std::max(high, y);
      }
    }
    // The smallest value must not vanish on the axis: the bottom lies strictly below it.
    int bottom = static_cast<int>(std::ceil(std::log10(low))) - 1;
    const int top = std::max(bottom + 1, static_cast<int>(std::ceil(std::log10(high))));
    const int decades = top - bottom;
    if (decades <= style_.rows) {
      rows_ = decades * (style_.rows / decades);
    } else {
      const int decades_per_row = (decades + style_.rows - 1) / style_.rows;
      rows_ = (decades + decades_per_row - 1) / decades_per_row;
      bottom = top - rows_ * decades_per_row;
    }
    y_.low = std::pow(10.0, bottom);
    y_.high = std::pow(10.0, top);
  }

  // As many columns for each bar, with a gap to the next; of more bars than columns several share
  // one.
  void fit_bars() {
    std::size_t most = 1;
    for (const Series& series : panel_.series) most = std::max(most, series.x.size());
    bar_count_ = std::min(most, static_cast<std::size_t>(width_));
    const auto room = static_cast<std::size_t>(width_);
    bar_width_ = static_cast<int>(std::clamp<std::size_t>(room / 2 / bar_count_, 1, 4));
    width_ = static_cast<int>(bar_count_) * bar_width_;
  }

  static int width_of(const std::string& text) {
    return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
    }));
  }

  int row_of(double y) const {
    const int above = static_cast<int>(std::floor(y_.position(y) * rows_));
    return rows_ - 1 - std::clamp(above, 0, rows_ - 1);
  }
  int column_of(double x) const {
    return std::clamp(static_cast<int>(std::floor(x_.position(x) * width_)), 0, width_ - 1);
  }
  bool visible(const Series& series, std::size_t i) const {
    if (!x_.drawable(series.x[i]) || !y_.drawable(series.y[i])) return false;
    const double x = x_.position(series.x[i]), y = y_.position(series.y[i]);
    return x >= -1e-9 && x <= 1 + 1e-9 && y >= -1e-9 && y <= 1 + 1e-9;
  }

  void draw_guides(Cells& cells) {
    for (const Guide& guide : panel_.guides) {
      if (guide.direction == Guide::Direction::horizontal) {
        for (int c = 0; c < width_; ++c) {
          cells.set(row_of(guide.at), c, style_.utf8 ? "┄" : "-", dim);
        }
      } else if (x_.drawable(guide.at) && !bars_) {
        for (int r = 0; r < rows_; ++r) {
          cells.set(r, column_of(guide.at), style_.utf8 ? "┊" : ":", dim);
        }
      }
    }
  }

  void draw_bars(Cells& cells) {
    for (std::size_t s = 0; s < panel_.series.size(); ++s) {
      const Series& series = panel_.series[s];
      if (series.mark != Mark::bars) continue;
      for (std::size_t bar = 0; bar < bar_count_ && !series.x.empty(); ++bar) {
        const double value = series.y[bar * series.y.size() / bar_count_];
        if (!y_.drawable(value)) continue;
        double height = std::clamp(y_.position(value), 0.0, 1.0) * rows_;
        // Every bar stands on the axis, however short.
        if (value > 0) height = std::max(height, 0.125);
        for (int r = 0; r < rows_; ++r) {
          const std::string glyph = block(height - (rows_ - 1 - r), style_.utf8);
          if (glyph == " ") continue;
          const int solid = bar_width_ > 1 ? bar_width_ - 1 : 1;
          for (int i = 0; i < solid; ++i) {
            cells.set(r, static_cast<int>(bar) * bar_width_ + i, glyph, static_cast<int>(s));
          }
        }
      }
    }
  }

  // Calls mark(x, y) with positions 0 .. 1 for points, and along the lines that join them.
  template <class F>
  void trace(const Series& series, int steps, const F& mark) const {
    const bool joined = series.mark != Mark::points && series.mark != Mark::bars;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!visible(series, i)) continue;
      const double x = x_.position(series.x[i]), y = y_.position(series.y[i]);
      mark(x, y);
      double x0 = 0, y0 = 0;
      if (series.mark == Mark::arrows) {
        x0 = x_.position(0);
        y0 = y_.position(0);
      } else if (joined && i > 0 && visible(series, i - 1)) {
        x0 = x_.position(series.x[i - 1]);
        y0 = y_.position(series.y[i - 1]);
      } else {
        continue;
      }
      const int pieces = std::max(
          1, static_cast<int>(std::ceil(steps * std::max(std::abs(x - x0), std::abs(y - y0)))));
      for (int p = 1; p < pieces; ++p) {
        const double share = static_cast<double>(p) / pieces;
        const double along = series.mark == Mark::steps ? 0 : share;
        mark(x0 + share * (x - x0), y0 + along * (y - y0));
      }
    }
  }

  void draw_dots(Cells& cells) {
    std::vector<unsigned> dots(static_cast<std::size_t>(rows_ * width_));
    trace(panel_.series[0], 4 * std::max(rows_, width_), [&](double x, double y) {
      const int column = std::clamp(static_cast<int>(x * 2 * width_), 0, 2 * width_ - 1);
      const int row = std::clamp(static_cast<int>((1 - y) * 4 * rows_), 0, 4 * rows_ - 1);
      dots[static_cast<std::size_t>(row / 4 * width_ + column / 2)] |=
          1U << static_cast<unsigned>(column % 2 * 4 + row % 4);
    });
    for (int r = 0; r < rows_; ++r) {
      for (int c = 0; c < width_; ++c) {
        const unsigned pattern = dots[static_cast<std::size_t>(r * width_ + c)];
        if (pattern != 0) cells.set(r, c, braille(pattern), 0);
      }
    }
  }

  void draw_signs(Cells& cells) {
    for (std::size_t s = panel_.series.size(); s-- > 0;) {  // the first on top
      trace(panel_.series[s], std::max(rows_, width_), [&](double x, double y) {
        const int column = std::clamp(static_cast<int>(x * width_), 0, width_ - 1);
        const int row = rows_ - 1 - std::clamp(static_cast<int>(y * rows_), 0, rows_ - 1);
        cells.set(row, column, sign_of(s, style_.utf8), static_cast<int>(s));
      });
    }
  }

  // Names stand right of their points, or left, where the cells are free.
  void draw_names(Cells& cells) {
    if (bars_) return;
    for (const Series& series : panel_.series) {
      for (std::size_t i = 0; i < series.names.size(); ++i) {
        if (series.names[i].empty() || !visible(series, i)) continue;
        const std::vector<std::string> glyphs = characters(shown(shortened(series.names[i], 16)));
        const int length = static_cast<int>(glyphs.size());
        const int row = row_of(series.y[i]), column = column_of(series.x[i]);
        for (const int first : {column + 2, column - 1 - length}) {
          bool free = first >= 0 && first + length < width_;
          for (int c = std::max(0, first - 1); free && c <= first + length; ++c) {
            if (c != column) free = cells.blank(row, c);
          }
          if (!free) continue;
          for (int c = 0; c < length; ++c) {
            cells.set(row, first + c, glyphs[static_cast<std::size_t>(c)], no_color);
          }
          break;
        }
      }
    }
  }

  std::string heading() const {
    std::string text = panel_.title.empty() ? "" : "  " + shown(panel_.title) + "\n";
    std::string legend;
    for (std::size_t s = 0; s < panel_.series.size(); ++s) {
      const Series& series = panel_.series[s];
      if (series.label.empty()) continue;
      const std::string sign = series.mark == Mark::bars ? block(1, style_.utf8)
                               : alone_ && style_.utf8   ? "⠶"
                                                         : sign_of(s, style_.utf8);
      const std::string entry = "  " + sign + " " + shown(series.label);
      if (width_of(legend) + width_of(entry) > style_.columns) {
        text += legend + "\n";
        legend.clear();
      }
      legend += entry;
    }
    if (!legend.empty()) text += legend + "\n";
    if (!panel_.y.label.empty()) {
      text += std::string(static_cast<std::size_t>(label_width_) + 3, ' ') + shown(panel_.y.label) +
              "\n";
    }
    return text + guide_labels();
  }

  // The labels of vertical guides, in a line above the plot, as far as there is room.
  std::string guide_labels() const {
    std::vector<const Guide*> upright;
    for (const Guide& guide : panel_.guides) {
      if (guide.direction == Guide::Direction::vertical && !guide.label.empty() && !bars_) {
        upright.push_back(&guide);
      }
    }
    std::sort(upright.begin(), upright.end(),
              [](const Guide* a, const Guide* b) { return a->at < b->at; });
    std::string line(static_cast<std::size_t>(label_width_) + 3, ' ');
    const int offset = label_width_ + 3;
    int end = offset;
    for (const Guide* guide : upright) {
      const std::string label = shown(guide->label);
      const int length = width_of(label);
      const int first =
          std::clamp(offset + column_of(guide->at) - length / 2, offset, style_.columns - length);
      if (first < end) continue;
      line += std::string(static_cast<std::size_t>(first - end), ' ') + label;
      end = first + length + 1;
      line += " ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line.empty() ? "" : line + "\n";
  }

  std::string body(Cells& cells) const {
    std::vector<std::string> labels(static_cast<std::size_t>(rows_)), ends = labels;
    for (const Tick& tick : y_ticks_) {
      // The tick of a bar chart is the upper edge of its row.
      const double height = y_.position(tick.at) * rows_;
      const int above = static_cast<int>(bars_ ? std::round(height) - 1 : std::floor(height));
      if (above < 0 || above > rows_ || height < -1e-9) continue;
      labels[static_cast<std::size_t>(rows_ - 1 - std::min(above, rows_ - 1))] = tick.label;
    }
    for (const Guide& guide : panel_.guides) {
      if (guide.direction == Guide::Direction::horizontal && !guide.label.empty()) {
        ends[static_cast<std::size_t>(row_of(guide.at))] = " " + shown(guide.label);
      }
    }
    std::string text;
    for (int r = 0; r < rows_; ++r) {
      const std::string& label = labels[static_cast<std::size_t>(r)];
      const std::string& end = ends[static_cast<std::size_t>(r)];
      std::string line = cells.line(r, style_.color);
      if (!end.empty()) {
        int used = width_;
        while (used > 0 && cells.blank(r, used - 1)) --used;
        line += std::string(static_cast<std::size_t>(width_ - used), ' ') + end;
      }
      text += "  " + std::string(static_cast<std::size_t>(label_width_ - width_of(label)), ' ') +
              label + " " +
              (style_.utf8     ? (label.empty() ? "│" : "┤")
               : label.empty() ? "|"
                               : "+") +
              line + "\n";
    }
    return text;
  }

  std::string foot() const {
    const std::string indent(static_cast<std::size_t>(label_width_) + 3, ' ');
    std::string text = indent + (style_.utf8 ? "└" : "+");
    for (int c = 0; c < width_; ++c) text += style_.utf8 ? "─" : "-";
    text += "\n" + indent + " ";
    int end = 0;
    const auto put = [&](int first, const std::string& label) {
      if (first < end) return;
      text += std::string(static_cast<std::size_t>(first - end), ' ') + label;
      end = first + width_of(label);
    };
    if (bars_) {
      std::size_t most = 1;
      for (const Series& series : panel_.series) most = std::max(most, series.x.size());
      const std::string last = fmt::format("{}", most);
      put(0, "1");
      if (width_ > static_cast<int>(last.size()) + 1)
        put(width_ - static_cast<int>(last.size()), last);
    } else {
      for (const Tick& tick : ticks(x_, std::clamp(width_ / 12, 2, 8), panel_.x.whole)) {
        if (tick.label.empty()) continue;
        const std::string label = shown(tick.label);
        const int length = width_of(label);
        const int first = std::clamp(column_of(tick.at) - length / 2, 0, width_ - length);
        if (end == 0 || first > end) put(first, label);
      }
    }
    text += "\n";
    if (!panel_.x.label.empty() && panel_.x.label != "i") {
      const std::string label = shown(panel_.x.label);
      const int before = std::max(0, (width_ - width_of(label)) / 2);
      text += indent + " " + std::string(static_cast<std::size_t>(before), ' ') + label + "\n";
    }
    return text;
  }

  // Characters are about twice as high as wide: each shows the mean of its part of the image.
  std::string image_text() const {
    const Image& image = *panel_.image;
    static constexpr const char* shades[] = {" ", "░", "▒", "▓", "█"};
    static constexpr const char* letters[] = {" ", ".", ":", "+", "#"};
    const index_t each = image.shades == Image::Shades::color ? 3 : 1;
    const index_t columns = std::min<index_t>(style_.columns - 4, image.cols);
    const index_t rows = std::max<index_t>(1, image.rows * columns / (2 * image.cols));
    std::string text = panel_.title.empty() ? "" : "  " + shown(panel_.title) + "\n";
    for (index_t r = 0; r < rows; ++r) {
      std::string line = "  ";
      for (index_t c = 0; c < columns; ++c) {
        double sum = 0;
        index_t count = 0;
        for (index_t i = r * image.rows / rows;
             i < std::max(r * image.rows / rows + 1, (r + 1) * image.rows / rows); ++i) {
          for (index_t j = c * image.cols / columns; j < (c + 1) * image.cols / columns; ++j) {
            for (index_t part = 0; part < each; ++part) {
              sum += image.values[static_cast<std::size_t>((i * image.cols + j) * each + part)];
              ++count;
            }
          }
        }
        double share =
            (sum / static_cast<double>(count) - image.least) / (image.most - image.least);
        // Far from the middle in either direction is dark.
        if (image.shades == Image::Shades::diverging) share = std::abs(2 * share - 1);
        if (!std::isfinite(share)) share = 0;
        const auto level = static_cast<std::size_t>(std::lround(4 * std::clamp(share, 0.0, 1.0)));
        line += style_.utf8 ? shades[level] : letters[level];
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
    return text;
  }

  const Panel& panel_;
  const TextStyle& style_;
  int rows_;
  Range x_, y_;
  std::vector<Tick> y_ticks_;
  bool bars_ = false, alone_ = false;
  int label_width_ = 0, width_ = 0, bar_width_ = 1;
  std::size_t bar_count_ = 1;
};

}  // namespace

std::string to_text(const Figure& figure, const TextStyle& style) {
  validate(figure);
  require(style.columns >= 40, fmt::format("at least 40 columns, got {}", style.columns));
  require(style.rows >= 4, fmt::format("at least 4 rows, got {}", style.rows));
  std::string text;
  if (!figure.title.empty()) {
    text += "  " + (style.utf8 ? figure.title : ascii(figure.title)) + "\n";
  }
  for (const Panel& panel : figure.panels) {
    if (&panel != figure.panels.data()) text += "\n";
    text += PanelText(panel, style).draw();
  }
  return text;
}

}  // namespace eckart::plot
