#include "plot/axis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace eckart::plot {
namespace {

std::vector<std::string> labels_of(const std::vector<Tick>& ticks) {
  std::vector<std::string> labels;
  for (const Tick& tick : ticks) {
    if (!tick.label.empty()) labels.push_back(tick.label);
  }
  return labels;
}

using Labels = std::vector<std::string>;

TEST(Ticks, StandAtRoundNumbers) {
  EXPECT_EQ(labels_of(ticks({0, 10}, 5, false)), (Labels{"0", "2", "4", "6", "8", "10"}));
  EXPECT_EQ(labels_of(ticks({-1.02, 0.98}, 4, false)), (Labels{"−1.0", "−0.5", "0", "0.5"}));
  EXPECT_EQ(labels_of(ticks({0.11, 0.14}, 3, false)), (Labels{"0.11", "0.12", "0.13", "0.14"}));
  EXPECT_EQ(labels_of(ticks({0, 3.2e7}, 4, false)), (Labels{"0", "10⁷", "2·10⁷", "3·10⁷"}));
  // No half triplets.
  EXPECT_EQ(labels_of(ticks({0.4, 3.6}, 8, true)), (Labels{"1", "2", "3"}));
}

TEST(Ticks, AreDecadesOnALogarithmicAxis) {
  EXPECT_EQ(labels_of(ticks({0.05, 200, Scale::logarithmic}, 6, false)),
            (Labels{"10⁻¹", "1", "10", "10²"}));
  // So many decades that not each has a label; those that have are equally far apart.
  EXPECT_EQ(labels_of(ticks({1e-16, 1, Scale::logarithmic}, 4, false)),
            (Labels{"10⁻¹⁵", "10⁻¹⁰", "10⁻⁵", "1"}));
  // Between two decades.
  EXPECT_EQ(labels_of(ticks({1.5, 7, Scale::logarithmic}, 4, false)), (Labels{"2", "5"}));
}

TEST(Ticks, RiseAndLieWithinTheRange) {
  for (const Scale scale : {Scale::linear, Scale::logarithmic}) {
    for (const double low : {1e-300, 1e-7, 0.013, 1.0, 999.0, 4e12}) {
      for (const double factor : {1.0001, 1.3, 7.0, 1e3, 1e90}) {
        const Range range{low, low * factor, scale};
        double last = -1;
        for (const Tick& tick : ticks(range, 6, false)) {
          EXPECT_TRUE(tick.at > last);
          EXPECT_TRUE(range.position(tick.at) >= -1e-6 && range.position(tick.at) <= 1 + 1e-6);
          last = tick.at;
        }
      }
    }
  }
}

Panel panel_of(Mark mark, std::vector<double> x, std::vector<double> y, Scale scale) {
  Panel panel;
  panel.y.scale = scale;
  panel.series.push_back({.mark = mark, .x = std::move(x), .y = std::move(y)});
  return panel;
}

TEST(Range, HasRoomForAllThatCanBeDrawn) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Panel linear = panel_of(Mark::line, {1, 2, 3}, {-5, nan, 7}, Scale::linear);
  EXPECT_TRUE(y_range(linear).low < -5 && y_range(linear).low > -7);
  EXPECT_TRUE(y_range(linear).high > 7 && y_range(linear).high < 9);
  const Panel log = panel_of(Mark::line, {1, 2, 3}, {0, 1e-3, 10}, Scale::logarithmic);
  EXPECT_TRUE(y_range(log).low < 1e-3 && y_range(log).low > 1e-4);
  EXPECT_TRUE(y_range(log).high > 10 && y_range(log).high < 30);
}

TEST(Range, BarsStandOnTheAxis) {
  const Panel bars = panel_of(Mark::bars, {1, 2, 3}, {4, 2, 1}, Scale::linear);
  EXPECT_EQ(y_range(bars).low, 0);
  EXPECT_TRUE(x_range(bars).low < 0.5 && x_range(bars).high > 3.5);
}

TEST(Range, IsNeverEmpty) {
  for (const Scale scale : {Scale::linear, Scale::logarithmic}) {
    for (const std::vector<double>& y :
         {std::vector<double>{}, {0}, {3}, {3, 3}, {1e-300}, {1e308, 1e-308}, {-2}}) {
      const Panel panel = panel_of(Mark::line, std::vector<double>(y.size(), 1), y, scale);
      const Range range = y_range(panel);
      EXPECT_TRUE(range.low < range.high);
      EXPECT_TRUE(std::isfinite(range.low) && std::isfinite(range.high));
      EXPECT_TRUE(scale == Scale::linear || range.low > 0);
    }
  }
}

TEST(Range, WhatTheAxisSaysStands) {
  Panel panel = panel_of(Mark::line, {1, 2}, {20, 60}, Scale::linear);
  panel.y.least = 0;
  panel.y.most = 100;
  EXPECT_EQ(y_range(panel).low, 0);
  EXPECT_EQ(y_range(panel).high, 100);
  EXPECT_TRUE(std::abs(y_range(panel).position(25) - 0.25) <= 1e-15);
}

TEST(Range, GuidesAreSeen) {
  Panel panel = panel_of(Mark::points, {1, 2}, {1, 2}, Scale::linear);
  panel.guides = {{Guide::Direction::horizontal, 9, ""}, {Guide::Direction::vertical, -4, ""}};
  EXPECT_TRUE(y_range(panel).high > 9);
  EXPECT_TRUE(x_range(panel).low < -4);
}

}  // namespace
}  // namespace eckart::plot
