#include "kernels/levels.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/kernels.hpp"

namespace eckart::kernels {
namespace {

struct Sum {
  [[gnu::always_inline]] static double run(index_t n, const double* x) {
    double sum = 0;
    for (index_t i = 0; i < n; ++i) sum += x[i];
    return sum;
  }
};

TEST(Levels, EveryLevelUpToTheBestRunsTheSameLoop) {
  const std::vector<double> x(100, 0.5);
  for (const Level wanted : {Level::base, Level::v3, Level::v4}) {
    if (wanted > level()) continue;  // this CPU could not run it
    EXPECT_EQ(at_level<Sum>(wanted, index_t{100}, x.data()), 50.0);
  }
}

}  // namespace
}  // namespace eckart::kernels
