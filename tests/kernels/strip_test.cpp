#include "kernels/strip.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace eckart::kernels {
namespace {

template <class T>
class Strip : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Strip, Scalars);

TYPED_TEST(Strip, EqualsItsReflectorsOneAfterTheOtherTheLastFirst) {
  using T = TypeParam;
  using Real = real_t<T>;
  constexpr index_t k = strip_reflectors<T>;
  constexpr index_t size = strip_vector_size<T>;
  constexpr index_t columns = strip_columns<T>;
  constexpr index_t row_size = strip_row_size<T>;
  const auto index = [](index_t i) { return static_cast<std::size_t>(i); };
  for (const index_t rows : {1, 2, 7, 8, 39, 71}) {
    std::vector<Real> V(index(rows * size));
    std::vector<Real> VT(index(rows * size));
    std::vector<Real> tau(index(size));
    std::vector<Real> X(index(rows * row_size));
    for (std::size_t i = 0; i < V.size(); ++i) V[i] = std::sin(Real(i) * Real(1.7)) / 5;
    for (std::size_t i = 0; i < X.size(); ++i) X[i] = std::cos(Real(i) * Real(0.9));
    for (std::size_t i = 0; i < tau.size(); ++i) tau[i] = Real(0.3) + Real(i) / 40;
    const auto value = [&](const std::vector<Real>& x, index_t place, index_t to_imaginary) {
      if constexpr (is_complex<T>) {
        return T(x[index(place)], x[index(place + to_imaginary)]);
      } else {
        static_cast<void>(to_imaginary);
        return x[index(place)];
      }
    };
    std::vector<T> expected(index(rows * columns));
    for (index_t r = 0; r < rows; ++r) {
      for (index_t c = 0; c < columns; ++c) {
        expected[index(r * columns + c)] = value(X, r * row_size + c, columns);
      }
    }
    for (index_t j = k - 1; j >= 0; --j) {
      for (index_t c = 0; c < columns; ++c) {
        T sum = 0;
        for (index_t r = 0; r < rows; ++r) {
          sum += conjugate(value(V, r * size + j, k)) * expected[index(r * columns + c)];
        }
        for (index_t r = 0; r < rows; ++r) {
          expected[index(r * columns + c)] -= value(tau, j, k) * value(V, r * size + j, k) * sum;
        }
      }
    }
    scale_strip<T>(rows, V.data(), tau.data(), VT.data());
    apply_strip<T>(rows, V.data(), VT.data(), X.data());
    for (index_t r = 0; r < rows; ++r) {
      for (index_t c = 0; c < columns; ++c) {
        const T got = value(X, r * row_size + c, columns);
        ASSERT_TRUE(std::abs(got - expected[index(r * columns + c)]) <=
                    200 * std::numeric_limits<Real>::epsilon());
      }
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
