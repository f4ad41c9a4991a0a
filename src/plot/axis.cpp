#include "axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace eckart::plot {
namespace {

// Returns 10^exponent as text.
std::string power_label(int exponent) {
  static constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  if (exponent == 0) return "1";
  if (exponent == 1) return "10";
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) {
    text += digits[static_cast<std::size_t>(digit - '0')];
  }
  return text;
}

// The smallest and the largest of what is to be seen.
struct Extent {
  Scale scale;
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double value) {
    if (!std::isfinite(value) || (scale == Scale::logarithmic && !(value > 0))) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Range with_room(const Axis& axis, Extent extent, double before, double after) {
  if (!(extent.low <= extent.high)) extent.low = extent.high = 1;  // nothing to be seen
  const bool log = axis.scale == Scale::logarithmic;
  double low = log ? std::log10(extent.low) : extent.low;
  double high = log ? std::log10(extent.high) : extent.high;
  if (!(high - low > 1e-12 * std::max(std::abs(low), std::abs(high)))) {
    const double half = log || low == 0 ? 0.5 : std::abs(low) / 2;
    low -= half;
    high += half;
  }
  const double length = high - low;
  low -= before * length;
  high += after * length;
  if (log) {
    low = std::max(std::pow(10.0, low), std::numeric_limits<double>::min());
    high = std::min(std::pow(10.0, high), std::numeric_limits<double>::max());
  }
  return {axis.least.value_or(low), axis.most.value_or(high), axis.scale};
}

std::vector<Tick> linear_ticks(const Range& range, int count, bool whole) {
  const double rough = (range.high - range.low) / count;
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * decade >= rough * 0.999) step = factor * decade;
  }
  if (whole) step = std::max(step, 1.0);
  std::vector<Tick> result;
  const double slack = 1e-9 * (range.high - range.low);
  const double first = std::ceil((range.low - slack) / step);
  for (int i = 0; i <= 4 * count; ++i) {
    const double at = (first + i) * step;
    if (at > range.high + slack) break;
    result.push_back({at, number_label(at, step)});
  }
  return result;
}

std::vector<Tick> logarithmic_ticks(const Range& range, int count) {
  const double low = std::log10(range.low), high = std::log10(range.high);
  const int first = static_cast<int>(std::ceil(low - 1e-9));
  const int last = static_cast<int>(std::floor(high + 1e-9));
  const int stride = std::max(1, (last - first + count) / std::max(1, count));
  const bool few = last - first < 1;      // labels at 2 and 5 too
  const bool minor = last - first <= 10;  // short ticks between the decades
  std::vector<Tick> result;
  for (int exponent = first - 1; exponent <= last; ++exponent) {
    for (int factor = 1; factor <= 9; ++factor) {
      const double at = factor * std::pow(10.0, exponent);
      if (at < range.low * (1 - 1e-9) || at > range.high * (1 + 1e-9)) continue;
      if (factor > 1 && !minor) continue;
      std::string label;
      if (factor == 1 && (exponent % stride == 0)) label = power_label(exponent);
      if (few) {
        const bool shown = factor == 1 || factor == 2 || factor == 5 || high - low < 0.5;
        label = shown ? number_label(at, std::pow(10.0, exponent)) : "";
      }
      result.push_back({at, label});
    }
  }
  return result;
}

}  // namespace

double Range::position(double value) const {
  if (scale == Scale::linear) return (value - low) / (high - low);
  return std::log(value / low) / std::log(high / low);
}

bool Range::drawable(double value) const {
  return std::isfinite(value) && (scale == Scale::linear || value > 0);
}

Range x_range(const Panel& panel) {
  Extent extent{panel.x.scale};
  bool bars = false;
  for (const Series& series : panel.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.y[i])) continue;
      extent.add(series.x[i]);
      if (series.mark == Mark::arrows) extent.add(0);
      if (series.mark != Mark::bars) continue;
      bars = true;
      extent.add(series.x[i] - 0.6);
      extent.add(series.x[i] + 0.6);
    }
  }
  for (const Guide& guide : panel.guides) {
    if (guide.direction == Guide::Direction::vertical) extent.add(guide.at);
  }
  const double room = bars ? 0 : 0.03;
  Range range = with_room(panel.x, extent, room, room);
  // What is counted from 1 has no 0.
  const bool from_one = panel.x.whole && !panel.x.least && extent.low >= 0.4;
  if (from_one && panel.x.scale == Scale::linear) range.low = std::max(range.low, 0.4);
  return range;
}

Range y_range(const Panel& panel) {
  Extent extent{panel.y.scale};
  bool bars = false;
  for (const Series& series : panel.series) {
    for (const double y : series.y) extent.add(y);
    if (series.mark == Mark::bars || series.mark == Mark::arrows) extent.add(0);
    bars = bars || series.mark == Mark::bars;
  }
  for (const Guide& guide : panel.guides) {
    if (guide.direction == Guide::Direction::horizontal) extent.add(guide.at);
  }
  // Bars stand on the axis; on a logarithmic one the shortest must still be seen.
  const bool on_axis = bars && panel.y.scale == Scale::linear && extent.low >= 0;
  return with_room(panel.y, extent, on_axis ? 0 : 0.05, 0.05);
}

std::vector<Tick> ticks(const Range& range, int count, bool whole) {
  return range.scale == Scale::linear ? linear_ticks(range, count, whole)
                                      : logarithmic_ticks(range, count);
}

std::string number_label(double value, double step) {
  if (std::abs(value) < step * 1e-6) return "0";
  const std::string sign = value < 0 ? "−" : "";
  const double size = std::abs(value);
  if (size >= 1e6 || size < 1e-4) {
    int exponent = static_cast<int>(std::floor(std::log10(size) + 1e-12));
    const double mantissa = size / std::pow(10.0, exponent);
    const std::string digits = fmt::format("{:.3g}", mantissa);
    return sign + (digits == "1" ? "" : digits + "·") + power_label(exponent);
  }
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 8);
  return sign + fmt::format("{:.{}f}", size, decimals);
}

}  // namespace eckart::plot
