#include "eckart/plot/standard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eckart/error.hpp"

namespace eckart::plot {
namespace {

const Guide* guide_named(const Panel& panel, const std::string& label) {
  for (const Guide& guide : panel.guides) {
    if (guide.label == label) return &guide;
  }
  return nullptr;
}

TEST(SpectrumFigure, ShowsTheValuesTwiceAndTheirEnergy) {
  // Squares 16, 4, 4, 1 of 25: 64, 80, 96, 100 %.
  const std::vector<double> sigma = {4, 2, 2, 1};
  const Figure figure = spectrum(sigma, 5, 0);
  ASSERT_EQ(figure.panels.size(), 3U);
  EXPECT_EQ(figure.panels[0].series[0].y, sigma);
  EXPECT_EQ(figure.panels[1].series[0].y, sigma);
  EXPECT_EQ(figure.panels[1].y.scale, Scale::logarithmic);
  const Panel& energy = figure.panels[2];
  const std::vector<double> expected = {64, 80, 96, 100};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(std::abs(energy.series[0].y[i] - expected[i]) <= 1e-12);
  }
  // 80 % at k = 2, in spite of rounding; 90 and 95 % at 3.
  ASSERT_TRUE(guide_named(energy, "2") && guide_named(energy, "3"));
  EXPECT_EQ(guide_named(energy, "2")->at, 2);
  EXPECT_FALSE(guide_named(energy, "1") || guide_named(energy, "4"));
  for (const double level : {80.0, 90.0, 95.0}) {
    const Guide* guide = guide_named(energy, std::to_string(int(level)) + " %");
    ASSERT_TRUE(guide);
    EXPECT_EQ(guide->at, level);
  }
}

TEST(SpectrumFigure, LeavesRoundingOutOfTheLogarithmicAxis) {
  const Figure figure = spectrum(std::vector<double>{1, 1e-17}, 1, 1e-15);
  EXPECT_EQ(figure.panels[1].series[0].y, (std::vector<double>{1, 0}));
  EXPECT_EQ(figure.panels[0].series[0].y, (std::vector<double>{1, 1e-17}));
  EXPECT_EQ(spectrum_bars(std::vector<double>{1, 1e-17}, 1e-15).panels[0].series[0].y,
            (std::vector<double>{1, 0}));
}

TEST(SpectrumFigure, OfNothingAndOfZerosCanBeDrawn) {
  for (const std::vector<double>& sigma : {std::vector<double>{}, {0}, {0, 0, 0}}) {
    EXPECT_FALSE(to_png(spectrum(sigma, 0, 0)).empty());
    EXPECT_FALSE(to_text(spectrum(sigma, 0, 0), {}).empty());
  }
}

TEST(SpectraFigure, HasAPanelForEachMatrixWithItsEdge) {
  const Figure figure = spectra({{"a", {3, 2, 1}, 2.5}, {"b", {1, 0.5}, 0}});
  ASSERT_EQ(figure.panels.size(), 2u);
  EXPECT_EQ(figure.panels[0].title, "a");
  EXPECT_EQ(figure.panels[0].series[0].y, (std::vector<double>{3, 2, 1}));
  ASSERT_EQ(figure.panels[0].guides.size(), 1u);
  EXPECT_EQ(figure.panels[0].guides[0].at, 2.5);
  EXPECT_TRUE(figure.panels[1].guides.empty());
  EXPECT_EQ(to_svg(figure).substr(0, 5), "<?xml");
}

TEST(SpectraFigure, OfManyMatricesShowsTheLargestInTheirOrder) {
  std::vector<NamedSpectrum> matrices;
  for (std::size_t i = 0; i < 30; ++i) {
    matrices.push_back(
        {std::to_string(i), std::vector<double>(i % 7 == 3 ? 1 : 5 + i % 2, 1.0), 0});
  }
  const Figure figure = spectra(matrices);
  ASSERT_EQ(figure.panels.size(), 24u);
  EXPECT_TRUE(figure.title.find("24 largest of 30") != std::string::npos);
  for (const Panel& panel : figure.panels) EXPECT_TRUE(panel.series[0].y.size() > 1) << panel.title;
  EXPECT_EQ(figure.panels.front().title, "0");
  EXPECT_EQ(to_png(spectra({})).substr(1, 3), "PNG");
}

TEST(CumulativeFigure, HasNoGuideForWhatIsNotReached) {
  const Panel panel = cumulative(std::vector<double>{0.5, 0.85}, "energy").panels[0];
  EXPECT_TRUE(guide_named(panel, "2"));
  const auto vertical = std::count_if(panel.guides.begin(), panel.guides.end(), [](const Guide& g) {
    return g.direction == Guide::Direction::vertical;
  });
  EXPECT_EQ(vertical, 1);
}

TEST(PicardFigure, HoldsTheThreeSeries) {
  const std::vector<double> sigma = {4, 2, 0}, beta = {1, 3, 5};
  const Panel panel = picard(sigma, beta).panels[0];
  ASSERT_EQ(panel.series.size(), 3U);
  EXPECT_EQ(panel.series[0].y, sigma);
  EXPECT_EQ(panel.series[1].y, beta);
  EXPECT_EQ(panel.series[2].y, (std::vector<double>{0.25, 1.5, 0}));
  EXPECT_THROW((void)picard(sigma, std::vector<double>{1}), InvalidArgument);
}

TEST(RidgeFigure, MarksTheRidgeInBothPanels) {
  const std::vector<RidgePoint> points = {{0.1, 1, 9, 5}, {1, 2, 5, 3}, {10, 4, 1, 6}};
  const Figure figure = ridge_choice(points, points[1]);
  ASSERT_EQ(figure.panels.size(), 2U);
  EXPECT_EQ(figure.panels[0].series[0].x, (std::vector<double>{1, 2, 4}));
  EXPECT_EQ(figure.panels[0].series[0].y, (std::vector<double>{9, 5, 1}));
  EXPECT_EQ(figure.panels[0].series[1].names, (std::vector<std::string>{"λ = 1"}));
  EXPECT_EQ(figure.panels[1].series[0].x, (std::vector<double>{0.1, 1, 10}));
  EXPECT_EQ(figure.panels[1].series[0].y, (std::vector<double>{5, 3, 6}));
  EXPECT_EQ(figure.panels[1].guides[0].at, 1);
}

TEST(ScreeFigure, NamesTheSharesOfTheTotal) {
  const Panel panel = scree(std::vector<double>{3, 1}, 5, {{0.5, "noise"}}).panels[0];
  EXPECT_EQ(panel.series[0].mark, Mark::bars);
  EXPECT_EQ(panel.series[0].names, (std::vector<std::string>{"60 %", "20 %"}));
  ASSERT_TRUE(guide_named(panel, "noise"));
  EXPECT_EQ(guide_named(panel, "noise")->at, 0.5);
}

Matrix<double> of_rows(const std::vector<std::vector<double>>& rows) {
  Matrix<double> M(static_cast<index_t>(rows.size()), static_cast<index_t>(rows[0].size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows[i].size(); ++j) {
      M(static_cast<index_t>(i), static_cast<index_t>(j)) = rows[i][j];
    }
  }
  return M;
}

TEST(ScorePlot, PutsEachRowIntoItsGroup) {
  const Matrix<double> scores = of_rows({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  const std::vector<double> shares = {0.5, 0.25, 0.125};
  const RowNames rows{.names = {"a", "b", "c"}, .groups = {"x", "y", "x"}};
  const Panel panel = score_plot(scores.view(), shares, rows, 0, 2).panels[0];
  ASSERT_EQ(panel.series.size(), 2U);
  EXPECT_EQ(panel.series[0].label, "x");
  EXPECT_EQ(panel.series[0].x, (std::vector<double>{1, 7}));
  EXPECT_EQ(panel.series[0].y, (std::vector<double>{3, 9}));
  EXPECT_EQ(panel.series[0].names, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(panel.series[1].x, (std::vector<double>{4}));
  EXPECT_EQ(panel.y.label, "component 3 (12.5 % of the variance)");
  EXPECT_TRUE(panel.same_unit);
}

TEST(ScorePlot, GathersManyGroupsUnderOthers) {
  std::vector<std::vector<double>> rows;
  RowNames names;
  for (int i = 0; i < 30; ++i) {
    rows.push_back({double(i), 0});
    names.groups.push_back(std::string(1, char('a' + i % 9)));
  }
  const Matrix<double> scores = of_rows(rows);
  const std::vector<double> shares = {1, 0};
  const Panel panel = score_plot(scores.view(), shares, names).panels[0];
  ASSERT_EQ(panel.series.size(), 6U);
  EXPECT_EQ(panel.series[5].label, "others");
  std::size_t points = 0;
  for (const Series& series : panel.series) points += series.x.size();
  EXPECT_EQ(points, 30U);
}

TEST(ScorePlot, RefusesWhatIsNotThere) {
  const Matrix<double> scores = of_rows({{1, 2}, {3, 4}});
  const std::vector<double> shares = {0.5, 0.5};
  EXPECT_THROW((void)score_plot(scores.view(), shares, {}, 0, 2), InvalidArgument);
  EXPECT_THROW((void)score_plot(scores.view(), shares, {}, -1, 1), InvalidArgument);
  EXPECT_THROW((void)score_plot(scores.view(), shares, {.names = {"a"}}), InvalidArgument);
  EXPECT_THROW((void)score_plot(scores.view(), shares, {.groups = {"a"}}), InvalidArgument);
}

TEST(Biplot, ArrowsAreTheComponentsInUnitsOfTheScores) {
  // Standard deviations 2 and 1 along the components; variables (1, 0), (0, 1) and (0.6, 0.8).
  const Matrix<double> scores = of_rows({{2, 1}, {-2, -1}, {2, -1}, {-2, 1}, {0, 0}});
  const Matrix<double> components = of_rows({{1, 0}, {0, 1}, {0.6, 0.8}});
  const std::vector<double> shares = {0.8, 0.2};
  const Panel panel = biplot(scores.view(), components.view(), shares, {"p", "q", "r"}).panels[0];
  const Series& arrows = panel.series.back();
  ASSERT_EQ(arrows.mark, Mark::arrows);
  ASSERT_EQ(arrows.names, (std::vector<std::string>{"p", "r", "q"}));  // longest first
  EXPECT_TRUE(std::abs(arrows.x[0] - 1.8) <= 1e-12);                   // 0.9 of the farthest score
  EXPECT_TRUE(std::abs(arrows.x[1] / arrows.x[0] - 0.6) <= 1e-12);
  EXPECT_TRUE(std::abs(arrows.y[2] / arrows.x[0] - 0.5) <= 1e-12);
  EXPECT_EQ(arrows.x[2], 0);
  // No group has the colour of the arrows.
  for (std::size_t s = 0; s + 1 < panel.series.size(); ++s) {
    EXPECT_NE(panel.series[s].color.value_or(s), arrows.color.value());
  }
}

TEST(Biplot, OfManyVariablesShowsTheLongest) {
  Matrix<double> components(40, 2);
  for (index_t j = 0; j < 40; ++j) components(j, 0) = static_cast<double>(j + 1);
  const Matrix<double> scores = of_rows({{1, 1}, {-1, 1}, {0, -2}});
  const std::vector<double> shares = {0.5, 0.5};
  const Panel panel = biplot(scores.view(), components.view(), shares, {}).panels[0];
  ASSERT_EQ(panel.series.back().names.size(), 12U);
  EXPECT_EQ(panel.series.back().names[0], "column 40");
  EXPECT_THROW((void)biplot(scores.view(), components.view(), shares, {"a"}), InvalidArgument);
}

TEST(ComponentFigures, AreFourWithTwoComponentsAndTwoWithOne) {
  const Matrix<double> scores = of_rows({{2, 1}, {-2, -1}, {2, -1}, {-2, 1}, {0, 0}});
  const Matrix<double> components = of_rows({{1, 0}, {0, 1}, {0.6, 0.8}});
  const std::vector<double> variances = {4, 1};
  const auto figures = component_figures(variances, 8, scores.view(), components.view());
  ASSERT_EQ(figures.size(), 4U);
  EXPECT_EQ(figures[0].name, "scree");
  EXPECT_EQ(figures[0].figure.panels[0].series[0].names[0], "50 %");
  EXPECT_EQ(figures[1].name, "energy");
  EXPECT_EQ(figures[1].figure.panels[0].series[0].y, (std::vector<double>{50, 62.5}));
  EXPECT_EQ(figures[2].name, "scores");
  EXPECT_EQ(figures[3].name, "biplot");
  const auto few =
      component_figures(variances, 8, scores.view().columns(0, 1), components.view().columns(0, 1));
  EXPECT_EQ(few.size(), 2U);
  EXPECT_EQ(component_figures(variances, 0, {}, {}).size(), 2U);
}

TEST(Gallery, KeepsThePicturesApart) {
  Image image{.rows = 2, .cols = 3, .values = {0, 1, 2, 3, 4, 5}, .most = 5};
  const Figure figure = gallery({{"one", image}, {"two", image}});
  ASSERT_EQ(figure.panels.size(), 2U);
  EXPECT_EQ(figure.panels[1].title, "two");
  EXPECT_EQ(figure.panels[0].image->values, image.values);
  EXPECT_FALSE(to_png(figure).empty());
}

}  // namespace
}  // namespace eckart::plot
