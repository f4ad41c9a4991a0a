#include "kernels/qd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace eckart::kernels {
namespace {

struct Array {
  std::vector<double> q = {4, 3, 5, 2, 0.5};
  std::vector<double> e = {1, 0.25, 2, 0.125};
};

// B B^T - shift I = C^T C: diagonals q_i + e_i - shift and q_i + e_{i-1}, squared off-diagonals
// q_{i+1} e_i and q_i e_i.
TEST(Qd, TransformsTheArrayOfTheShiftedMatrix) {
  const Array in;
  const std::size_t m = in.q.size();
  for (const double shift : {0.0, 0.01}) {
    std::vector<double> q(m);
    std::vector<double> e(m - 1);
    const QdPivots pivots =
        dqds(static_cast<index_t>(m), in.q.data(), in.e.data(), shift, q.data(), e.data());
    EXPECT_TRUE(pivots.least > 0 && pivots.last > 0);
    EXPECT_EQ(pivots.last, q[m - 1]);
    for (std::size_t i = 0; i < m; ++i) {
      const double before = in.q[i] + (i + 1 < m ? in.e[i] : 0) - shift;
      const double after = q[i] + (i > 0 ? e[i - 1] : 0);
      EXPECT_TRUE(std::abs(before - after) <= 1e-14) << i;
      if (i + 1 == m) continue;
      EXPECT_TRUE(std::abs(in.q[i + 1] * in.e[i] - q[i] * e[i]) <= 1e-14) << i;
    }
  }
}

TEST(Qd, ShowsThatAShiftIsTooLargeByANegativePivot) {
  const Array in;
  std::vector<double> q(5);
  std::vector<double> e(4);
  const QdPivots late = dqds(5, in.q.data(), in.e.data(), 0.6, q.data(), e.data());
  EXPECT_TRUE(late.least > 0 && late.last < 0);
  const QdPivots early = dqds(5, in.q.data(), in.e.data(), 4.5, q.data(), e.data());
  EXPECT_TRUE(early.least < 0);
}

TEST(Qd, ReportsTheSmallestPivotAndDifferenceOfTheInterior) {
  const std::vector<double> q = {4, 1e-3, 5, 2, 3};
  const std::vector<double> e = {1e-20, 1, 1e-30, 1e-40};
  std::vector<double> q_out(5);
  std::vector<double> e_out(4);
  const QdPivots pivots = dqds(5, q.data(), e.data(), 0, q_out.data(), e_out.data());
  EXPECT_TRUE(std::abs(pivots.least - 1e-3) <= 1e-15);
  EXPECT_EQ(pivots.least_e, std::min(e_out[0], e_out[1]));
  EXPECT_TRUE(e_out[0] <= 1e-22);
}

TEST(Qd, TransformsASingleQuotient) {
  const double q = 2;
  double q_out = 0;
  const QdPivots pivots = dqds(1, &q, nullptr, 0.5, &q_out, nullptr);
  EXPECT_EQ(q_out, 1.5);
  EXPECT_EQ(pivots.last, 1.5);
  EXPECT_EQ(pivots.least, 1.5);
}

}  // namespace
}  // namespace eckart::kernels
