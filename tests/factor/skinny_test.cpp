#include "factor/skinny.hpp"

#include <gtest/gtest.h>

#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class Skinny : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Skinny, Scalars);

TYPED_TEST(Skinny, ProductsAreThoseOfTheirDefinition) {
  using T = TypeParam;
  for (const index_t width : {16, 32, 48, 64}) {
    for (const index_t k : {0, 1, 130, 300}) {
      for (const index_t other : {1, 7, 24, 61}) {
        const Matrix<T> A = gaussian<T>(width, k, 1);
        const Matrix<T> X = gaussian<T>(k, other, 2);
        const Matrix<T> B = gaussian<T>(other, k, 3);
        for (const real_t<T> beta : {real_t<T>(0), real_t<T>(1)}) {
          Matrix<T> wide = gaussian<T>(width, other, 4);
          Matrix<T> tall = gaussian<T>(other, width, 5);
          Matrix<T> expected_wide = wide.clone();
          Matrix<T> expected_tall = tall.clone();
          for (index_t i = 0; i < width; ++i) {
            for (index_t j = 0; j < other; ++j) {
              expected_wide(i, j) *= beta;
              expected_tall(j, i) *= beta;
              for (index_t l = 0; l < k; ++l) {
                expected_wide(i, j) -= A(i, l) * X(l, j);
                expected_tall(j, i) -= B(j, l) * A(i, l);
              }
            }
          }
          wide_product<T>(-1, A.view(), X.view(), beta, wide.view());
          tall_product<T>(-1, B.view(), A.view(), beta, tall.view());
          const auto bound = static_cast<real_t<T>>(100. * (1. + double(k)) * eps<T>());
          for (index_t i = 0; i < width; ++i) {
            for (index_t j = 0; j < other; ++j) {
              ASSERT_TRUE(std::abs(wide(i, j) - expected_wide(i, j)) <= bound);
              ASSERT_TRUE(std::abs(tall(j, i) - expected_tall(j, i)) <= bound);
            }
          }
        }
      }
    }
  }
}

TYPED_TEST(Skinny, AZeroFactorBetaForgetsNaN) {
  using T = TypeParam;
  const real_t<T> nan = std::numeric_limits<real_t<T>>::quiet_NaN();
  const Matrix<T> A = gaussian<T>(16, 3, 1);
  const Matrix<T> X = gaussian<T>(3, 5, 2);
  Matrix<T> C(16, 5);
  std::fill_n(C.data(), 80, T(nan));
  wide_product<T>(1, A.view(), X.view(), 0, C.view());
  for (index_t i = 0; i < 80; ++i) EXPECT_TRUE(std::abs(C.data()[i]) <= 1000);
}

}  // namespace
}  // namespace eckart::factor
