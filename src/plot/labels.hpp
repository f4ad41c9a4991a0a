// Where a label can stand without touching anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace eckart::plot {

struct Box {
  double left = 0, top = 0, width = 0, height = 0;

  double right() const { return left + width; }
  double bottom() const { return top + height; }
  bool touches(const Box& other) const {
    return left < other.right() && other.left < right() && top < other.bottom() &&
           other.top < bottom();
  }
  bool holds(const Box& other) const {
    return left <= other.left && other.right() <= right() && top <= other.top &&
           other.bottom() <= bottom();
  }
};

// The part of a panel that labels may use, and what is taken of it.
class FreeSpace {
 public:
  explicit FreeSpace(const Box& all) : all_(all) {}
  void take(const Box& box) { taken_.push_back(box); }
  // Takes small boxes along a line.
  void take_line(double x0, double y0, double x1, double y1);

  // Returns the free place for a label of the given size that is nearest to a point, and takes it.
  // away_x, away_y: the direction in which to look first. Nothing if there is none near.
  std::optional<Box> place(
      double x, double y, double width, double height, double away_x, double away_y);

 private:
  bool free(const Box& box) const;
  Box all_;
  std::vector<Box> taken_;
};

// Moves intervals of the given length whose middles rise, as little as it takes, so that none
// overlap and all lie in [low, high] if they fit. Returns the middles.
std::vector<double> spread(std::vector<double> middles, double length, double low, double high);

// Returns text of at most `most` code points, its end replaced by an ellipsis where it is longer.
std::string shortened(const std::string& text, std::size_t most);

}  // namespace eckart::plot
