#include "factor/spectral.hpp"

#include <gtest/gtest.h>

#include "core/philox.hpp"
#include "eckart/error.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

template <class T>
class SpectralOf : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SpectralOf, Scalars);

template <Scalar T>
Matrix<T> hermitian(index_t n) {
  const Matrix<T> X = gaussian<T>(n, n);
  Matrix<T> A(n, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) A(i, j) = X(i, j) + conjugate(X(j, i));
  }
  return A;
}

template <Scalar T>
void expect_decomposed(const Matrix<T>& A, const Spectral<T>& spectral) {
  const index_t n = A.rows();
  ASSERT_EQ(static_cast<index_t>(spectral.lambda.size()), n);
  for (std::size_t i = 1; i < spectral.lambda.size(); ++i) {
    EXPECT_TRUE(std::abs(spectral.lambda[i]) <= std::abs(spectral.lambda[i - 1]));
  }
  EXPECT_TRUE(inner_defect<T>(spectral.Q.view(), spectral.Q.view(), 1) <= 100 * eps<T>());
  Matrix<T> QL = spectral.Q.clone();
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) QL(i, j) *= spectral.lambda[static_cast<std::size_t>(j)];
  }
  const double defect = product_defect<T>(A.view(), spectral.Q.view(), QL.view());
  EXPECT_TRUE(defect <= 20 * static_cast<double>(n) * eps<T>()) << n << ": " << defect / eps<T>();
}

template <Scalar T>
std::function<void(MatrixView<T>)> copies_of(const Matrix<T>& A) {
  return [&](MatrixView<T> to) {
    for (index_t j = 0; j < A.cols(); ++j) {
      std::copy_n(A.view().column(j), A.rows(), to.column(j));
    }
  };
}

TYPED_TEST(SpectralOf, DecomposesIndefiniteMatrices) {
  using T = TypeParam;
  for (const index_t n : {1, 2, 3, 17, 30, 65}) {
    const Matrix<T> A = hermitian<T>(n);
    std::vector<std::string> fallbacks;
    expect_decomposed(A, decompose_hermitian<T>(n, copies_of(A), fallbacks, Context(2)));
    EXPECT_TRUE(fallbacks.empty());
  }
}

// Integers up to 9 and their shift add without rounding.
TYPED_TEST(SpectralOf, ADiagonalOfSmallIntegersIsFoundExactly) {
  using T = TypeParam;
  const std::vector<real_t<T>> diagonal = {1, -9, 0, 4, -4, 7, 2};
  Matrix<T> A(7, 7);
  for (index_t i = 0; i < 7; ++i) A(i, i) = diagonal[static_cast<std::size_t>(i)];
  std::vector<std::string> fallbacks;
  const auto spectral = decompose_hermitian<T>(7, copies_of(A), fallbacks, Context(1));
  std::vector<real_t<T>> moduli;
  for (const real_t<T> l : spectral.lambda) moduli.push_back(std::abs(l));
  EXPECT_EQ(moduli, (std::vector<real_t<T>>{9, 7, 4, 4, 2, 1, 0}));
  EXPECT_EQ(spectral.lambda[0], -9);
  EXPECT_EQ(spectral.lambda[1], 7);
}

// Its largest eigenvalue is below all random vectors of the estimate: they are orthogonal to its
// eigenvector but for 2^-30, so that twenty steps do not bring it up.
TYPED_TEST(SpectralOf, AnEigenvalueThatTheEstimateMissesIsFoundInTheEnd) {
  using T = TypeParam;
  constexpr index_t n = 40;
  Matrix<T> probes(n, 4);
  core::fill_gaussian(probes.view(), 0, 0, 0, Context(1));
  // v orthogonal to the four probes, by Gram-Schmidt from e_1.
  std::vector<std::complex<double>> v(n);
  std::vector<std::vector<std::complex<double>>> basis;
  for (index_t j = 0; j < 5; ++j) {
    std::vector<std::complex<double>> x(n);
    for (index_t i = 0; i < n; ++i) {
      x[static_cast<std::size_t>(i)] =
          j < 4 ? std::complex<double>(probes(i, j)) : std::complex<double>(i == 0 ? 1 : 0);
    }
    for (int twice = 0; twice < 2; ++twice) {
      for (const auto& b : basis) {
        std::complex<double> inner = 0;
        for (std::size_t i = 0; i < n; ++i) inner += std::conj(b[i]) * x[i];
        for (std::size_t i = 0; i < n; ++i) x[i] -= inner * b[i];
      }
    }
    double norm = 0;
    for (const auto& z : x) norm += std::norm(z);
    for (auto& z : x) z /= std::sqrt(norm);
    basis.push_back(x);
  }
  v = basis.back();
  Matrix<T> A(n, n);  // I - 3 v v^H: eigenvalues 1 and -2
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < n; ++i) {
      const std::complex<double> entry =
          (i == j ? 1.0 : 0.0) -
          3.0 * v[static_cast<std::size_t>(i)] * std::conj(v[static_cast<std::size_t>(j)]);
      if constexpr (is_complex<T>) {
        A(i, j) = static_cast<T>(entry);
      } else {
        A(i, j) = static_cast<T>(entry.real());
      }
    }
    if constexpr (is_complex<T>) A(j, j) = std::real(A(j, j));
  }
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < j; ++i) A(j, i) = conjugate(A(i, j));
  }
  std::vector<std::string> fallbacks;
  const auto spectral = decompose_hermitian<T>(n, copies_of(A), fallbacks, Context(1));
  EXPECT_EQ(fallbacks.size(), 1u);
  EXPECT_TRUE(std::abs(spectral.lambda[0] + 2) <= 100 * static_cast<real_t<T>>(eps<T>()))
      << spectral.lambda[0];
  expect_decomposed(A, spectral);
}

TYPED_TEST(SpectralOf, AMatrixWithoutRowsHasNoEigenvalues) {
  using T = TypeParam;
  std::vector<std::string> fallbacks;
  const auto spectral = decompose_hermitian<T>(
      0, [](MatrixView<T>) {}, fallbacks, Context(1));
  EXPECT_TRUE(spectral.lambda.empty());
  EXPECT_TRUE(fallbacks.empty());
}

TYPED_TEST(SpectralOf, LeavesACancelledRun) {
  using T = TypeParam;
  const Matrix<T> A = hermitian<T>(20);
  std::vector<std::string> fallbacks;
  Context context(1);
  context.set_stop_at_once(true);
  context.cancel();
  EXPECT_THROW((void)decompose_hermitian<T>(20, copies_of(A), fallbacks, context), Cancelled);
}

}  // namespace
}  // namespace eckart::factor
