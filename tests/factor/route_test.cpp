#include "factor/route.hpp"

#include <gtest/gtest.h>

namespace eckart::factor {
namespace {

constexpr RouteModel machine{.cache_bytes = 2.4e7};

TEST(Route, ValuesOnlyGoThroughABandUnlessTheMatrixIsSmall) {
  EXPECT_FALSE(two_stages_pay<double>(100, 0, machine));
  for (const index_t n : {300, 1000, 4000, 20000})
    EXPECT_TRUE(two_stages_pay<double>(n, 0, machine));
}

TEST(Route, AllVectorsStayWithOneStageWhileTheMatrixIsInTheCache) {
  for (const index_t n : {300, 500, 1000}) EXPECT_FALSE(two_stages_pay<double>(n, n, machine));
}

TEST(Route, FewerVectorsFavourTheBand) {
  for (const index_t n : {500, 1000, 2000, 4000}) {
    EXPECT_TRUE(two_stages_pay<double>(n, n / 50, machine));
    bool pays = true;  // once it does not pay, more vectors do not make it pay
    for (index_t k = 0; k <= n; k += n / 50) {
      const bool now = two_stages_pay<double>(n, k, machine);
      EXPECT_TRUE(pays || !now);
      pays = now;
    }
  }
}

TEST(Route, ASlowMemoryFavoursTheBand) {
  RouteModel slow = machine;
  slow.memory_rate /= 4;
  EXPECT_TRUE(two_stages_pay<double>(4000, 4000, slow));
  RouteModel fast = machine;
  fast.memory_rate *= 4;
  EXPECT_FALSE(two_stages_pay<double>(4000, 4000, fast));
}

TEST(Route, ALargerCacheFavoursOneStage) {
  RouteModel large = machine;
  large.cache_bytes = 1e9;
  EXPECT_FALSE(two_stages_pay<double>(4000, 4000, large));
}

}  // namespace
}  // namespace eckart::factor
