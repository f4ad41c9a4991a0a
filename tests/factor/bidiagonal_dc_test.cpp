#include "factor/bidiagonal_dc.hpp"

#include <gtest/gtest.h>

#include "factor/bidiagonal_values.hpp"
#include "tests/factor/bidiagonal_testing.hpp"

namespace eckart::factor {
namespace {

template <class Real>
class BidiagonalDivideAndConquer : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(BidiagonalDivideAndConquer, Reals);

template <class Real>
struct Svd {
  std::vector<Real> sigma;
  Matrix<Real> X;
  Matrix<Real> Y;
};

template <class Real>
Svd<Real> decompose(const NamedBidiagonal<Real>& B, index_t first, index_t count, int threads = 1) {
  Svd<Real> svd{B.d, Matrix<Real>(B.size(), count), Matrix<Real>(B.size(), count)};
  std::vector<Real> e = B.e;
  const Context context(threads);
  EXPECT_TRUE(bidiagonal_divide_and_conquer<Real>(svd.sigma, e, first, count, svd.X.view(),
                                                  svd.Y.view(), context))
      << B.name << ", n = " << B.size();
  return svd;
}

template <class Real>
void expect_decomposed(const NamedBidiagonal<Real>& B) {
  const Svd<Real> svd = decompose(B, 0, B.size());
  const Ratios ratios = judge<Real>(B, svd.sigma, svd.X.view(), svd.Y.view());
  EXPECT_TRUE(ratios.pass()) << B.name << ", n = " << B.size() << ": " << ratios;
}

template <class Real>
bool same_bits(const Matrix<Real>& A, const Matrix<Real>& B) {
  return A.rows() == B.rows() && A.cols() == B.cols() &&
         std::equal(A.data(), A.data() + A.rows() * A.cols(), B.data());
}

TYPED_TEST(BidiagonalDivideAndConquer, DecomposesMatricesOfEverySizeUpToSeventy) {
  for (index_t n = 0; n <= 70; ++n) expect_decomposed(of_gaussian<TypeParam>(n));
}

TYPED_TEST(BidiagonalDivideAndConquer, DecomposesMatricesAroundMultiplesOfTheLeafSize) {
  for (const index_t n : {95, 96, 97, 98, 99, 127, 193, 195, 196, 197, 307}) {
    expect_decomposed(of_gaussian<TypeParam>(n));
  }
}

TYPED_TEST(BidiagonalDivideAndConquer, DecomposesHardMatrices) {
  for (const index_t n : {3, 49, 98, 131}) {
    for (const auto& B : hard_bidiagonals<TypeParam>(n)) expect_decomposed(B);
  }
}

TYPED_TEST(BidiagonalDivideAndConquer, AgreesWithTheValuesFoundWithoutVectors) {
  for (const auto& B : hard_bidiagonals<TypeParam>(150)) {
    const auto sigma = decompose(B, 0, 1).sigma;
    std::vector<TypeParam> d = B.d;
    std::vector<TypeParam> e = B.e;
    ASSERT_TRUE(bidiagonal_values<TypeParam>(d, e, Context(1)));
    const double unit = 150 * (static_cast<double>(d[0]) *
                                   static_cast<double>(std::numeric_limits<TypeParam>::epsilon()) +
                               static_cast<double>(std::numeric_limits<TypeParam>::denorm_min()));
    for (std::size_t i = 0; i < d.size(); ++i) {
      EXPECT_TRUE(std::abs(static_cast<double>(sigma[i]) - static_cast<double>(d[i])) <= 2 * unit)
          << B.name << ", value " << i;
    }
  }
}

TYPED_TEST(BidiagonalDivideAndConquer, FindsAnyRangeOfTriplets) {
  const index_t n = 151;
  for (const auto& B : hard_bidiagonals<TypeParam>(n)) {
    const auto all = decompose(B, 0, n).sigma;
    for (const auto& [first, count] :
         {std::pair<index_t, index_t>{0, 7}, {n - 5, 5}, {60, 31}, {3, 0}}) {
      const auto svd = decompose(B, first, count);
      const Ratios ratios = judge<TypeParam>(B, svd.sigma, svd.X.view(), svd.Y.view(), first);
      EXPECT_TRUE(ratios.pass()) << B.name << ", first " << first << ": " << ratios;
      EXPECT_EQ(svd.sigma, all) << B.name;
    }
  }
}

TYPED_TEST(BidiagonalDivideAndConquer, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const index_t n : {97, 400}) {
    const auto B = of_gaussian<TypeParam>(n);
    const auto one = decompose(B, 0, n, 1);
    for (const int threads : {2, 3}) {
      const auto more = decompose(B, 0, n, threads);
      EXPECT_EQ(one.sigma, more.sigma);
      EXPECT_TRUE(same_bits(one.X, more.X) && same_bits(one.Y, more.Y)) << threads << " threads";
    }
  }
}

TYPED_TEST(BidiagonalDivideAndConquer, DecomposesALargerMatrixByProductsInSeveralTiles) {
  const auto expect_columns = [](const auto& B, const auto& svd, index_t first) {
    const Ratios ratios = judge<TypeParam>(B, svd.sigma, svd.X.view().columns(first, 30),
                                           svd.Y.view().columns(first, 30), first);
    EXPECT_TRUE(ratios.pass()) << "columns from " << first << ": " << ratios;
  };
  const auto wide = of_gaussian<TypeParam>(1100);
  const auto all = decompose(wide, 0, 1100);
  for (const index_t first : {0, 497, 1070}) expect_columns(wide, all, first);
  const auto high = of_gaussian<TypeParam>(2200);
  expect_columns(high, decompose(high, 0, 30), 0);
}

TYPED_TEST(BidiagonalDivideAndConquer, RefusesEntriesThatAreNotFinite) {
  const auto nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const auto infinity = std::numeric_limits<TypeParam>::infinity();
  for (const TypeParam bad : {nan, infinity}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{60}, std::size_t{118}}) {
      auto B = of_gaussian<TypeParam>(120);
      B.e[at] = bad;
      Matrix<TypeParam> X(120, 120);
      Matrix<TypeParam> Y(120, 120);
      EXPECT_FALSE(bidiagonal_divide_and_conquer<TypeParam>(B.d, B.e, 0, 120, X.view(), Y.view(),
                                                            Context(2)));
    }
  }
}

TYPED_TEST(BidiagonalDivideAndConquer, LeavesACancelledRun) {
  auto B = of_gaussian<TypeParam>(200);
  Matrix<TypeParam> X(200, 200);
  Matrix<TypeParam> Y(200, 200);
  Context context(2);
  context.set_stop_at_once(true);
  context.cancel();
  EXPECT_THROW(static_cast<void>(bidiagonal_divide_and_conquer<TypeParam>(
                   B.d, B.e, 0, 200, X.view(), Y.view(), context)),
               Cancelled);
}

}  // namespace
}  // namespace eckart::factor
