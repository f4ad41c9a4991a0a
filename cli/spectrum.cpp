#include "spectrum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "session.hpp"

namespace eckart::cli {
namespace {

// A logarithmic axis whose rows of text each stand for the same factor, with round labels.
struct Axis {
  int bottom = 0;           // decade of the lower edge
  int rows = 0;             // rows of text
  int rows_per_decade = 1;  // above 1 when there are few decades
  int decades_per_row = 1;  // above 1 when there are many

  // Returns the height of a value in rows, 0 .. rows.
  double height(double value) const {
    const double decades = std::log10(value) - bottom;
    return std::clamp(decades * rows_per_decade / decades_per_row, 0.0, double(rows));
  }
  // Returns the label of the upper edge of a row counted from the bottom, or spaces.
  std::string label(int row) const {
    const int edge = row + 1;
    if (edge % rows_per_decade != 0) return std::string(8, ' ');
    const int decade = bottom + edge / rows_per_decade * decades_per_row;
    if (decade >= -3 && decade <= 5) return fmt::format("{:>8g}", std::pow(10.0, decade));
    return fmt::format("{:>8}", fmt::format("1e{:+03d}", decade));
  }
};

Axis axis_for(double smallest, double largest) {
  Axis axis;
  // The smallest value must not vanish on the axis: the bottom lies strictly below it.
  axis.bottom = static_cast<int>(std::ceil(std::log10(smallest))) - 1;
  const int top = std::max(axis.bottom + 1, static_cast<int>(std::ceil(std::log10(largest))));
  const int decades = top - axis.bottom;
  if (decades <= 8) {
    axis.rows_per_decade = std::max(1, 8 / decades);
    axis.rows = decades * axis.rows_per_decade;
  } else {
    axis.decades_per_row = (decades + 7) / 8;
    axis.rows = (decades + axis.decades_per_row - 1) / axis.decades_per_row;
    axis.bottom = top - axis.rows * axis.decades_per_row;
  }
  return axis;
}

// Returns what one cell shows of a bar that fills it by the given number of rows.
const char* cell(double filled, bool utf8) {
  static constexpr const char* blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr const char* letters[] = {" ", ".", ".", ":", ":", ":", "#", "#", "#"};
  const auto eighths = static_cast<std::size_t>(std::lround(std::clamp(filled, 0.0, 1.0) * 8));
  return utf8 ? blocks[eighths] : letters[eighths];
}

std::string table_row(std::size_t i, double sigma, double share, double cumulative) {
  return fmt::format("  {:>9}  {:>14.7g}  {:>10}  {:>10}\n", i + 1, sigma, percent(share),
                     percent(cumulative));
}

}  // namespace

double rounding_level(index_t rows, index_t cols, double epsilon, double largest_sigma) {
  return static_cast<double>(std::max(rows, cols)) * epsilon * largest_sigma;
}

std::string importance_table(std::span<const double> sigma,
                             double frobenius_norm,
                             const Terminal& terminal) {
  constexpr std::size_t most_rows = 12, head = 10;
  const bool shortened = sigma.size() > most_rows;
  std::string text = terminal.dim(
      fmt::format("  {:>9}  {:>14}  {:>10}  {:>10}", "component", "sigma", "energy", "cumulative"));
  text += "\n";
  double cumulative = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const double ratio = sigma[i] / frobenius_norm;
    cumulative += ratio * ratio;
    const bool last = i + 1 == sigma.size();
    if (!shortened || i < head || last) {
      // Rounding may carry the sum of all shares a few units past 1.
      text += table_row(i, sigma[i], ratio * ratio, std::min(cumulative, 1.0));
    } else if (i == head) {
      text += terminal.dim(fmt::format("  {:>9}  ({} more)", "...",
                                       grouped(static_cast<index_t>(sigma.size() - head - 1))));
      text += "\n";
    }
  }
  return text;
}

std::string spectrum_plot(std::span<const double> sigma, double floor, const Terminal& terminal) {
  std::vector<double> drawn;
  for (const double value : sigma) {
    if (value > 0 && value >= floor) drawn.push_back(value);
  }
  if (drawn.size() < 2) return {};
  const auto [smallest, largest] = std::minmax_element(drawn.begin(), drawn.end());
  const Axis axis = axis_for(*smallest, *largest);

  const auto room = static_cast<std::size_t>(terminal.columns - 14);
  const std::size_t bars = std::min(sigma.size(), room);
  const std::size_t width = std::clamp<std::size_t>(room / 2 / bars, 1, 4);
  const std::string vertical = terminal.utf8 ? "│" : "|";
  const std::string tick = terminal.utf8 ? "┤" : "+";

  std::string text;
  for (int row = axis.rows - 1; row >= 0; --row) {
    const std::string label = axis.label(row);
    std::string line;
    for (std::size_t bar = 0; bar < bars; ++bar) {
      const double value = sigma[bar * sigma.size() / bars];
      const double height = value > 0 && value >= floor ? axis.height(value) : 0;
      // Every bar stands on the axis, however short.
      const double shown = row == 0 && height > 0 ? std::max(height, 0.125) : height;
      // Wide bars leave a gap to the next one.
      for (std::size_t i = 0; i < width; ++i) {
        line += i > 0 && i + 1 == width ? " " : cell(shown - row, terminal.utf8);
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += "  " + label + " " + (label[7] == ' ' ? vertical : tick) +
            (line.empty() ? "" : terminal.accent(line)) + "\n";
  }
  std::string base = terminal.utf8 ? "└" : "+";
  for (std::size_t i = 0; i < bars * width; ++i) base += terminal.utf8 ? "─" : "-";
  text += std::string(11, ' ') + base + "\n";
  const std::string last = grouped(static_cast<index_t>(sigma.size()));
  text += std::string(12, ' ') + "1";
  if (bars * width > last.size() + 1 && sigma.size() > 1) {
    text += std::string(bars * width - last.size() - 1, ' ') + last;
  }
  text += "\n";
  if (const std::size_t hidden = sigma.size() - drawn.size(); hidden > 0) {
    text += fmt::format("  {} below the rounding level {:.2g} {} not drawn\n",
                        hidden == 1 ? "1 value" : grouped(static_cast<index_t>(hidden)) + " values",
                        floor, hidden == 1 ? "is" : "are");
  }
  return text;
}

}  // namespace eckart::cli
