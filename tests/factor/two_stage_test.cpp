#include "factor/two_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "eckart/error.hpp"
#include "tests/factor/reduction_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart::factor {
namespace {

template <class T>
class TwoStageReduction : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(TwoStageReduction, Scalars);

template <Scalar T>
struct Form {
  TwoStage<T> stages;
  Matrix<T> Q;
  Matrix<T> P;
};

template <Scalar T>
Form<T> reduce(const Matrix<T>& A, int threads) {
  Context context(threads);
  Matrix<T> work = A.clone();
  Form<T> form{two_stage_bidiagonalize<T>(work.view(), true, context), identity<T>(A.rows()),
               identity<T>(A.rows())};
  apply_left<T>(form.stages, work.view(), form.Q.view(), context);
  apply_right<T>(form.stages, work.view(), form.P.view(), context);
  return form;
}

template <Scalar T>
void expect_backward_stable(const Matrix<T>& A, const std::string& name, double limit = 5) {
  const Form<T> form = reduce(A, 2);
  const Matrix<T> B = bidiagonal<T>(form.stages.d, form.stages.e);
  EXPECT_TRUE(reduction_ratio(A, form.Q, B, form.P) <= 5) << name << ", n = " << A.rows();
  EXPECT_TRUE(orthogonality_ratio(form.Q) <= limit) << name << ", n = " << A.rows();
  EXPECT_TRUE(orthogonality_ratio(form.P) <= limit) << name << ", n = " << A.rows();
}

TYPED_TEST(TwoStageReduction, IsBackwardStableForEverySmallSize) {
  for (index_t n = 0; n <= 40; ++n) expect_backward_stable(gaussian<TypeParam>(n, n), "Gaussian");
}

TYPED_TEST(TwoStageReduction, IsBackwardStableAroundMultiplesOfTheBandWidthAndForPrimes) {
  for (const index_t n : {63, 64, 65, 97, 131}) {
    expect_backward_stable(gaussian<TypeParam>(n, n), "Gaussian");
  }
}

// Two stages are chosen from 192 on; bands are 32 and 64 wide. Vectors of equal entries, as those
// of a constant matrix, round alike in products.
TYPED_TEST(TwoStageReduction, IsBackwardStableWhereItBeginsToPay) {
  using T = TypeParam;
  const auto ones = [](index_t n) {
    Matrix<T> A(n, n);
    std::fill_n(A.data(), n * n, T{1});
    return A;
  };
  expect_backward_stable(gaussian<T>(191, 191), "Gaussian");
  expect_backward_stable(ones(192), "ones", 3.5);
  expect_backward_stable(gaussian<T>(193, 193), "Gaussian");
  const Form<T> form = reduce(ones(256), 2);
  EXPECT_TRUE(orthogonality_ratio(form.Q) <= 3.5);
  EXPECT_TRUE(orthogonality_ratio(form.P) <= 3.5);
}

TYPED_TEST(TwoStageReduction, IsBackwardStableOnDegenerateAndGradedMatrices) {
  using T = TypeParam;
  using Real = real_t<T>;
  for (const index_t n : {1, 2, 5, 33, 66}) {
    const Matrix<T> random = gaussian<T>(n, n);
    const auto from = [&](const std::string& name, const std::function<T(index_t, index_t)>& f) {
      Matrix<T> A(n, n);
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i < n; ++i) A(i, j) = f(i, j);
      }
      expect_backward_stable(A, name);
    };
    const auto graded = [&](index_t i) {
      return static_cast<Real>(std::pow(10., -15. * double(i) / double(n)));
    };
    from("zero", [](index_t, index_t) { return T{}; });
    from("identity", [](index_t i, index_t j) { return T(Real(i == j)); });
    from("rank one", [&](index_t i, index_t j) { return random(i, 0) * random(j, 0); });
    from("graded rows", [&](index_t i, index_t j) { return random(i, j) * graded(i); });
    from("graded columns", [&](index_t i, index_t j) { return random(i, j) * graded(j); });
    from("graded upwards", [&](index_t i, index_t j) { return random(i, j) * graded(n - 1 - j); });
    from("graded both", [&](index_t i, index_t j) { return random(i, j) * graded(i) * graded(j); });
    from("zero rows", [&](index_t i, index_t j) { return i % 3 == 1 ? T{} : random(i, j); });
    from("zero columns", [&](index_t i, index_t j) { return j % 3 != 1 ? T{} : random(i, j); });
    from("upper", [&](index_t i, index_t j) { return i <= j ? random(i, j) : T{}; });
    from("lower", [&](index_t i, index_t j) { return i >= j ? random(i, j) : T{}; });
    from("last entry",
         [&](index_t i, index_t j) { return i + j == 2 * n - 2 ? random(0, 0) : T{}; });
    const Real huge = std::sqrt(std::numeric_limits<Real>::max()) * Real(0.01);
    const Real tiny = std::sqrt(std::numeric_limits<Real>::min()) * Real(0.01);
    from("huge", [&](index_t i, index_t j) { return random(i, j) * huge; });
    from("tiny", [&](index_t i, index_t j) { return random(i, j) * tiny; });
    from("near overflow", [&](index_t i, index_t j) { return random(i, j) * huge * huge; });
    from("near underflow", [&](index_t i, index_t j) {
      return random(i, j) * (std::numeric_limits<Real>::min() / static_cast<Real>(eps<T>()));
    });
    from("both",
         [&](index_t i, index_t j) { return random(i, j) * ((i + j) % 2 ? tiny : Real(1)); });
  }
}

TYPED_TEST(TwoStageReduction, GivesTheSameBitsForAnyNumberOfThreads) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(203, 203);
  const Form<T> one = reduce(A, 1);
  for (const int threads : {2, 3}) {
    const Form<T> more = reduce(A, threads);
    EXPECT_EQ(one.stages.d, more.stages.d);
    EXPECT_EQ(one.stages.e, more.stages.e);
    EXPECT_TRUE(std::equal(one.Q.data(), one.Q.data() + 203 * 203, more.Q.data()));
    EXPECT_TRUE(std::equal(one.P.data(), one.P.data() + 203 * 203, more.P.data()));
  }
}

TYPED_TEST(TwoStageReduction, GivesTheSameValuesWithoutVectors) {
  using T = TypeParam;
  Context context(2);
  Matrix<T> A = gaussian<T>(100, 100);
  Matrix<T> again = A.clone();
  const TwoStage<T> with = two_stage_bidiagonalize<T>(A.view(), true, context);
  const TwoStage<T> without = two_stage_bidiagonalize<T>(again.view(), false, context);
  EXPECT_EQ(with.d, without.d);
  EXPECT_EQ(with.e, without.e);
  EXPECT_EQ(without.bulge.reflectors.cols(), 0);
}

TYPED_TEST(TwoStageReduction, WorksInsideALargerArrayAndOnSomeColumns) {
  using T = TypeParam;
  constexpr index_t n = 75;
  Context context(2);
  const Matrix<T> A = gaussian<T>(n, n);
  const Form<T> form = reduce(A, 1);
  Matrix<T> frame(n + 6, n + 2);
  const MatrixView<T> work = frame.view().block(4, 1, n, n);
  for (index_t j = 0; j < n; ++j) std::copy_n(A.view().column(j), n, work.column(j));
  const TwoStage<T> stages = two_stage_bidiagonalize<T>(work, true, context);
  EXPECT_EQ(stages.d, form.stages.d);
  for (index_t j = 0; j < n + 2; ++j) {
    for (index_t i = 0; i < n + 6; ++i) {
      const bool inside = i >= 4 && i < n + 4 && j >= 1 && j <= n;
      EXPECT_TRUE(inside || frame(i, j) == T{});
    }
  }
  for (const index_t k : {0, 1, 7, 31}) {
    Matrix<T> X(n + 3, k);
    for (index_t j = 0; j < k; ++j) X(j, j) = 1;
    Matrix<T> Y = X.clone();
    apply_left<T>(stages, work, X.view().block(0, 0, n, k), context);
    apply_right<T>(stages, work, Y.view().block(0, 0, n, k), context);
    for (index_t j = 0; j < k; ++j) {
      for (index_t i = 0; i < n; ++i) {
        EXPECT_TRUE(std::abs(X(i, j) - form.Q(i, j)) <= 20 * static_cast<real_t<T>>(eps<T>()));
        EXPECT_TRUE(std::abs(Y(i, j) - form.P(i, j)) <= 20 * static_cast<real_t<T>>(eps<T>()));
      }
      EXPECT_EQ(X(n, j), T{});
    }
  }
}

TYPED_TEST(TwoStageReduction, ComesBackFromWhatIsNotFinite) {
  using T = TypeParam;
  Context context(2);
  for (const real_t<T> bad :
       {std::numeric_limits<real_t<T>>::quiet_NaN(), std::numeric_limits<real_t<T>>::infinity()}) {
    Matrix<T> A = gaussian<T>(70, 70);
    A(40, 11) = bad;
    const TwoStage<T> stages = two_stage_bidiagonalize<T>(A.view(), true, context);
    EXPECT_FALSE(std::isfinite(stages.d[69]));
  }
}

TEST(TwoStageReductionDouble, AgreesWithTheSingularValuesToThirtyDigits) {
  const Matrix<double> A = gaussian<double>(50, 50);
  const Form<double> form = reduce(A, 1);
  const std::vector<long double> exact = oracles::reference_singular_values<double>(A.view());
  const Matrix<double> B = bidiagonal<double>(form.stages.d, form.stages.e);
  const std::vector<long double> ours = oracles::reference_singular_values<double>(B.view());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_TRUE(std::abs(exact[i] - ours[i]) <= 20 * 50 * eps<double>() * exact[0]);
  }
}

TEST(TwoStageReductionDouble, StopsAtOnceWhenCancelled) {
  Context context(2);
  context.set_stop_at_once(true);
  context.cancel();
  Matrix<double> A = gaussian<double>(100, 100);
  EXPECT_THROW(two_stage_bidiagonalize<double>(A.view(), true, context), Cancelled);
}

}  // namespace
}  // namespace eckart::factor
