// Judges of A = Q B P^H in plain loops, for the tests of the two-stage reduction.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/factor/factor_testing.hpp"
#include "tests/oracles/svd_check.hpp"

namespace eckart::factor {

template <Scalar T>
Matrix<T> identity(index_t n) {
  Matrix<T> I(n, n);
  for (index_t i = 0; i < n; ++i) I(i, i) = 1;
  return I;
}

// Returns the n x n matrix of a diagonal and a superdiagonal.
template <Scalar T>
Matrix<T> bidiagonal(const std::vector<real_t<T>>& d, const std::vector<real_t<T>>& e) {
  Matrix<T> B(static_cast<index_t>(d.size()), static_cast<index_t>(d.size()));
  for (std::size_t i = 0; i < d.size(); ++i) {
    const auto k = static_cast<index_t>(i);
    B(k, k) = d[i];
    if (i < e.size()) B(k, k + 1) = e[i];
  }
  return B;
}

// Returns the entries (i, j) of A with 0 <= j - i <= width, the others zero.
template <Scalar T>
Matrix<T> upper_band(MatrixView<const T> A, index_t width) {
  Matrix<T> B(A.rows, A.cols);
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = std::max<index_t>(0, j - width); i <= j; ++i) B(i, j) = A(i, j);
  }
  return B;
}

// Returns || A - Q B P^H ||_1 / (n (|| A ||_1 eps + smallest number)).
template <Scalar T>
double reduction_ratio(const Matrix<T>& A,
                       const Matrix<T>& Q,
                       const Matrix<T>& B,
                       const Matrix<T>& P) {
  using Wide = oracles::wide_real_t<T>;
  const index_t n = A.rows();
  const Wide smallest = static_cast<Wide>(std::numeric_limits<real_t<T>>::denorm_min());
  const auto product = [n](const auto& x, const auto& y) {
    std::vector<oracles::wide_t<T>> z(static_cast<std::size_t>(n * n));
    for (index_t j = 0; j < n; ++j) {
      for (index_t l = 0; l < n; ++l) {
        const auto factor = y(l, j);
        if (factor == oracles::wide_t<T>(0)) continue;
        for (index_t i = 0; i < n; ++i) {
          z[static_cast<std::size_t>(i + j * n)] += oracles::times(x(i, l), factor);
        }
      }
    }
    return z;
  };
  const auto QB = product([&](index_t i, index_t l) { return oracles::widen(Q(i, l)); },
                          [&](index_t l, index_t j) { return oracles::widen(B(l, j)); });
  const auto QBP =
      product([&](index_t i, index_t l) { return QB[static_cast<std::size_t>(i + l * n)]; },
              [&](index_t l, index_t j) { return oracles::conj_of(oracles::widen(P(j, l))); });
  Wide worst = 0;
  for (index_t j = 0; j < n; ++j) {
    Wide sum = 0;
    for (index_t i = 0; i < n; ++i) {
      sum += std::abs(oracles::widen(A(i, j)) - QBP[static_cast<std::size_t>(i + j * n)]);
    }
    worst = oracles::worst(worst, sum);
  }
  const Wide unit = oracles::one_norm<T>(A.view()) * static_cast<Wide>(eps<T>()) + smallest;
  return static_cast<double>(worst / (static_cast<Wide>(std::max<index_t>(n, 1)) * unit));
}

// Returns || I - Q^H Q ||_1 / (n eps).
template <Scalar T>
double orthogonality_ratio(const Matrix<T>& Q) {
  return static_cast<double>(oracles::orthogonality_defect<T>(Q.view())) /
         (static_cast<double>(std::max<index_t>(Q.rows(), 1)) * eps<T>());
}

}  // namespace eckart::factor
