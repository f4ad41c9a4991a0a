// The singular value decomposition as it is done by hand, from the eigenvectors of AᵀA, in exact
// numbers as far as they go.
#pragma once

#include <optional>
#include <vector>

#include "apps/polynomial.hpp"
#include "eckart/matrix.hpp"

namespace eckart::exact {

// A column of U or V.
struct Direction {
  std::optional<std::vector<Surd>> exact;  // w: the column is w / √(wᵀw); whole numbers if rational
  Surd norm2;                              // wᵀw
  std::vector<Decimal> unit;
};

struct HandSvd {
  bool exact_input = true;  // the entries are fractions that a person would write
  Table<Rational> A, AtA, AAt;
  Polynomial polynomial;                   // of AᵀA
  std::vector<Power> factors;              // of it
  std::vector<Eigenvalue> eigenvalues;     // of AᵀA, distinct, falling
  std::vector<Direction> V, U;             // n and m columns
  std::vector<std::size_t> eigenvalue_of;  // for each column of V
  std::size_t rank = 0;
  bool reconstructed = false;  // U Σ Vᵀ = A: exactly if all is exact, else to 100 digits

  const Eigenvalue& eigenvalue(std::size_t column) const {
    return eigenvalues[eigenvalue_of[column]];
  }
};

// Returns the decomposition of a matrix of finite numbers, at most a few rows and columns.
// Throws InvalidArgument if its entries differ by so many orders that decimals run out.
HandSvd svd_by_hand(MatrixView<const double> A);

}  // namespace eckart::exact
