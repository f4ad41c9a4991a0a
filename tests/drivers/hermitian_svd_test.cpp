#include "eckart/hermitian_svd.hpp"

#include <cmath>
#include <limits>

#include "eckart/error.hpp"
#include "eckart/svd.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class HermitianSvd : public testing::Test {};
TYPED_TEST_SUITE(HermitianSvd, Scalars);

// Returns Q diag(lambda) Q^H rounded, both triangles from the upper one.
template <Scalar T>
Matrix<T> with_eigenvalues(const std::vector<long double>& lambda, std::uint64_t seed) {
  const auto n = static_cast<index_t>(lambda.size());
  const auto Q = cases::random_orthonormal<T>(n, n, seed);
  Matrix<T> A(n, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i <= j; ++i) {
      oracles::wide_t<T> sum = 0;
      for (index_t l = 0; l < n; ++l) {
        const auto weight =
            static_cast<oracles::wide_real_t<T>>(lambda[static_cast<std::size_t>(l)]);
        sum += oracles::times(weight * Q(i, l), oracles::conj_of(Q(j, l)));
      }
      A(i, j) = i == j ? T(static_cast<real_t<T>>(std::real(sum))) : static_cast<T>(sum);
      A(j, i) = conjugate(A(i, j));
    }
  }
  return A;
}

TYPED_TEST(HermitianSvd, FindsEigenvaluesOfBothSignsWithTheirVectors) {
  using T = TypeParam;
  const std::vector<long double> lambda = {5, -4, 3, 3, -1, 0.5L, -1e-3L};
  const Matrix<T> A = with_eigenvalues<T>(lambda, 3);
  const auto result = hermitian_svd<T>(*make_operator<T>(view(A)));
  const auto check =
      oracles::check_svd<T>(A.view(), result.U.view(), result.sigma, result.V.view());
  EXPECT_TRUE(check.passes()) << check;
  EXPECT_TRUE(result.report.certificate.met);
  EXPECT_EQ(result.report.method, "hermitian");
  EXPECT_TRUE(result.report.fallbacks.empty());
  ASSERT_EQ(result.lambda.size(), lambda.size());
  for (std::size_t i = 0; i < lambda.size(); ++i) {
    const auto error = static_cast<double>(std::abs(result.lambda[i] - lambda[i]));
    EXPECT_TRUE(error <= 50 * oracles::epsilon<T>()) << i;
    EXPECT_EQ(std::abs(result.lambda[i]), result.sigma[i]);
    const real_t<T> sign = lambda[i] < 0 ? -1 : 1;
    for (index_t r = 0; r < A.rows(); ++r) {  // u = v sign(lambda), in every bit
      const auto j = static_cast<index_t>(i);
      EXPECT_EQ(result.U(r, j), sign * result.V(r, j));
    }
  }
}

TYPED_TEST(HermitianSvd, EveryRatioIsAtMostFiveForEverySizeAndSpectrum) {
  using T = TypeParam;
  for (index_t n = 1; n <= 40; n += n < 12 ? 1 : 7) {
    for (const int kind : {0, 1, 2}) {  // both signs in pairs; semidefinite; clusters of both signs
      std::vector<long double> lambda;
      for (index_t i = 0; i < n; ++i) {
        const auto x = static_cast<long double>(i);
        if (kind == 0) lambda.push_back(i % 2 == 0 ? 1 + x : -x);
        if (kind == 1) lambda.push_back(i < n / 2 ? 0 : std::pow(0.3L, x));
        if (kind == 2) lambda.push_back(i % 3 == 0 ? -1 : 1);
      }
      const Matrix<T> A = with_eigenvalues<T>(lambda, static_cast<std::uint64_t>(n));
      const auto result = hermitian_svd<T>(*make_operator<T>(view(A)));
      const auto check =
          oracles::check_svd<T>(A.view(), result.U.view(), result.sigma, result.V.view());
      EXPECT_TRUE(check.passes()) << n << ", kind " << kind << ": " << check;
      EXPECT_TRUE(result.report.fallbacks.empty()) << n << ", kind " << kind;
    }
  }
}

TYPED_TEST(HermitianSvd, IsLeftAtOnceWhenCancelled) {
  using T = TypeParam;
  const Matrix<T> A = with_eigenvalues<T>({3, -2, 1}, 2);
  Context context(1);
  context.on_progress([&](const Progress&) { context.cancel(); });
  EXPECT_THROW(static_cast<void>(hermitian_svd<T>(*make_operator<T>(view(A)), {}, context)),
               Cancelled);
}

TYPED_TEST(HermitianSvd, DefinesTheDegenerateCases) {
  using T = TypeParam;
  const Matrix<T> empty(0, 0);
  EXPECT_TRUE(hermitian_svd<T>(*make_operator<T>(view(empty))).sigma.empty());
  const Matrix<T> zero(5, 5);
  const auto nothing = hermitian_svd<T>(*make_operator<T>(view(zero)));
  EXPECT_EQ(nothing.lambda, std::vector<real_t<T>>(5, 0));
  for (const real_t<T> l : nothing.lambda) EXPECT_FALSE(std::signbit(l));
  Matrix<T> one(1, 1);
  one(0, 0) = T(-3);
  const auto result = hermitian_svd<T>(*make_operator<T>(view(one)));
  EXPECT_EQ(result.lambda[0], -3);
  EXPECT_EQ(result.sigma[0], 3);
  EXPECT_EQ(result.V(0, 0), T(1));
  EXPECT_EQ(result.U(0, 0), T(-1));
}

TYPED_TEST(HermitianSvd, ScalesMatricesNearBothEndsOfTheRange) {
  using T = TypeParam;
  using Real = real_t<T>;
  const Matrix<T> A = with_eigenvalues<T>({3, -2, 1}, 4);
  const auto base = hermitian_svd<T>(*make_operator<T>(view(A)));
  for (const int exponent : {std::numeric_limits<Real>::max_exponent - 4,
                             std::numeric_limits<Real>::min_exponent + 30}) {
    Matrix<T> B = A.clone();
    for (index_t k = 0; k < 9; ++k) B.data()[k] *= std::ldexp(Real{1}, exponent);
    const auto result = hermitian_svd<T>(*make_operator<T>(view(B)));
    EXPECT_TRUE(result.report.certificate.met);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto ratio = std::ldexp(result.lambda[i], -exponent) / base.lambda[i];
      EXPECT_TRUE(std::abs(ratio - 1) <= 20 * static_cast<Real>(oracles::epsilon<T>()));
    }
  }
  Matrix<T> huge(4, 4);
  for (index_t k = 0; k < 16; ++k) huge.data()[k] = T(std::numeric_limits<Real>::max() / 2);
  EXPECT_THROW(static_cast<void>(hermitian_svd<T>(*make_operator<T>(view(huge)))), Overflow);
}

template <Scalar T>
std::string refusal(const Matrix<T>& A) {
  try {
    (void)hermitian_svd<T>(*make_operator<T>(view(A)));
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TYPED_TEST(HermitianSvd, NamesTheFirstEntryThatIsNotHermitian) {
  using T = TypeParam;
  Matrix<T> A = with_eigenvalues<T>({3, -2, 1, 1}, 4);
  A(0, 3) = T(7);
  A(1, 2) = T(5);
  EXPECT_NE(refusal(A).find("entry (2, 3) is 5"), std::string::npos) << refusal(A);
  EXPECT_NE(refusal(A).find("entry (3, 2) is"), std::string::npos) << refusal(A);
  if constexpr (is_complex<T>) {
    A = with_eigenvalues<T>({3, -2, 1, 1}, 4);
    A(1, 1) = {1, 2};
    EXPECT_NE(refusal(A).find("entry (2, 2) is 1+2i, which is not real"), std::string::npos);
  }
  EXPECT_NE(refusal(Matrix<T>(2, 3)).find("2 x 3"), std::string::npos);
}

TYPED_TEST(HermitianSvd, NamesWhatIsNotFinite) {
  using T = TypeParam;
  for (const auto& c : cases::nonfinite_cases<T>()) {
    EXPECT_THROW(static_cast<void>(hermitian_svd<T>(*make_operator<T>(view(c.A)))), NonFiniteInput)
        << c.name;
  }
}

TYPED_TEST(HermitianSvd, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  std::vector<long double> lambda;
  for (int i = 0; i < 40; ++i) lambda.push_back(i % 2 == 0 ? i + 1 : -i);
  const Matrix<T> A = with_eigenvalues<T>(lambda, 5);
  const auto op = make_operator<T>(view(A));
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return hermitian_svd<T>(*op, {}, context); });
}

TYPED_TEST(HermitianSvd, TheFrontDoorTakesItByNameAlone) {
  using T = TypeParam;
  const Matrix<T> A = with_eigenvalues<T>({5, -4, 3, -2, 1}, 3);
  const auto op = make_operator<T>(view(A));
  EXPECT_EQ(plan_svd<T>(*op, {}).method, Method::dense);
  EXPECT_EQ(plan_svd<T>(*op, {.method = Method::hermitian}).why,
            "the matrix is said to be Hermitian");
  const auto all = svd<T>(*op, {.method = Method::hermitian});
  const auto first = svd<T>(*op, {.rank = {.rank = 2}, .method = Method::hermitian});
  const auto last =
      svd<T>(*op, {.rank = {.rank = 2}, .smallest = true, .method = Method::hermitian});
  EXPECT_EQ(first.lambda, (std::vector<real_t<T>>{all.lambda[0], all.lambda[1]}));
  EXPECT_EQ(last.lambda, (std::vector<real_t<T>>{all.lambda[3], all.lambda[4]}));
  EXPECT_EQ(last.V(0, 0), all.V(0, 3));
  EXPECT_TRUE(first.report.certificate.met && last.report.certificate.met);
  const Matrix<T> tall(4, 3);
  EXPECT_THROW(
      static_cast<void>(plan_svd<T>(*make_operator<T>(view(tall)), {.method = Method::hermitian})),
      InvalidArgument);
}

}  // namespace
}  // namespace eckart
