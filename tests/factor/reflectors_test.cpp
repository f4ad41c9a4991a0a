// Sequences of reflectors are tested by what uses them: tests/factor/bidiagonalize_test.cpp.
#include "factor/reflectors.hpp"

#include <gtest/gtest.h>

#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class Reflectors : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Reflectors, Scalars);

TYPED_TEST(Reflectors, TurnAVectorToARealMultipleOfTheFirstUnitVector) {
  using T = TypeParam;
  for (std::uint32_t trial = 0; trial < 20; ++trial) {
    const Matrix<T> x = gaussian<T>(6, 1, trial);
    real_t<T> tail = 0;
    for (index_t i = 1; i < 6; ++i) tail += std::norm(x(i, 0));
    const Reflector<T> H = make_reflector<T>(x(0, 0), tail);
    Matrix<T> v = x.clone();
    v(0, 0) = 1;
    for (index_t i = 1; i < 6; ++i) v(i, 0) *= H.scale;
    T inner = 0;
    for (index_t i = 0; i < 6; ++i) inner += conjugate(v(i, 0)) * x(i, 0);
    for (index_t i = 0; i < 6; ++i) {  // H^H x = x - conj(tau) v (v^H x)
      const T got = x(i, 0) - conjugate(H.tau) * v(i, 0) * inner;
      const T wanted = i == 0 ? T{H.beta} : T{0};
      EXPECT_TRUE(std::abs(got - wanted) <= 20 * eps<T>());
    }
  }
}

TYPED_TEST(Reflectors, LeaveAVectorWithoutTailAlone) {
  using T = TypeParam;
  const Reflector<T> H = make_reflector<T>(T{-2}, 0);
  EXPECT_EQ(H.tau, T{0});
  EXPECT_EQ(H.beta, -2);
  if constexpr (is_complex<T>) {  // but for its phase
    const Reflector<T> turned = make_reflector<T>(T{0, 3}, 0);
    const T got = T{0, 3} * (T{1} - std::conj(turned.tau));
    EXPECT_TRUE(std::abs(got - T{turned.beta}) <= 4 * eps<T>());
  }
}

}  // namespace
}  // namespace eckart::factor
