// Small matrices for people, whole ones for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "eckart/matrix.hpp"

namespace eckart::cli {

// Returns x with the given number of significant digits; complex ones as 1.5-2i.
template <Scalar T>
std::string number_text(T x, int digits);

// Returns the leading rows and columns of M in aligned columns, one line each, and a line that says
// so if there are more.
template <Scalar T>
std::string matrix_text(MatrixView<const T> M);

// Returns all rows of M; a complex number is [real, imaginary].
template <Scalar T>
nlohmann::ordered_json matrix_json(MatrixView<const T> M);

}  // namespace eckart::cli
