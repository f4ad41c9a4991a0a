#include "tests/oracles/svd_check.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <functional>
#include <limits>
#include <utility>

#include "tests/cases/random_matrices.hpp"
#include "tests/cases/registry.hpp"

namespace eckart {
namespace {

template <class T>
class SvdCheck : public testing::Test {
 public:
  using Made = cases::Factored<T>;
  Made made = cases::prescribed<T>(19, 13, cases::even_spectrum(13, 0.1L), 3);

  oracles::SvdCheck judge(const Made& f) const {
    return oracles::check_svd<T>(f.A.view(), f.U.view(), f.sigma, f.V.view());
  }
  // Whether the judge notices what spoil() does to a right answer.
  bool notices(const std::function<void(Made&)>& spoil) const {
    Made spoiled{made.A.clone(), made.U.clone(), made.sigma, made.V.clone()};
    spoil(spoiled);
    return !judge(spoiled).passes(5);
  }
};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SvdCheck, Scalars);

TYPED_TEST(SvdCheck, PassesARightAnswer) {
  const auto check = this->judge(this->made);
  EXPECT_TRUE(check.passes(1)) << check;
}

TYPED_TEST(SvdCheck, NoticesEveryMutation) {
  using T = TypeParam;
  using R = real_t<T>;
  const R nan = std::numeric_limits<R>::quiet_NaN();
  const auto small = static_cast<R>(1000 * oracles::epsilon<T>());
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.sigma[4] = nan; }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.U(2, 3) = nan; }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.V(0, 0) = nan; }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.V(12, 12) = nan; }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) {
    for (R& s : f.sigma) s = nan;
    for (index_t i = 0; i < 13; ++i) f.U(i, i) = f.V(i, i) = nan;
  }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { std::swap(f.sigma[0], f.sigma[1]); }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) {
    for (R& s : f.sigma) s *= 1 + small;
  }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.sigma.back() = -f.sigma.back(); }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.sigma.back() = 0; }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.sigma.pop_back(); }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.U(1, 1) += small; }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) { f.V(5, 2) += small; }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) {
    for (index_t i = 0; i < f.U.rows(); ++i) std::swap(f.U(i, 0), f.U(i, 1));
  }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) {
    for (index_t j = 0; j < 13; ++j) {
      for (index_t i = 0; i < j; ++i) std::swap(f.V(i, j), f.V(j, i));
    }
  }));
  EXPECT_TRUE(this->notices([&](cases::Factored<T>& f) {  // a right SVD with the wrong sign
    for (index_t i = 0; i < 19; ++i) f.U(i, 6) = -f.U(i, 6);
    for (index_t j = 0; j < 13; ++j) f.V(j, 6) = -f.V(j, 6);
  }));
}

TYPED_TEST(SvdCheck, NoticesANegativeZero) {
  using T = TypeParam;
  const auto zero = cases::to_matrix<T>(cases::zeros(2, 2).A);
  const auto unit = cases::to_matrix<T>(cases::identity(2, 2).A);
  Matrix<T> eye(2, 2);
  eye(0, 0) = eye(1, 1) = 1;
  const std::vector<real_t<T>> good{0, 0};
  const std::vector<real_t<T>> bad{0, -real_t<T>(0)};
  const MatrixView<const T> I = std::as_const(eye).view();
  EXPECT_TRUE(oracles::check_svd<T>(zero.view(), I, good, I).passes());
  EXPECT_FALSE(oracles::check_svd<T>(zero.view(), I, bad, I).passes());
}

TYPED_TEST(SvdCheck, MeasuresTheResidualOfATriplet) {
  using T = TypeParam;
  SvdResult<T> result;
  result.U = this->made.U.clone();
  result.V = this->made.V.clone();
  result.sigma = this->made.sigma;
  result.U.keep_columns(4);
  result.V.keep_columns(4);
  result.sigma.resize(4);
  auto check = oracles::check_triplets<T>(this->made.A.view(), result);
  EXPECT_TRUE(check.passes(20 * oracles::epsilon<T>())) << check;
  result.sigma[3] *= static_cast<real_t<T>>(1.001);
  check = oracles::check_triplets<T>(this->made.A.view(), result);
  const double expected = 0.001 * static_cast<double>(this->made.sigma[3]);
  EXPECT_TRUE(std::abs(check.worst_residual - expected) <= 0.01 * expected) << check;
  result.V(0, 0) = std::numeric_limits<real_t<T>>::quiet_NaN();
  EXPECT_FALSE(oracles::check_triplets<T>(this->made.A.view(), result).passes(1e30));
}

TEST(ValueErrorRatio, FailsOnNanAndOnTooManyValues) {
  const std::vector<long double> exact{2, 1};
  const std::vector<double> good{2, 1};
  const std::vector<double> bad{2, std::numeric_limits<double>::quiet_NaN()};
  const std::vector<double> three{2, 1, 0};
  EXPECT_TRUE(oracles::value_error_ratio<double>(good, exact, 2) == 0);
  EXPECT_FALSE(oracles::value_error_ratio<double>(bad, exact, 2) <= 1e300);
  EXPECT_FALSE(oracles::value_error_ratio<double>(three, exact, 2) <= 1e300);
}

}  // namespace
}  // namespace eckart
