// How fast Eckart multiplies a sparse matrix with blocks of vectors, beside the speed of memory.
// Usage: sparse_rates THREADS ROWS COLS VALUES.npy OFFSETS.npy COLUMNS.npy SECONDS WIDTH...
// Prints one JSON object:
//   {"read": GB/s of numbers one after the other, "bytes": what the operator keeps of both
//    orientations, "product": {"8": seconds of A X, ...}, "adjoint": {"8": seconds of A^T Y, ...}}
// Every figure is the median of five samples of SECONDS / 5 each; the products are checked first,
// by plain loops.
#include <cmath>
#include <iostream>
#include <string>

#include "eckart/operators.hpp"
#include "rates.hpp"
#include "worker.hpp"

namespace {

using eckart::index_t;
using Matrix = eckart::Matrix<double>;

Matrix wave(index_t rows, index_t cols) {
  Matrix X(rows, cols);
  for (index_t j = 0; j < cols; ++j) {
    for (index_t i = 0; i < rows; ++i) X(i, j) = std::sin(static_cast<double>(i + 7 * j));
  }
  return X;
}

// Throws unless Y = A X and Z = A^T W, by the sums of the definition.
void check(const eckart::SparseMatrix<double>& A,
           const Matrix& X,
           const Matrix& Y,
           const Matrix& W,
           const Matrix& Z) {
  Matrix AX(A.rows, X.cols());
  Matrix ATW(A.cols, X.cols());
  double size = 0;
  for (index_t i = 0; i < A.rows; ++i) {
    for (index_t p = A.offsets[static_cast<std::size_t>(i)];
         p < A.offsets[static_cast<std::size_t>(i + 1)]; ++p) {
      const index_t l = A.columns[static_cast<std::size_t>(p)];
      const double a = A.values[static_cast<std::size_t>(p)];
      for (index_t j = 0; j < X.cols(); ++j) {
        AX(i, j) += a * X(l, j);
        ATW(l, j) += a * W(i, j);
        size = std::max({size, std::abs(AX(i, j)), std::abs(ATW(l, j))});
      }
    }
  }
  for (index_t j = 0; j < X.cols(); ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      if (!(std::abs(AX(i, j) - Y(i, j)) <= 1e-12 * size)) throw std::runtime_error("A X is wrong");
    }
    for (index_t i = 0; i < A.cols; ++i) {
      if (!(std::abs(ATW(i, j) - Z(i, j)) <= 1e-12 * size))
        throw std::runtime_error("A^T Y is wrong");
    }
  }
}

bench::Json measure(int argc, char** argv) {
  eckart::Context context(std::stoi(argv[1]));
  const eckart::SparseMatrix<double> A{.rows = std::stoll(argv[2]),
                                       .cols = std::stoll(argv[3]),
                                       .offsets = bench::read_npy<index_t>(argv[5]),
                                       .columns = bench::read_npy<index_t>(argv[6]),
                                       .values = bench::read_npy<double>(argv[4])};
  const double seconds = std::stod(argv[7]) / 5;
  const auto op = eckart::make_operator(A);
  bench::Json rates;
  rates["read"] = bench::read_rate(context.threads(), 256, seconds);
  rates["bytes"] = op->stored_bytes();
  for (int a = 8; a < argc; ++a) {
    const index_t width = std::stoll(argv[a]);
    const Matrix X = wave(A.cols, width);
    const Matrix W = wave(A.rows, width);
    Matrix Y(A.rows, width);
    Matrix Z(A.cols, width);
    const auto multiply = [&] { op->apply(X.view(), Y.view(), context); };
    const auto multiply_adjoint = [&] { op->apply_adjoint(W.view(), Z.view(), context); };
    multiply();
    multiply_adjoint();
    check(A, X, Y, W, Z);
    rates["product"][argv[a]] = 1 / bench::rate(1, seconds, multiply);
    rates["adjoint"][argv[a]] = 1 / bench::rate(1, seconds, multiply_adjoint);
  }
  return rates;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 9) {
    std::cerr << "usage: sparse_rates THREADS ROWS COLS VALUES OFFSETS COLUMNS SECONDS WIDTH...\n";
    return 2;
  }
  std::cout << measure(argc, argv) << '\n';
}
