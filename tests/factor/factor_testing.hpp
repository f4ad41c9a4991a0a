// Small tools of the tests of src/factor, in plain loops.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

template <Scalar T>
Matrix<T> gaussian(index_t rows, index_t cols, std::uint32_t stream = 0) {
  Matrix<T> A(rows, cols);
  core::fill_gaussian(A.view(), 23, stream, 0, Context(1));
  return A;
}

// Returns max |A B - C| over the entries.
template <Scalar T>
double product_defect(MatrixView<const T> A, MatrixView<const T> B, MatrixView<const T> C) {
  double largest = 0;
  for (index_t j = 0; j < C.cols; ++j) {
    for (index_t i = 0; i < C.rows; ++i) {
      std::complex<double> sum = 0;
      for (index_t l = 0; l < A.cols; ++l) {
        sum += std::complex<double>(A(i, l)) * std::complex<double>(B(l, j));
      }
      const double d = std::abs(sum - std::complex<double>(C(i, j)));
      largest = d <= largest ? largest : d;
    }
  }
  return largest;
}

// Returns max |X^H Y - delta I| over the entries; delta is 1 or 0.
template <Scalar T>
double inner_defect(MatrixView<const T> X, MatrixView<const T> Y, double delta) {
  double largest = 0;
  for (index_t j = 0; j < Y.cols; ++j) {
    for (index_t i = 0; i < X.cols; ++i) {
      std::complex<double> sum = i == j ? -delta : 0;
      for (index_t l = 0; l < X.rows; ++l) {
        sum += std::conj(std::complex<double>(X(l, i))) * std::complex<double>(Y(l, j));
      }
      const double d = std::abs(sum);
      largest = d <= largest ? largest : d;
    }
  }
  return largest;
}

template <Scalar T>
double eps() {
  return std::numeric_limits<real_t<T>>::epsilon();
}

}  // namespace eckart::factor
