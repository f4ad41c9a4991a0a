#include "picard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "eckart/plot/standard.hpp"
#include "plot_file.hpp"

namespace eckart::cli {
namespace {

double quotient(const PicardRow& row) { return row.sigma > 0 ? row.coefficient / row.sigma : 0; }

struct Columns {
  std::vector<double> sigma, coefficients;
};

Columns columns_of(const std::vector<PicardRow>& rows) {
  Columns columns;
  for (const PicardRow& row : rows) {
    columns.sigma.push_back(row.sigma);
    columns.coefficients.push_back(row.coefficient);
  }
  return columns;
}

}  // namespace

std::string picard_text(const std::vector<PicardRow>& rows, const Terminal& terminal) {
  std::string text = fmt::format("\n  {:>5}  {:>9}  {:>9}  {:>9}\n", "i", "σ", "|uᴴb|", "quotient");
  constexpr std::size_t most = 40;
  const std::size_t step = (rows.size() + most - 1) / most;
  for (std::size_t i = 0; i < rows.size(); i += step) {
    text += fmt::format("  {:>5}  {:>9.2e}  {:>9.2e}  {:>9.2e}\n", i + 1, rows[i].sigma,
                        rows[i].coefficient, quotient(rows[i]));
  }
  const Columns columns = columns_of(rows);
  return text + "\n" + plot_text(plot::picard(columns.sigma, columns.coefficients), terminal) +
         "  Where |uᴴb| falls slower than σ, their quotient is noise.\n";
}

plot::Figure picard_figure(const std::vector<PicardRow>& rows,
                           double ridge,
                           double residual_norm,
                           index_t equations) {
  const Columns columns = columns_of(rows);
  const std::span<const double> sigma = columns.sigma, beta = columns.coefficients;
  plot::Figure figure = plot::picard(sigma, beta);
  if (!(ridge > 0) || sigma.empty() || !(sigma.front() > 0)) return figure;

  // What the ridge leaves of the right-hand side is more than its part outside of the range.
  const double inside = ridge_effect(ridge, sigma, beta, 0, equations).residual_norm;
  const double outside =
      residual_norm > inside ? std::sqrt((residual_norm - inside) * (residual_norm + inside)) : 0;
  const auto point = [&](double at) {
    const RidgeEffect effect = ridge_effect(at, sigma, beta, outside, equations);
    return plot::RidgePoint{at, effect.residual_norm, effect.solution_norm, effect.gcv};
  };
  // From far below the smallest sigma^2 that is no rounding to above the largest.
  const double high = 2 * std::log10(sigma.front()) + 1;
  const double low = std::min(std::log10(ridge) - 2,
                              2 * std::log10(std::max(sigma.back(), 1e-9 * sigma.front())) - 1);
  constexpr int steps = 200;
  std::vector<plot::RidgePoint> points;
  for (int i = 0; i <= steps; ++i) {
    points.push_back(point(std::pow(10.0, low + (high - low) * i / steps)));
  }
  for (plot::Panel& panel : plot::ridge_choice(points, point(ridge)).panels) {
    figure.panels.push_back(std::move(panel));
  }
  figure.width = 1200;
  figure.height = 420;
  return figure;
}

nlohmann::ordered_json picard_json(const std::vector<PicardRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const PicardRow& row : rows) {
    list.push_back(
        {{"sigma", row.sigma}, {"coefficient", row.coefficient}, {"quotient", quotient(row)}});
  }
  return list;
}

}  // namespace eckart::cli
