// An operator that knows no sketches of its own makes them of products.
#include "core/sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

namespace eckart::core {
namespace {

// The 2 x 3 matrix [1, 2i, 3; 4, 5, 6].
class Plain final : public LinearOperator<std::complex<double>> {
 public:
  using T = std::complex<double>;
  index_t rows() const override { return 2; }
  index_t cols() const override { return 3; }
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context&) const override {
    for (index_t j = 0; j < X.cols; ++j) {
      Y(0, j) = X(0, j) + T{0, 2} * X(1, j) + 3.0 * X(2, j);
      Y(1, j) = 4.0 * X(0, j) + 5.0 * X(1, j) + 6.0 * X(2, j);
    }
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context&) const override {
    for (index_t j = 0; j < Y.cols; ++j) {
      X(0, j) = Y(0, j) + 4.0 * Y(1, j);
      X(1, j) = T{0, -2} * Y(0, j) + 5.0 * Y(1, j);
      X(2, j) = 3.0 * Y(0, j) + 6.0 * Y(1, j);
    }
  }
};

TEST(Sketch, AddsTheProductsWithTheBlocksThatTestMatricesStandFor) {
  using T = std::complex<double>;
  // Omega = [1, 0; 0, -1; 0, 2] with one entry a row; Psi = [3 - 1; 2] with two that coincide.
  const std::array<std::int32_t, 3> right{0, 1, 1};
  const std::array<double, 3> right_values{1, -1, 2};
  const std::array<std::int32_t, 4> left{0, 0, 0, 0};
  const std::array<double, 4> left_values{3, -1, 2, 0};
  const TestMatrix<T> Omega{3, 2, 1, right.data(), right_values.data()};
  const TestMatrix<T> Psi{2, 1, 2, left.data(), left_values.data()};
  Matrix<T> Y(2, 2), Z(3, 1);
  Y(0, 0) = 100;
  Z(2, 0) = 1000;
  Context context(1);
  EXPECT_EQ(add_sketches<T>(Plain(), Omega, Y.view(), Psi, Z.view(), context), 2);
  EXPECT_EQ(Y(0, 0), T(101));
  EXPECT_EQ(Y(1, 0), T(4));
  EXPECT_EQ(Y(0, 1), T(6, -2));
  EXPECT_EQ(Y(1, 1), T(7));
  EXPECT_EQ(Z(0, 0), T(10));
  EXPECT_EQ(Z(1, 0), T(10, -4));
  EXPECT_EQ(Z(2, 0), T(1018));
  Matrix<T> none(2, 0);
  EXPECT_EQ(add_sketches<T>(Plain(), {.rows = 3}, none.view(), Psi, Z.view(), context), 1);
  EXPECT_EQ(Z(0, 0), T(20));
}

TEST(ChooseSigns, ChoosesDifferentNumbersEachEquallyOftenAndSignsThatCancel) {
  constexpr index_t rows = 20000, width = 21;
  std::array<std::int32_t, 8> chosen;
  std::array<double, 8> signs;
  std::array<int, width> often{};
  std::array<double, width> sums{};
  std::array<std::array<double, width>, width> together{};
  for (index_t i = 0; i < rows; ++i) {
    choose_signs<double>(5, 1, i, width, chosen, signs);
    for (std::size_t a = 0; a < 8; ++a) {
      ASSERT_TRUE(0 <= chosen[a] && chosen[a] < width && std::abs(signs[a]) == 1);
      const auto at = static_cast<std::size_t>(chosen[a]);
      ++often[at];
      sums[at] += signs[a];
      for (std::size_t b = 0; b < a; ++b) {
        ASSERT_NE(chosen[a], chosen[b]);
        together[at][static_cast<std::size_t>(chosen[b])] += signs[a] * signs[b];
      }
    }
  }
  // Within five standard deviations.
  const double mean = rows * 8.0 / width;
  for (std::size_t c = 0; c < width; ++c) {
    EXPECT_TRUE(std::abs(often[c] - mean) <= 5 * std::sqrt(mean)) << c;
    EXPECT_TRUE(std::abs(sums[c]) <= 5 * std::sqrt(mean)) << c;
    for (std::size_t d = 0; d < width; ++d) {
      EXPECT_TRUE(std::abs(together[c][d]) <= 5 * std::sqrt(mean * 7 / 20)) << c << " " << d;
    }
  }
  const auto before = chosen;
  choose_signs<double>(5, 1, rows - 1, width, chosen, signs);
  EXPECT_EQ(chosen, before);
  choose_signs<double>(5, 2, rows - 1, width, chosen, signs);
  EXPECT_NE(chosen, before);
  choose_signs<double>(6, 1, rows - 1, width, chosen, signs);
  EXPECT_NE(chosen, before);
  choose_signs<double>(5, 1, rows - 1, 8, chosen, signs);  // all there are
  std::sort(chosen.begin(), chosen.end());
  EXPECT_EQ(chosen, (std::array{0, 1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace eckart::core
