// An axis with numbers on it: its ends, and where the ticks are.
#pragma once

#include <string>
#include <vector>

#include "eckart/plot/figure.hpp"

namespace eckart::plot {

// The ends of an axis; low < high, both above 0 if logarithmic.
struct Range {
  double low = 0;
  double high = 1;
  Scale scale = Scale::linear;

  // Returns where the value lies, 0 at low and 1 at high.
  double position(double value) const;
  // Whether a value can be drawn at all.
  bool drawable(double value) const;
};

// Returns the range of x or y of the panel: what the axis says, else room for all series, guides
// and the feet of bars.
Range x_range(const Panel& panel);
Range y_range(const Panel& panel);

struct Tick {
  double at;
  std::string label;  // empty: a short tick
};

// Returns ticks at round numbers, rising, about `count` of them with labels.
std::vector<Tick> ticks(const Range& range, int count, bool whole);

// Returns the number with a true minus sign and without needless digits: "0.05", "−3", "2·10⁶".
std::string number_label(double value, double step);

}  // namespace eckart::plot
