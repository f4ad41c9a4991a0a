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

TYPED_TEST(Missing, DeviationsAreThoseOfWhatIsThere) {
  using T = TypeParam;
  Matrix<T> X(4, 3);
  X(0, 0) = T{1};
  X(1, 0) = T{4};
  X(2, 0) = nothing<T>();
  X(3, 0) = T{7};
  X(0, 1) = X(1, 1) = X(2, 1) = X(3, 1) = T{5};
  X(0, 2) = T{3};
  X(1, 2) = X(2, 2) = X(3, 2) = nothing<T>();
  EXPECT_EQ(observed_deviations<T>(std::as_const(X).view()), (std::vector<double>{3, 1, 1}));
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
  Matrix<double> infinite = cases::gaussian<double>(4, 3, 1);
  infinite(0, 2) = NAN;
  infinite(3, 2) = INFINITY;
  try {
    (void)fill_with_means(infinite.view());
    FAIL();
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 3);
    EXPECT_EQ(error.col(), 2);
  }
}

}  // namespace
}  // namespace eckart
