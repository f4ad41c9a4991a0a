// Dense SVD that never dead-ends: one algorithm after another until one succeeds.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// A = U diag(sigma) V^H.
template <Scalar T>
struct DenseFactors {
  Matrix<T> U;  // m x n (thin), m x m (full), or empty
  std::vector<real_t<T>> sigma;
  Matrix<T> V;  // n x n, or empty
};

// One algorithm of the chain. Destroys A (m x n, m >= n); U, VH as blas::svd_qr_iteration.
// Returns the number of values that did not converge, 0 for success.
template <Scalar T>
struct DenseStep {
  const char* name;
  int (*run)(MatrixView<T> A, MatrixView<T> U, real_t<T>* sigma, MatrixView<T> VH);
};

// Returns the chain that starts with the given algorithm.
template <Scalar T>
std::span<const DenseStep<T>> dense_chain(DenseAlgorithm first);

// Returns the factors from the first step of the chain whose output is finite and ordered.
// fill(A) writes the rows x cols matrix, rows >= cols, afresh for every step. What failed is
// added to fallbacks. Throws Error if all fail, which finite input of moderate size cannot cause.
template <Scalar T>
DenseFactors<T> factor_dense(index_t rows,
                             index_t cols,
                             const std::function<void(MatrixView<T>)>& fill,
                             Vectors vectors,
                             std::span<const DenseStep<T>> chain,
                             std::vector<std::string>& fallbacks);

// Returns the thin factors of a small matrix with rows >= cols.
template <Scalar T>
DenseFactors<T> factor_small(MatrixView<const T> A, std::vector<std::string>& fallbacks);

}  // namespace eckart::factor
