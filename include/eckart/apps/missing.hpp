// eckart/apps/missing.hpp - tables with missing values, marked by NaN.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// Returns the rows of X, counted from 0, that have no NaN.
template <Scalar T>
std::vector<index_t> complete_rows(MatrixView<const T> X);

// X <- X with every NaN replaced by the mean of the other entries of its column. Returns how many
// there were. Throws InvalidArgument naming the first column with nothing but NaN.
template <Scalar T>
index_t fill_with_means(MatrixView<T> X);

struct FillOptions {
  // Components of the model that says what is missing. More than the data support fits noise.
  // REQUIRES: 1 <= components < min(m, n)
  index_t components = 2;
  bool scale = false;  // the model is of columns divided by their standard deviation

  // Stop when no missing value moves by more, relative to the deviation of its column.
  // REQUIRES: tolerance > 0
  double tolerance = 1e-8;
  // REQUIRES: iterations >= 1
  index_t iterations = 1000;
};

struct FillReport {
  index_t missing = 0;
  index_t iterations = 0;
  double last_change = 0;
  bool converged = true;
};

// X <- X with every NaN replaced by its value in the principal component model of X so filled:
// means first, then by turns the model (maximisation) and the values (expectation). At the fixed
// point the observed entries have the least squared distance from a model of that many components
// that the iteration found; the sum falls in every step. Cost: one PCA of X for each iteration.
// Throws InvalidArgument as fill_with_means, or if a REQUIRES line is broken; Cancelled.
// Source: Kiers, Psychometrika 62(2):251-266, 1997; Josse, Husson, J. Stat. Softw. 70(1), 2016.
template <Scalar T>
FillReport fill_by_model(MatrixView<T> X,
                         const FillOptions& options = {},
                         Context& context = default_context());

}  // namespace eckart
