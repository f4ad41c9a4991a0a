#include "eckart/apps/missing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

template <Scalar T>
T nothing() {
  return std::numeric_limits<real_t<T>>::quiet_NaN();
}

template <class T>
class Missing : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Missing, Scalars);

TYPED_TEST(Missing, RowsWithHolesAreFoundAndMeansFillThem) {
  using T = TypeParam;
  Matrix<T> X(3, 2);
  X(0, 0) = T{2};
  X(1, 0) = nothing<T>();
  X(2, 0) = T{6};
  X(0, 1) = X(1, 1) = T{1};
  X(2, 1) = nothing<T>();
  EXPECT_EQ(complete_rows<T>(std::as_const(X).view()), std::vector<index_t>{0});
  EXPECT_EQ(fill_with_means(X.view()), 2);
  EXPECT_EQ(X(1, 0), T{4});
  EXPECT_EQ(X(2, 1), T{1});
  EXPECT_EQ(X(2, 0), T{6});
  EXPECT_EQ(complete_rows<T>(std::as_const(X).view()), (std::vector<index_t>{0, 1, 2}));
}

// A table that is exactly a model of two components: what is missing can be told exactly.
TYPED_TEST(Missing, TheModelRestoresWhatFollowsFromIt) {
  using T = TypeParam;
  const Matrix<T> whole = [] {
    Matrix<T> A = cases::prescribed<T>(40, 8, {20, 10}, 3).A;
    for (index_t j = 0; j < 8; ++j) {
      for (index_t i = 0; i < 40; ++i) A(i, j) += static_cast<real_t<T>>(j);
    }
    return A;
  }();
  for (const bool scale : {false, true}) {
    Matrix<T> X = whole.clone();
    index_t holes = 0;
    for (index_t i = 0; i < 40; i += 3, ++holes) X(i, (5 * i) % 8) = nothing<T>();
    const double tolerance = is_complex<T> || sizeof(real_t<T>) == 8 ? 1e-8 : 1e-6;
    FillOptions options{.components = 2, .scale = scale, .tolerance = tolerance};
    if (sizeof(real_t<T>) == 4) options.tolerance = 1e-5;
    const FillReport report = fill_by_model(X.view(), options);
    EXPECT_EQ(report.missing, holes);
    EXPECT_TRUE(report.converged);
    EXPECT_GE(report.iterations, 3);
    for (index_t i = 0; i < 320; ++i) {
      EXPECT_TRUE(double(std::abs(X.data()[i] - whole.data()[i])) <= 100 * options.tolerance) << i;
    }
  }
}

TEST(MissingEdges, ACompleteTableIsLeftAlone) {
  Matrix<double> X = cases::gaussian<double>(5, 3, 1);
  const Matrix<double> before = X.clone();
  const FillReport report = fill_by_model(X.view());
  EXPECT_EQ(report.missing, 0);
  EXPECT_TRUE(report.converged);
  EXPECT_TRUE(std::equal(X.data(), X.data() + 15, before.data()));
}

TEST(MissingEdges, AnIterationLimitIsReported) {
  Matrix<double> X = cases::gaussian<double>(12, 5, 1);
  X(3, 2) = X(7, 1) = NAN;
  const FillReport report = fill_by_model(X.view(), {.iterations = 1});
  EXPECT_FALSE(report.converged);
  EXPECT_EQ(report.iterations, 1);
  EXPECT_TRUE(report.last_change > 0);
}

TEST(MissingEdges, MistakesAreNamed) {
  Matrix<double> X = cases::gaussian<double>(4, 3, 1);
  for (index_t i = 0; i < 4; ++i) X(i, 1) = NAN;
  try {
    (void)fill_with_means(X.view());
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("column 2"), std::string::npos);
  }
  EXPECT_THROW((void)fill_by_model(X.view()), InvalidArgument);
  Matrix<double> Y = cases::gaussian<double>(4, 3, 1);
  EXPECT_THROW((void)fill_by_model(Y.view(), {.components = 0}), InvalidArgument);
  EXPECT_THROW((void)fill_by_model(Y.view(), {.components = 3}), InvalidArgument);
  EXPECT_THROW((void)fill_by_model(Y.view(), {.tolerance = 0}), InvalidArgument);
  EXPECT_THROW((void)fill_by_model(Y.view(), {.iterations = 0}), InvalidArgument);
}

}  // namespace
}  // namespace eckart
