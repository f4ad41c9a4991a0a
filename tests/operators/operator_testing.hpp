// Every operator against the matrix that it stands for, in plain loops.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/philox.hpp"
#include "eckart/linear_operator.hpp"

namespace eckart::operators {

template <Scalar T>
Matrix<T> gaussian(index_t rows, index_t cols, std::uint32_t stream = 0) {
  Matrix<T> A(rows, cols);
  core::fill_gaussian(A.view(), 31, stream, 0, Context(1));
  return A;
}

// About three quarters of the entries are zero; row 1 and column 2 are empty.
template <Scalar T>
Matrix<T> gaussian_with_zeros(index_t rows, index_t cols) {
  Matrix<T> A = gaussian<T>(rows, cols);
  for (index_t j = 0; j < cols; ++j) {
    for (index_t i = 0; i < rows; ++i) {
      if ((i * 7 + j * 3) % 4 != 0 || i == 1 || j == 2) A(i, j) = 0;
    }
  }
  return A;
}

// Expects both products in one call to be the two products, with a step between them that negates
// every third row, and the same bits for 1, 2 and 3 threads. Returns how often A was read.
template <Scalar T>
int expect_both_products(const LinearOperator<T>& op, Gram side, index_t width, double size = 1) {
  const bool columns = side == Gram::columns;
  const index_t inner = columns ? op.rows() : op.cols();
  const Matrix<T> X = gaussian<T>(columns ? op.cols() : op.rows(), width, 1);
  const auto step = [](index_t first, MatrixView<T> rows) {
    for (index_t j = 0; j < rows.cols; ++j) {
      for (index_t i = 0; i < rows.rows; ++i) {
        if ((first + i) % 3 == 0) rows(i, j) = -rows(i, j);
      }
    }
  };
  Context one(1);
  Matrix<T> Y(inner, width);
  Matrix<T> Z(X.rows(), width);
  columns ? op.apply(X.view(), Y.view(), one) : op.apply_adjoint(X.view(), Y.view(), one);
  step(0, Y.view());
  const MatrixView<const T> stepped = std::as_const(Y).view();
  columns ? op.apply_adjoint(stepped, Z.view(), one) : op.apply(stepped, Z.view(), one);
  int reads = 0;
  Matrix<T> first_Z;
  for (const int threads : {1, 2, 3}) {
    Context context(threads);
    Matrix<T> both_Y(inner, width);
    Matrix<T> both_Z(X.rows(), width);
    reads = op.apply_gram(side, X.view(), both_Y.view(), both_Z.view(), step, context);
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    double largest = 0;
    double off_Y = 0;
    double off_Z = 0;
    for (index_t i = 0; i < inner * width; ++i) {
      off_Y = std::max(off_Y, static_cast<double>(std::abs(Y.data()[i] - both_Y.data()[i])));
    }
    for (index_t i = 0; i < X.rows() * width; ++i) {
      largest = std::max(largest, static_cast<double>(std::abs(Z.data()[i])));
      off_Z = std::max(off_Z, static_cast<double>(std::abs(Z.data()[i] - both_Z.data()[i])));
    }
    EXPECT_TRUE(off_Y <= 200 * eps * size) << "A X";
    EXPECT_TRUE(off_Z <= 200 * eps * (largest + size)) << "A^H A X";
    if (threads == 1) first_Z = both_Z.clone();
    EXPECT_TRUE(std::equal(first_Z.data(), first_Z.data() + X.rows() * width, both_Z.data()));
  }
  return reads;
}

// Expects op to behave as the matrix A in every member, with the same bits for 1, 2 and 3 threads.
template <Scalar T>
void expect_behaves_as(const LinearOperator<T>& op, const Matrix<T>& A, double size = 1) {
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double slack = 200 * eps * size;
  ASSERT_EQ(op.rows(), A.rows());
  ASSERT_EQ(op.cols(), A.cols());
  for (const index_t width : {1, 3, 17}) {
    const Matrix<T> X = gaussian<T>(A.cols(), width, 1);
    const Matrix<T> Y = gaussian<T>(A.rows(), width, 2);
    Matrix<T> AX(A.rows(), width);
    Matrix<T> AHY(A.cols(), width);
    Context one(1);
    op.apply(X.view(), AX.view(), one);
    op.apply_adjoint(Y.view(), AHY.view(), one);
    for (index_t j = 0; j < width; ++j) {
      for (index_t i = 0; i < A.rows(); ++i) {
        std::complex<double> sum = 0;
        for (index_t l = 0; l < A.cols(); ++l) {
          sum += std::complex<double>(A(i, l)) * std::complex<double>(X(l, j));
        }
        ASSERT_TRUE(std::abs(sum - std::complex<double>(AX(i, j))) <= slack) << "A X, row " << i;
      }
      for (index_t l = 0; l < A.cols(); ++l) {
        std::complex<double> sum = 0;
        for (index_t i = 0; i < A.rows(); ++i) {
          sum += std::conj(std::complex<double>(A(i, l))) * std::complex<double>(Y(i, j));
        }
        ASSERT_TRUE(std::abs(sum - std::complex<double>(AHY(l, j))) <= slack) << "A^H Y, row " << l;
      }
    }
    for (const int threads : {2, 3}) {
      Context many(threads);
      Matrix<T> again(A.rows(), width);
      op.apply(X.view(), again.view(), many);
      ASSERT_TRUE(std::equal(again.data(), again.data() + A.rows() * width, AX.data()));
      Matrix<T> adjoint_again(A.cols(), width);
      op.apply_adjoint(Y.view(), adjoint_again.view(), many);
      ASSERT_TRUE(
          std::equal(adjoint_again.data(), adjoint_again.data() + A.cols() * width, AHY.data()));
    }
  }
  expect_both_products(op, Gram::columns, 3, size * size);
  expect_both_products(op, Gram::rows, 3, size * size);
  Context context(2);
  Matrix<T> copy(A.rows(), A.cols());
  op.copy_to(copy.view(), context);
  const std::vector<double> energies = op.column_energies({}, context);
  for (index_t j = 0; j < A.cols(); ++j) {
    double energy = 0;
    for (index_t i = 0; i < A.rows(); ++i) {
      ASSERT_TRUE(std::abs(copy(i, j) - A(i, j)) <= static_cast<real_t<T>>(slack));
      energy += std::norm(std::complex<double>(A(i, j)));
    }
    ASSERT_TRUE(std::abs(energies[static_cast<std::size_t>(j)] - energy) <=
                slack * std::max(1.0, energy));
  }
}

}  // namespace eckart::operators
