// What the tests of packs share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

#include "core/philox.hpp"
#include "eckart/matrix.hpp"
#include "kernels/batch.hpp"

namespace eckart::kernels {

// A pack with its memory; zero at first.
template <class T>
struct OwnedPack {
  Matrix<real_t<T>> storage;
  Pack<T> pack;

  OwnedPack(index_t rows, index_t cols) {
    pack.rows = rows;
    pack.cols = cols;
    pack.ld = rows | 1;
    storage = Matrix<real_t<T>>(pack.ld * pack.entry, cols);
    pack.data = storage.data();
  }
  void set(index_t l, index_t i, index_t j, T x) {
    pack.at(i, j)[l] = std::real(x);
    if constexpr (is_complex<T>) pack.at(i, j)[lanes<T> + l] = std::imag(x);
  }
  T get(index_t l, index_t i, index_t j) const {
    if constexpr (is_complex<T>) {
      return {pack.at(i, j)[l], pack.at(i, j)[lanes<T> + l]};
    } else {
      return pack.at(i, j)[l];
    }
  }
  Matrix<T> matrix(index_t l) const {
    Matrix<T> A(pack.rows, pack.cols);
    for (index_t j = 0; j < pack.cols; ++j) {
      for (index_t i = 0; i < pack.rows; ++i) A(i, j) = get(l, i, j);
    }
    return A;
  }
};

// A different Gaussian matrix in each lane.
template <class T>
OwnedPack<T> gaussian_pack(index_t rows, index_t cols, std::uint32_t stream = 0) {
  OwnedPack<T> A(rows, cols);
  Matrix<T> values(rows * cols, lanes<T>);
  core::fill_gaussian(values.view(), 31, stream, 0, Context(1));
  for (index_t l = 0; l < lanes<T>; ++l) {
    for (index_t j = 0; j < cols; ++j) {
      for (index_t i = 0; i < rows; ++i) A.set(l, i, j, values(i + j * rows, l));
    }
  }
  return A;
}

template <class T>
std::complex<long double> widen(T x) {
  return {std::real(x), std::imag(x)};
}

// Returns max |X^H X - I|.
template <class T>
double orthogonality_defect(const Matrix<T>& X) {
  long double largest = 0;
  for (index_t i = 0; i < X.cols(); ++i) {
    for (index_t j = 0; j < X.cols(); ++j) {
      std::complex<long double> sum = i == j ? -1 : 0;
      for (index_t r = 0; r < X.rows(); ++r) sum += std::conj(widen(X(r, i))) * widen(X(r, j));
      const long double size = std::abs(sum);
      if (!(size <= largest)) largest = size;
    }
  }
  return static_cast<double>(largest);
}

// Returns max |A - U M V^H| for a small M given as a function of its indices.
template <class T, class Middle>
double product_defect(const Matrix<T>& A,
                      const Matrix<T>& U,
                      const Middle& middle,
                      const Matrix<T>& V) {
  long double largest = 0;
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) {
      std::complex<long double> sum = -widen(A(i, j));
      for (index_t p = 0; p < V.cols(); ++p) {
        for (index_t q = 0; q < V.cols(); ++q) {
          const auto m = static_cast<long double>(middle(p, q));
          if (m != 0) sum += widen(U(i, p)) * m * std::conj(widen(V(j, q)));
        }
      }
      const long double size = std::abs(sum);
      if (!(size <= largest)) largest = size;
    }
  }
  return static_cast<double>(largest);
}

template <class T>
double eps() {
  return static_cast<double>(std::numeric_limits<real_t<T>>::epsilon());
}

}  // namespace eckart::kernels
