#include "factor/direct_svd.hpp"

#include <gtest/gtest.h>

#include "factor/route.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class DirectSvd : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(DirectSvd, Scalars);

template <Scalar T>
DenseFactors<T> decompose(const Matrix<T>& A,
                          Vectors vectors,
                          const Select& select = {},
                          BidiagonalSolver solver = BidiagonalSolver::divide_and_conquer) {
  DenseFactors<T> factors;
  Matrix<T> copy = A.clone();
  EXPECT_TRUE(direct_svd<T>(solver, copy.view(), vectors, select, factors, Context(2)));
  return factors;
}

// Checks A V = U S, U^H U = I, V^H V = I and the order, by entries.
template <Scalar T>
void check(const Matrix<T>& A, const DenseFactors<T>& factors) {
  const index_t m = A.rows();
  const auto first = static_cast<std::size_t>(factors.range.first);
  Matrix<T> US(m, factors.range.count);
  for (index_t j = 0; j < factors.range.count; ++j) {
    for (index_t i = 0; i < m; ++i) {
      US(i, j) = factors.U(i, j) * factors.sigma[first + static_cast<std::size_t>(j)];
    }
  }
  const double bound = 8 * eps<T>() * std::sqrt(static_cast<double>(std::max<index_t>(m, 4)));
  const double size = factors.sigma.empty() ? 1 : std::max<double>(factors.sigma[0], 1e-30);
  EXPECT_TRUE(product_defect<T>(A.view(), factors.V.view(), std::as_const(US).view()) <=
              bound * size)
      << m << " x " << A.cols();
  EXPECT_TRUE(inner_defect<T>(factors.U.view(), factors.U.view(), 1) <= bound) << m;
  EXPECT_TRUE(inner_defect<T>(factors.V.view(), factors.V.view(), 1) <= bound) << m;
  for (std::size_t i = 1; i < factors.sigma.size(); ++i) {
    EXPECT_TRUE(factors.sigma[i] <= factors.sigma[i - 1]);
  }
}

TYPED_TEST(DirectSvd, DecomposesEveryShapeBesideTheBordersOfItsRoutes) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{1, 1},
                             {2, 2},
                             {47, 47},
                             {49, 49},
                             {97, 97},
                             {74, 50},
                             {75, 50},
                             {76, 50},
                             {191, 191},
                             {193, 193},
                             {300, 120}}) {
    const Matrix<T> A = gaussian<T>(m, n);
    check(A, decompose(A, Vectors::thin));
  }
}

TYPED_TEST(DirectSvd, FullFactorsAreThinOnesWithTheBasisCompleted) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{5, 4}, {9, 3}, {74, 50}, {75, 50}, {40, 1}, {300, 120}}) {
    const Matrix<T> A = gaussian<T>(m, n);
    const DenseFactors<T> thin = decompose(A, Vectors::thin);
    const DenseFactors<T> full = decompose(A, Vectors::full);
    ASSERT_EQ(full.U.cols(), m);
    for (index_t i = 0; i < m * n; ++i) ASSERT_EQ(full.U.data()[i], thin.U.data()[i]) << m;
    for (index_t i = 0; i < n * n; ++i) ASSERT_EQ(full.V.data()[i], thin.V.data()[i]) << m;
    const double bound = 8 * eps<T>() * std::sqrt(static_cast<double>(std::max<index_t>(m, 4)));
    EXPECT_TRUE(inner_defect<T>(full.U.view(), full.U.view(), 1) <= bound) << m;
  }
}

// Few vectors go through the band: the same triplets as all of them.
TYPED_TEST(DirectSvd, BothRoutesGiveTheSameTriplets) {
  using T = TypeParam;
  const index_t n = 260;
  const Matrix<T> A = gaussian<T>(n, n);
  const Select few{[](std::span<const double>) { return TripletRange{3, 4}; }, 4};
  if (std::same_as<T, double>) {
    ASSERT_TRUE(two_stages_pay<T>(n, 4));
    ASSERT_FALSE(two_stages_pay<T>(n, n));
  }
  const DenseFactors<T> part = decompose(A, Vectors::thin, few);
  check(A, part);
  EXPECT_EQ(part.U.cols(), 4);
  const DenseFactors<T> all = decompose(A, Vectors::thin);
  check(A, all);
  const DenseFactors<T> values = decompose(A, Vectors::none);
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const double size = static_cast<double>(all.sigma[0]);
    EXPECT_TRUE(std::abs(static_cast<double>(part.sigma[i] - all.sigma[i])) <=
                60 * eps<T>() * size);
    EXPECT_TRUE(std::abs(static_cast<double>(values.sigma[i] - all.sigma[i])) <=
                60 * eps<T>() * size);
  }
}

TYPED_TEST(DirectSvd, ScalesWhatIsFarFromOne) {
  using T = TypeParam;
  for (const double scale : {1e-30, 1e25}) {
    Matrix<T> A = gaussian<T>(40, 30);
    const DenseFactors<T> plain = decompose(A, Vectors::none);
    for (index_t i = 0; i < 40 * 30; ++i) A.data()[i] *= static_cast<real_t<T>>(scale);
    const DenseFactors<T> scaled = decompose(A, Vectors::none);
    for (std::size_t i = 0; i < 30; ++i) {
      EXPECT_TRUE(std::abs(static_cast<double>(scaled.sigma[i]) / scale -
                           static_cast<double>(plain.sigma[i])) <= 1e-5 * plain.sigma[0]);
    }
  }
}

TYPED_TEST(DirectSvd, QrIterationAgrees) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(60, 55);
  check(A, decompose(A, Vectors::thin, {}, BidiagonalSolver::qr_iteration));
}

TYPED_TEST(DirectSvd, RefusesWhatIsNotFinite) {
  using T = TypeParam;
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Matrix<T> A = gaussian<T>(20, 20);
    A(7, 3) = static_cast<real_t<T>>(bad);
    DenseFactors<T> factors;
    EXPECT_FALSE(direct_svd<T>(BidiagonalSolver::divide_and_conquer, A.view(), Vectors::thin, {},
                               factors, Context(1)));
  }
}

}  // namespace
}  // namespace eckart::factor
