// The spectral decomposition of a Hermitian matrix.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// A = Q diag(lambda) Q^H, |lambda| falling.
template <Scalar T>
struct Spectral {
  std::vector<real_t<T>> lambda;
  Matrix<T> Q;
};

// A (Hermitian) <- eigenvectors; returns the eigenvalues in rising order, none if it failed.
template <Scalar T>
using EigenSolver = std::vector<real_t<T>> (*)(MatrixView<T> A);

// Returns the decomposition of the Hermitian n x n matrix that fill(A) writes, afresh each time it
// is called. If the solver fails, which is added to fallbacks, A + s I with s >= ||A||_2 is
// decomposed by the dense chain: its right vectors are the eigenvectors, its values lambda + s.
// Accuracy: normwise backward stable either way.
template <Scalar T>
Spectral<T> decompose_hermitian(index_t n,
                                const std::function<void(MatrixView<T>)>& fill,
                                EigenSolver<T> solver,
                                std::vector<std::string>& fallbacks,
                                const Context& context);

}  // namespace eckart::factor
