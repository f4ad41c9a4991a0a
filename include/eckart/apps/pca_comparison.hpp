// eckart/apps/pca_comparison.hpp - what centring changes: principal components beside the plain
// SVD.
#pragma once

#include <vector>

#include "eckart/apps/pca.hpp"
#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

template <Scalar T>
struct PcaComparison {
  // Of the same rows without centring; scale and weights as in the model. k triplets.
  SvdResult<T> uncentred;
  // Of every right singular vector its share of the sum of squares about the origin. k of them.
  std::vector<double> energy;
  // N |mean|^2 / ||A||_F^2: how much of that sum the mean alone is. 0 of a zero matrix.
  double mean_share = 0;
  double mean_angle = 0;       // between the mean and the leading right singular vector; radians
  std::vector<double> angles;  // between the i-th component and the i-th right singular vector
};

// Returns the plain SVD of the rows that the model was made of, and how it differs. What the sum of
// squares about the origin holds beyond that about the mean is N |mean|^2, so with a large share
// the leading singular vector turns to the mean and the components follow one place later. Angles
// are those of lines, 0 to pi / 2; of the mean also where it is 0. Cost: one more SVD. Throws
// InvalidArgument if the model is not centred or does not fit A and weights, which are those of
// fit_pca().
template <Scalar T>
[[nodiscard]] PcaComparison<T> compare_with_svd(const Pca<T>& model,
                                                const LinearOperator<T>& A,
                                                const PcaOptions& options,
                                                Context& context = default_context());

}  // namespace eckart
