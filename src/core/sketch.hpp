// Sketches of an operator: what random sparse matrices make of its rows and columns.
#pragma once

#include <cstdint>
#include <span>

#include "eckart/linear_operator.hpp"

namespace eckart::core {

// A random matrix that combines the rows or columns of A: as many entries in every row, most of the
// others zero. Entries e of row i are at i per_row + e.
template <Scalar T>
struct TestMatrix {
  index_t rows = 0;
  index_t cols = 0;
  index_t per_row = 0;
  const std::int32_t* columns = nullptr;  // within [0, cols)
  const real_t<T>* values = nullptr;

  TestMatrix block(index_t first_row, index_t row_count) const {
    return {row_count, cols, per_row, columns + first_row * per_row, values + first_row * per_row};
  }
};

// What an operator that looks at each of its entries once for both sketches implements beside
// LinearOperator.
template <Scalar T>
class SketchSource {
 public:
  virtual ~SketchSource() = default;
  virtual int add_sketches(const TestMatrix<T>& Omega,
                           MatrixView<T> Y,
                           const TestMatrix<T>& Psi,
                           MatrixView<T> Z,
                           Context& context) const = 0;
};

// Y <- Y + A Omega and Z <- Z + A^H Psi. Omega is n x l, Y is m x l, Psi is m x s, Z is n x s; l or
// s may be 0. Returns how often A was read: by operators that are no SketchSource for each of the
// products with the blocks that Omega and Psi stand for.
template <Scalar T>
int add_sketches(const LinearOperator<T>& A,
                 const TestMatrix<T>& Omega,
                 MatrixView<T> Y,
                 const TestMatrix<T>& Psi,
                 MatrixView<T> Z,
                 Context& context);

// Chooses as many different numbers of [0, width) as there is room for, every choice being equally
// likely, and a random sign for each. They depend on seed, stream and row alone.
// REQUIRES: chosen.size() = signs.size() <= width < 2^31
template <class Real>
void choose_signs(std::uint64_t seed,
                  std::uint32_t stream,
                  index_t row,
                  index_t width,
                  std::span<std::int32_t> chosen,
                  std::span<Real> signs);

}  // namespace eckart::core
