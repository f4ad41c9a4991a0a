#include "factor/spectral.hpp"

#include <gtest/gtest.h>

#include "blas/lapack.hpp"
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
std::vector<real_t<T>> fails(MatrixView<T> A) {
  A(0, 0) = T{7};  // what a failed solver leaves behind
  return {};
}

template <Scalar T>
std::vector<real_t<T>> gives_nan(MatrixView<T> A) {
  return std::vector<real_t<T>>(static_cast<std::size_t>(A.cols), std::nanf(""));
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

TYPED_TEST(SpectralOf, DecomposesAnIndefiniteMatrixByTheSolverOrByItsFallback) {
  using T = TypeParam;
  for (const index_t n : {1, 2, 30}) {
    const Matrix<T> A = hermitian<T>(n);
    const auto fill = [&](MatrixView<T> to) {
      for (index_t j = 0; j < n; ++j) std::copy_n(A.view().column(j), n, to.column(j));
    };
    for (const EigenSolver<T> solver : {EigenSolver<T>(blas::hermitian_eigen<T>),
                                        EigenSolver<T>(fails<T>), EigenSolver<T>(gives_nan<T>)}) {
      std::vector<std::string> fallbacks;
      expect_decomposed(A, decompose_hermitian<T>(n, fill, solver, fallbacks, Context(1)));
      EXPECT_EQ(fallbacks.size(), solver == EigenSolver<T>(blas::hermitian_eigen<T>) ? 0u : 1u);
    }
  }
}

TYPED_TEST(SpectralOf, AMatrixWithoutRowsHasNoEigenvalues) {
  using T = TypeParam;
  std::vector<std::string> fallbacks;
  const auto spectral = decompose_hermitian<T>(
      0, [](MatrixView<T>) {}, blas::hermitian_eigen<T>, fallbacks, Context(1));
  EXPECT_TRUE(spectral.lambda.empty());
  EXPECT_TRUE(fallbacks.empty());
}

}  // namespace
}  // namespace eckart::factor
