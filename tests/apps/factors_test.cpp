#include "eckart/apps/factors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "eckart/operators.hpp"
#include "eckart/svd.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/wide.hpp"

namespace eckart {
namespace {

using oracles::wide_t;

// The largest modulus of an entry of A B - C, summed in the wide type; NaN if there is one.
template <Scalar T>
double product_defect(MatrixView<const T> A, MatrixView<const T> B, MatrixView<const T> C) {
  double worst = A.cols == B.rows && A.rows == C.rows && B.cols == C.cols ? 0 : NAN;
  for (index_t j = 0; j < B.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      wide_t<T> sum = -oracles::widen(C(i, j));
      for (index_t l = 0; l < A.cols; ++l) {
        sum += oracles::times(oracles::widen(A(i, l)), oracles::widen(B(l, j)));
      }
      worst = oracles::worst(worst, static_cast<double>(std::abs(sum)));
    }
  }
  return worst;
}

template <Scalar T>
Matrix<T> adjoint(const Matrix<T>& A) {
  Matrix<T> B(A.cols(), A.rows());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) B(j, i) = conjugate(A(i, j));
  }
  return B;
}

template <Scalar T>
SvdResult<T> decompose(const Matrix<T>& A, index_t k = -1, bool vectors = true) {
  SvdRequest request;
  if (k >= 0) request.rank.rank = k;
  if (!vectors) request.vectors = Vectors::none;
  return svd(*make_operator(A.view()), request);
}

template <class T>
class FactorsOfEachScalar : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(FactorsOfEachScalar, Scalars);

TYPED_TEST(FactorsOfEachScalar, ThePseudoinverseMeetsThePenroseConditions) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{9, 6}, {6, 9}, {7, 7}}) {
    // Rank 4: what counts as zero must not be inverted.
    const Matrix<T> A = cases::prescribed<T>(m, n, {4, 3, 2, 1}, 11).A;
    const SvdResult<T> result = decompose(A);
    const Matrix<T> P = Factors(result).pseudoinverse({.relative = 1e-4});
    const double tolerance = 100 * oracles::epsilon<T>();
    Matrix<T> AP(m, m), PA(n, n);
    make_operator(A.view())->apply(P.view(), AP.view(), default_context());
    make_operator(P.view())->apply(A.view(), PA.view(), default_context());
    EXPECT_TRUE(product_defect<T>(AP.view(), A.view(), A.view()) <= tolerance);
    EXPECT_TRUE(product_defect<T>(PA.view(), P.view(), P.view()) <= tolerance);
    for (index_t j = 0; j < m; ++j) {
      for (index_t i = 0; i < m; ++i) {
        EXPECT_TRUE(std::abs(AP(i, j) - conjugate(AP(j, i))) <= tolerance);
      }
    }
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < n; ++i) {
        EXPECT_TRUE(std::abs(PA(i, j) - conjugate(PA(j, i))) <= tolerance);
      }
    }
    // The norm tells whether rounding was inverted: the smallest value that counts is 1.
    const SvdResult<T> of_P = decompose(P);
    EXPECT_TRUE(std::abs(Factors(of_P).norm2() - 1) <= tolerance);
  }
}

TYPED_TEST(FactorsOfEachScalar, TheCoordinatesOfTheRowsAreUTimesSigma) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(12, 5, 3);
  const SvdResult<T> result = decompose(A);
  const Factors<T> factors(result);
  const Matrix<T> Z = factors.transform(*make_operator(A.view()));
  const Matrix<T> US = factors.coordinates();
  const double tolerance = 50 * oracles::epsilon<T>() * factors.norm2();
  EXPECT_TRUE(product_defect<T>(A.view(), result.V.view(), Z.view()) <= tolerance);
  for (index_t j = 0; j < 5; ++j) {
    for (index_t i = 0; i < 12; ++i) EXPECT_TRUE(std::abs(Z(i, j) - US(i, j)) <= tolerance);
  }
  // All coordinates bring the rows back.
  const Matrix<T> back = factors.inverse_transform(Z.view());
  for (index_t j = 0; j < 5; ++j) {
    for (index_t i = 0; i < 12; ++i) EXPECT_TRUE(std::abs(back(i, j) - A(i, j)) <= tolerance);
  }
}

TYPED_TEST(FactorsOfEachScalar, ALowRankApproximationIsOffByTheNextSingularValue) {
  using T = TypeParam;
  const Matrix<T> A = cases::prescribed<T>(300, 8, {8, 7, 6, 5, 4, 3, 2, 1}, 5).A;
  const SvdResult<T> result = decompose(A);
  const Factors<T> factors(result);
  for (const index_t k : {0, 1, 3, 7, 8}) {
    Matrix<T> E = factors.low_rank(k);
    for (index_t j = 0; j < E.cols(); ++j) {
      for (index_t i = 0; i < E.rows(); ++i) E(i, j) = A(i, j) - E(i, j);
    }
    const SvdResult<T> of_E = decompose(E, -1, false);
    const double tolerance = 1000 * oracles::epsilon<T>();
    const double next = k < 8 ? 8.0 - static_cast<double>(k) : 0;
    EXPECT_TRUE(std::abs(Factors(of_E).norm2() - next) <= tolerance) << k;
    const LowRankError error = factors.low_rank_error(k);
    EXPECT_TRUE(std::abs(error.spectral.value - next) <= tolerance);
    EXPECT_TRUE(std::abs(error.frobenius.value - Factors(of_E).norm_fro()) <= 2 * tolerance);
    EXPECT_EQ(error.frobenius.kind, BoundKind::exact);
  }
}

TYPED_TEST(FactorsOfEachScalar, ASolutionHasItsResidualOrthogonalToTheColumns) {
  using T = TypeParam;
  const Matrix<T> A = cases::prescribed<T>(14, 5, {3, 2, 1, 0.5L, 0.25L}, 8).A;
  const Matrix<T> B = cases::gaussian<T>(14, 3, 9);
  const SvdResult<T> result = decompose(A);
  const Matrix<T> X = Factors(result).solve(B.view());
  Matrix<T> R(14, 3);
  make_operator(A.view())->apply(X.view(), R.view(), default_context());
  for (index_t j = 0; j < 3; ++j) {
    for (index_t i = 0; i < 14; ++i) R(i, j) -= B(i, j);
  }
  const Matrix<T> zero(5, 3), AH = adjoint(A);
  EXPECT_TRUE(product_defect<T>(AH.view(), R.view(), zero.view()) <= 200 * oracles::epsilon<T>());
}

TYPED_TEST(FactorsOfEachScalar, AWideSolutionIsTheShortestOne) {
  using T = TypeParam;
  const Matrix<T> A = cases::prescribed<T>(4, 9, {3, 2, 1, 0.5L}, 8).A;
  const Matrix<T> Y = cases::gaussian<T>(4, 2, 1);
  Matrix<T> X(9, 2),
      B(4, 2);  // X = A^H Y lies in the row space: it is the shortest solution of AX=B
  make_operator(A.view())->apply_adjoint(Y.view(), X.view(), default_context());
  make_operator(A.view())->apply(std::as_const(X).view(), B.view(), default_context());
  const SvdResult<T> result = decompose(A);
  const Matrix<T> found = Factors(result).solve(B.view());
  for (index_t j = 0; j < 2; ++j) {
    for (index_t i = 0; i < 9; ++i) {
      EXPECT_TRUE(std::abs(found(i, j) - X(i, j)) <= 2000 * oracles::epsilon<T>());
    }
  }
}

SvdResult<double> values_of(std::vector<double> sigma, index_t rows, index_t cols) {
  SvdResult<double> result;
  result.sigma = std::move(sigma);
  result.report.rows = rows;
  result.report.cols = cols;
  return result;
}

TEST(Factors, TheRankFollowsTheToleranceAndShowsTheGap) {
  const SvdResult<double> result = values_of({10, 1, 1e-3, 1e-14, 0}, 5, 6);
  const Factors<double> factors(result);
  RankFinding found = factors.rank();  // 6 eps sigma_1 = 1.3e-14
  EXPECT_EQ(found.rank, 3);
  EXPECT_EQ(found.smallest_kept, 1e-3);
  EXPECT_EQ(found.largest_dropped, 1e-14);
  EXPECT_TRUE(found.exact);
  EXPECT_EQ(factors.rank({.relative = 0}).rank, 4);
  EXPECT_EQ(factors.rank({.relative = 1e-4}).rank, 2) << "a value at the threshold is a zero";
  EXPECT_EQ(factors.rank({.absolute = 2}).rank, 1);
  EXPECT_EQ(factors.rank({.absolute = 1e-15}).rank, 4) << "an absolute tolerance stands alone";
  EXPECT_EQ(factors.rank({.relative = 0.5, .absolute = 2}).threshold, 5);
  EXPECT_EQ(factors.rank({.absolute = 20}).rank, 0);
  EXPECT_EQ(factors.rank({.absolute = 20}).smallest_kept, 0);
  EXPECT_THROW((void)factors.rank({.relative = 1}), InvalidArgument);
  EXPECT_THROW((void)factors.rank({.relative = -0.1}), InvalidArgument);
  EXPECT_THROW((void)factors.rank({.relative = NAN}), InvalidArgument);
  EXPECT_THROW((void)factors.rank({.absolute = -1}), InvalidArgument);
  EXPECT_THROW((void)factors.rank({.absolute = INFINITY}), InvalidArgument);
}

TEST(Factors, NormsAndConditionAreThoseOfTheValues) {
  const SvdResult<double> result = values_of({12, 4, 3}, 3, 4);
  const Factors<double> factors(result);
  EXPECT_EQ(factors.norm2(), 12);
  EXPECT_TRUE(std::abs(factors.norm_fro() - 13) <= 1e-14);
  EXPECT_EQ(factors.condition_number(), 4);
  EXPECT_EQ(factors.condition_number({.absolute = 3}), INFINITY);
  const std::vector<double> share = factors.explained_variance_ratio();
  const std::vector<double> held = factors.energy();
  EXPECT_TRUE(std::abs(share[1] - 16.0 / 169) <= 1e-15);
  EXPECT_TRUE(std::abs(held[1] - 160.0 / 169) <= 1e-15);
  EXPECT_TRUE(std::abs(held[2] - 1) <= 1e-15);
  EXPECT_TRUE(std::abs(factors.low_rank_error(1).frobenius.value - 5) <= 1e-14);
  EXPECT_EQ(factors.low_rank_error(1).spectral.value, 4);
}

TEST(Factors, HugeAndTinyValuesNeitherOverflowNorVanish) {
  for (const double scale : {1e300, 1e-300}) {
    const SvdResult<double> result = values_of({4 * scale, 3 * scale}, 2, 2);
    EXPECT_TRUE(std::abs(Factors(result).norm_fro() / scale - 5) <= 1e-14);
    EXPECT_TRUE(std::abs(Factors(result).energy()[0] - 0.64) <= 1e-14);
  }
}

TEST(Factors, AZeroMatrixHasRankZeroAndAllOfItsEnergy) {
  const Matrix<double> A(4, 3);
  const SvdResult<double> result = decompose(A);
  const Factors<double> factors(result);
  EXPECT_EQ(factors.rank().rank, 0);
  EXPECT_EQ(factors.norm_fro(), 0);
  EXPECT_EQ(factors.condition_number(), INFINITY);
  EXPECT_EQ(factors.energy(), std::vector<double>({1, 1, 1}));
  EXPECT_EQ(factors.explained_variance_ratio(), std::vector<double>({0, 0, 0}));
  const Matrix<double> P = factors.pseudoinverse();
  ASSERT_EQ(P.rows(), 3);
  ASSERT_EQ(P.cols(), 4);
  for (index_t i = 0; i < 12; ++i) EXPECT_EQ(P.data()[i], 0);
}

TEST(Factors, AnEmptyMatrixAnswersToo) {
  const Matrix<double> A(0, 3);
  const SvdResult<double> result = decompose(A);
  const Factors<double> factors(result);
  EXPECT_EQ(factors.rank().rank, 0);
  EXPECT_EQ(factors.norm2(), 0);
  EXPECT_EQ(factors.pseudoinverse().rows(), 3);
  EXPECT_EQ(factors.pseudoinverse().cols(), 0);
  EXPECT_EQ(factors.solve(Matrix<double>(0, 2).view()).cols(), 2);
  const SvdResult<double> tall = decompose(Matrix<double>(3, 0));
  EXPECT_EQ(Factors<double>(tall).pseudoinverse().rows(), 0);
  EXPECT_EQ(Factors<double>(tall).pseudoinverse().cols(), 3);
}

TEST(Factors, ATruncatedResultKnowsWhatItsCertificateKnows) {
  const Matrix<double> A = cases::prescribed<double>(60, 40, {8, 4, 2, 1}, 2).A;
  SvdResult<double> result = decompose(A, 2);
  const Factors<double> factors(result);
  EXPECT_FALSE(factors.complete());
  EXPECT_TRUE(std::abs(factors.norm_fro() - std::sqrt(85)) <= 1e-12);
  EXPECT_TRUE(std::abs(factors.energy()[1] - 80.0 / 85) <= 1e-12);
  EXPECT_TRUE(std::abs(factors.low_rank_error(2).frobenius.value - std::sqrt(5)) <= 1e-10);
  EXPECT_TRUE(std::abs(factors.low_rank_error(1).frobenius.value - std::sqrt(21)) <= 1e-10);
  EXPECT_TRUE(factors.low_rank_error(2).spectral.value >= 2);
  EXPECT_NE(factors.low_rank_error(2).spectral.kind, BoundKind::exact);
  EXPECT_TRUE(std::abs(factors.low_rank_error(1).spectral.value - 4) <= 1e-12);
  EXPECT_FALSE(factors.rank().exact);
  EXPECT_TRUE(factors.rank({.absolute = 5}).exact);
  EXPECT_THROW((void)factors.condition_number(), InvalidArgument);
  result.report.certificate.frobenius_norm = {};
  EXPECT_THROW((void)factors.norm_fro(), InvalidArgument);
}

TEST(Factors, MistakesAreNamed) {
  const Matrix<double> A = cases::gaussian<double>(6, 4, 1);
  const SvdResult<double> result = decompose(A), values = decompose(A, -1, false);
  const Factors<double> factors(result);
  EXPECT_THROW((void)factors.low_rank(5), InvalidArgument);
  EXPECT_THROW((void)factors.low_rank(-1), InvalidArgument);
  EXPECT_THROW((void)factors.low_rank_error(5), InvalidArgument);
  EXPECT_THROW((void)factors.solve(Matrix<double>(5, 1).view()), InvalidArgument);
  EXPECT_THROW((void)factors.inverse_transform(Matrix<double>(2, 5).view()), InvalidArgument);
  const Matrix<double> wrong(3, 5);
  EXPECT_THROW((void)factors.transform(*make_operator(wrong.view())), InvalidArgument);
  EXPECT_EQ(Factors(values).rank().rank, 4);
  EXPECT_THROW((void)Factors(values).low_rank(1), InvalidArgument);
  EXPECT_THROW((void)Factors(values).pseudoinverse(), InvalidArgument);
  SvdResult<double> broken = decompose(A);
  broken.report.rows = 5;
  EXPECT_THROW(Factors<double>{broken}, InvalidArgument);
}

TEST(Factors, AnyNumberOfThreadsGivesTheSameBits) {
  const Matrix<double> A = cases::gaussian<double>(300, 70, 4),
                       B = cases::gaussian<double>(300, 5, 6);
  const SvdResult<double> result = decompose(A);
  Context one(1);
  const Matrix<double> L1 = Factors(result).low_rank(30, one);
  const Matrix<double> X1 = Factors(result).solve(B.view(), {}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    const Matrix<double> L = Factors(result).low_rank(30, context);
    const Matrix<double> X = Factors(result).solve(B.view(), {}, context);
    EXPECT_TRUE(std::equal(L.data(), L.data() + 300 * 70, L1.data()));
    EXPECT_TRUE(std::equal(X.data(), X.data() + 70 * 5, X1.data()));
  }
}

}  // namespace
}  // namespace eckart
