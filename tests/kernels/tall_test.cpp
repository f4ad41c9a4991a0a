#include "kernels/tall.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace eckart::kernels {
namespace {

template <class T>
class TallKernel : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(TallKernel, Reals);

// Small integers: every order of summation gives the same, exact sum.
template <class Real>
std::vector<Real> integers(index_t n, index_t step) {
  std::vector<Real> x(static_cast<std::size_t>(n));
  for (index_t i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = Real(i * step % 7 - 3);
  return x;
}

template <class Real>
Real at(const std::vector<Real>& x, index_t i) {
  return x[static_cast<std::size_t>(i)];
}

TYPED_TEST(TallKernel, AddsTheGramMatrixToTheUpperTriangleAndNothingElse) {
  using Real = TypeParam;
  for (const index_t rows : {0, 1, 7, 16, 37, 512, 1100}) {
    for (const index_t n : {1, 2, 3, 4, 5, 6, 7, 10, 13, 24, 33}) {
      const index_t ldx = rows + 3;
      const index_t ldg = n + 2;
      const std::vector<Real> X = integers<Real>(ldx * n, 5);
      std::vector<Real> G(static_cast<std::size_t>(ldg * n), 9);
      add_gram<Real>({rows, n, X.data(), ldx, G.data(), ldg});
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < ldg; ++i) {
          Real sum = 9;
          for (index_t r = 0; r < rows && i <= j; ++r) {
            sum += at(X, r + i * ldx) * at(X, r + j * ldx);
          }
          ASSERT_EQ(at(G, i + j * ldg), sum) << rows << " x " << n << ": " << i << ", " << j;
        }
      }
    }
  }
}

// Integers times a triangle with a diagonal of powers of two: the quotient is exact.
TYPED_TEST(TallKernel, SolvesForTheRowsAndTouchesNothingElse) {
  using Real = TypeParam;
  for (const index_t rows : {1, 7, 8, 23, 24, 48, 71, 130}) {
    for (const index_t n : {1, 2, 3, 4, 7, 8, 9, 12, 15, 17, 30}) {
      const index_t ldx = rows + 5;
      const index_t ldr = n + 1;
      const std::vector<Real> solution = integers<Real>(ldx * n, 3);
      std::vector<Real> R = integers<Real>(ldr * n, 11);
      for (index_t j = 0; j < n; ++j) {
        R[static_cast<std::size_t>(j + j * ldr)] = std::ldexp(Real(1), static_cast<int>(j % 5) - 2);
        for (index_t i = j + 1; i < ldr; ++i) {  // not to be read
          R[static_cast<std::size_t>(i + j * ldr)] = std::numeric_limits<Real>::quiet_NaN();
        }
      }
      std::vector<Real> X(solution.size(), 9);
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < rows; ++i) {
          Real sum = 0;
          for (index_t l = 0; l <= j; ++l) sum += at(solution, i + l * ldx) * at(R, l + j * ldr);
          X[static_cast<std::size_t>(i + j * ldx)] = sum;
        }
      }
      solve_upper_from_right<Real>({rows, n, X.data(), ldx, R.data(), ldr});
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < ldx; ++i) {
          ASSERT_EQ(at(X, i + j * ldx), i < rows ? at(solution, i + j * ldx) : Real(9))
              << rows << " x " << n << ": " << i << ", " << j;
        }
      }
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
