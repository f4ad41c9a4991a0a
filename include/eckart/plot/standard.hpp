// eckart/plot/standard.hpp - the figures that an SVD and its uses are usually shown by.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eckart/matrix.hpp"
#include "eckart/plot/figure.hpp"

namespace eckart::plot {

// Singular values as bars over a logarithmic axis; those below floor are rounding and left out.
Figure spectrum_bars(std::span<const double> sigma, double floor);

// Singular values over a linear and over a logarithmic axis, and what the k leading triplets hold
// of the energy: all of it is norm^2. Values below floor are rounding and left out.
Figure spectrum(std::span<const double> sigma, double norm, double floor);

// The spectrum of one of several matrices, and what noise in its place could reach (0: not shown).
struct NamedSpectrum {
  std::string name = {};
  std::vector<double> sigma = {};
  double edge = 0;
};
// A small panel for each matrix: its singular values over a logarithmic axis, the noise edge
// dashed. Of more than 24 matrices those with the most singular values are shown, and the title
// says so.
Figure spectra(const std::vector<NamedSpectrum>& matrices);

// What the k leading triplets hold, as shares, with lines at 80, 90 and 95 % and the k that
// reach them. what: "energy" or "variance".
Figure cumulative(std::span<const double> held, const std::string& what);

// Picard's condition: sigma_i, |u_i^H b| and their quotient.
// Throws InvalidArgument unless there are as many coefficients as sigma.
Figure picard(std::span<const double> sigma, std::span<const double> coefficients);

// One point for each ridge that was tried.
struct RidgePoint {
  double ridge, residual_norm, solution_norm, gcv;
};
// The L-curve and the score of generalised cross-validation, with the ridge that was taken.
Figure ridge_choice(std::span<const RidgePoint> points, const RidgePoint& chosen);

// Variances of principal components as bars, and their shares of the total. threshold: a line for
// what is noise, with its label.
struct Threshold {
  double variance;
  std::string label;
};
Figure scree(std::span<const double> variances,
             double total,
             const std::vector<Threshold>& thresholds = {});

// What the rows of a table are called, and which of them belong together.
struct RowNames {
  std::vector<std::string> names = {};   // none, or one for each row
  std::vector<std::string> groups = {};  // likewise; the six most frequent have a colour
};

// Rows at their scores on two components, counted from 0, axes with shares of the variance.
// scores: m x k. shares: k.
// Throws InvalidArgument if a component or a length does not fit.
Figure score_plot(MatrixView<const double> scores,
                  std::span<const double> shares,
                  const RowNames& rows = {},
                  index_t first = 0,
                  index_t second = 1);

// The same with an arrow for each variable: the rows of components (n x k), times the standard
// deviation of the scores, drawn as long as the points allow. Of many variables the twelve longest.
// Source: Gabriel, Biometrika 58(3):453-467, 1971.
Figure biplot(MatrixView<const double> scores,
              MatrixView<const double> components,
              std::span<const double> shares,
              const std::vector<std::string>& variables,
              const RowNames& rows = {},
              index_t first = 0,
              index_t second = 1);

// What principal components are usually shown by, each with the name that its file should have:
// "scree", "energy", and with two components or more "scores" and "biplot". scores and components
// may be empty: then only the first two.
struct NamedFigure {
  std::string name;
  Figure figure;
};
std::vector<NamedFigure> component_figures(std::span<const double> variances,
                                           double total_variance,
                                           MatrixView<const double> scores,
                                           MatrixView<const double> components,
                                           const std::vector<std::string>& variables = {},
                                           const RowNames& rows = {});

// Pictures of one size beside each other, each in its shades.
struct NamedImage {
  std::string title;
  Image image;
};
Figure gallery(std::vector<NamedImage> images, const std::string& title = "");

}  // namespace eckart::plot
