#include "kernels/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/philox.hpp"
#include "kernels/bodies.hpp"

namespace eckart::kernels {
namespace {

template <class T>
class Kernels : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Kernels, Scalars);

template <class T>
std::vector<T> gaussian(index_t n, std::uint64_t seed) {
  std::vector<T> x(static_cast<std::size_t>(n));
  core::fill_gaussian(MatrixView<T>{x.data(), n, 1, n}, seed, 0, 0, Context(1));
  return x;
}

TYPED_TEST(Kernels, ShiftedEnergyEqualsTheSumFromItsDefinition) {
  using T = TypeParam;
  for (const index_t n : {0, 1, 7, 8, 9, 31, 1000}) {
    const std::vector<T> x = gaussian<T>(n, 3);
    const T shift = static_cast<T>(0.75);
    long double sum = 0;
    for (const T value : x) {
      sum += std::norm(std::complex<long double>(value) - std::complex<long double>(shift));
    }
    const double got = eckart::kernels::kernels<T>().shifted_energy(n, x.data(), shift, 1);
    EXPECT_TRUE(std::abs(got - static_cast<double>(sum)) <= 1e-13 * static_cast<double>(sum));
    const double scaled = eckart::kernels::kernels<T>().shifted_energy(n, x.data(), shift, 4);
    EXPECT_TRUE(scaled == 16 * got);  // a power of two changes no digit
  }
}

TYPED_TEST(Kernels, EnergiesAreAddedEntryByEntry) {
  using Real = real_t<TypeParam>;
  for (const index_t n : {0, 1, 7, 16, 33}) {
    const std::vector<Real> x = gaussian<Real>(n, 3);
    const std::vector<double> shift = gaussian<double>(n, 4);
    const std::vector<double> scale = gaussian<double>(n, 5);
    std::vector<double> sums(static_cast<std::size_t>(n), 0.5);
    eckart::kernels::kernels<TypeParam>().add_energies(n, x.data(), shift.data(), scale.data(),
                                                       sums.data());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const double entry = scale[i] * (static_cast<double>(x[i]) - shift[i]);
      EXPECT_TRUE(std::abs(sums[i] - (0.5 + entry * entry)) <= 1e-15 * (1 + entry * entry));
    }
  }
}

TYPED_TEST(Kernels, BitsOfASumDoNotDependOnAlignment) {
  using T = TypeParam;
  constexpr index_t n = 1001;
  const std::vector<T> x = gaussian<T>(n, 5);
  const double expected = eckart::kernels::kernels<T>().shifted_energy(n, x.data(), T{0}, 1);
  for (std::size_t offset = 1; offset < 16; ++offset) {
    std::vector<T> moved(offset + x.size());
    std::copy(x.begin(), x.end(), moved.begin() + static_cast<std::ptrdiff_t>(offset));
    EXPECT_EQ(eckart::kernels::kernels<T>().shifted_energy(n, moved.data() + offset, T{0}, 1),
              expected);
  }
}

TEST(Scan, FindsTheLargestModulusTheZerosAndWhetherAllIsFinite) {
  const std::vector<double> x = {0, -3, 2, -0.0, 1};
  const Scan<double> scan = eckart::kernels::kernels<double>().scan(5, x.data());
  EXPECT_EQ(scan.max_abs, 3);
  EXPECT_EQ(scan.nonzeros, 3);
  EXPECT_TRUE(scan.finite);
}

TEST(Scan, SeesNanAndInfinityAtEveryPlace) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()}) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::vector<double> x(40, 1.0);
      x[place] = bad;
      EXPECT_FALSE(eckart::kernels::kernels<double>().scan(40, x.data()).finite);
    }
  }
}

TEST(Scan, KeepsSubnormalNumbers) {
  const std::vector<double> x = {5e-324, 0};
  const Scan<double> scan = eckart::kernels::kernels<double>().scan(2, x.data());
  EXPECT_EQ(scan.max_abs, 5e-324);
  EXPECT_EQ(scan.nonzeros, 1);
}

TEST(IsaLevel, IsOneOfTheThree) {
  const std::string level = isa_level();
  EXPECT_TRUE(level == "base" || level == "v3" || level == "v4");
}

}  // namespace
}  // namespace eckart::kernels
