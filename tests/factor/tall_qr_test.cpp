#include "factor/tall_qr.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class TallQr : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(TallQr, Scalars);

// Checks X = Q R, Q^H Q = I, R upper triangular; scale is the size of X's entries.
template <Scalar T>
void expect_qr(const Matrix<T>& X, double scale) {
  Matrix<T> Q = X.clone();
  Matrix<T> R(X.cols(), X.cols());
  tall_qr(Q.view(), R.view(), Context(2));
  EXPECT_TRUE(inner_defect<T>(Q.view(), Q.view(), 1) <= 100 * eps<T>());
  EXPECT_TRUE(product_defect<T>(Q.view(), R.view(), X.view()) <= 300 * eps<T>() * scale);
  for (index_t j = 0; j < R.cols(); ++j) {
    for (index_t i = j + 1; i < R.rows(); ++i) EXPECT_EQ(R(i, j), T{0});
  }
}

TYPED_TEST(TallQr, FactorsARandomBlock) { expect_qr(gaussian<TypeParam>(5000, 8), 1); }

TYPED_TEST(TallQr, FactorsColumnsOfVeryDifferentLength) {
  Matrix<TypeParam> X = gaussian<TypeParam>(300, 5);
  for (index_t i = 0; i < 300; ++i) {
    X(i, 1) *= real_t<TypeParam>(1e-12);
    X(i, 3) *= real_t<TypeParam>(1e8);
  }
  expect_qr(X, 1e8);
}

TYPED_TEST(TallQr, FactorsNearlyDependentColumnsFallsBackToHouseholder) {
  Matrix<TypeParam> X = gaussian<TypeParam>(300, 5);
  for (index_t i = 0; i < 300; ++i) {
    X(i, 4) = X(i, 0) + X(i, 1) * real_t<TypeParam>(10 * eps<TypeParam>());
  }
  expect_qr(X, 1);
}

TYPED_TEST(TallQr, FactorsZerosStillGivesAnOrthonormalBasis) {
  expect_qr(Matrix<TypeParam>(50, 3), 1);
}

TYPED_TEST(TallQr, FactorsBlocksOfEveryWidth) {
  for (const index_t n : {1, 2, 31, 90}) expect_qr(gaussian<TypeParam>(700, n), 1);
  expect_qr(gaussian<TypeParam>(400, 390), 1);  // wider than what is worked on by row chunks
}

// Condition numbers from what one round repairs to what only Householder reflections can.
TYPED_TEST(TallQr, FactorsIllConditionedBlocksAtEveryStepOfTheEscalation) {
  using T = TypeParam;
  for (const double smallest : {1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-12, 1e-15, 0.0}) {
    Matrix<T> X = gaussian<T>(2000, 6);
    for (index_t j = 1; j < 6; ++j) {  // columns that turn towards the first
      for (index_t i = 0; i < 2000; ++i) {
        X(i, j) = X(i, 0) + static_cast<real_t<T>>(smallest) * X(i, j);
      }
    }
    expect_qr(X, 1);
  }
}

// Their Gram matrices have pivots far from zero, and condition numbers of 4^n.
TYPED_TEST(TallQr, FactorsTrianglesWhosePivotsHideTheirCondition) {
  using T = TypeParam;
  for (const index_t n : {20, 40, 60, 90}) {
    for (const index_t m : {3 * n / 2, 5 * n}) {
      Matrix<T> X(m, n);
      for (index_t j = 0; j < n; ++j) {
        std::fill_n(X.view().column(j), j, T(-1));
        X(j, j) = 1;
      }
      expect_qr(X, static_cast<double>(n));
    }
  }
}

// Singular values spread evenly from 1 to 1 / condition, directions at random.
TYPED_TEST(TallQr, FactorsRandomBlocksOfEveryCondition) {
  using T = TypeParam;
  const index_t n = 20;
  for (int digits = 3; digits <= 18; digits += 3) {
    const Matrix<T> left = gaussian<T>(400, n, 1);
    const Matrix<T> right = gaussian<T>(n, n, 2);
    Matrix<T> X(400, n);
    for (index_t l = 0; l < n; ++l) {
      const auto s = static_cast<real_t<T>>(
          std::pow(10.0, -digits * static_cast<double>(l) / static_cast<double>(n - 1)));
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < X.rows(); ++i) X(i, j) += left(i, l) * s * right(l, j);
      }
    }
    expect_qr(X, static_cast<double>(n));
  }
}

TYPED_TEST(TallQr, FactorsVandermondeAndKahanMatrices) {
  using T = TypeParam;
  using Real = real_t<T>;
  for (const index_t n : {10, 40}) {
    Matrix<T> vandermonde(150, n);
    for (index_t i = 0; i < 150; ++i) {
      const auto node = static_cast<Real>(static_cast<double>(i) / 149);
      vandermonde(i, 0) = 1;
      for (index_t j = 1; j < n; ++j) vandermonde(i, j) = vandermonde(i, j - 1) * node;
    }
    expect_qr(vandermonde, static_cast<double>(n));

    Matrix<T> kahan(3 * n, n);
    const double sine = std::sin(1.2);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i <= j; ++i) {
        const double row = std::pow(sine, static_cast<double>(i));
        kahan(i, j) = static_cast<Real>(i == j ? row : -std::cos(1.2) * row);
      }
    }
    expect_qr(kahan, static_cast<double>(n));
  }
}

// Of two columns with cosine c and sine s the bound that decides is (s + c) / (1 - c), 8 at
// c = 0.826.
TYPED_TEST(TallQr, OneRoundServesColumnsThatAreNearlyOrthogonalAndLeavesThemAsTheyAre) {
  using T = TypeParam;
  using Real = real_t<T>;
  for (const double cosine : {0.0, 0.5, 0.8, 0.82, 0.83, 0.99}) {
    const double sine = std::sqrt(1 - cosine * cosine);
    Matrix<T> X(6000, 2);  // equal entries: their squares are rounded all alike
    for (index_t i = 0; i < 6000; ++i) {
      const double sign = i % 2 == 0 ? 1 : -1;
      X(i, 0) = static_cast<Real>(0.1);
      X(i, 1) = static_cast<Real>(1e3 * (cosine + sign * sine));
    }
    const Matrix<T> given = X.clone();
    Matrix<T> R(2, 2);
    Matrix<T> S(2, 2);
    tall_qr_deferred<T>(X.view(), R.view(), S.view(), Context(2));
    EXPECT_EQ(std::equal(X.data(), X.data() + 12000, given.data()), cosine < 0.826);
    Matrix<T> Q = given.clone();
    tall_qr<T>(Q.view(), R.view(), Context(2));
    for (index_t j = 0; j < 2; ++j) {
      for (index_t i = 0; i < 2; ++i) {
        std::complex<long double> sum = i == j ? -1 : 0;
        for (index_t l = 0; l < 6000; ++l) {
          sum += std::conj(std::complex<long double>(Q(l, i))) * std::complex<long double>(Q(l, j));
        }
        EXPECT_TRUE(std::abs(sum) <= 20 * eps<T>()) << cosine;
      }
    }
    EXPECT_TRUE(product_defect<T>(Q.view(), R.view(), given.view()) <= 2e4 * eps<T>()) << cosine;
  }
  const Matrix<T> random = gaussian<T>(20000, 40, 5);
  Matrix<T> X = random.clone();
  Matrix<T> R(40, 40);
  Matrix<T> S(40, 40);
  tall_qr_deferred<T>(X.view(), R.view(), S.view(), Context(2));
  EXPECT_TRUE(std::equal(X.data(), X.data() + 800000, random.data()));
  expect_qr(random, 1);
}

// Several chunks, with rests for every kind of vector.
TYPED_TEST(TallQr, FactorsManyRowsAndMultipliesThemByFewColumns) {
  using T = TypeParam;
  for (const index_t n : {7, 50}) {
    const index_t m = 3007;
    const Matrix<T> X = gaussian<T>(m, n, 3);
    if (n == 50) expect_qr(X, static_cast<double>(n));
    for (const index_t k : {index_t{1}, n / 2, n}) {
      const Matrix<T> Y = gaussian<T>(n, k, 4);
      Matrix<T> product(m, k);
      tall_product<T>(X.view(), Y.view(), product.view(), Context(2));
      EXPECT_TRUE(product_defect<T>(X.view(), Y.view(), std::as_const(product).view()) <=
                  20 * eps<T>() * static_cast<double>(n));
      for (const int threads : {1, 3}) {
        Matrix<T> again(m, k);
        tall_product<T>(X.view(), Y.view(), again.view(), Context(threads));
        for (index_t i = 0; i < m * k; ++i) ASSERT_EQ(product.data()[i], again.data()[i]);
      }
    }
  }
}

TYPED_TEST(TallQr, MultipliesRowsThatAreTooLongForItsKernels) {
  using T = TypeParam;
  const Matrix<T> X = gaussian<T>(450, 390, 3);
  const Matrix<T> Y = gaussian<T>(390, 3, 4);
  Matrix<T> product(450, 3);
  tall_product<T>(X.view(), Y.view(), product.view(), Context(2));
  EXPECT_TRUE(product_defect<T>(X.view(), Y.view(), std::as_const(product).view()) <=
              20 * 390 * eps<T>());
}

TYPED_TEST(TallQr, SameBitsForAnyThreadCount) {
  using T = TypeParam;
  const Matrix<T> X = gaussian<T>(3000, 40);
  Matrix<T> one = X.clone();
  Matrix<T> R(40, 40);
  tall_qr<T>(one.view(), R.view(), Context(1));
  for (const int threads : {2, 3}) {
    Matrix<T> Q = X.clone();
    Matrix<T> again(40, 40);
    tall_qr<T>(Q.view(), again.view(), Context(threads));
    for (index_t i = 0; i < 40 * 40; ++i) ASSERT_EQ(R.data()[i], again.data()[i]);
    for (index_t i = 0; i < 3000 * 40; ++i) ASSERT_EQ(one.data()[i], Q.data()[i]);
  }
}

}  // namespace
}  // namespace eckart::factor
