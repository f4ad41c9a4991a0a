// Sketches of an operator against plain sums.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <complex>
#include <limits>
#include <vector>

#include "core/sketch.hpp"

namespace eckart::operators {

// Expects sketches to be those of the matrix A, added to what is there, with the same bits for 1, 2
// and 3 threads. Returns how often the operator was read.
template <Scalar T>
int expect_sketches(const LinearOperator<T>& op, const Matrix<T>& A, double size = 1) {
  constexpr index_t l = 5, s = 7, per_row = 3;
  const auto test = [](index_t rows, index_t cols, std::vector<std::int32_t>& columns,
                       std::vector<real_t<T>>& values) -> core::TestMatrix<T> {
    for (index_t i = 0; i < rows * per_row; ++i) {
      columns.push_back(static_cast<std::int32_t>(i * 5 % cols));
      values.push_back(static_cast<real_t<T>>(static_cast<double>(i % 4) - 1.5));
    }
    return {rows, cols, per_row, columns.data(), values.data()};
  };
  std::vector<std::int32_t> right, left;
  std::vector<real_t<T>> right_values, left_values;
  const core::TestMatrix<T> Omega = test(A.cols(), l, right, right_values);
  const core::TestMatrix<T> Psi = test(A.rows(), s, left, left_values);
  std::vector<std::complex<double>> Y(static_cast<std::size_t>(A.rows() * l), 1);
  std::vector<std::complex<double>> Z(static_cast<std::size_t>(A.cols() * s), 1);
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      const std::complex<double> entry(A(i, j));
      for (index_t e = 0; e < per_row; ++e) {
        const index_t of_right = j * per_row + e, of_left = i * per_row + e;
        Y[static_cast<std::size_t>(i + Omega.columns[of_right] * A.rows())] +=
            static_cast<double>(Omega.values[of_right]) * entry;
        Z[static_cast<std::size_t>(j + Psi.columns[of_left] * A.cols())] +=
            static_cast<double>(Psi.values[of_left]) * std::conj(entry);
      }
    }
  }
  int reads = 0;
  Matrix<T> first_Y, first_Z;
  for (const int threads : {1, 2, 3}) {
    Context context(threads);
    Matrix<T> both_Y(A.rows(), l), both_Z(A.cols(), s);
    std::fill_n(both_Y.data(), A.rows() * l, T{1});
    std::fill_n(both_Z.data(), A.cols() * s, T{1});
    reads = core::add_sketches(op, Omega, both_Y.view(), Psi, both_Z.view(), context);
    const double slack = 400 * std::numeric_limits<real_t<T>>::epsilon() * size;
    double off = 0;
    for (std::size_t i = 0; i < Y.size(); ++i) {
      off = std::max(off, std::abs(Y[i] - std::complex<double>(both_Y.data()[i])));
    }
    for (std::size_t i = 0; i < Z.size(); ++i) {
      off = std::max(off, std::abs(Z[i] - std::complex<double>(both_Z.data()[i])));
    }
    EXPECT_TRUE(off <= slack) << off << " of " << slack;
    if (threads == 1) first_Y = both_Y.clone(), first_Z = both_Z.clone();
    EXPECT_TRUE(std::equal(first_Y.data(), first_Y.data() + A.rows() * l, both_Y.data()));
    EXPECT_TRUE(std::equal(first_Z.data(), first_Z.data() + A.cols() * s, both_Z.data()));
  }
  return reads;
}

}  // namespace eckart::operators
