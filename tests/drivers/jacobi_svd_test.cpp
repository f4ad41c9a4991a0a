#include "eckart/jacobi_svd.hpp"

#include <cmath>
#include <limits>

#include "eckart/error.hpp"
#include "eckart/svd.hpp"
#include "tests/drivers/driver_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class JacobiSvd : public testing::Test {};
TYPED_TEST_SUITE(JacobiSvd, Scalars);

// B D for a B with orthonormal columns plus two on the diagonal, D over 300 decades (float: 36).
template <Scalar T>
Matrix<T> graded(index_t m, index_t n) {
  Matrix<T> A = cases::random_orthonormal<T>(m, n, 5).rounded();
  const int span = std::numeric_limits<real_t<T>>::max_exponent * 97 / 100;
  for (index_t j = 0; j < n; ++j) {
    A(j, j) += T(2);
    const int exponent = -static_cast<int>(span * ((7 * j + 2) % n) / (n - 1));
    for (index_t i = 0; i < m; ++i) A(i, j) *= std::ldexp(real_t<T>{1}, exponent);
  }
  return A;
}

template <Scalar T>
double relative_error(const std::vector<real_t<T>>& sigma, const Matrix<T>& A) {
  const auto exact = oracles::reference_singular_values<T>(A.view());
  double largest = sigma.size() == exact.size() ? 0 : std::nan("");
  for (std::size_t i = 0; i < std::min(sigma.size(), exact.size()); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(sigma[i] / exact[i] - 1)));
  }
  return largest;
}

TYPED_TEST(JacobiSvd, DecomposesEveryCaseOfTheRegistry) {
  using T = TypeParam;
  for (const auto& c : cases::dense_cases<T>()) {
    const auto result = jacobi_svd<T>(*make_operator<T>(view(c.A)));
    const auto check =
        oracles::check_svd<T>(c.A.view(), result.U.view(), result.sigma, result.V.view());
    EXPECT_TRUE(check.passes()) << c.name << ": " << check;
    // Subnormal values are rounded coarsely: that is their residual.
    constexpr auto rounded = std::numeric_limits<real_t<T>>::min();
    const bool coarse = !result.sigma.empty() && result.sigma[0] > 0 &&
                        result.sigma[0] * oracles::epsilon<T>() < static_cast<double>(rounded);
    EXPECT_TRUE(result.report.certificate.met || coarse) << c.name;
    EXPECT_EQ(result.report.method, "jacobi");
  }
}

TYPED_TEST(JacobiSvd, FindsEveryValueOfAGradedMatrixToItsOwnDigitsTallAndWide) {
  using T = TypeParam;
  const Matrix<T> A = graded<T>(18, 12);
  const auto tall = jacobi_svd<T>(*make_operator<T>(view(A)));
  EXPECT_TRUE(relative_error(tall.sigma, A) <= 18 * oracles::epsilon<T>());
  const Matrix<T> AH = conjugate_transpose(A);
  const auto wide = jacobi_svd<T>(*make_operator<T>(view(AH)));
  EXPECT_EQ(wide.sigma, tall.sigma);
  const auto values = jacobi_svd<T>(*make_operator<T>(view(A)), {.vectors = Vectors::none});
  EXPECT_EQ(values.sigma, tall.sigma);
  EXPECT_EQ(values.V.cols(), 0);
  // So does the dense method where it is told to start with Jacobi.
  DenseSvdOptions options;
  options.algorithm = DenseAlgorithm::jacobi;
  EXPECT_EQ(dense_svd<T>(*make_operator<T>(view(A)), options).sigma, tall.sigma);
}

TYPED_TEST(JacobiSvd, TheDenseMethodScalesNothingAwayWhereItStartsWithJacobi) {
  using T = TypeParam;
  using Real = real_t<T>;
  const index_t n = 130;
  const int reach = std::numeric_limits<Real>::max_exponent - 20;
  Matrix<T> A(n, n);
  for (index_t i = 0; i < n; ++i) {
    const int exponent = reach - static_cast<int>(2 * reach * i / (n - 1));
    A((3 * i) % n, (7 * i) % n) = T(std::ldexp(Real{1}, exponent));
  }
  DenseSvdOptions options;
  options.algorithm = DenseAlgorithm::jacobi;
  options.certify = false;
  const auto result = dense_svd<T>(*make_operator<T>(view(A)), options);
  EXPECT_EQ(result.sigma.front(), std::ldexp(Real{1}, reach));
  EXPECT_EQ(result.sigma.back(), std::ldexp(Real{1}, -reach));
}

TYPED_TEST(JacobiSvd, FullVectorsAreSquareAndOrthonormal) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<index_t, index_t>{9, 4}, {4, 9}, {5, 0}, {0, 5}}) {
    const Matrix<T> A = cases::gaussian<T>(m, n, 3);
    const auto result = jacobi_svd<T>(*make_operator<T>(view(A)), {.vectors = Vectors::full});
    EXPECT_EQ(result.U.cols(), m);
    EXPECT_EQ(result.V.cols(), n);
    const auto check =
        oracles::check_svd<T>(A.view(), result.U.view(), result.sigma, result.V.view());
    EXPECT_TRUE(check.passes()) << m << " x " << n << ": " << check;
  }
}

TYPED_TEST(JacobiSvd, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(90, 70, 1);
  const auto op = make_operator<T>(view(A));
  expect_same_bits_for_any_thread_count(
      [&](Context& context) { return jacobi_svd<T>(*op, {}, context); });
}

TYPED_TEST(JacobiSvd, NamesWhatIsNotFinite) {
  using T = TypeParam;
  for (const auto& c : cases::nonfinite_cases<T>()) {
    EXPECT_THROW(static_cast<void>(jacobi_svd<T>(*make_operator<T>(view(c.A)))), NonFiniteInput)
        << c.name;
  }
}

TYPED_TEST(JacobiSvd, SaysWhenTheLargestValueIsNotRepresentable) {
  using T = TypeParam;
  const Matrix<T> A = cases::overflowing<T>(4);
  EXPECT_THROW(static_cast<void>(jacobi_svd<T>(*make_operator<T>(view(A)))), Overflow);
}

TYPED_TEST(JacobiSvd, FormsAMatrixFreeOperatorOnce) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(20, 8, 2);
  const auto op = make_operator<T>(view(A));
  const auto hidden = jacobi_svd<T>(WatchedOperator<T>(*op, true));
  EXPECT_TRUE(same_bits(hidden, jacobi_svd<T>(*op)));
  EXPECT_EQ(hidden.report.products, 8);
}

TYPED_TEST(JacobiSvd, IsLeftAtOnceWhenCancelled) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(60, 60, 2);
  Context context(1);
  context.on_progress([&](const Progress&) { context.cancel(); });
  EXPECT_THROW(static_cast<void>(jacobi_svd<T>(*make_operator<T>(view(A)), {}, context)),
               Cancelled);
}

TYPED_TEST(JacobiSvd, RelativeAccuracyIsServedByItAlone) {
  using T = TypeParam;
  const Matrix<T> A = graded<T>(14, 10);
  const auto op = make_operator<T>(view(A));
  const SvdPlan plan = plan_svd<T>(*op, {.relative_accuracy = true});
  EXPECT_EQ(plan.method, Method::jacobi);
  EXPECT_EQ(plan.why, "high relative accuracy was asked for");
  EXPECT_EQ(plan.rejected.size(), 4u);
  const auto all = svd<T>(*op, {.relative_accuracy = true});
  EXPECT_TRUE(relative_error(all.sigma, A) <= 14 * oracles::epsilon<T>());
  EXPECT_THROW(
      static_cast<void>(plan_svd<T>(*op, {.method = Method::dense, .relative_accuracy = true})),
      InvalidArgument);
  EXPECT_EQ(plan_svd<T>(*op, {.method = Method::jacobi}).why, "asked for by name");
  EXPECT_EQ(plan_svd<T>(*op, {}).method, Method::dense);
  EXPECT_EQ(method_from_string("jacobi"), Method::jacobi);
}

TYPED_TEST(JacobiSvd, TheFrontDoorKeepsThePartThatIsAskedFor) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(20, 9, cases::geometric_spectrum(9, 0.01L), 6);
  const auto op = make_operator<T>(view(made.A));
  const auto all = svd<T>(*op, {.method = Method::jacobi});
  const auto first = svd<T>(*op, {.rank = {.rank = 3}, .method = Method::jacobi});
  const auto last = svd<T>(*op, {.rank = {.rank = 3}, .smallest = true, .method = Method::jacobi});
  const auto values =
      svd<T>(*op, {.rank = {.rank = 3}, .vectors = Vectors::none, .method = Method::jacobi});
  for (index_t j = 0; j < 3; ++j) {
    const auto i = static_cast<std::size_t>(j);
    EXPECT_EQ(first.sigma[i], all.sigma[i]);
    EXPECT_EQ(values.sigma[i], all.sigma[i]);
    EXPECT_EQ(last.sigma[i], all.sigma[6 + i]);
    for (index_t r = 0; r < 9; ++r) {
      EXPECT_EQ(first.V(r, j), all.V(r, j));
      EXPECT_EQ(last.V(r, j), all.V(r, 6 + j));
    }
  }
  for (const auto* result : {&first, &last, &values}) {
    EXPECT_EQ(result->report.rank, 3);
    EXPECT_TRUE(result->report.certificate.met);
  }
}

}  // namespace
}  // namespace eckart
