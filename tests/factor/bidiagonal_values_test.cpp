#include "factor/bidiagonal_values.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"
#include "factor/bidiagonal_qr.hpp"
#include "tests/factor/bidiagonal_testing.hpp"

namespace eckart::factor {
namespace {

template <class Real>
class BidiagonalValues : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(BidiagonalValues, Reals);

template <class Real>
std::vector<Real> values_of(const NamedBidiagonal<Real>& B) {
  std::vector<Real> d = B.d;
  std::vector<Real> e = B.e;
  EXPECT_TRUE(bidiagonal_values<Real>(d, e, Context(1))) << B.name;
  EXPECT_TRUE(oracles::ordered_and_not_negative<Real>(d)) << B.name << ", n = " << B.size();
  return d;
}

// The largest relative difference of normal numbers, as a multiple of n eps.
template <class Real>
double difference(const std::vector<Real>& a, const std::vector<Real>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double size =
        std::max(static_cast<double>(b[i]), static_cast<double>(std::numeric_limits<Real>::min()));
    largest = oracles::worst(
        largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) / size);
  }
  return largest / (static_cast<double>(std::max<std::size_t>(a.size(), 1)) *
                    static_cast<double>(std::numeric_limits<Real>::epsilon()));
}

TYPED_TEST(BidiagonalValues, FindsEverySingularValueToHighRelativeAccuracy) {
  for (const index_t n : {1, 2, 3, 5, 24}) {
    for (const auto& B : hard_bidiagonals<TypeParam>(n)) {
      const double error = relative_error(B, values_of(B));
      EXPECT_TRUE(error <= 2) << B.name << ", n = " << n << ": " << error << " n eps";
    }
  }
}

TYPED_TEST(BidiagonalValues, AgreesWithTheQrIterationOnLargerMatrices) {
  for (const index_t n : {0, 60, 131, 300}) {
    for (const auto& B : hard_bidiagonals<TypeParam>(n)) {
      std::vector<TypeParam> d = B.d;
      std::vector<TypeParam> e = B.e;
      ASSERT_TRUE(bidiagonal_qr<TypeParam>(d, e, {}, {}, Context(1)));
      const double gap = difference(values_of(B), d);
      EXPECT_TRUE(gap <= 10) << B.name << ", n = " << n << ": " << gap << " n eps";
    }
  }
}

TEST(BidiagonalValuesDouble, FollowsTheClosedFormOfAThousandOnes) {
  const index_t n = 1000;
  std::vector<double> d(static_cast<std::size_t>(n), 1.0);
  std::vector<double> e(static_cast<std::size_t>(n - 1), 1.0);
  ASSERT_TRUE(bidiagonal_values<double>(d, e, Context(1)));
  for (index_t j = 1; j <= n; ++j) {
    const long double exact =
        2 * std::cos(std::numbers::pi_v<long double> * static_cast<long double>(j) /
                     static_cast<long double>(2 * n + 1));
    const long double error =
        (static_cast<long double>(d[static_cast<std::size_t>(j - 1)]) - exact) / exact;
    EXPECT_TRUE(std::abs(error) <= 1e-13L) << j;
  }
}

TYPED_TEST(BidiagonalValues, RefusesEntriesThatAreNotFinite) {
  const auto nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const auto infinity = std::numeric_limits<TypeParam>::infinity();
  for (const TypeParam bad : {nan, infinity, -infinity}) {
    std::vector<TypeParam> d = {1, 2, bad};
    std::vector<TypeParam> e = {1, 1};
    EXPECT_FALSE(bidiagonal_values<TypeParam>(d, e, Context(1)));
    d = {1, 2, 3};
    e = {bad, 1};
    EXPECT_FALSE(bidiagonal_values<TypeParam>(d, e, Context(1)));
  }
}

TYPED_TEST(BidiagonalValues, LooksForCancellationBeforeEveryTransform) {
  std::vector<TypeParam> d(20, 1);
  std::vector<TypeParam> e(19, 1);
  Context context(1);
  context.cancel();
  context.set_stop_at_once(true);
  EXPECT_THROW((void)bidiagonal_values<TypeParam>(d, e, context), Cancelled);
}

}  // namespace
}  // namespace eckart::factor
