#include "kernels/rotations.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace eckart::kernels {
namespace {

template <class Real>
class Rotations : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Rotations, Reals);

TYPED_TEST(Rotations, AppliesChainsInBothDirectionsOneAfterTheOther) {
  using Real = TypeParam;
  const index_t cols = 7;
  std::vector<PlaneRotation<Real>> rotations;
  for (int k = 0; k < 9; ++k) {
    rotations.push_back(
        {static_cast<Real>(std::cos(k + 0.5)), static_cast<Real>(std::sin(k + 0.5))});
  }
  const std::vector<RotationChain<Real>> chains = {{1, 1, 4, rotations.data()},
                                                   {6, -1, 3, rotations.data() + 4},
                                                   {0, 1, 2, rotations.data() + 7}};
  for (index_t rows = 0; rows <= 70; ++rows) {
    const index_t ld = rows + 3;
    std::vector<Real> X(static_cast<std::size_t>(ld * cols));
    for (std::size_t i = 0; i < X.size(); ++i) {
      X[i] = static_cast<Real>(std::sin(static_cast<double>(i)));
    }
    std::vector<Real> expected = X;
    for (const auto& chain : chains) {
      for (index_t k = 0; k < chain.count; ++k) {
        for (index_t i = 0; i < rows; ++i) {
          Real& x = expected[static_cast<std::size_t>(i + (chain.first + k * chain.step) * ld)];
          Real& y =
              expected[static_cast<std::size_t>(i + (chain.first + (k + 1) * chain.step) * ld)];
          const Real old = x;
          x = chain.rotations[k].c * old + chain.rotations[k].s * y;
          y = chain.rotations[k].c * y - chain.rotations[k].s * old;
        }
      }
    }
    apply_rotations(rows, X.data(), ld, static_cast<index_t>(chains.size()), chains.data());
    for (std::size_t i = 0; i < X.size(); ++i) {
      if (static_cast<index_t>(i) % ld >= rows) {
        EXPECT_EQ(X[i], expected[i]) << "a row below the matrix was written";
      }
      EXPECT_TRUE(std::abs(X[i] - expected[i]) <= 10 * std::numeric_limits<Real>::epsilon())
          << rows << " rows, entry " << i;
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
