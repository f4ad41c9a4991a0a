#include "plot/labels.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/cases/random_matrices.hpp"

namespace eckart::plot {
namespace {

TEST(FreeSpace, NothingThatItPlacesTouchesAnything) {
  cases::Random random(1);
  FreeSpace space({0, 0, 400, 300});
  std::vector<Box> all;
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 60; ++i) {
    points.emplace_back(400 * random.uniform(), 300 * random.uniform());
    all.push_back({points.back().first - 3, points.back().second - 3, 6, 6});
    space.take(all.back());
  }
  std::size_t placed = 0;
  for (const auto& [x, y] : points) {
    const auto box = space.place(x, y, 40, 14, 0, 0);
    if (!box) continue;
    ++placed;
    for (const Box& other : all) EXPECT_FALSE(box->touches(other));
    EXPECT_TRUE(box->left >= 0 && box->right() <= 400 && box->top >= 0 && box->bottom() <= 300);
    // It is near its point.
    EXPECT_TRUE(std::hypot(box->left + 20 - x, box->top + 7 - y) <= 60);
    all.push_back(*box);
  }
  EXPECT_TRUE(placed >= 20 && placed < 60);
}

TEST(FreeSpace, LooksFirstWhereItIsTold) {
  for (const auto& [dx, dy] : {std::pair{1.0, 0.0}, {-1.0, 0.0}, {0.0, 1.0}, {0.0, -1.0}}) {
    FreeSpace space({0, 0, 200, 200});
    const auto box = space.place(100, 100, 20, 10, dx, dy);
    ASSERT_TRUE(box);
    EXPECT_TRUE((box->left + 10 - 100) * dx + (box->top + 5 - 100) * dy >= 5);
  }
}

TEST(FreeSpace, ALineIsNoPlaceForALabel) {
  FreeSpace space({0, 0, 200, 40});
  space.take_line(0, 20, 200, 20);
  const auto box = space.place(100, 20, 30, 12, 0, 0);
  ASSERT_TRUE(box);
  EXPECT_TRUE(box->bottom() <= 18 || box->top >= 22);
  // With lines above and below there is no room left.
  space.take_line(0, 8, 200, 8);
  space.take_line(0, 32, 200, 32);
  EXPECT_FALSE(space.place(100, 20, 30, 12, 0, 0));
}

TEST(Spread, MovesOnlyWhatOverlapsAndKeepsTheOrder) {
  EXPECT_EQ(spread({10, 50, 90}, 12, 0, 100), (std::vector<double>{10, 50, 90}));
  const std::vector<double> close = spread({50, 52, 54}, 12, 0, 100);
  EXPECT_TRUE(close[1] - close[0] >= 12 && close[2] - close[1] >= 12);
  const std::vector<double> end = spread({95, 97, 99}, 12, 0, 100);
  EXPECT_TRUE(end[2] <= 94 && end[2] - end[1] >= 12 && end[1] - end[0] >= 12);
  EXPECT_TRUE(spread({}, 12, 0, 100).empty());
}

TEST(Shortened, CountsCharactersAndNotBytes) {
  EXPECT_EQ(shortened("Äpfel", 5), "Äpfel");
  EXPECT_EQ(shortened("Äpfel und Birnen", 5), "Äpfe…");
  EXPECT_EQ(shortened("", 5), "");
}

}  // namespace
}  // namespace eckart::plot
