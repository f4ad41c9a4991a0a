#include "factor/dense_chain.hpp"

#include <gtest/gtest.h>

#include <array>

#include "eckart/error.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

using Step = DenseStep<double>;

bool reports_failure(
    MatrixView<double>, Vectors, const Select&, DenseFactors<double>&, const Context&) {
  return false;
}

bool gives_nan(
    MatrixView<double>, Vectors, const Select&, DenseFactors<double>& factors, const Context&) {
  factors.sigma = {1, 0};
  factors.U = Matrix<double>(2, 2);
  factors.U(0, 0) = std::nan("");
  return true;
}

bool gives_disorder(
    MatrixView<double>, Vectors, const Select&, DenseFactors<double>& factors, const Context&) {
  factors.sigma = {1, 2};
  return true;
}

void fill(MatrixView<double> A) {  // [[3,2],[2,3]]: 5 and 1
  A(0, 0) = A(1, 1) = 3;
  A(0, 1) = A(1, 0) = 2;
}

TEST(DenseChain, AFailingStepIsFollowedByTheNextAndReported) {
  const auto chain = dense_chain<double>(DenseAlgorithm::qr_iteration);
  for (const auto& [broken, words] :
       {std::pair{Step{"first", reports_failure},
                  "first failed: it did not converge, or left the range of numbers"},
        std::pair{Step{"first", gives_nan}, "first gave values that are not finite and ordered"},
        std::pair{Step{"first", gives_disorder},
                  "first gave values that are not finite and ordered"}}) {
    const std::array steps = {broken, chain[0]};
    std::vector<std::string> fallbacks;
    const auto factors =
        factor_dense<double>(2, 2, fill, Vectors::thin, {}, steps, fallbacks, Context(1));
    EXPECT_TRUE(std::abs(factors.sigma[0] - 5) <= 1e-14);
    EXPECT_TRUE(std::abs(factors.sigma[1] - 1) <= 1e-14);
    ASSERT_EQ(fallbacks.size(), 1U);
    EXPECT_EQ(fallbacks[0], words);
  }
}

TEST(DenseChain, WhenEveryStepFailsItSaysWhich) {
  const std::array steps = {Step{"first", reports_failure}, Step{"second", gives_disorder}};
  std::vector<std::string> fallbacks;
  try {
    (void)factor_dense<double>(2, 2, fill, Vectors::thin, {}, steps, fallbacks, Context(1));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("first failed"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("second gave"), std::string::npos);
  }
}

TEST(DenseChain, StartsWhereItIsTold) {
  EXPECT_EQ(dense_chain<double>(DenseAlgorithm::divide_and_conquer).size(), 3U);
  EXPECT_EQ(dense_chain<double>(DenseAlgorithm::qr_iteration).size(), 2U);
  EXPECT_STREQ(dense_chain<double>(DenseAlgorithm::jacobi)[0].name, "one-sided Jacobi");
}

template <class T>
class FactorDense : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(FactorDense, Scalars);

TYPED_TEST(FactorDense, EveryAlgorithmGivesThinFullAndNoVectors) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(12, 5);
  for (const auto algorithm :
       {DenseAlgorithm::divide_and_conquer, DenseAlgorithm::qr_iteration, DenseAlgorithm::jacobi}) {
    std::vector<real_t<T>> first;
    for (const auto vectors : {Vectors::thin, Vectors::full, Vectors::none}) {
      std::vector<std::string> fallbacks;
      const auto factors = factor_dense<T>(
          12, 5,
          [&](MatrixView<T> to) {
            for (index_t j = 0; j < 5; ++j) std::copy_n(A.view().column(j), 12, to.column(j));
          },
          vectors, {}, dense_chain<T>(algorithm), fallbacks, Context(2));
      EXPECT_TRUE(fallbacks.empty());
      if (first.empty()) first = factors.sigma;
      for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_TRUE(std::abs(static_cast<double>(factors.sigma[i] - first[i])) <= 50 * eps<T>());
      }
      if (vectors == Vectors::none) {
        EXPECT_EQ(factors.U.cols(), 0);
        continue;
      }
      EXPECT_EQ(factors.U.cols(), vectors == Vectors::full ? 12 : 5);
      EXPECT_TRUE(inner_defect<T>(factors.U.view(), factors.U.view(), 1) <= 100 * eps<T>());
      Matrix<T> US(12, 5);
      for (index_t j = 0; j < 5; ++j) {
        for (index_t i = 0; i < 12; ++i) {
          US(i, j) = factors.U(i, j) * factors.sigma[static_cast<std::size_t>(j)];
        }
      }
      EXPECT_TRUE(product_defect<T>(A.view(), factors.V.view(), US.view()) <= 200 * eps<T>());
    }
  }
}

TYPED_TEST(FactorDense, AMatrixWithoutColumnsHasTheIdentityForFullVectors) {
  using T = TypeParam;
  std::vector<std::string> fallbacks;
  const auto factors = factor_dense<T>(
      4, 0, [](MatrixView<T>) {}, Vectors::full, {},
      dense_chain<T>(DenseAlgorithm::divide_and_conquer), fallbacks, Context(1));
  EXPECT_TRUE(factors.sigma.empty());
  EXPECT_EQ(factors.U.cols(), 4);
  EXPECT_EQ(factors.U(2, 2), T{1});
  const auto values = factor_dense<T>(
      4, 0, [](MatrixView<T>) {}, Vectors::none, {},
      dense_chain<T>(DenseAlgorithm::divide_and_conquer), fallbacks, Context(1));
  EXPECT_EQ(values.U.rows(), 0);
}

TYPED_TEST(FactorDense, SmallFactorsAreThin) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(6, 4);
  std::vector<std::string> fallbacks;
  const auto factors = factor_small<T>(A.view(), fallbacks, Context(1));
  EXPECT_EQ(factors.U.cols(), 4);
  EXPECT_EQ(factors.V.rows(), 4);
}

}  // namespace
}  // namespace eckart::factor
