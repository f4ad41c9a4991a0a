// Dense SVD that never dead-ends: one algorithm after another until one succeeds.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/matrix.hpp"
#include "factor/direct_svd.hpp"

namespace eckart::factor {

// One algorithm of the chain: fills factors from A (m x n, m >= n), which is destroyed.
// Returns whether it succeeded.
template <Scalar T>
struct DenseStep {
  const char* name;
  bool (*run)(MatrixView<T> A,
              Vectors vectors,
              const Select& select,
              DenseFactors<T>& factors,
              const Context& context);
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
                             const Select& select,
                             std::span<const DenseStep<T>> chain,
                             std::vector<std::string>& fallbacks,
                             const Context& context);

// X <- the columns of X in range.
template <Scalar T>
void keep_columns(Matrix<T>& X, TripletRange range);

// Returns the thin factors of a small matrix with rows >= cols.
template <Scalar T>
DenseFactors<T> factor_small(MatrixView<const T> A,
                             std::vector<std::string>& fallbacks,
                             const Context& context);

}  // namespace eckart::factor
