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

TYPED_TEST(Kernels, SparseProductEqualsTheSumFromItsDefinitionForEveryWidth) {
  using T = TypeParam;
  // Row 0 is empty, row 1 full, row 2 has two entries.
  const std::vector<index_t> offsets = {0, 0, 5, 7};
  const std::vector<index_t> columns = {0, 1, 2, 3, 4, 1, 4};
  const std::vector<T> values = gaussian<T>(7, 1);
  for (index_t width = 1; width <= 37; ++width) {
    const std::vector<T> X = gaussian<T>(5 * width, 2);
    std::vector<T> Y(static_cast<std::size_t>(3 * width), T{99});
    eckart::kernels::kernels<T>().spmm({.first = 0,
                                        .last = 3,
                                        .offsets = offsets.data(),
                                        .columns = columns.data(),
                                        .values = values.data(),
                                        .X = X.data(),
                                        .width = width,
                                        .Y = Y.data()});
    for (index_t i = 0; i < 3; ++i) {
      for (index_t j = 0; j < width; ++j) {
        std::complex<double> sum = 0;
        for (index_t p = offsets[static_cast<std::size_t>(i)];
             p < offsets[static_cast<std::size_t>(i) + 1]; ++p) {
          sum += std::complex<double>(values[static_cast<std::size_t>(p)]) *
                 std::complex<double>(
                     X[static_cast<std::size_t>(columns[static_cast<std::size_t>(p)] * width + j)]);
        }
        const std::complex<double> got(Y[static_cast<std::size_t>(i * width + j)]);
        const double eps = std::numeric_limits<real_t<T>>::epsilon();
        ASSERT_TRUE(std::abs(got - sum) <= 40 * eps) << "row " << i << " width " << width;
      }
    }
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
