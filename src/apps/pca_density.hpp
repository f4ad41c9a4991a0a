// Whether a model of principal components has a density.
#pragma once

#include <algorithm>
#include <limits>

#include "eckart/apps/pca.hpp"

namespace eckart::apps {

// Whether a variance of the model is more than what rounding leaves of none.
template <Scalar T>
bool is_variance(double variance, const Pca<T>& model) {
  const auto side = static_cast<double>(std::max(model.svd.report.rows, model.svd.report.cols));
  const double rounding = side * std::numeric_limits<real_t<T>>::epsilon();
  return variance > rounding * rounding * model.explained_variance.front();
}

}  // namespace eckart::apps
