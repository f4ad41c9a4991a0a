#include "eckart/apps/spectral.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <string>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

template <Scalar T>
SpectralDecomposition<T> decompose(const Matrix<T>& A,
                                   const SpectralOptions& options = {},
                                   Context& context = default_context()) {
  return spectral_decomposition(*make_operator(A.view()), options, context);
}

// Second differences: eigenvalues 2 - 2 cos(πk/(n+1)) - shift, k = 1, ..., n.
Matrix<double> differences(index_t n, double shift) {
  Matrix<double> A(n, n);
  for (index_t i = 0; i < n; ++i) {
    A(i, i) = 2 - shift;
    if (i > 0) A(i, i - 1) = A(i - 1, i) = -1;
  }
  return A;
}

// The largest entry of A V - V diag(lambda).
template <Scalar T>
double residual(const Matrix<T>& A, const SpectralDecomposition<T>& d) {
  double worst = 0;
  for (std::size_t k = 0; k < d.lambda.size(); ++k) {
    const auto c = static_cast<index_t>(k);
    for (index_t i = 0; i < A.rows(); ++i) {
      T sum = -d.lambda[k] * d.V(i, c);
      for (index_t j = 0; j < A.cols(); ++j) sum += A(i, j) * d.V(j, c);
      worst = std::max(worst, static_cast<double>(std::abs(sum)));
    }
  }
  return worst;
}

TEST(Spectral, SignedEigenvaluesOfSecondDifferencesComeInEveryOrder) {
  const index_t n = 30;
  const Matrix<double> A = differences(n, 1.5);
  for (const auto order :
       {EigenvalueOrder::falling, EigenvalueOrder::rising, EigenvalueOrder::modulus}) {
    std::vector<double> expected;
    for (index_t k = 1; k <= n; ++k) {
      expected.push_back(0.5 - 2 * std::cos(M_PI * double(k) / double(n + 1)));
    }
    std::sort(expected.begin(), expected.end(), [&](double x, double y) {
      return order == EigenvalueOrder::falling  ? x > y
             : order == EigenvalueOrder::rising ? x < y
                                                : std::abs(x) > std::abs(y);
    });
    const auto d = decompose(A, {.order = order});
    ASSERT_EQ(d.lambda.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(std::abs(d.lambda[i] - expected[i]) <= 1e-13);
    }
    EXPECT_TRUE(residual(A, d) <= 1e-13);
    EXPECT_TRUE(d.report.certificate.met);
  }
}

TEST(Spectral, TheCountKeepsThoseOfLargestModulus) {
  const Matrix<double> A = differences(30, 1.5);
  const auto all = decompose(A, {.order = EigenvalueOrder::modulus});
  const auto few = decompose(A, {.order = EigenvalueOrder::rising, .count = 3});
  ASSERT_EQ(few.lambda.size(), 3u);
  EXPECT_EQ(few.V.cols(), 3);
  std::vector<double> leading(all.lambda.begin(), all.lambda.begin() + 3);
  std::sort(leading.begin(), leading.end());
  EXPECT_EQ(few.lambda, leading);
  EXPECT_TRUE(residual(A, few) <= 1e-13);
  EXPECT_EQ(decompose(A, {.count = 100}).lambda.size(), 30u);
}

TEST(Spectral, HermitianMatricesHaveRealEigenvalues) {
  using Complex = std::complex<double>;
  Matrix<Complex> A(2, 2);  // σ_y: eigenvalues 1 and -1
  A(0, 1) = Complex(0, -1);
  A(1, 0) = Complex(0, 1);
  const auto d = decompose(A);
  EXPECT_NEAR(d.lambda[0], 1, 1e-15);
  EXPECT_NEAR(d.lambda[1], -1, 1e-15);
  EXPECT_TRUE(residual(A, d) <= 1e-15);
}

std::string refusal(const Matrix<double>& A, double tolerance = 0) {
  try {
    (void)decompose(A, {.tolerance = tolerance});
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

TEST(Spectral, TheLargestAsymmetryIsNamedWithPlaceAndSize) {
  Matrix<double> A = differences(5, 0);
  A(1, 3) = 0.001;
  A(4, 2) = -0.25;
  const std::string words = refusal(A);
  EXPECT_NE(words.find("entry (3, 5) is 0, entry (5, 3) is -0.25"), std::string::npos) << words;
  EXPECT_NE(words.find("differ by 0.25"), std::string::npos) << words;
  EXPECT_NE(refusal(A, 0.12), "");
}

TEST(Spectral, AnAsymmetryWithinTheToleranceIsAveragedAway) {
  Matrix<double> A = differences(5, 0);
  A(0, 1) += 2e-10;
  EXPECT_NE(refusal(A), "");
  EXPECT_NE(refusal(A, 0.9e-10), "");
  const auto d = decompose(A, {.tolerance = 1.1e-10});
  EXPECT_NEAR(d.asymmetry, 2e-10, 1e-15);
  Matrix<double> mean = differences(5, 0);
  mean(0, 1) = mean(1, 0) = -1 + 1e-10;
  EXPECT_TRUE(residual(mean, d) <= 1e-14);
  EXPECT_EQ(decompose(differences(5, 0)).asymmetry, 0);
}

TEST(Spectral, AComplexDiagonalIsAnAsymmetry) {
  Matrix<std::complex<double>> A(2, 2);
  A(1, 1) = {1, 0.5};
  EXPECT_THROW((void)decompose(A), InvalidArgument);
  EXPECT_EQ(decompose(A, {.tolerance = 0.95}).lambda[0], 1);
}

TEST(Spectral, RefusesWhatHasNoSpectralDecomposition) {
  EXPECT_THROW((void)decompose(Matrix<double>(2, 3)), InvalidArgument);
  Matrix<double> A(2, 2);
  A(0, 0) = std::numeric_limits<double>::infinity();
  EXPECT_THROW((void)decompose(A), NonFiniteInput);
  EXPECT_THROW((void)decompose(differences(3, 0), {.count = -1}), InvalidArgument);
  EXPECT_THROW((void)decompose(differences(3, 0), {.tolerance = 1}), InvalidArgument);
}

TEST(Spectral, EmptyAndZeroMatricesAreDefined) {
  EXPECT_EQ(decompose(Matrix<double>(0, 0)).lambda.size(), 0u);
  const auto d = decompose(Matrix<double>(3, 3));
  EXPECT_EQ(d.lambda, std::vector<double>(3));
}

TEST(Spectral, BitsDoNotDependOnThreads) {
  Matrix<double> A = cases::gaussian<double>(150, 150, 4);
  for (index_t j = 0; j < 150; ++j) {
    for (index_t i = 0; i < j; ++i) A(i, j) = A(j, i);
  }
  Context one, three;
  one.set_threads(1);
  three.set_threads(3);
  const auto a = decompose(A, {}, one), b = decompose(A, {}, three);
  EXPECT_EQ(a.lambda, b.lambda);
  EXPECT_TRUE(std::equal(a.V.data(), a.V.data() + 150 * 150, b.V.data()));
}

TEST(Spectral, StaysWithinAMemoryCap) {
  Context context;
  context.set_memory_cap_bytes(10000);
  EXPECT_THROW((void)decompose(differences(100, 0), {}, context), MemoryLimit);
}

}  // namespace
}  // namespace eckart
