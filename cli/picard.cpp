#include "picard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace eckart::cli {
namespace {

double quotient(const PicardRow& row) { return row.sigma > 0 ? row.coefficient / row.sigma : 0; }

}  // namespace

std::string picard_text(const std::vector<PicardRow>& rows, const Terminal& terminal) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const PicardRow& row : rows) {
    for (const double value : {row.sigma, row.coefficient, quotient(row)}) {
      if (!(value > 0)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  std::string text = fmt::format("\n  {:>5}  {:>9}  {:>9}  {:>9}\n", "i", "σ", "|uᴴb|", "quotient");
  if (!(high > 0)) return text;
  const double bottom = std::floor(std::log10(low)), top = std::ceil(std::log10(high));
  const int width = std::clamp(terminal.columns - 44, 20, 60);
  constexpr std::size_t most = 40;
  const std::size_t step = (rows.size() + most - 1) / most;
  for (std::size_t i = 0; i < rows.size(); i += step) {
    const PicardRow& row = rows[i];
    std::string line(static_cast<std::size_t>(width) + 1, ' ');
    const auto mark = [&](double value, char sign) {
      if (!(value > 0)) return;
      const double share = (std::log10(value) - bottom) / std::max(1.0, top - bottom);
      line[static_cast<std::size_t>(std::lround(share * width))] = sign;
    };
    mark(quotient(row), 'x');
    mark(row.coefficient, 'b');
    mark(row.sigma, 's');
    line.erase(line.find_last_not_of(' ') + 1);
    text += fmt::format("  {:>5}  {:>9.2e}  {:>9.2e}  {:>9.2e}  |{}\n", i + 1, row.sigma,
                        row.coefficient, quotient(row), line);
  }
  text += fmt::format(
      "  s: σ, b: |uᴴb|, x: their quotient; from 1e{:+03.0f} to 1e{:+03.0f}. Where b falls slower "
      "than s, x is noise.\n",
      bottom, top);
  return text;
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
