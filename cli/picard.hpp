// cli/picard.hpp - what a right-hand side has in each singular direction (Picard's condition).
#pragma once

#include <complex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eckart/apps/least_squares.hpp"
#include "eckart/plot/figure.hpp"
#include "terminal.hpp"

namespace eckart::cli {

struct PicardRow {
  double sigma;
  double coefficient;  // |u_i^H b|, over all right-hand sides
};

template <Scalar T>
std::vector<PicardRow> picard_rows(const LeastSquaresResult<T>& result) {
  std::vector<PicardRow> rows;
  for (std::size_t i = 0; i < result.sigma.size(); ++i) {
    double sum = 0;
    for (index_t c = 0; c < result.coefficients.cols(); ++c) {
      sum = std::hypot(sum, double(std::abs(result.coefficients(static_cast<index_t>(i), c))));
    }
    rows.push_back({result.sigma[i], sum});
  }
  return rows;
}

// Returns sigma, |u^H b| and their quotient, what x takes from this direction, as a table and over
// a logarithmic axis.
std::string picard_text(const std::vector<PicardRow>& rows, const Terminal& terminal);

// Returns Picard's condition as a picture, and what a ridge above 0 was chosen from.
// residual_norm: of the solution with the ridge. rows: of positive weight.
plot::Figure picard_figure(const std::vector<PicardRow>& rows,
                           double ridge,
                           double residual_norm,
                           index_t equations);

nlohmann::ordered_json picard_json(const std::vector<PicardRow>& rows);

}  // namespace eckart::cli
