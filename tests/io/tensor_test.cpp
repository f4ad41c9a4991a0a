#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "eckart/error.hpp"
#include "eckart/io/tensors.hpp"

namespace eckart::io {
namespace {

template <class Stored>
Tensor tensor_of(ElementType type, std::vector<index_t> shape, const std::vector<Stored>& values) {
  auto bytes = std::make_shared<std::string>(values.size() * sizeof(Stored), '\0');
  std::memcpy(bytes->data(), values.data(), bytes->size());
  return {"t", type, std::move(shape), *bytes, bytes, false};
}

Matrix<double> random_matrix(index_t rows, index_t cols, unsigned seed, double scale = 1) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal(0, scale);
  Matrix<double> A(rows, cols);
  for (index_t i = 0; i < rows * cols; ++i) A.data()[i] = normal(generator);
  return A;
}

TEST(Tensor, EightBitFloatsHaveTheValuesOfTheirDefinitions) {
  const auto values = [](ElementType type, const std::vector<unsigned char>& bits) {
    const auto n = static_cast<index_t>(bits.size());
    const Matrix<double> A = to_transposed<double>(tensor_of(type, {n}, bits), 1, n);
    return std::vector<double>(A.data(), A.data() + n);
  };
  const auto nan = [](double x) { return std::isnan(x); };
  // Open Compute Project, OFP8 1.0: largest, smallest normal and subnormal numbers.
  const auto a = values(ElementType::f8_e4m3, {0x7e, 0x08, 0x01, 0x38, 0xb8, 0x7f, 0xff, 0x80});
  EXPECT_EQ(a[0], 448);
  EXPECT_EQ(a[1], 0x1p-6);
  EXPECT_EQ(a[2], 0x1p-9);
  EXPECT_EQ(a[3], 1);
  EXPECT_EQ(a[4], -1);
  EXPECT_TRUE(nan(a[5]) && nan(a[6]) && a[7] == 0);
  const auto b = values(ElementType::f8_e5m2, {0x7b, 0x04, 0x01, 0x7c, 0xfc, 0x7d, 0x3c});
  EXPECT_EQ(b[0], 57344);
  EXPECT_EQ(b[1], 0x1p-14);
  EXPECT_EQ(b[2], 0x1p-16);
  EXPECT_EQ(b[3], std::numeric_limits<double>::infinity());
  EXPECT_EQ(b[4], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(nan(b[5]) && b[6] == 1);
  const auto c = values(ElementType::f8_e4m3fnuz, {0x7f, 0x80, 0x40, 0x01});
  EXPECT_EQ(c[0], 240);
  EXPECT_TRUE(nan(c[1]));
  EXPECT_EQ(c[2], 1);
  EXPECT_EQ(c[3], 0x1p-10);
  const auto d = values(ElementType::f8_e5m2fnuz, {0x7f, 0x80, 0x40, 0x01});
  EXPECT_EQ(d[0], 57344);
  EXPECT_TRUE(nan(d[1]));
  EXPECT_EQ(d[2], 1);
  EXPECT_EQ(d[3], 0x1p-17);
  const auto e = values(ElementType::f8_e8m0, {127, 130, 0, 255});
  EXPECT_EQ(e[0], 1);
  EXPECT_EQ(e[1], 8);
  EXPECT_EQ(e[2], 0x1p-127);
  EXPECT_TRUE(nan(e[3]));
}

TEST(Tensor, IntegersAndComplexNumbersBecomeMatrices) {
  const auto whole =
      to_matrix(tensor_of<std::int32_t>(ElementType::i32, {2, 3}, {1, 2, 3, 4, 5, -6}));
  const auto& A = std::get<DenseMatrix<double>>(whole);
  EXPECT_EQ(A.rows(), 2);
  EXPECT_EQ(A(1, 2), -6);
  EXPECT_EQ(A(0, 1), 2);
  const auto pair = to_matrix(tensor_of<float>(ElementType::c64, {1, 1}, {1, 2}));
  EXPECT_EQ(std::get<DenseMatrix<std::complex<float>>>(pair)(0, 0), std::complex<float>(1, 2));
  EXPECT_THROW(to_matrix(tensor_of<char>(ElementType::f4, {2, 1}, {'a'})), IoError);
}

TEST(Tensor, AConvolutionBecomesItsFirstDimensionTimesTheOthers) {
  std::vector<float> values(24);
  for (std::size_t i = 0; i < 24; ++i) values[i] = static_cast<float>(i);
  const auto any = to_matrix(tensor_of(ElementType::f32, {2, 3, 2, 2}, values));
  const auto& A = std::get<DenseMatrix<float>>(any);
  EXPECT_EQ(A.rows(), 2);
  EXPECT_EQ(A.cols(), 12);
  EXPECT_EQ(A(1, 5), 17);
}

TEST(Tensor, RoundsToTheNearestOf16BitsTiesToEven) {
  // The nearest by trying all of them, in double.
  for (const ElementType type : {ElementType::f16, ElementType::bf16}) {
    std::vector<double> grid;  // finite ones, rising, with the sign of zero kept out
    std::vector<std::uint16_t> codes;
    for (unsigned b = 0; b < 0x8000; ++b) {
      const std::vector<std::uint16_t> bits = {static_cast<std::uint16_t>(b)};
      const double x = to_transposed<double>(tensor_of(type, {1}, bits), 1, 1)(0, 0);
      if (!std::isfinite(x)) break;
      grid.push_back(x);
      codes.push_back(bits[0]);
    }
    std::mt19937_64 generator(7);
    std::uniform_int_distribution<std::size_t> pick(0, grid.size() - 2);
    for (int round = 0; round < 2000; ++round) {
      const std::size_t at = pick(generator);
      const double half = (grid[at] + grid[at + 1]) / 2;
      const double tiny = std::ldexp(half, -40);
      for (const double x : {grid[at], half, half + tiny, half - tiny}) {
        const std::size_t up = x > half || (x == half && codes[at] % 2 == 1) ? 1 : 0;
        Matrix<double> M(1, 1);
        M(0, 0) = -x;
        const Tensor packed = make_tensor<double>("t", type, {1}, std::as_const(M).view());
        ASSERT_EQ(to_transposed<double>(packed, 1, 1)(0, 0), -grid[at + up]) << x;
      }
    }
  }
}

TEST(Tensor, KeepsNonFiniteNumbersAndRefusesOverflow) {
  Matrix<double> M(3, 1);
  M(0, 0) = std::numeric_limits<double>::quiet_NaN();
  M(1, 0) = -std::numeric_limits<double>::infinity();
  M(2, 0) = 65504;
  for (const ElementType type : {ElementType::f16, ElementType::bf16, ElementType::f32}) {
    const Tensor packed = make_tensor<double>("t", type, {3}, std::as_const(M).view());
    const Matrix<double> back = to_transposed<double>(packed, 1, 3);
    EXPECT_TRUE(std::isnan(back(0, 0)));
    EXPECT_EQ(back(1, 0), M(1, 0));
  }
  M(2, 0) = 65520;
  EXPECT_THROW(make_tensor<double>("t", ElementType::f16, {3}, std::as_const(M).view()), Overflow);
  EXPECT_THROW(make_tensor<double>("t", ElementType::i8, {3}, std::as_const(M).view()),
               InvalidArgument);
}

TEST(Tensor, DifferencesAreThoseOfTheWidenedNumbersForAnyNumberOfThreads) {
  const index_t m = 700, n = 300;
  const Matrix<double> X = random_matrix(n, m, 1), Y = random_matrix(n, m, 2);
  const Tensor left = make_tensor<double>("l", ElementType::bf16, {m, n}, X.view());
  const Tensor right = make_tensor<double>("r", ElementType::f32, {m, n}, Y.view());
  Context one(1), three(3);
  const auto D = transposed_difference<float>(left, right, m, n, one);
  const auto E = transposed_difference<float>(left, right, m, n, three);
  const Matrix<float> L = to_transposed<float>(left, m, n), R = to_transposed<float>(right, m, n);
  double energy = 0;
  for (index_t i = 0; i < m * n; ++i) {
    const float d = L.data()[i] - R.data()[i];
    ASSERT_EQ(D.transposed.data()[i], d);
    ASSERT_EQ(E.transposed.data()[i], d);
    energy += static_cast<double>(d) * static_cast<double>(d);
  }
  EXPECT_TRUE(std::abs(D.energy - energy) <= 1e-12 * energy);
  EXPECT_EQ(D.energy, E.energy);
  EXPECT_THROW(transposed_difference<float>(left, right, n, n, one), InvalidArgument);
}

TEST(Tensor, TheRoundingEdgeIsTheSumOfTheLargestRowAndColumn) {
  const index_t m = 131, n = 70;
  Matrix<double> W = random_matrix(n, m, 3);
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) W(j, i) *= std::exp(0.01 * static_cast<double>(i - j));
  }
  const Tensor tensor = make_tensor<double>("w", ElementType::bf16, {m, n}, W.view());
  const Matrix<double> stored = to_transposed<double>(tensor, m, n);
  std::vector<double> rows(131), columns(70);
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) {
      const double ulp = std::ldexp(1.0, std::ilogb(stored(j, i)) - 7);
      rows[std::size_t(i)] += ulp * ulp / 12;
      columns[std::size_t(j)] += ulp * ulp / 12;
    }
  }
  const double expected = std::sqrt(*std::max_element(rows.begin(), rows.end())) +
                          std::sqrt(*std::max_element(columns.begin(), columns.end()));
  Context one(1), two(2);
  EXPECT_TRUE(std::abs(rounding_edge(tensor, m, n, one) - expected) <= 1e-12 * expected);
  EXPECT_EQ(rounding_edge(tensor, m, n, one), rounding_edge(tensor, m, n, two));
}

}  // namespace
}  // namespace eckart::io
