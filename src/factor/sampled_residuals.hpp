// Residuals and orthogonality of many triplets, bounded from a few random combinations.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"

namespace eckart::factor {

// Upper bounds; each holds except with the stated probability.
struct SampledResiduals {
  std::vector<double> residuals;  // max(||A v_i - sigma_i u_i||, ||A^H u_i - sigma_i v_i||)
  double orthogonality_U = 0;     // ||U^H U - I||_F / sqrt(k)
  double orthogonality_V = 0;
  double failure_probability = 0;  // that any of the bounds is too small
};

// A vector r is seen through W = [w_1 ... w_t], t Gaussian vectors: ||W^H r||^2 / t is ||r||^2
// times a chi-squared variable over its degrees of freedom. The bound is six times the estimate; with
// t = 16 it is too small with probability 1.3e-10 for each vector.
//
// Cost: t products with A and with A^H; 8 t (m + n) k flops instead of the 8 m n k of the
// definition; 4 t max(m, n) elements. Rounding adds about eps ||A||_F to each residual.
template <Scalar T>
SampledResiduals sample_residuals(const LinearOperator<T>& A,
                                  MatrixView<const T> U,
                                  std::span<const real_t<T>> sigma,
                                  MatrixView<const T> V,
                                  std::uint64_t seed,
                                  Context& context,
                                  SvdReport& report);

}  // namespace eckart::factor
