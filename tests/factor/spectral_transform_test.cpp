#include "factor/spectral_transform.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

constexpr double unlimited = 1e18;
const std::vector<double> values = {3, 2, 1.5, 1, 0.5, 0.25, 1e-3};

// diag(values) above rows of zeros.
template <Scalar T>
SparseMatrix<T> diagonal(const std::vector<double>& entries, index_t more_rows) {
  std::vector<Triplet<T>> triplets;
  const auto n = static_cast<index_t>(entries.size());
  for (index_t i = 0; i < n; ++i) {
    triplets.push_back({i, i, T(static_cast<real_t<T>>(entries[static_cast<std::size_t>(i)]))});
  }
  return from_triplets<T>(n + more_rows, n, std::move(triplets));
}

// The images of the columns of the identity, n of them with m rows.
template <Scalar T, class Apply>
Matrix<T> columns_of(index_t n, index_t m, const Apply& apply) {
  Matrix<T> identity(n, n);
  for (index_t i = 0; i < n; ++i) identity(i, i) = 1;
  Matrix<T> images(m, n);
  apply(std::as_const(identity).view(), images.view());
  return images;
}

// Of a diagonal A every row of G holds one entry, and its size is the gain.
template <Scalar T>
void expect_gains(const SpectralTransform<T>& G, const std::vector<double>& sigma, double slack) {
  Context context(1);
  const Matrix<T> all =
      columns_of<T>(G.cols(), G.rows(), [&](auto X, auto Y) { G.apply(X, Y, context); });
  const Matrix<T> adjoint =
      columns_of<T>(G.rows(), G.cols(), [&](auto X, auto Y) { G.apply_adjoint(X, Y, context); });
  ASSERT_EQ(G.rows(), static_cast<index_t>(sigma.size()));
  for (index_t i = 0; i < G.rows(); ++i) {
    double sum = 0;
    for (index_t j = 0; j < G.cols(); ++j) {
      sum += static_cast<double>(std::abs(all(i, j)));
      EXPECT_TRUE(static_cast<double>(std::abs(all(i, j) - conjugate(adjoint(j, i)))) <=
                  slack * eps<T>() * (1 + sum));
    }
    const double gain = G.gain(sigma[static_cast<std::size_t>(i)]);
    EXPECT_TRUE(std::abs(sum - gain) <= slack * eps<T>() * gain) << i << ": " << sum << " " << gain;
  }
}

template <class T>
class SpectralTransformOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SpectralTransformOf, Scalars);

TYPED_TEST(SpectralTransformOf, AnInverseBringsOutTheSmallest) {
  const auto A = diagonal<TypeParam>(values, 4);
  const double norm = 1e-5 / (16 * eps<TypeParam>());
  const auto G = make_inverse<TypeParam>(A, norm, unlimited, Context(1));
  expect_gains(*G, values, 100);
  EXPECT_TRUE(std::abs(G->gain(1e-3) * std::hypot(1e-3, 1e-5) - 1) <= 1e-14);
}

TYPED_TEST(SpectralTransformOf, AShiftedInverseBringsOutTheNearest) {
  const auto A = diagonal<TypeParam>(values, 4);
  const auto G = make_shifted_inverse<TypeParam>(A, 1.1, 3, unlimited, Context(1));
  ASSERT_EQ(G->cols(), 11);
  expect_gains(*G, values, 200);
  EXPECT_TRUE(G->gain(1) > G->gain(1.5));
  EXPECT_TRUE(G->gain(1.2) > G->gain(1.0));  // equally far
  EXPECT_TRUE(G->gain(1.5) > G->gain(0.5));
  EXPECT_TRUE(G->gain(0) == 0);
}

// Rows that come twice: their difference has no image at all, and what is left of it by rounding
// samples the size that errors are said to have.
TYPED_TEST(SpectralTransformOf, ErrorsOfSolvingHaveTheSizeThatIsSaid) {
  using T = TypeParam;
  Context context(1);
  constexpr index_t n = 30;
  std::vector<Triplet<T>> entries;
  for (index_t i = 0; i < n; ++i) {
    const SparseMatrix<T> row = cases::random_sparse<T>(1, n, 6, static_cast<std::uint64_t>(i));
    for (index_t p = 0; p < row.stored_entries(); ++p) {
      const auto at = static_cast<std::size_t>(p);
      entries.push_back({i, row.columns[at], row.values[at]});
      entries.push_back({n + i, row.columns[at], row.values[at]});
    }
  }
  const auto A = from_triplets<T>(2 * n, n, std::move(entries));
  const double norm = 10;
  for (const double target : {0.03, 1.0}) {
    const auto G = make_shifted_inverse<T>(A, target, norm, unlimited, context);
    Matrix<T> X(2 * n, n);
    for (index_t i = 0; i < n; ++i) {
      X(i, i) = static_cast<real_t<T>>(std::sqrt(0.5));
      X(n + i, i) = -X(i, i);
    }
    Matrix<T> Y(n, n);
    G->apply(std::as_const(X).view(), Y.view(), context);
    double worst = 0;
    for (index_t j = 0; j < n; ++j) {
      double energy = 0;
      for (index_t i = 0; i < n; ++i) energy += static_cast<double>(std::norm(Y(i, j)));
      worst = std::max(worst, std::sqrt(energy));
    }
    EXPECT_TRUE(worst <= 10 * G->rounding(0)) << worst / G->rounding(0);
    EXPECT_TRUE(worst >= 0.01 * G->rounding(0)) << worst / G->rounding(0);
  }
}

TYPED_TEST(SpectralTransformOf, AFilterIsABellAroundTheTarget) {
  const auto A = diagonal<TypeParam>(values, 4);
  const auto op = make_operator<TypeParam>(A);
  for (const double target : {0.0, 1.2}) {
    const auto G = make_filter<TypeParam>(*op, target, 3.1, 24);
    EXPECT_TRUE(std::abs(G->gain(target) - 1) <= 1e-12);
    for (double d = 0; d < 0.3; d += 0.01)
      EXPECT_TRUE(G->gain(target + d) > G->gain(target + d + 0.01));
    for (double d = 0; d < target - 0.8; d += 0.01)
      EXPECT_TRUE(G->gain(target - d) > G->gain(target - d - 0.01));
    EXPECT_TRUE(G->gain(3) <= 0.05);
    Context context(1);
    Matrix<TypeParam> identity(7, 7);
    for (index_t i = 0; i < 7; ++i) identity(i, i) = 1;
    Matrix<TypeParam> all(7, 7);
    G->apply(std::as_const(identity).view(), all.view(), context);
    for (index_t i = 0; i < 7; ++i) {
      const double gain = G->gain(values[static_cast<std::size_t>(i)]);
      EXPECT_TRUE(std::abs(static_cast<double>(std::abs(all(i, i))) - gain) <=
                  2000 * eps<TypeParam>());
    }
  }
}

TYPED_TEST(SpectralTransformOf, LeftVectorsOfZerosAreAnnihilatedToo) {
  using T = TypeParam;
  Context context(1);
  // A chain of differences round a circle: rank n - 1, square.
  constexpr index_t n = 40;
  std::vector<Triplet<T>> entries;
  for (index_t i = 0; i < n; ++i) {
    entries.push_back({i, i, T{1}});
    entries.push_back({i, (i + 1) % n, T{-1}});
  }
  const auto A = from_triplets<T>(n, n, std::move(entries));
  const auto op = make_operator<T>(A);
  const auto G = make_inverse<T>(A, 2, unlimited, context);
  Matrix<T> V(n, 1);
  for (index_t i = 0; i < n; ++i)
    V(i, 0) = static_cast<real_t<T>>(1 / std::sqrt(static_cast<double>(n)));
  Matrix<T> W(n, 1);
  G->apply_adjoint(std::as_const(V).view(), W.view(), context);
  double norm = 0;
  for (index_t i = 0; i < n; ++i) norm += static_cast<double>(std::norm(W(i, 0)));
  for (index_t i = 0; i < n; ++i) W(i, 0) /= static_cast<real_t<T>>(std::sqrt(norm));
  Matrix<T> U = G->left_vectors(std::as_const(V).view(), std::as_const(W).view(), context);
  double length = 0;
  for (index_t i = 0; i < n; ++i) length += static_cast<double>(std::norm(U(i, 0)));
  ASSERT_TRUE(length > 1e-6);
  Matrix<T> AHU(n, 1);
  op->apply_adjoint(std::as_const(U).view(), AHU.view(), context);
  double image = 0;
  for (index_t i = 0; i < n; ++i) image += static_cast<double>(std::norm(AHU(i, 0)));
  EXPECT_TRUE(std::sqrt(image / length) <= 100 * eps<T>()) << std::sqrt(image / length);
}

TEST(SpectralTransform, DeflationTakesTripletsOut) {
  Context context(1);
  const auto A = diagonal<double>(values, 0);
  const auto op = make_operator<double>(A);
  Matrix<double> V(7, 2);
  V(0, 0) = 1;
  V(3, 1) = -1;
  const DeflatedOperator<double> rest(*op, std::as_const(V).view(), std::as_const(V).view());
  Matrix<double> X = gaussian<double>(7, 3);
  Matrix<double> Y(7, 3);
  Matrix<double> Z(7, 3);
  rest.apply(std::as_const(X).view(), Y.view(), context);
  rest.apply_adjoint(std::as_const(X).view(), Z.view(), context);
  for (index_t j = 0; j < 3; ++j) {
    for (index_t i = 0; i < 7; ++i) {
      const double expected = i == 0 || i == 3 ? 0 : values[static_cast<std::size_t>(i)] * X(i, j);
      EXPECT_TRUE(std::abs(Y(i, j) - expected) <= 1e-14);
      EXPECT_TRUE(std::abs(Z(i, j) - expected) <= 1e-14);
    }
  }
}

TEST(SpectralTransform, RefusesFactorsThatDoNotFit) {
  const auto A = diagonal<double>(values, 0);
  EXPECT_THROW((void)make_inverse<double>(A, 3, 100, Context(1)), MemoryLimit);
  EXPECT_THROW((void)make_shifted_inverse<double>(A, 1, 3, 100, Context(1)), MemoryLimit);
}

}  // namespace
}  // namespace eckart::factor
