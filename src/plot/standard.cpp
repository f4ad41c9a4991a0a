#include "eckart/plot/standard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "eckart/error.hpp"

namespace eckart::plot {
namespace {

// 1, 2, ..., n
std::vector<double> numbers(std::size_t n) {
  std::vector<double> result(n);
  for (std::size_t i = 0; i < n; ++i) result[i] = static_cast<double>(i + 1);
  return result;
}

std::vector<double> above(std::span<const double> values, double floor) {
  std::vector<double> kept(values.begin(), values.end());
  for (double& value : kept) {
    if (!(value > 0 && value >= floor)) value = 0;  // a logarithmic axis leaves it out
  }
  return kept;
}

std::string percent(double share) { return fmt::format("{:.3g} %", 100 * share); }

Panel cumulative_panel(std::span<const double> held, const std::string& what) {
  Panel panel{.x = {.label = "k", .whole = true},
              .y = {.label = "cumulative " + what + ", %", .least = 0.0, .most = 104.0}};
  Series series{.mark = held.size() <= 60 ? Mark::line_and_points : Mark::line,
                .x = numbers(held.size())};
  for (const double share : held) series.y.push_back(100 * share);
  panel.series.push_back(std::move(series));
  std::map<std::size_t, std::string> reached;  // one label where one k reaches several levels
  for (const double level : {0.8, 0.9, 0.95}) {
    panel.guides.push_back({Guide::Direction::horizontal, 100 * level, percent(level)});
    const auto at = std::find_if(held.begin(), held.end(),
                                 [&](double share) { return share >= level * (1 - 1e-12); });
    if (at == held.end()) continue;
    const auto k = static_cast<std::size_t>(at - held.begin()) + 1;
    reached[k] = fmt::format("{}", k);
  }
  for (const auto& [k, label] : reached) {
    panel.guides.push_back({Guide::Direction::vertical, static_cast<double>(k), label});
  }
  return panel;
}

std::string component_label(std::span<const double> shares, index_t component) {
  const auto i = static_cast<std::size_t>(component);
  return fmt::format("component {} ({} of the variance)", component + 1, percent(shares[i]));
}

// The panel of a score plot, with one series for each group.
Panel score_panel(MatrixView<const double> scores,
                  std::span<const double> shares,
                  const RowNames& rows,
                  index_t first,
                  index_t second) {
  const auto k = std::min(scores.cols, static_cast<index_t>(shares.size()));
  for (const index_t component : {first, second}) {
    require(component >= 0 && component < k, fmt::format("component {} of {}", component + 1, k));
  }
  for (const auto* list : {&rows.names, &rows.groups}) {
    require(list->empty() || static_cast<index_t>(list->size()) == scores.rows,
            fmt::format("{} names for {} rows", list->size(), scores.rows));
  }
  std::map<std::string, std::size_t> sizes;
  for (const std::string& group : rows.groups) ++sizes[group];
  std::vector<std::string> order;
  for (const auto& [group, size] : sizes) order.push_back(group);
  std::stable_sort(order.begin(), order.end(),
                   [&](const std::string& a, const std::string& b) { return sizes[a] > sizes[b]; });
  constexpr std::size_t most_groups = 6;
  if (order.size() > most_groups) order.resize(most_groups - 1);
  std::sort(order.begin(), order.end());
  if (order.size() < sizes.size()) order.push_back("others");
  if (order.empty()) order.push_back("");

  Panel panel{.x = {.label = component_label(shares, first)},
              .y = {.label = component_label(shares, second)},
              .same_unit = true};
  for (const std::string& group : order) panel.series.push_back({.label = group});
  for (index_t i = 0; i < scores.rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    std::size_t group = 0;
    if (!rows.groups.empty()) {
      const auto at = std::find(order.begin(), order.end(), rows.groups[row]);
      group = at == order.end() ? order.size() - 1 : static_cast<std::size_t>(at - order.begin());
    }
    Series& series = panel.series[group];
    series.x.push_back(scores(i, first));
    series.y.push_back(scores(i, second));
    if (!rows.names.empty()) series.names.push_back(rows.names[row]);
  }
  panel.guides = {{Guide::Direction::horizontal, 0, ""}, {Guide::Direction::vertical, 0, ""}};
  return panel;
}

// As high as the panel needs with units of one length.
Figure figure_of(Panel panel) {
  double low[2] = {0, 0}, high[2] = {0, 0};
  for (const Series& series : panel.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
      low[0] = std::min(low[0], series.x[i]);
      high[0] = std::max(high[0], series.x[i]);
      low[1] = std::min(low[1], series.y[i]);
      high[1] = std::max(high[1], series.y[i]);
    }
  }
  const double across = high[0] - low[0], upright = high[1] - low[1];
  const double ratio = across > 0 ? upright / across : 1;
  constexpr double width = 760, beside = 80, above = 110;
  return {.panels = {std::move(panel)},
          .width = width,
          .height = std::clamp((width - beside) * ratio + above, 360.0, 720.0)};
}

double largest_of(MatrixView<const double> M, index_t component) {
  double largest = 0;
  for (index_t i = 0; i < M.rows; ++i) {
    if (std::isfinite(M(i, component))) largest = std::max(largest, std::abs(M(i, component)));
  }
  return largest;
}

}  // namespace

Figure spectrum_bars(std::span<const double> sigma, double floor) {
  const std::vector<double> shown = above(sigma, floor);
  Panel panel{.x = {.whole = true}, .y = {.scale = Scale::logarithmic}};
  panel.series.push_back({.mark = Mark::bars, .x = numbers(shown.size()), .y = shown});
  return {.panels = {panel}};
}

Figure spectrum(std::span<const double> sigma, double norm, double floor) {
  const std::vector<double> shown = above(sigma, floor);
  const Mark mark = sigma.size() <= 60 ? Mark::line_and_points : Mark::line;
  Panel linear{.title = "singular values",
               .x = {.label = "i", .whole = true},
               .y = {.label = "σ", .least = 0.0},
               .series = {{.mark = mark, .x = numbers(sigma.size())}}};
  linear.series[0].y.assign(sigma.begin(), sigma.end());
  if (sigma.empty() || !(sigma.front() > 0)) linear.y.most = 1;
  Panel log{.title = "logarithmic",
            .x = {.label = "i", .whole = true},
            .y = {.label = "σ", .scale = Scale::logarithmic},
            .series = {{.mark = mark, .x = numbers(shown.size()), .y = shown}}};
  std::vector<double> held;
  double sum = 0;
  for (const double value : sigma) {
    const double ratio = norm > 0 ? value / norm : 0;
    sum += ratio * ratio;
    held.push_back(norm > 0 ? std::min(sum, 1.0) : 1.0);
  }
  Panel energy = cumulative_panel(held, "energy");
  energy.title = "energy of the k leading";
  return {.panels = {linear, log, energy}, .width = 1080, .height = 380};
}

Figure spectra(const std::vector<NamedSpectrum>& matrices) {
  constexpr std::size_t most = 24, columns = 4;
  std::vector<std::size_t> order(matrices.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Figure figure{.title = "singular values"};
  if (order.size() > most) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return matrices[a].sigma.size() > matrices[b].sigma.size();
    });
    order.resize(most);
    std::sort(order.begin(), order.end());
    figure.title =
        fmt::format("singular values: the {} largest of {} matrices", most, matrices.size());
  }
  for (const std::size_t index : order) {
    const NamedSpectrum& matrix = matrices[index];
    Panel panel{.title = matrix.name,
                .x = {.label = "i", .whole = true},
                .y = {.label = "σ", .scale = Scale::logarithmic},
                .series = {{.mark = matrix.sigma.size() <= 60 ? Mark::line_and_points : Mark::line,
                            .x = numbers(matrix.sigma.size()),
                            .y = matrix.sigma}}};
    if (matrix.edge > 0) {
      panel.guides = {{Guide::Direction::horizontal, matrix.edge, "noise"}};
    }
    figure.panels.push_back(std::move(panel));
  }
  if (figure.panels.empty()) figure.panels.push_back({.title = "no matrix"});
  figure.columns = std::min(columns, figure.panels.size());
  const std::size_t rows = (figure.panels.size() + figure.columns - 1) / figure.columns;
  figure.width = 360 * static_cast<double>(figure.columns);
  figure.height = 280 * static_cast<double>(rows) + 30;
  return figure;
}

Figure cumulative(std::span<const double> held, const std::string& what) {
  return {.panels = {cumulative_panel(held, what)}, .width = 720, .height = 420};
}

Figure picard(std::span<const double> sigma, std::span<const double> coefficients) {
  require(sigma.size() == coefficients.size(),
          fmt::format("{} coefficients for {} singular values", coefficients.size(), sigma.size()));
  Panel panel{.title = "Picard's condition",
              .x = {.label = "i", .whole = true},
              .y = {.scale = Scale::logarithmic}};
  const std::vector<double> i = numbers(sigma.size());
  std::vector<double> quotient;
  for (std::size_t j = 0; j < sigma.size(); ++j) {
    quotient.push_back(sigma[j] > 0 ? coefficients[j] / sigma[j] : 0);
  }
  panel.series = {
      {.label = "σᵢ", .mark = Mark::line_and_points, .x = i, .y = {sigma.begin(), sigma.end()}},
      {.label = "|uᵢᴴb|", .x = i, .y = {coefficients.begin(), coefficients.end()}},
      {.label = "|uᵢᴴb| / σᵢ", .x = i, .y = quotient}};
  return {.panels = {panel}, .width = 720, .height = 460};
}

Figure ridge_choice(std::span<const RidgePoint> points, const RidgePoint& chosen) {
  Series curve{.mark = Mark::line}, scores{.mark = Mark::line};
  for (const RidgePoint& point : points) {
    curve.x.push_back(point.residual_norm);
    curve.y.push_back(point.solution_norm);
    scores.x.push_back(point.ridge);
    scores.y.push_back(point.gcv);
  }
  const std::string name = fmt::format("λ = {:.3g}", chosen.ridge);
  Panel l_curve{
      .title = "L-curve",
      .x = {.label = "‖Ax − b‖", .scale = Scale::logarithmic},
      .y = {.label = "‖x‖", .scale = Scale::logarithmic},
      .series = {curve,
                 {.x = {chosen.residual_norm}, .y = {chosen.solution_norm}, .names = {name}}}};
  Panel gcv{.title = "generalised cross-validation",
            .x = {.label = "λ", .scale = Scale::logarithmic},
            .y = {.label = "score", .scale = Scale::logarithmic},
            .series = {scores, {.x = {chosen.ridge}, .y = {chosen.gcv}}}};
  if (chosen.ridge > 0) gcv.guides = {{Guide::Direction::vertical, chosen.ridge, name}};
  return {.panels = {l_curve, gcv}, .width = 960, .height = 420};
}

Figure scree(std::span<const double> variances,
             double total,
             const std::vector<Threshold>& thresholds) {
  Panel panel{.x = {.label = "component", .whole = true}, .y = {.label = "variance"}};
  Series bars{.mark = Mark::bars, .x = numbers(variances.size())};
  bars.y.assign(variances.begin(), variances.end());
  for (const double variance : variances) {
    bars.names.push_back(total > 0 ? percent(variance / total) : "");
  }
  panel.series.push_back(std::move(bars));
  for (const Threshold& threshold : thresholds) {
    panel.guides.push_back({Guide::Direction::horizontal, threshold.variance, threshold.label});
  }
  return {.panels = {panel}, .width = 720, .height = 420};
}

Figure score_plot(MatrixView<const double> scores,
                  std::span<const double> shares,
                  const RowNames& rows,
                  index_t first,
                  index_t second) {
  return figure_of(score_panel(scores, shares, rows, first, second));
}

Figure biplot(MatrixView<const double> scores,
              MatrixView<const double> components,
              std::span<const double> shares,
              const std::vector<std::string>& variables,
              const RowNames& rows,
              index_t first,
              index_t second) {
  Panel panel = score_panel(scores, shares, rows, first, second);
  require(components.cols == scores.cols,
          fmt::format("{} columns of components, {} of scores", components.cols, scores.cols));
  require(variables.empty() || static_cast<index_t>(variables.size()) == components.rows,
          fmt::format("{} names for {} variables", variables.size(), components.rows));
  // Lengths of arrows are the standard deviations that the components give the variables.
  double squares[2] = {0, 0};
  for (index_t i = 0; i < scores.rows; ++i) {
    squares[0] += scores(i, first) * scores(i, first);
    squares[1] += scores(i, second) * scores(i, second);
  }
  const double rows_less_one = static_cast<double>(std::max<index_t>(1, scores.rows - 1));
  const double sx = std::sqrt(squares[0] / rows_less_one);
  const double sy = std::sqrt(squares[1] / rows_less_one);
  struct Arrow {
    double x, y;
    std::string name;
  };
  std::vector<Arrow> arrows;
  for (index_t j = 0; j < components.rows; ++j) {
    arrows.push_back({sx * components(j, first), sy * components(j, second),
                      variables.empty() ? fmt::format("column {}", j + 1)
                                        : variables[static_cast<std::size_t>(j)]});
  }
  std::stable_sort(arrows.begin(), arrows.end(), [](const Arrow& a, const Arrow& b) {
    return std::hypot(a.x, a.y) > std::hypot(b.x, b.y);
  });
  constexpr std::size_t most_arrows = 12;
  if (arrows.size() > most_arrows) arrows.resize(most_arrows);
  double longest = 0;
  for (const Arrow& arrow : arrows) longest = std::max(longest, std::hypot(arrow.x, arrow.y));
  const double reach = std::max(largest_of(scores, first), largest_of(scores, second));
  const double scale = longest > 0 && reach > 0 ? 0.9 * reach / longest : 1;
  Series series{.mark = Mark::arrows, .color = 1};
  for (const Arrow& arrow : arrows) {
    series.x.push_back(scale * arrow.x);
    series.y.push_back(scale * arrow.y);
    series.names.push_back(arrow.name);
  }
  // Arrows must not be mistaken for a group of rows.
  if (panel.series.size() > 1) {
    for (std::size_t s = 1; s < panel.series.size(); ++s) panel.series[s].color = s + 1;
  }
  panel.series.push_back(series);
  return figure_of(std::move(panel));
}

std::vector<NamedFigure> component_figures(std::span<const double> variances,
                                           double total_variance,
                                           MatrixView<const double> scores,
                                           MatrixView<const double> components,
                                           const std::vector<std::string>& variables,
                                           const RowNames& rows) {
  std::vector<double> shares, held;
  double sum = 0;
  for (const double variance : variances) {
    shares.push_back(total_variance > 0 ? variance / total_variance : 0);
    sum += shares.back();
    held.push_back(std::min(sum, 1.0));
  }
  std::vector<NamedFigure> figures = {{"scree", scree(variances, total_variance)},
                                      {"energy", cumulative(held, "variance")}};
  if (scores.cols < 2 || components.cols < 2) return figures;
  figures.push_back({"scores", score_plot(scores, shares, rows)});
  figures.push_back({"biplot", biplot(scores, components, shares, variables, rows)});
  return figures;
}

Figure gallery(std::vector<NamedImage> images, const std::string& title) {
  Figure figure{.title = title};
  double cols = 1, rows = 1;
  for (NamedImage& named : images) {
    cols = static_cast<double>(std::max<index_t>(1, named.image.cols));
    rows = static_cast<double>(std::max<index_t>(1, named.image.rows));
    figure.panels.push_back({.title = named.title, .image = std::move(named.image)});
  }
  // One height for all: that of the last picture at its width, with room for the titles.
  const double count = static_cast<double>(std::max<std::size_t>(1, figure.panels.size()));
  figure.width = 900;
  const double each = (figure.width - 24 - 22 * (count - 1)) / count - 6;
  figure.height =
      std::clamp(each * rows / cols + 24 + 26 + (title.empty() ? 0 : 26), 120.0, 1600.0);
  return figure;
}

}  // namespace eckart::plot
