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

// Returns the decomposition of the Hermitian n x n matrix that fill(A) writes, afresh each time it
// is called, by way of a singular value decomposition: A + s I is positive semidefinite for an s of
// about 1.25 ||A||_2, so that its right vectors are those of A, and its values lambda + s. Should
// the estimate of the norm be too low, which the vectors show, s becomes a bound of it, and
// fallbacks say so, as they do when an algorithm of the dense chain fails.
// Accuracy: normwise backward stable.
// Cost: that of the dense chain, and 20 products of A and a few vectors.
// Throws Cancelled if context.must_stop().
template <Scalar T>
Spectral<T> decompose_hermitian(index_t n,
                                const std::function<void(MatrixView<T>)>& fill,
                                std::vector<std::string>& fallbacks,
                                const Context& context);

// Returns the elements of T that decompose_hermitian allocates, what it returns included.
template <Scalar T>
double decompose_hermitian_elements(index_t n);

}  // namespace eckart::factor
