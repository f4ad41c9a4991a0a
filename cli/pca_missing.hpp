// cli/pca_missing.hpp - what eckart pca does with missing values.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "eckart/apps/missing.hpp"
#include "eckart/apps/probabilistic_pca.hpp"
#include "options.hpp"
#include "session.hpp"

namespace eckart::cli {

// What became of missing values: a line for people, an object for programs.
struct Holes {
  std::string text;
  nlohmann::ordered_json json;
  bool filled = false;
  bool converged = true;
};

template <Scalar T>
Matrix<T> without_incomplete_rows(const Matrix<T>& X,
                                  const PcaCommandOptions& o,
                                  std::vector<double>& weights,
                                  Holes& holes) {
  const std::vector<index_t> rows = complete_rows<T>(X.view());
  const auto count = static_cast<index_t>(rows.size());
  if (count < 2) {
    throw IoError(o.run.input,
                  fmt::format("has {} without missing values; try --missing mean or em",
                              counted(count, "row")));
  }
  Matrix<T> complete(count, X.cols());
  std::vector<double> their_weights;
  for (index_t i = 0; i < count; ++i) {
    const index_t row = rows[static_cast<std::size_t>(i)];
    for (index_t j = 0; j < X.cols(); ++j) complete(i, j) = X(row, j);
    if (!weights.empty()) their_weights.push_back(weights[static_cast<std::size_t>(row)]);
  }
  weights = std::move(their_weights);
  const index_t dropped = X.rows() - count;
  holes.text = fmt::format("missing  {} with missing values left out\n", counted(dropped, "row"));
  holes.json["rows_dropped"] = dropped;
  return complete;
}

template <Scalar T>
void fill_by_model(MatrixView<T> X, const PcaCommandOptions& o, Session& session, Holes& holes) {
  std::vector<double> units(static_cast<std::size_t>(X.cols), 1.0);
  if (o.scale) units = observed_deviations<T>(X);
  const auto unit = [&](index_t j) {
    return static_cast<real_t<T>>(units[static_cast<std::size_t>(j)]);
  };
  Matrix<T> filled(X.rows, X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) filled(i, j) = X(i, j) / unit(j);
  }
  const index_t k = o.rank.rank.value_or(2);
  const ProbabilisticPca<T> model =
      fit_probabilistic_pca<T>(std::as_const(filled).view(), {.components = k}, session.context);
  fill_missing(model, filled.view());
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      if (std::isnan(std::abs(X(i, j)))) X(i, j) = filled(i, j) * unit(j);
    }
  }
  holes.converged = model.converged;
  holes.text = fmt::format(
      "missing  {} filled by a probabilistic model of {} after {}{}\n"
      "         log-likelihood {:.8g} of what is there, noise variance {:.6g}\n",
      counted(model.missing, "value"), counted(k, "component"),
      counted(model.iterations, "iteration"), model.converged ? "" : "; NOT converged",
      model.log_likelihood, model.noise_variance);
  holes.json["values_filled"] = model.missing;
  holes.json["components"] = k;
  holes.json["iterations"] = model.iterations;
  holes.json["converged"] = model.converged;
  holes.json["log_likelihood"] = model.log_likelihood;
  holes.json["noise_variance"] = model.noise_variance;
}

// Returns X without rows or without gaps, as --missing says; weights of removed rows go with them.
template <Scalar T>
Matrix<T> repair(Matrix<T> X,
                 const PcaCommandOptions& o,
                 std::vector<double>& weights,
                 Session& session,
                 Holes& holes) {
  holes.json = {{"rule", o.run.missing}};
  if (o.run.missing == "drop") return without_incomplete_rows(X, o, weights, holes);
  holes.filled = true;
  try {
    if (o.run.missing == "mean") {
      const index_t filled = fill_with_means(X.view());
      holes.text =
          fmt::format("missing  {} replaced by the mean of its column\n", counted(filled, "value"));
      holes.json["values_filled"] = filled;
    } else {
      fill_by_model(X.view(), o, session, holes);
    }
    return X;
  } catch (const InvalidArgument& error) {
    throw IoError(o.run.input, error.what());
  }
}

}  // namespace eckart::cli
