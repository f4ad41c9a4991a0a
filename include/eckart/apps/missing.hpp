// eckart/apps/missing.hpp - tables with missing values, marked by NaN.
#pragma once

#include <vector>

#include "eckart/matrix.hpp"

namespace eckart {

// Returns the rows of X, counted from 0, that have no NaN.
template <Scalar T>
std::vector<index_t> complete_rows(MatrixView<const T> X);

// X <- X with every NaN replaced by the mean of the other entries of its column. Returns how many
// there were. Throws InvalidArgument naming the first column with nothing but NaN; NonFiniteInput
// for an infinity.
template <Scalar T>
index_t fill_with_means(MatrixView<T> X);

// Returns the standard deviation of the entries of every column that are not NaN (divisor one less
// than there are); 1 for a column whose entries are equal or fewer than two.
template <Scalar T>
std::vector<double> observed_deviations(MatrixView<const T> X);

}  // namespace eckart
