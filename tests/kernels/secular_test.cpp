#include "kernels/secular.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace eckart::kernels {
namespace {

template <class Real>
struct Problem {
  std::string name;
  std::vector<Real> d;  // with the bound
  std::vector<Real> z;
};

template <class Real>
Problem<Real> problem(std::string name,
                      const std::vector<double>& d,
                      const std::vector<double>& z) {
  Problem<Real> p{std::move(name), {d.begin(), d.end()}, {z.begin(), z.end()}};
  double sum = d.back() * d.back();
  for (const double x : z) sum += x * x;
  p.d.push_back(static_cast<Real>(
      std::sqrt(sum) * (1 + 8 * static_cast<double>(std::numeric_limits<Real>::epsilon()))));
  return p;
}

template <class Real>
std::vector<Problem<Real>> problems() {
  const double gap = 1e3 * static_cast<double>(std::numeric_limits<Real>::epsilon());
  std::vector<Problem<Real>> all;
  for (const int n : {2, 3, 7, 8, 9, 16, 17, 40, 130}) {
    std::vector<double> d;
    std::vector<double> z;
    for (int i = 0; i < n; ++i) {
      d.push_back(static_cast<double>(i) / n);
      z.push_back((i % 2 == 0 ? 1 : -1) * (0.1 + 0.05 * std::sin(i)));
    }
    all.push_back(problem<Real>("even", d, z));
    for (double& x : z) x = gap;
    all.push_back(problem<Real>("tiny weights", d, z));
    for (int i = 0; i < n; ++i) z[static_cast<std::size_t>(i)] = i % 3 == 0 ? 1.0 : gap;
    all.push_back(problem<Real>("mixed weights", d, z));
    for (int i = 1; i < n; ++i) d[static_cast<std::size_t>(i)] = 0.5 + gap * i;
    all.push_back(problem<Real>("cluster", d, z));
    for (int i = 1; i < n; ++i) d[static_cast<std::size_t>(i)] = std::pow(0.7, n - i) + gap * i;
    all.push_back(problem<Real>("graded", d, z));
  }
  // Clusters of poles with shrinking gaps beside tiny and large weights: DLASD4 has failed on such.
  std::vector<double> d = {0, 1e-6};
  std::vector<double> z = {0.008, 0.005};
  for (int i = 0; i < 8; ++i) d.push_back(1.69e-5 + 3e-8 * i), z.push_back(1e-4 * (i + 1));
  for (int i = 0; i < 8; ++i) {
    d.push_back(1.36863e-4 + (sizeof(Real) == 8 ? 2e-9 : 2e-7) * (i + 1));
    z.push_back(i % 2 == 0 ? 2e-3 : 1e-6);
  }
  d.push_back(5.35e-2), z.push_back(0.1);
  for (int i = 0; i < 10; ++i) d.push_back(1 + 1e-5 * i), z.push_back(i == 4 ? 0.9 : 1e-5);
  all.push_back(problem<Real>("clusters", d, z));
  return all;
}

template <class Real>
struct Solved {
  std::vector<Real> origin;
  std::vector<Real> offset;
};

template <class Real>
Solved<Real> solve(const Problem<Real>& p) {
  const std::size_t n = p.z.size();
  Solved<Real> s{std::vector<Real>(n), std::vector<Real>(n)};
  const Secular<Real> f{static_cast<index_t>(n), p.d.data(), p.z.data()};
  solve_secular(f, 0, f.count, SecularRoots<Real>{s.origin.data(), s.offset.data()});
  return s;
}

template <class Real>
class SecularKernels : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(SecularKernels, Reals);

TYPED_TEST(SecularKernels, FindsRootsStrictlyBetweenThePolesWhereTheFunctionVanishes) {
  using Real = TypeParam;
  const long double eps = std::numeric_limits<Real>::epsilon();
  for (const auto& p : problems<Real>()) {
    const auto s = solve(p);
    for (std::size_t i = 0; i < p.z.size(); ++i) {
      const long double origin = s.origin[i];
      const long double offset = s.offset[i];
      ASSERT_TRUE(s.origin[i] == p.d[i] || s.origin[i] == p.d[i + 1]) << p.name << " root " << i;
      ASSERT_TRUE((static_cast<long double>(p.d[i]) - origin) - offset < 0 &&
                  (static_cast<long double>(p.d[i + 1]) - origin) - offset >= 0)
          << p.name << ", n = " << p.z.size() << ", root " << i;
      long double sum = 1;
      long double size = 1;
      long double slope = 0;
      for (std::size_t j = 0; j < p.z.size(); ++j) {
        const long double d = p.d[j];
        const long double z = p.z[j];
        const long double to_root = ((d - origin) - offset) * ((d + origin) + offset);
        sum += z * z / to_root;
        size += std::abs(z * z / to_root);
        slope += z * z / (to_root * to_root);
      }
      // Backward: as small as rounding lets it be; or forward: the next numbers lie on both sides.
      const long double step = std::abs(offset) * 2 * (origin + offset) * slope;
      EXPECT_TRUE(std::abs(sum) <= 16 * eps * size || std::abs(sum) <= 8 * eps * step)
          << p.name << ", n = " << p.z.size() << ", root " << i << ": f = " << sum << " of "
          << size;
    }
  }
}

TYPED_TEST(SecularKernels, WeightsMakeTheVectorsOrthogonal) {
  using Real = TypeParam;
  const double eps = std::numeric_limits<Real>::epsilon();
  for (const auto& p : problems<Real>()) {
    const auto s = solve(p);
    const std::size_t n = p.z.size();
    const Secular<Real> f{static_cast<index_t>(n), p.d.data(), p.z.data()};
    std::vector<Real> origin = s.origin;
    std::vector<Real> offset = s.offset;
    std::vector<Real> weight(n);
    exact_weights(f, SecularRoots<Real>{origin.data(), offset.data()}, 0, f.count, weight.data());
    std::vector<std::vector<Real>> V(n, std::vector<Real>(n));
    std::vector<std::vector<Real>> U(n, std::vector<Real>(n));
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(std::signbit(weight[i]), std::signbit(p.z[i]));
      const auto sums = secular_vectors(f.count, p.d.data(), weight.data(), s.origin[i],
                                        s.offset[i], V[i].data(), U[i].data());
      U[i][0] = -1;  // the head: d is zero there
      double v = 0;
      double u = 0;
      for (std::size_t j = 0; j < n; ++j) {
        v += static_cast<double>(V[i][j]) * static_cast<double>(V[i][j]);
        u += static_cast<double>(U[i][j]) * static_cast<double>(U[i][j]);
      }
      EXPECT_TRUE(std::abs(v - static_cast<double>(sums.v)) <= 100 * eps * v);
      EXPECT_TRUE(std::abs(u - 1 - static_cast<double>(sums.u)) <= 100 * eps * u);
    }
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        for (const auto* Q : {&V, &U}) {
          double inner = 0;
          double left = 0;
          double right = 0;
          for (std::size_t j = 0; j < n; ++j) {
            const double x = (*Q)[a][j];
            const double y = (*Q)[b][j];
            inner += x * y;
            left += x * x;
            right += y * y;
          }
          EXPECT_TRUE(std::abs(inner) <=
                      8 * static_cast<double>(n) * eps * std::sqrt(left) * std::sqrt(right))
              << p.name << ", n = " << n << ", vectors " << a << " and " << b << " of "
              << (Q == &V ? "V" : "U");
        }
      }
    }
  }
}

TYPED_TEST(SecularKernels, GiveTheSameRootsInAnyCutThatFillsTheRegisters) {
  using Real = TypeParam;
  const auto all = problems<Real>();
  const auto& p = all[all.size() - 2];  // 130 roots
  const auto whole = solve(p);
  auto parts = whole;
  parts.offset.assign(p.z.size(), 0);
  const Secular<Real> f{static_cast<index_t>(p.z.size()), p.d.data(), p.z.data()};
  for (index_t first = 0; first < f.count; first += 32) {
    solve_secular(f, first, std::min(first + 32, f.count),
                  SecularRoots<Real>{parts.origin.data(), parts.offset.data()});
  }
  EXPECT_EQ(whole.offset, parts.offset);
  EXPECT_EQ(whole.origin, parts.origin);
}

}  // namespace
}  // namespace eckart::kernels
