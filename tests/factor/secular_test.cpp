#include "factor/secular.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart::factor {
namespace {

template <class Real>
class ArrowSvdOf : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(ArrowSvdOf, Reals);

// The values of M = e_0 z^T + diag(d) against Jacobi rotations in 113 bits.
template <class Real>
void expect_values(const std::vector<Real>& d, std::vector<Real> z, const char* name) {
  const std::size_t m = d.size();
  oracles::QuadMatrix M(m, m);
  for (std::size_t j = 0; j < m; ++j) {
    M(j, j) += static_cast<oracles::Quad>(d[j]);
    M(0, j) += static_cast<oracles::Quad>(z[j]);
  }
  const auto exact = oracles::reference_singular_values(std::move(M));
  const auto svd = arrow_svd<Real>(d, z, Real{1}, Context(2));
  EXPECT_EQ(svd.kept.size() + svd.deflated.size(), m);
  EXPECT_EQ(svd.kept.front(), 0);
  std::vector<Real> values;
  for (std::size_t i = 0; i < svd.kept.size(); ++i)
    values.push_back(svd.origins[i] + svd.offsets[i]);
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
  for (const index_t j : svd.deflated) values.push_back(d[static_cast<std::size_t>(j)]);
  std::sort(values.begin(), values.end(), std::greater<>());
  const double bound = 16 * std::sqrt(static_cast<double>(m)) *
                       static_cast<double>(std::numeric_limits<Real>::epsilon());
  for (std::size_t i = 0; i < m; ++i) {
    EXPECT_TRUE(std::abs(static_cast<double>(static_cast<oracles::Quad>(values[i]) - exact[i])) <=
                bound)
        << name << ", m = " << m << ", value " << i;
  }
}

TYPED_TEST(ArrowSvdOf, HasTheSingularValuesOfTheMatrix) {
  using Real = TypeParam;
  cases::Random random(3);
  for (const std::size_t m : {1u, 2u, 3u, 9u, 30u}) {
    std::vector<Real> d(m);
    std::vector<Real> z(m);
    const auto set = [&](auto of_d, auto of_z) {
      for (std::size_t j = 0; j < m; ++j) {
        d[j] = j == 0 ? Real{0} : static_cast<Real>(of_d(j));
        z[j] = static_cast<Real>(of_z(j));
      }
    };
    const double length = static_cast<double>(m);
    const auto uniform = [&](std::size_t) { return random.uniform(); };
    const auto weights = [&](std::size_t) { return random.normal() / length; };
    set(uniform, weights);
    expect_values(d, z, "random");
    set([](std::size_t) { return 0.5; }, weights);
    expect_values(d, z, "equal poles");
    set([](std::size_t) { return 0; }, weights);
    expect_values(d, z, "zero poles");
    set([](std::size_t j) { return j % 2 == 0 ? 0.0 : 0.25; }, weights);
    expect_values(d, z, "zero and equal poles");
    set(uniform, [](std::size_t) { return 0; });
    expect_values(d, z, "zero weights");
    set(uniform, [&](std::size_t j) { return j % 3 == 0 ? 0.0 : random.normal() / length; });
    expect_values(d, z, "some zero weights, that of the head too");
    set([](std::size_t j) { return 0.5 + 1e-14 * static_cast<double>(j); }, weights);
    expect_values(d, z, "poles that nearly agree");
  }
}

TYPED_TEST(ArrowSvdOf, IsDeflatedByEqualPolesAndByTinyWeights) {
  using Real = TypeParam;
  const std::vector<Real> d = {0, Real(0.5), Real(0.25), Real(0.5), 1};
  std::vector<Real> z = {Real(0.5), Real(0.3), 0, Real(0.4), Real(0.2)};
  const auto svd = arrow_svd<Real>(d, z, Real{1}, Context(1));
  EXPECT_EQ(svd.kept, (std::vector<index_t>{0, 3, 4}));
  EXPECT_EQ(svd.deflated, (std::vector<index_t>{2, 1}));
  ASSERT_EQ(svd.rotations.size(), 1u);
  EXPECT_EQ(svd.rotations[0].gone, 1);
  EXPECT_EQ(svd.rotations[0].kept, 3);
  // The turned column carries the weight of both: z_3 c - z_1 s = 0.5 with z_1 c + z_3 s = 0.
  const double c = static_cast<double>(svd.rotations[0].c);
  const double s = static_cast<double>(svd.rotations[0].s);
  EXPECT_TRUE(std::abs(0.3 * c + 0.4 * s) <= 1e-7);
  EXPECT_TRUE(std::abs(0.4 * c - 0.3 * s - 0.5) <= 1e-7);
}

}  // namespace
}  // namespace eckart::factor
