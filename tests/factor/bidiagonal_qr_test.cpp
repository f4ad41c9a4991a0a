#include "factor/bidiagonal_qr.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "tests/factor/bidiagonal_testing.hpp"

namespace eckart::factor {
namespace {

template <class Real>
class BidiagonalQr : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(BidiagonalQr, Reals);

template <class Real>
void expect_decomposed(const NamedBidiagonal<Real>& B) {
  const index_t n = B.size();
  std::vector<Real> d = B.d;
  std::vector<Real> e = B.e;
  Matrix<Real> X = identity_matrix<Real>(n);
  Matrix<Real> Y = identity_matrix<Real>(n);
  ASSERT_TRUE(bidiagonal_qr<Real>(d, e, X.view(), Y.view(), Context(1))) << B.name << ", n = " << n;
  const Ratios ratios = judge<Real>(B, d, X.view(), Y.view());
  EXPECT_TRUE(ratios.pass()) << B.name << ", n = " << n << ": " << ratios;
}

TYPED_TEST(BidiagonalQr, DecomposesMatricesOfEverySizeUpToSeventy) {
  for (index_t n = 0; n <= 70; ++n) expect_decomposed(of_gaussian<TypeParam>(n));
}

TYPED_TEST(BidiagonalQr, DecomposesHardMatrices) {
  for (const index_t n : {1, 2, 3, 4, 7, 16, 33, 50}) {
    for (const auto& B : hard_bidiagonals<TypeParam>(n)) expect_decomposed(B);
  }
}

TYPED_TEST(BidiagonalQr, FindsEverySingularValueToHighRelativeAccuracy) {
  for (const index_t n : {2, 5, 24}) {
    for (const auto& B : hard_bidiagonals<TypeParam>(n)) {
      std::vector<TypeParam> d = B.d;
      std::vector<TypeParam> e = B.e;
      ASSERT_TRUE(bidiagonal_qr<TypeParam>(d, e, {}, {}, Context(1))) << B.name;
      EXPECT_TRUE(relative_error(B, d) <= 5) << B.name << ": " << relative_error(B, d) << " n eps";
    }
  }
}

TYPED_TEST(BidiagonalQr, GivesTheSameValuesWithAndWithoutVectors) {
  const auto B = of_gaussian<TypeParam>(40);
  std::vector<TypeParam> with = B.d;
  std::vector<TypeParam> without = B.d;
  std::vector<TypeParam> e = B.e;
  std::vector<TypeParam> e_again = B.e;
  Matrix<TypeParam> X = identity_matrix<TypeParam>(40);
  ASSERT_TRUE(bidiagonal_qr<TypeParam>(with, e, X.view(), {}, Context(1)));
  ASSERT_TRUE(bidiagonal_qr<TypeParam>(without, e_again, {}, {}, Context(1)));
  EXPECT_EQ(with, without);
}

TYPED_TEST(BidiagonalQr, MultipliesMatricesOfAnyNumberOfRows) {
  const index_t n = 21;
  const auto B = of_gaussian<TypeParam>(n);
  Matrix<TypeParam> X = identity_matrix<TypeParam>(n);
  Matrix<TypeParam> Y = identity_matrix<TypeParam>(n);
  std::vector<TypeParam> d = B.d;
  std::vector<TypeParam> e = B.e;
  ASSERT_TRUE(bidiagonal_qr<TypeParam>(d, e, X.view(), Y.view(), Context(1)));
  for (const index_t rows : {1, 3, 8, 37}) {
    Matrix<TypeParam> Z(rows, n);  // row i is twice row i mod n of the identity
    for (index_t i = 0; i < rows; ++i) Z(i, i % n) = 2;
    d = B.d;
    e = B.e;
    ASSERT_TRUE(bidiagonal_qr<TypeParam>(d, e, {}, Z.view(), Context(1)));
    for (index_t i = 0; i < rows; ++i) {
      for (index_t j = 0; j < n; ++j) {
        EXPECT_TRUE(std::abs(Z(i, j) - 2 * Y(i % n, j)) <=
                    100 * std::numeric_limits<TypeParam>::epsilon());
      }
    }
  }
}

TYPED_TEST(BidiagonalQr, RefusesEntriesThatAreNotFinite) {
  const auto nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const auto infinity = std::numeric_limits<TypeParam>::infinity();
  for (const TypeParam bad : {nan, infinity, -infinity}) {
    std::vector<TypeParam> d = {1, 2, 3};
    std::vector<TypeParam> e = {1, bad};
    EXPECT_FALSE(bidiagonal_qr<TypeParam>(d, e, {}, {}, Context(1)));
    d = {bad, 1, 2};
    e = {1, 1};
    EXPECT_FALSE(bidiagonal_qr<TypeParam>(d, e, {}, {}, Context(1)));
  }
}

TYPED_TEST(BidiagonalQr, LooksForCancellationBeforeEverySweep) {
  std::vector<TypeParam> d(20, 1);
  std::vector<TypeParam> e(19, 1);
  Context context(1);
  context.cancel();
  context.set_stop_at_once(true);
  EXPECT_THROW((void)bidiagonal_qr<TypeParam>(d, e, {}, {}, context), Cancelled);
  EXPECT_EQ(d, std::vector<TypeParam>(20, 1));
}

}  // namespace
}  // namespace eckart::factor
