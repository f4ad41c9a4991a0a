#include "eckart/apps/missing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eckart/apps/pca.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

template <Scalar T>
bool is_missing(T x) {
  return std::isnan(std::real(x)) || std::isnan(std::imag(x));
}

// Where a value was missing.
struct Place {
  index_t row, col;
};

template <Scalar T>
std::vector<Place> missing_places(MatrixView<const T> X) {
  std::vector<Place> places;
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      if (is_missing(X(i, j))) places.push_back({i, j});
    }
  }
  return places;
}

}  // namespace

template <Scalar T>
std::vector<index_t> complete_rows(MatrixView<const T> X) {
  std::vector<char> holed(static_cast<std::size_t>(X.rows));
  for (const Place& place : missing_places(X)) holed[static_cast<std::size_t>(place.row)] = 1;
  std::vector<index_t> rows;
  for (index_t i = 0; i < X.rows; ++i) {
    if (!holed[static_cast<std::size_t>(i)]) rows.push_back(i);
  }
  return rows;
}

template <Scalar T>
index_t fill_with_means(MatrixView<T> X) {
  index_t filled = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    index_t known = 0;
    T mean = 0;
    for (index_t i = 0; i < X.rows; ++i) {
      if (is_missing(X(i, j))) continue;
      ++known;
      mean += (X(i, j) - mean) / static_cast<real_t<T>>(known);
    }
    if (known == X.rows) continue;
    require(known > 0, fmt::format("column {} has no value at all; leave it out", j + 1));
    for (index_t i = 0; i < X.rows; ++i) {
      if (!is_missing(X(i, j))) continue;
      X(i, j) = mean;
      ++filled;
    }
  }
  return filled;
}

template <Scalar T>
FillReport fill_by_model(MatrixView<T> X, const FillOptions& o, Context& context) {
  require(o.components >= 1 && o.components < std::min(X.rows, X.cols),
          fmt::format("components must be at least 1 and below {} for a {} x {} table, got {}",
                      std::min(X.rows, X.cols), X.rows, X.cols, o.components));
  require(o.tolerance > 0, fmt::format("tolerance must be > 0, got {}", o.tolerance));
  require(o.iterations >= 1, fmt::format("iterations must be >= 1, got {}", o.iterations));
  const std::vector<Place> places = missing_places<T>(X);
  FillReport report;
  report.missing = fill_with_means(X);
  if (places.empty()) return report;

  const auto A = make_operator<T>(MatrixView<const T>(X));
  std::vector<real_t<T>> units;  // of a change in each column: 1 / deviation
  report.converged = false;
  while (!report.converged && report.iterations < o.iterations) {
    if (context.cancelled()) throw Cancelled();
    if (units.empty()) units = standardisation(*A, true, true, context).column_scale;
    PcaOptions options;
    options.rank.rank = o.components;
    options.scale = o.scale;
    const Pca<T> model = fit_pca(*A, options, context);
    // Rows of the model only where something is missing would do; all of them are one product.
    const Matrix<T> fitted =
        pca_rows<T>(model, Factors<T>(model.svd).coordinates().view(), false, context);
    report.last_change = 0;
    for (const Place& place : places) {
      T& value = X(place.row, place.col);
      const T next = fitted(place.row, place.col);
      const auto unit = static_cast<double>(units[static_cast<std::size_t>(place.col)]);
      report.last_change =
          std::max(report.last_change, unit * static_cast<double>(std::abs(next - value)));
      value = next;
    }
    ++report.iterations;
    report.converged = report.last_change <= o.tolerance;
  }
  return report;
}

template std::vector<index_t> complete_rows(MatrixView<const float>);
template std::vector<index_t> complete_rows(MatrixView<const double>);
template std::vector<index_t> complete_rows(MatrixView<const std::complex<float>>);
template std::vector<index_t> complete_rows(MatrixView<const std::complex<double>>);
template index_t fill_with_means(MatrixView<float>);
template index_t fill_with_means(MatrixView<double>);
template index_t fill_with_means(MatrixView<std::complex<float>>);
template index_t fill_with_means(MatrixView<std::complex<double>>);
template FillReport fill_by_model(MatrixView<float>, const FillOptions&, Context&);
template FillReport fill_by_model(MatrixView<double>, const FillOptions&, Context&);
template FillReport fill_by_model(MatrixView<std::complex<float>>, const FillOptions&, Context&);
template FillReport fill_by_model(MatrixView<std::complex<double>>, const FillOptions&, Context&);

}  // namespace eckart
