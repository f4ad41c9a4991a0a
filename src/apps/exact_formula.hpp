// Exact numbers, polynomials, vectors and matrices as formulas.
#pragma once

#include <string>

#include "apps/hand_svd.hpp"
#include "eckart/apps/formula.hpp"

namespace eckart::exact {

// Returns the formula in one line of text.
std::string plain(const Formula& f);
// Returns the number of characters, not bytes.
std::size_t text_width(const std::string& text);

Formula formula_of(const Integer& n);
Formula formula_of(const Rational& q);
Formula formula_of(const Surd& x);
Formula formula_of(const Root& x);
// Rounded to so many digits, trailing zeros left out; large and small ones with a power of ten.
Formula formula_of(const Decimal& x, int digits);
// Returns √x: exactly if that is one or two square roots, or one within another; digits otherwise.
Formula root_formula(const Surd& x);

// Returns the polynomial in λ, highest power first; coefficients as decimals unless exact.
Formula formula_of(const Polynomial& p, bool exact);
// Returns the product of powers.
Formula formula_of(const std::vector<Power>& factors, bool exact);

// Shows matrices and vectors, exactly or in decimals.
Formula matrix_formula(const Table<Rational>& A, bool exact);
Formula column_formula(std::vector<Formula> entries);

// Whether every entry of w is a fraction that fits a matrix.
bool shows_exactly(const Direction& direction);
// Whether w is worth showing: its entries are short, square roots or not.
bool shows_whole(const Direction& direction);
// Returns entry i of the unit vector: exactly if shows_exactly, else decimals.
Formula unit_entry(const Direction& direction, std::size_t i);
Formula unit_column(const Direction& direction);
// Returns w, the vector before it was divided by its length.
Formula whole_column(const Direction& direction);
// Returns the matrix with these columns.
Formula columns_formula(const std::vector<Direction>& columns, bool transposed);

inline constexpr int digits_of_values = 10;
inline constexpr int digits_in_matrices = 6;

}  // namespace eckart::exact
