#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "eckart/error.hpp"
#include "eckart/plot/figure.hpp"
#include "eckart/plot/standard.hpp"
#include "plot/spelling.hpp"

namespace eckart::plot {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

// All kinds of marks, guides and names.
Figure everything() {
  std::vector<double> sigma, beta;
  for (int i = 0; i < 90; ++i) {
    sigma.push_back(std::pow(0.7, i));
    beta.push_back(std::pow(0.8, i) * (1.5 + std::sin(i)));
  }
  Figure figure = spectrum(sigma, 1.5, 1e-12);
  for (const Figure& other :
       {picard(sigma, beta), spectrum_bars(sigma, 1e-12), scree(sigma, 4, {{0.3, "noise"}}),
        ridge_choice(std::vector<RidgePoint>{{1, 2, 3, 4}, {2, 3, 2, 5}}, {1, 2, 3, 4})}) {
    figure.panels.insert(figure.panels.end(), other.panels.begin(), other.panels.end());
  }
  Panel arrows{.title = "arrows"};
  arrows.series = {{.mark = Mark::arrows, .x = {1, -2}, .y = {2, 1}, .names = {"α", "long name"}},
                   {.mark = Mark::steps, .x = {-2, 0, 1}, .y = {0, 1, -1}}};
  figure.panels.push_back(arrows);
  Image image{.rows = 4, .cols = 6, .values = std::vector<double>(24, 0.5)};
  figure.panels.push_back({.title = "image", .image = image});
  return figure;
}

TEST(TextFigure, NoLineIsWiderThanTheTerminal) {
  for (const int columns : {40, 57, 80, 100}) {
    for (const bool utf8 : {true, false}) {
      for (const std::string& line :
           lines_of(to_text(everything(), {.columns = columns, .rows = 10, .utf8 = utf8}))) {
        EXPECT_TRUE(static_cast<int>(characters(line).size()) <= columns) << line;
      }
    }
  }
}

TEST(TextFigure, IsPlainAsciiWhereTheTerminalIsNotUtf8) {
  const std::string text = to_text(everything(), {.utf8 = false});
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || (c >= ' ' && static_cast<unsigned char>(c) < 0x7f);
  }));
}

TEST(TextFigure, ColourChangesNothingButTheColour) {
  const std::string plain = to_text(everything(), {.color = false});
  std::string colored = to_text(everything(), {.color = true});
  EXPECT_NE(plain, colored);
  for (std::size_t at = colored.find('\033'); at != std::string::npos; at = colored.find('\033')) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  EXPECT_EQ(plain, colored);
}

TEST(TextFigure, BarsAreAsHighAsTheirValues) {
  Panel panel;
  panel.y = {.least = 0.0, .most = 8.0};
  panel.series = {{.mark = Mark::bars, .x = {1, 2, 3}, .y = {8, 4, 0.5}}};
  const std::vector<std::string> lines = lines_of(to_text({.panels = {panel}}, {.rows = 8}));
  ASSERT_EQ(lines.size(), 10U);
  for (std::size_t row = 0; row < 8; ++row) {
    EXPECT_EQ(count(lines[row], "█"), row < 4 ? 3U : 6U) << lines[row];
  }
  EXPECT_EQ(count(lines[7], "▄"), 3U);  // half a row
}

TEST(TextFigure, LogarithmicBarsHaveRowsOfOneFactor) {
  Panel panel;
  panel.y.scale = Scale::logarithmic;
  panel.series = {{.mark = Mark::bars, .x = {1, 2, 3}, .y = {100, 10, 1}}};
  const std::string text = to_text({.panels = {panel}}, {.rows = 9});
  // Three decades, 0.1 to 100: bars of 9, 6 and 3 rows.
  EXPECT_EQ(count(text, "█"), 3U * (9 + 6 + 3));
  EXPECT_NE(lines_of(text)[0].find("10² ┤"), std::string::npos);
}

TEST(TextFigure, MoreBarsThanColumnsShareThem) {
  const std::vector<double> ones(1000, 1.0);
  const std::string text = to_text(spectrum_bars(ones, 0), {.columns = 60});
  EXPECT_NE(text.find("1000"), std::string::npos);
}

TEST(TextFigure, PointsAreWhereTheyBelong) {
  Panel panel;
  panel.x = {.least = 0.0, .most = 10.0};
  panel.y = {.least = 0.0, .most = 10.0};
  panel.series = {{.label = "first", .x = {0.1, 9.9}, .y = {0.1, 9.9}},
                  {.label = "second", .x = {0.1}, .y = {9.9}}};
  const std::vector<std::string> lines =
      lines_of(to_text({.panels = {panel}}, {.rows = 10, .utf8 = false}));
  EXPECT_NE(lines[0].find("o first"), std::string::npos);
  EXPECT_NE(lines[0].find("x second"), std::string::npos);
  // Row 1 is the top: x at the left, o at the right; the last row has o at the left.
  EXPECT_TRUE(lines[1].find("x") < lines[1].find("o"));
  EXPECT_EQ(lines[1].back(), 'o');
  EXPECT_NE(lines[10].find("o"), std::string::npos);
  EXPECT_EQ(lines[5].find("o"), std::string::npos);
}

TEST(TextFigure, ALoneCurveIsDrawnInDots) {
  Panel panel;
  panel.x = {.least = 0.0, .most = 1.0};
  panel.y = {.least = 0.0, .most = 1.0};
  panel.series = {{.mark = Mark::line, .x = {0, 1}, .y = {0.5, 0.5}}};
  const std::vector<std::string> lines = lines_of(to_text({.panels = {panel}}, {.rows = 9}));
  // A level line of one row of dots in each cell of the middle row, none elsewhere.
  for (std::size_t row = 0; row < 9; ++row) {
    std::size_t dotted = 0;
    for (const std::string& c : characters(lines[row])) {
      if (c.size() == 3 && c[0] == char(0xe2) && (c[1] & char(0xfc)) == char(0xa0)) ++dotted;
    }
    EXPECT_TRUE(row == 4 ? dotted >= 60 : dotted == 0) << lines[row];
  }
}

TEST(TextFigure, NamesStandBesideTheirPoints) {
  Panel panel;
  panel.series = {{.x = {1, 2}, .y = {1, 2}, .names = {"low", "high"}}, {.x = {1.5}, .y = {1.5}}};
  const std::string text = to_text({.panels = {panel}}, {});
  EXPECT_NE(text.find("● low"), std::string::npos);
  EXPECT_NE(text.find("high ●"), std::string::npos);
}

TEST(TextFigure, GuidesHaveTheirLabelsOutside) {
  Panel panel;
  panel.series = {{.x = {0, 10}, .y = {0, 10}}, {.x = {}, .y = {}}};
  panel.guides = {{Guide::Direction::horizontal, 5, "half"},
                  {Guide::Direction::vertical, 5, "mid"}};
  const std::vector<std::string> lines = lines_of(to_text({.panels = {panel}}, {}));
  EXPECT_NE(lines[0].find("mid"), std::string::npos);
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                          [](const std::string& line) { return line.ends_with(" half"); }));
}

TEST(TextFigure, RefusesATerminalThatIsTooSmall) {
  const Figure figure = spectrum_bars(std::vector<double>{1, 2}, 0);
  EXPECT_THROW((void)to_text(figure, {.columns = 39}), InvalidArgument);
  EXPECT_THROW((void)to_text(figure, {.rows = 3}), InvalidArgument);
}

}  // namespace
}  // namespace eckart::plot
