#include "eckart/apps/missing.hpp"

#include <fmt/format.h>

#include <cmath>
#include <complex>

#include "eckart/error.hpp"

namespace eckart {
namespace {

template <Scalar T>
bool is_missing(T x) {
  return std::isnan(std::real(x)) || std::isnan(std::imag(x));
}

}  // namespace

template <Scalar T>
std::vector<index_t> complete_rows(MatrixView<const T> X) {
  std::vector<index_t> rows;
  for (index_t i = 0; i < X.rows; ++i) {
    bool complete = true;
    for (index_t j = 0; j < X.cols && complete; ++j) complete = !is_missing(X(i, j));
    if (complete) rows.push_back(i);
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
      const auto size = static_cast<double>(std::abs(X(i, j)));
      if (std::isinf(size)) throw NonFiniteInput(i, j, size);
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
std::vector<double> observed_deviations(MatrixView<const T> X) {
  std::vector<double> deviations;
  for (index_t j = 0; j < X.cols; ++j) {
    std::complex<double> mean = 0;
    double squares = 0, count = 0;  // of distances from the mean: Welford's update
    for (index_t i = 0; i < X.rows; ++i) {
      if (is_missing(X(i, j))) continue;
      const std::complex<double> distance = std::complex<double>(X(i, j)) - mean;
      mean += distance / ++count;
      squares += std::real(std::conj(distance) * (std::complex<double>(X(i, j)) - mean));
    }
    deviations.push_back(squares > 0 ? std::sqrt(squares / (count - 1)) : 1);
  }
  return deviations;
}

template std::vector<index_t> complete_rows(MatrixView<const float>);
template std::vector<index_t> complete_rows(MatrixView<const double>);
template std::vector<index_t> complete_rows(MatrixView<const std::complex<float>>);
template std::vector<index_t> complete_rows(MatrixView<const std::complex<double>>);
template index_t fill_with_means(MatrixView<float>);
template index_t fill_with_means(MatrixView<double>);
template index_t fill_with_means(MatrixView<std::complex<float>>);
template index_t fill_with_means(MatrixView<std::complex<double>>);
template std::vector<double> observed_deviations(MatrixView<const float>);
template std::vector<double> observed_deviations(MatrixView<const double>);
template std::vector<double> observed_deviations(MatrixView<const std::complex<float>>);
template std::vector<double> observed_deviations(MatrixView<const std::complex<double>>);

}  // namespace eckart
