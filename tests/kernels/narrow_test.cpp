#include "kernels/narrow.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace eckart::kernels {
namespace {

template <class T>
class NarrowKernel : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(NarrowKernel, Reals);

// Small integers: every order of summation gives the same, exact sum.
template <class Real>
std::vector<Real> integers(index_t n, index_t step) {
  std::vector<Real> x(static_cast<std::size_t>(n));
  for (index_t i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = Real(i * step % 7 - 3);
  return x;
}

TYPED_TEST(NarrowKernel, AddsToTheBlockAndTouchesNothingElse) {
  using Real = TypeParam;
  const auto at = [](const std::vector<Real>& x, index_t i) {
    return x[static_cast<std::size_t>(i)];
  };
  for (const index_t rows : {1, 15, 64, 701}) {
    for (const index_t cols : {1, 2, 3, 4, 11, 30}) {
      for (const index_t width : {1, 2, 3, 8, 13}) {
        const index_t lda = rows + 3;
        const index_t ldc = rows + cols + 1;
        const std::vector<Real> A = integers<Real>(lda * cols, 3);
        const std::vector<Real> X = integers<Real>(ldc * width, 5);
        std::vector<Real> C(static_cast<std::size_t>(ldc * (width + 1)), 9);
        std::vector<Real> H = C;
        narrow_product<Real>({rows, cols, width, -2, A.data(), lda, X.data(), ldc, C.data(), ldc});
        narrow_adjoint_product<Real>(
            {rows, cols, width, 1, A.data(), lda, X.data(), ldc, H.data(), ldc});
        for (index_t j = 0; j <= width; ++j) {
          for (index_t i = 0; i < ldc; ++i) {
            Real product = 9;
            Real adjoint = 9;
            for (index_t l = 0; l < cols && i < rows && j < width; ++l) {
              product -= 2 * at(A, i + l * lda) * at(X, l + j * ldc);
            }
            for (index_t l = 0; l < rows && i < cols && j < width; ++l) {
              adjoint += at(A, l + i * lda) * at(X, l + j * ldc);
            }
            ASSERT_EQ(at(C, i + j * ldc), product);
            ASSERT_EQ(at(H, i + j * ldc), adjoint);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
