#include "factor/sparse_qr.hpp"

#include <gtest/gtest.h>

#include "tests/cases/random_matrices.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

constexpr double unlimited = 1e18;

template <Scalar T>
SparseMatrix<T> grid_differences(index_t side) {  // one row for each edge of a square grid
  std::vector<Triplet<T>> entries;
  index_t row = 0;
  const auto edge = [&](index_t a, index_t b) {
    entries.push_back({row, a, T{1}});
    entries.push_back({row++, b, T{-1}});
  };
  for (index_t i = 0; i < side; ++i) {
    for (index_t j = 0; j < side; ++j) {
      if (i + 1 < side) edge(i * side + j, (i + 1) * side + j);
      if (j + 1 < side) edge(i * side + j, i * side + j + 1);
    }
  }
  for (index_t c = 0; c < side * side; ++c) entries.push_back({row++, c, T{0.25F}});
  return from_triplets<T>(row, side * side, std::move(entries));
}

template <Scalar T>
Matrix<T> product(const SparseMatrix<T>& S, MatrixView<const T> X) {
  Matrix<T> Y(S.rows, X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < S.rows; ++i) {
      const auto last = S.offsets[static_cast<std::size_t>(i) + 1];
      for (index_t p = S.offsets[static_cast<std::size_t>(i)]; p < last; ++p) {
        Y(i, j) +=
            S.values[static_cast<std::size_t>(p)] * X(S.columns[static_cast<std::size_t>(p)], j);
      }
    }
  }
  return Y;
}

template <Scalar T>
double largest(MatrixView<const T> X) {
  double result = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      const double a = static_cast<double>(std::abs(X(i, j)));
      result = a <= result ? result : a;
    }
  }
  return result;
}

// S = Q R judged through the three ways of using it: S (R^-1 C) = Q C, Q^H Q = I, and R^-H the
// adjoint of R^-1.
template <Scalar T>
void expect_factors(const SparseMatrix<T>& S, double slack) {
  const Context context(1);
  SparseQr<T> qr(S, unlimited);
  ASSERT_TRUE(qr.fits());
  qr.factor(S, std::numeric_limits<real_t<T>>::epsilon(), context);
  const index_t b = std::min<index_t>(S.cols, 5);
  const Matrix<T> C = gaussian<T>(S.cols, b, 1);
  const Matrix<T> D = gaussian<T>(S.cols, b, 2);
  Matrix<T> X = C.clone();
  qr.solve(X.view());
  const Matrix<T> QC = qr.multiply_Q(C.view());
  const Matrix<T> SX = product(S, std::as_const(X).view());
  const double size = largest<T>(std::as_const(X).view());
  double defect = 0;
  for (index_t j = 0; j < b; ++j) {
    for (index_t i = 0; i < S.rows; ++i) {
      const double d = static_cast<double>(std::abs(SX(i, j) - QC(i, j)));
      defect = d <= defect ? defect : d;
    }
  }
  EXPECT_TRUE(defect <= slack * eps<T>() * (1 + size)) << defect;

  Matrix<T> identity(S.cols, S.cols);
  for (index_t i = 0; i < S.cols; ++i) identity(i, i) = 1;
  const Matrix<T> Q = qr.multiply_Q(std::as_const(identity).view());
  EXPECT_TRUE(inner_defect<T>(Q.view(), Q.view(), 1) <= slack * eps<T>());

  Matrix<T> Y = D.clone();
  qr.solve_adjoint(Y.view());
  for (index_t i = 0; i < b; ++i) {
    for (index_t j = 0; j < b; ++j) {
      std::complex<double> left = 0;
      std::complex<double> right = 0;
      for (index_t l = 0; l < S.cols; ++l) {
        left += std::conj(std::complex<double>(D(l, i))) * std::complex<double>(X(l, j));
        right += std::conj(std::complex<double>(Y(l, i))) * std::complex<double>(C(l, j));
      }
      EXPECT_TRUE(std::abs(left - right) <=
                  slack * eps<T>() * (1 + size) * static_cast<double>(S.cols));
    }
  }
}

template <class T>
class SparseQrOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SparseQrOf, Scalars);

TYPED_TEST(SparseQrOf, AGridHasAllPropertiesOfAFactorization) {
  expect_factors(grid_differences<TypeParam>(12), 400);
}

TYPED_TEST(SparseQrOf, SmallAndOddShapesToo) {
  using T = TypeParam;
  expect_factors(from_triplets<T>(1, 1, {{0, 0, T{3}}}), 10);
  expect_factors(from_triplets<T>(4, 1, {{0, 0, T{3}}, {3, 0, T{-4}}}), 10);
  // Empty rows, a full row, and two blocks that share nothing.
  std::vector<Triplet<T>> entries;
  for (index_t j = 0; j < 6; ++j) entries.push_back({2, j, T(static_cast<real_t<T>>(j + 1))});
  for (index_t j = 0; j < 6; ++j) entries.push_back({4 + j, j, T{2}});
  for (index_t j = 6; j < 10; ++j) entries.push_back({6 + j, j, T{1}});
  for (index_t j = 6; j < 9; ++j) entries.push_back({6 + j, j + 1, T{-3}});
  expect_factors(from_triplets<T>(20, 10, std::move(entries)), 100);
}

TEST(SparseQr, ColumnsOfZerosGetTheLeastPivot) {
  const auto S = from_triplets<double>(3, 3, {{0, 0, 2.0}, {2, 2, 5.0}});
  SparseQr<double> qr(S, unlimited);
  qr.factor(S, 0.5, Context(1));
  Matrix<double> X(3, 3);
  for (index_t i = 0; i < 3; ++i) X(i, i) = 1;
  qr.solve(X.view());
  // R^-1 has the entries 1/2, 1/0.5 and 1/5 up to sign, one in each row and column.
  for (index_t i = 0; i < 3; ++i) {
    const double expected[] = {0.5, 2, 0.2};
    double sum = 0;
    for (index_t j = 0; j < 3; ++j) sum += std::abs(X(i, j));
    EXPECT_TRUE(std::abs(sum - expected[i]) <= 1e-15) << i;
  }
}

TEST(SparseQr, SaysBeforehandThatTheFactorsDoNotFit) {
  const auto S = grid_differences<double>(30);
  const SparseQr<double> whole(S, unlimited);
  ASSERT_TRUE(whole.fits());
  EXPECT_FALSE(SparseQr<double>(S, whole.bytes() - 1).fits());
  EXPECT_TRUE(SparseQr<double>(S, whole.bytes()).fits());
  // The order of the columns keeps the fill far from that of a dense factorization.
  EXPECT_TRUE(whole.bytes() <= 0.2 * 8 * static_cast<double>(S.rows * S.cols)) << whole.bytes();
}

TEST(SparseQr, StopsWhenCancelled) {
  const auto S = grid_differences<double>(10);
  SparseQr<double> qr(S, unlimited);
  Context context(1);
  context.set_stop_at_once(true);
  context.cancel();
  EXPECT_THROW(qr.factor(S, 1e-16, context), Cancelled);
}

}  // namespace
}  // namespace eckart::factor
