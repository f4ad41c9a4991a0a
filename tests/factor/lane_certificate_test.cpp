#include "factor/lane_certificate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/cases/random_matrices.hpp"

namespace eckart::factor {
namespace {

template <class T>
class LaneCertificateOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(LaneCertificateOf, Scalars);

// The same factored matrix several times, at a scale.
template <Scalar T>
struct Copies {
  static constexpr index_t m = 9;
  static constexpr index_t n = 5;
  static constexpr index_t count = 3;
  std::vector<T> A, U, V;
  std::vector<real_t<T>> sigma;
  LaneCertificate verdicts[static_cast<std::size_t>(kernels::lanes<T>)];

  explicit Copies(int exponent) {
    const auto made = cases::prescribed<T>(m, n, {3, 2, 1.5, 1, 0.5}, 3);
    const real_t<T> scale = std::ldexp(real_t<T>{1}, exponent);
    for (index_t b = 0; b < count; ++b) {
      for (index_t i = 0; i < m * n; ++i) A.push_back(made.A.data()[i] * scale);
      U.insert(U.end(), made.U.data(), made.U.data() + m * n);
      V.insert(V.end(), made.V.data(), made.V.data() + n * n);
      for (const real_t<T> s : made.sigma) sigma.push_back(s * scale);
    }
  }
  void judge(Vectors vectors = Vectors::thin) {
    LaneJudge<T> lanes(m, n, vectors);
    lanes.run({A.data(), count, 1, m, m * n}, {U.data(), count, 1, m, m * n}, sigma.data(),
              {V.data(), count, 1, n, n * n}, verdicts);
  }
};

bool about(double got, double expected) { return std::abs(got - expected) <= 1e-2 * expected; }

TYPED_TEST(LaneCertificateOf, FindsTheTruthRightAtAnyScale) {
  using T = TypeParam;
  const double bound = 20 * std::numeric_limits<real_t<T>>::epsilon();
  for (const int exponent : {0, std::numeric_limits<real_t<T>>::max_exponent - 4,
                             std::numeric_limits<real_t<T>>::min_exponent + 30}) {
    Copies<T> copies(exponent);
    copies.judge();
    for (index_t b = 0; b < copies.count; ++b) {
      const LaneCertificate& verdict = copies.verdicts[b];
      EXPECT_TRUE(verdict.residual > 0 && verdict.residual <= bound) << exponent;
      EXPECT_TRUE(verdict.orthogonality_U > 0 && verdict.orthogonality_U <= bound);
      EXPECT_TRUE(verdict.orthogonality_V > 0 && verdict.orthogonality_V <= bound);
      EXPECT_TRUE(verdict.energy_defect <= bound);
    }
  }
}

TYPED_TEST(LaneCertificateOf, MeasuresWhatIsWrong) {
  using T = TypeParam;
  const double small = 0x1p-9;
  Copies<T> copies(0);
  const auto change = static_cast<real_t<T>>(small);
  copies.U[9 * 2] += change;           // matrix 0: entry (0, 2) of U
  copies.V[25 + 5 * 4 + 1] += change;  // matrix 1: entry (1, 4) of V
  copies.sigma[10 + 1] += change;      // matrix 2: sigma_1
  copies.judge();
  // ||A v - sigma u|| = 1.5 small, relative to 3; ||A^H du|| is no more.
  EXPECT_TRUE(about(copies.verdicts[0].residual, small / 2) ||
              copies.verdicts[0].residual > small / 2);
  EXPECT_TRUE(copies.verdicts[0].orthogonality_U >= small / 4);
  EXPECT_TRUE(copies.verdicts[0].orthogonality_V <= small / 1000);
  EXPECT_TRUE(copies.verdicts[1].residual >= small / 30);
  EXPECT_TRUE(copies.verdicts[1].orthogonality_V >= small / 4);
  EXPECT_TRUE(copies.verdicts[1].orthogonality_U <= small / 1000);
  EXPECT_TRUE(about(copies.verdicts[2].residual, small / 3));
  EXPECT_TRUE(about(copies.verdicts[2].energy_defect, 4 * small / 16.5));
}

TYPED_TEST(LaneCertificateOf, WithoutVectorsJudgesTheEnergyAlone) {
  Copies<TypeParam> copies(0);
  copies.sigma[4] = 0;
  copies.judge(Vectors::none);
  EXPECT_TRUE(about(copies.verdicts[0].energy_defect, 0.25 / 16.5));
  EXPECT_EQ(copies.verdicts[0].residual, 0);
}

TYPED_TEST(LaneCertificateOf, AFactorThatIsNotANumberDoesNotPass) {
  Copies<TypeParam> copies(0);
  copies.U[3] = std::numeric_limits<real_t<TypeParam>>::quiet_NaN();
  copies.judge();
  EXPECT_TRUE(std::isnan(copies.verdicts[0].residual));
  EXPECT_TRUE(std::isnan(copies.verdicts[0].orthogonality_U));
  EXPECT_FALSE(std::isnan(copies.verdicts[1].residual));
}

}  // namespace
}  // namespace eckart::factor
