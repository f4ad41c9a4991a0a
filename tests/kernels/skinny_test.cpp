#include "kernels/skinny.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace eckart::kernels {
namespace {

template <class T>
class SkinnyKernel : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(SkinnyKernel, Reals);

// Small integers: every order of summation gives the same, exact sum.
template <class Real>
std::vector<Real> integers(index_t n, index_t step) {
  std::vector<Real> x(static_cast<std::size_t>(n));
  for (index_t i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = Real(i * step % 7 - 3);
  return x;
}

TYPED_TEST(SkinnyKernel, WritesTheBlockAndNothingElse) {
  using Real = TypeParam;
  constexpr index_t k = 150;
  for (const int width : {16, 32, 48, 64}) {
    for (index_t other = 1; other <= 60; other += 5) {
      const index_t ld = std::max<index_t>(width, other) + 3;
      const std::vector<Real> A = integers<Real>(width * k, 3);
      const std::vector<Real> X = integers<Real>(k * other, 5);  // k x other, or its transpose
      std::vector<Real> wide(static_cast<std::size_t>(ld * (other + 1)), 99);
      std::vector<Real> tall(static_cast<std::size_t>(ld * (width + 1)), 99);
      wide_product<Real>({width, k, other, 1, 0, A.data(), width, X.data(), k, wide.data(), ld});
      tall_product<Real>(
          {width, k, other, 1, 0, X.data(), other, A.data(), width, tall.data(), ld});
      const auto at = [](const std::vector<Real>& x, index_t i) {
        return x[static_cast<std::size_t>(i)];
      };
      for (index_t j = 0; j <= other; ++j) {
        for (index_t i = 0; i < ld; ++i) {
          Real sum = 0;
          const bool inside = i < width && j < other;
          for (index_t l = 0; l < k && inside; ++l) sum += at(A, i + l * width) * at(X, l + j * k);
          ASSERT_EQ(at(wide, i + j * ld), inside ? sum : Real(99));
        }
      }
      for (index_t j = 0; j <= width; ++j) {
        for (index_t i = 0; i < ld; ++i) {
          Real sum = 0;
          const bool inside = i < other && j < width;
          for (index_t l = 0; l < k && inside; ++l) {
            sum += at(X, i + l * other) * at(A, j + l * width);
          }
          ASSERT_EQ(at(tall, i + j * ld), inside ? sum : Real(99));
        }
      }
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
