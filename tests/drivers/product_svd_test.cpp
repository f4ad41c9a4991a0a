#include "eckart/product_svd.hpp"

#include <cmath>
#include <limits>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <Scalar T>
Matrix<T> random(index_t rows, index_t cols, unsigned seed) {
  Matrix<T> A(rows, cols);
  std::uint64_t state = seed;
  const auto next = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<real_t<T>>(static_cast<double>(state >> 11) * 0x1p-53 - 0.5);
  };
  for (index_t i = 0; i < rows * cols; ++i) {
    if constexpr (is_complex<T>) {
      const auto re = next();
      A.data()[i] = T(re, next());
    } else {
      A.data()[i] = next();
    }
  }
  return A;
}

// B A^H, entry by entry.
template <Scalar T>
Matrix<T> plain_product(const Matrix<T>& B, const Matrix<T>& A) {
  Matrix<T> C(B.rows(), A.rows());
  for (index_t i = 0; i < B.rows(); ++i) {
    for (index_t j = 0; j < A.rows(); ++j) {
      for (index_t p = 0; p < A.cols(); ++p) C(i, j) += B(i, p) * conjugate(A(j, p));
    }
  }
  return C;
}

template <class T>
class ProductSvd : public testing::Test {};
TYPED_TEST_SUITE(ProductSvd, Scalars);

TYPED_TEST(ProductSvd, IsTheSvdOfTheProductAtAnyShape) {
  using T = TypeParam;
  struct Shape {
    index_t m, n, r;
  };
  for (const auto& [m, n, r] :
       {Shape{60, 40, 7}, {40, 60, 40}, {5, 50, 9}, {50, 5, 9}, {6, 4, 30}, {1, 1, 1}}) {
    const Matrix<T> B = random<T>(m, r, 1), A = random<T>(n, r, 2);
    const SvdResult<T> result = product_svd<T>(B.view(), A.view());
    const Matrix<T> C = plain_product(B, A);
    const SvdResult<T> full = dense_svd(*make_operator<T>(C.view()));
    const index_t k = std::min({m, n, r});
    ASSERT_EQ(static_cast<index_t>(result.sigma.size()), k);
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    const double slack = 20 * eps * static_cast<double>(full.sigma[0]) * std::sqrt(double(r));
    for (index_t i = 0; i < k; ++i) {
      const auto at = static_cast<std::size_t>(i);
      EXPECT_TRUE(std::abs(double(result.sigma[at]) - double(full.sigma[at])) <= slack)
          << m << " " << n << " " << r << ": " << i;
    }
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < n; ++j) {
        T sum = 0;
        for (index_t p = 0; p < k; ++p) {
          sum += result.U(i, p) * result.sigma[static_cast<std::size_t>(p)] *
                 conjugate(result.V(j, p));
        }
        ASSERT_TRUE(double(std::abs(sum - C(i, j))) <= 4 * slack);
      }
    }
    EXPECT_TRUE(result.report.certificate.met);
    EXPECT_EQ(result.report.method, "product");
  }
}

TYPED_TEST(ProductSvd, RepeatedColumnsAndZerosLowerTheRank) {
  using T = TypeParam;
  Matrix<T> B = random<T>(30, 6, 3), A = random<T>(20, 6, 4);
  for (index_t i = 0; i < 30; ++i) {
    B(i, 4) = B(i, 1);
    B(i, 5) = T(0);
  }
  const SvdResult<T> result = product_svd<T>(B.view(), A.view());
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(double(result.sigma[3]) > 1e-3 * double(result.sigma[0]));
  EXPECT_TRUE(double(result.sigma[4]) <= 30 * eps * double(result.sigma[0]));
  EXPECT_TRUE(result.report.certificate.met);
}

TYPED_TEST(ProductSvd, ScalesOfTheFactorsDoNotMatter) {
  using T = TypeParam;
  Matrix<T> B = random<T>(30, 6, 3), A = random<T>(20, 6, 4);
  const SvdResult<T> plain = product_svd<T>(B.view(), A.view());
  const auto up = static_cast<real_t<T>>(0x1p100), down = static_cast<real_t<T>>(0x1p-100);
  for (index_t i = 0; i < 180; ++i) B.data()[i] *= up;
  for (index_t i = 0; i < 120; ++i) A.data()[i] *= down;
  const SvdResult<T> scaled = product_svd<T>(B.view(), A.view());
  EXPECT_EQ(plain.sigma, scaled.sigma);
}

TYPED_TEST(ProductSvd, TheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  const Matrix<T> B = random<T>(900, 33, 5), A = random<T>(700, 33, 6);
  Context one(1);
  const SvdResult<T> first = product_svd<T>(B.view(), A.view(), {}, one);
  for (const int threads : thread_counts) {
    Context context(threads);
    const SvdResult<T> other = product_svd<T>(B.view(), A.view(), {}, context);
    ASSERT_EQ(first.sigma, other.sigma);
    for (index_t i = 0; i < 900 * 33; ++i) ASSERT_EQ(first.U.data()[i], other.U.data()[i]);
    for (index_t i = 0; i < 700 * 33; ++i) ASSERT_EQ(first.V.data()[i], other.V.data()[i]);
  }
}

TEST(ProductSvdMistakes, AreNamed) {
  const Matrix<double> B(3, 2), A(4, 3);
  EXPECT_THROW((void)product_svd<double>(B.view(), A.view()), InvalidArgument);
  Matrix<double> bad(4, 2);
  bad(2, 1) = std::numeric_limits<double>::infinity();
  EXPECT_THROW((void)product_svd<double>(B.view(), std::as_const(bad).view()), NonFiniteInput);
  const Matrix<double> none(3, 0), also(4, 0);
  EXPECT_TRUE(product_svd<double>(none.view(), also.view()).sigma.empty());
  const Matrix<double> zero(4, 2);
  EXPECT_EQ(product_svd<double>(B.view(), zero.view()).sigma, (std::vector<double>{0, 0}));
  Context small(1);
  small.set_memory_cap_bytes(100);
  EXPECT_THROW((void)product_svd<double>(B.view(), zero.view(), {}, small), MemoryLimit);
}

}  // namespace
}  // namespace eckart
