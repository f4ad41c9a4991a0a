#include "spectrum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "eckart/plot/standard.hpp"
#include "plot_file.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

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
  const auto drawn = std::count_if(sigma.begin(), sigma.end(),
                                   [&](double value) { return value > 0 && value >= floor; });
  if (drawn < 2) return {};
  std::string text = plot_text(plot::spectrum_bars(sigma, floor), terminal, 8);
  if (const index_t hidden = static_cast<index_t>(sigma.size()) - drawn; hidden > 0) {
    text += fmt::format("  {} below the rounding level {:.2g} {} not drawn\n",
                        hidden == 1 ? "1 value" : grouped(hidden) + " values", floor,
                        hidden == 1 ? "is" : "are");
  }
  return text;
}

}  // namespace eckart::cli
