#include "factor/panel_qr.hpp"

#include <gtest/gtest.h>

#include "tests/factor/reduction_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class PanelQr : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(PanelQr, Scalars);

// Returns the m x m matrix I - V T V^H.
template <Scalar T>
Matrix<T> expand(const Matrix<T>& V, const Matrix<T>& factor) {
  const index_t m = V.rows();
  const index_t w = V.cols();
  Matrix<T> Q = identity<T>(m);
  for (index_t i = 0; i < m; ++i) {
    for (index_t l = 0; l < w; ++l) {
      T x = 0;
      for (index_t p = 0; p < w; ++p) x += V(i, p) * factor(p, l);
      for (index_t j = 0; j < m; ++j) Q(i, j) -= x * conjugate(V(j, l));
    }
  }
  return Q;
}

template <Scalar T>
void expect_a_factorization(const Matrix<T>& panel) {
  const index_t m = panel.rows();
  const index_t w = panel.cols();
  Matrix<T> V = panel.clone();
  Matrix<T> R(w, w);
  Matrix<T> factor(w, w);
  std::vector<T> scratch(static_cast<std::size_t>(w * w));
  panel_qr<T>(V.view(), R.view(), factor.view(), scratch.data());
  const Matrix<T> Q = expand(V, factor);
  EXPECT_TRUE(orthogonality_ratio(Q) <= 5) << m << " x " << w;
  double norm = 0;
  double defect = 0;
  for (index_t j = 0; j < w; ++j) {
    for (index_t i = 0; i < m; ++i) {
      T sum = panel(i, j);
      for (index_t l = 0; l < std::min(m, w); ++l) sum -= Q(i, l) * R(l, j);
      norm = std::max(norm, static_cast<double>(std::abs(panel(i, j))));
      defect = std::max(defect, static_cast<double>(std::abs(sum)));
      if (i <= j) {
        EXPECT_EQ(V(i, j), T(real_t<T>(i == j && j < m)));
      }
    }
    for (index_t i = j + 1; i < w; ++i) EXPECT_EQ(R(i, j), T{});
    EXPECT_EQ(std::imag(R(std::min(j, m - 1), std::min(j, m - 1))), 0);
  }
  EXPECT_TRUE(defect <= 10 * static_cast<double>(m + w) * eps<T>() * norm) << m << " x " << w;
}

TYPED_TEST(PanelQr, FactorsPanelsOfAllShapes) {
  for (const index_t w : {1, 3, 8, 16, 32}) {
    for (const index_t m : {1, 2, 7, 8, 15, 16, 31, 32, 33, 90}) {
      expect_a_factorization(gaussian<TypeParam>(m, w));
    }
  }
}

TYPED_TEST(PanelQr, FactorsPanelsWithDependentZeroAndTinyColumns) {
  using T = TypeParam;
  Matrix<T> panel = gaussian<T>(40, 16);
  const real_t<T> tiny = std::numeric_limits<real_t<T>>::min();
  for (index_t i = 0; i < 40; ++i) {
    panel(i, 2) = panel(i, 1);
    panel(i, 5) = 0;
    panel(i, 9) = i < 9 ? panel(i, 8) : T{};
    panel(i, 11) *= tiny;
  }
  expect_a_factorization(panel);
  for (index_t i = 0; i < 40 * 16; ++i) panel.data()[i] *= tiny / real_t<T>(eps<T>());
  expect_a_factorization(panel);
  expect_a_factorization(Matrix<T>(40, 16));
}

}  // namespace
}  // namespace eckart::factor
