// eckart/svd_result.hpp - A ~= U diag(sigma) V^H with its report.
#pragma once

#include <vector>

#include "eckart/matrix.hpp"
#include "eckart/report.hpp"
#include "eckart/types.hpp"

namespace eckart {

// k singular triplets of an m x n matrix. For each triplet the entry of V of largest modulus
// is real and positive; U follows. Entries within sqrt(eps) of the largest tie, and the first of
// them decides, so that rounding cannot flip a sign.
// U and V are empty for values only; for full vectors they are square (m x m and n x n).
template <Scalar T>
struct SvdResult {
  Matrix<T> U;                   // m x k, orthonormal columns
  std::vector<real_t<T>> sigma;  // sigma[0] >= ... >= sigma[k-1] >= 0
  Matrix<T> V;                   // n x k, orthonormal columns
  // Of a Hermitian matrix by its own method: A = V diag(lambda) V^H, |lambda_i| = sigma_i. Else
  // empty.
  std::vector<real_t<T>> lambda;
  SvdReport report;
};

}  // namespace eckart
