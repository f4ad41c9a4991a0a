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

// A vector r is seen through W = [w_1 ... w_t], t = 16, whose entries are independent and uniform
// with mean 0 and variance 1; complex ones have t = 8 and entries of two such numbers over sqrt(2).
// The bound is six times the estimate ||W^H r|| / sqrt(t) of ||r||.
//
// How often it is too small: for ||r|| = 1 the density of w^H r is at most 1 / sqrt(6), that of a
// complex one 1/3, because no section of the unit cube by a hyperplane is larger than sqrt(2) [1],
// and none of codimension two larger than 2 [2]; a Gaussian w has 1 / sqrt(2 pi). Times the volume
// of the ball, of 16 dimensions, where the estimate is below 1/6 that is
// (pi 4/9 / 6)^8 / 8! < 2.2e-10 for each vector. A Frobenius norm is a weighted mean over rows; by
// Hölder's inequality and Chernoff's, its bound is too small with probability at most
// (pi e / 108)^8 < 1.6e-9.
//
// Cost: t products with A and with A^H; 12 t (m + n) k flops instead of the 8 m n k of the
// definition; 6 t max(m, n) elements. Rounding adds about eps ||A||_F to each residual.
//
// [1] Ball, "Cube slicing in R^n", Proc. Amer. Math. Soc. 97, 1986.
// [2] Ball, "Volumes of sections of cubes and related problems", Lecture Notes in Math. 1376, 1989.
template <Scalar T>
SampledResiduals sample_residuals(const LinearOperator<T>& A,
                                  MatrixView<const T> U,
                                  std::span<const real_t<T>> sigma,
                                  MatrixView<const T> V,
                                  std::uint64_t seed,
                                  Context& context,
                                  SvdReport& report);

}  // namespace eckart::factor
