#include "matrix_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "session.hpp"

namespace eckart::cli {

template <Scalar T>
std::string number_text(T x, int digits) {
  if constexpr (is_complex<T>) {
    return fmt::format("{:.{}g}{:+.{}g}i", x.real(), digits, x.imag(), digits);
  } else {
    return fmt::format("{:.{}g}", x, digits);
  }
}

template <Scalar T>
std::string matrix_text(MatrixView<const T> M) {
  constexpr index_t most_rows = 30;
  constexpr index_t most_cols = is_complex<T> ? 4 : 7;
  constexpr int digits = is_complex<T> ? 5 : 6;
  constexpr int width = is_complex<T> ? 22 : 12;
  if (M.empty()) return "  (none)\n";
  const index_t rows = std::min(most_rows, M.rows), cols = std::min(most_cols, M.cols);
  std::string text;
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < cols; ++j) {
      text += fmt::format(" {:>{}}", number_text(M(i, j), digits), width);
    }
    text += cols < M.cols ? "  ...\n" : "\n";
  }
  if (rows < M.rows || cols < M.cols) {
    text += fmt::format(" {:>{}}  ({} × {} in all; -o writes them)\n", "...", width,
                        grouped(M.rows), grouped(M.cols));
  }
  return text;
}

template <Scalar T>
nlohmann::ordered_json matrix_json(MatrixView<const T> M) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (index_t i = 0; i < M.rows; ++i) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (index_t j = 0; j < M.cols; ++j) {
      if constexpr (is_complex<T>) {
        row.push_back({M(i, j).real(), M(i, j).imag()});
      } else {
        row.push_back(M(i, j));
      }
    }
    rows.push_back(row);
  }
  return rows;
}

template std::string number_text(float, int);
template std::string number_text(double, int);
template std::string number_text(std::complex<float>, int);
template std::string number_text(std::complex<double>, int);
template std::string matrix_text(MatrixView<const float>);
template std::string matrix_text(MatrixView<const double>);
template std::string matrix_text(MatrixView<const std::complex<float>>);
template std::string matrix_text(MatrixView<const std::complex<double>>);
template nlohmann::ordered_json matrix_json(MatrixView<const float>);
template nlohmann::ordered_json matrix_json(MatrixView<const double>);
template nlohmann::ordered_json matrix_json(MatrixView<const std::complex<float>>);
template nlohmann::ordered_json matrix_json(MatrixView<const std::complex<double>>);

}  // namespace eckart::cli
