// cli/pca_compare.hpp - principal components beside the SVD without centring, in words.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numbers>
#include <string>

#include "eckart/apps/pca_comparison.hpp"
#include "session.hpp"

namespace eckart::cli {

inline double degrees(double radians) { return radians * 180 / std::numbers::pi; }

// Whether, and why, the two differ.
template <Scalar T>
std::string comparison_verdict(const PcaComparison<T>& c) {
  const double apart = c.angles.empty() ? 0 : degrees(c.angles[0]);
  const std::string share = percent(c.mean_share);
  if (c.mean_share <= 1e-12) {
    return "  They are the same: the columns have mean 0 already.\n";
  }
  if (c.mean_share <= 0.01 && apart <= 5) {
    return fmt::format(
        "  They nearly agree: the means are only {} of the sum of squares, and the leading\n"
        "  directions are {:.2g}° apart.\n",
        share, apart);
  }
  std::string text =
      fmt::format("  The means are {} of the sum of squares about the origin.\n", share);
  const double off = degrees(c.mean_angle);
  if (off <= 10) {
    text += fmt::format(
        "  The leading direction of the SVD points at the mean ({:.2g}° off): it says where the\n"
        "  table lies. PCA subtracts the mean: its directions say how the rows differ.\n",
        off);
  } else {
    text += fmt::format(
        "  The leading direction of the SVD is {:.3g}° off the mean: it mixes where the table "
        "lies\n"
        "  with how the rows differ. PCA subtracts the mean and says the second alone.\n",
        off);
  }
  text += apart <= 5
              ? fmt::format(
                    "  Yet the leading directions are only {:.2g}° apart: rows differ most\n"
                    "  along their mean.\n",
                    apart)
              : fmt::format("  So they differ: the leading directions are {:.3g}° apart.\n", apart);
  return text;
}

template <Scalar T>
std::string comparison_text(const Pca<T>& model, const PcaComparison<T>& c) {
  std::string text = fmt::format(
      "\nbeside the SVD without centring\n"
      "  {:>9}  {:>12}  {:>12}  {:>9}\n",
      "direction", "PCA: share", "SVD: share", "apart");
  for (std::size_t i = 0; i < c.angles.size() && i < 6; ++i) {
    text += fmt::format("  {:>9}  {:>12}  {:>12}  {:>8.4g}°\n", i + 1,
                        percent(model.explained_variance_ratio[i]), percent(c.energy[i]),
                        degrees(c.angles[i]));
  }
  return text + comparison_verdict(c);
}

template <Scalar T>
nlohmann::ordered_json comparison_json(const PcaComparison<T>& c) {
  std::vector<double> angles;
  for (const double angle : c.angles) angles.push_back(degrees(angle));
  return {
      {"mean_share", c.mean_share},
      {"mean_angle_degrees", degrees(c.mean_angle)},
      {"angles_degrees", angles},
      {"uncentred_energy", c.energy},
      {"uncentred_sigma", std::vector<double>(c.uncentred.sigma.begin(), c.uncentred.sigma.end())}};
}

}  // namespace eckart::cli
