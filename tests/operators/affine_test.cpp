#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"
#include "tests/operators/sketch_testing.hpp"

namespace eckart::operators {
namespace {

template <class T>
class Affine : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Affine, Scalars);

constexpr index_t m = 29;
constexpr index_t n = 13;

// Bits of which parts of the map are set: column shift, row shift, row scale, column scale.
template <Scalar T>
AffineMap<T> map_with(int parts) {
  AffineMap<T> map;
  const Matrix<T> shifts = gaussian<T>(m, 2, 5);
  for (index_t j = 0; j < n && (parts & 1); ++j) map.column_shift.push_back(shifts(j, 0));
  for (index_t i = 0; i < m && (parts & 2); ++i) map.row_shift.push_back(shifts(i, 1));
  for (index_t i = 0; i < m && (parts & 4); ++i) map.row_scale.push_back(real_t<T>(i % 4 + 1));
  for (index_t j = 0; j < n && (parts & 8); ++j) {
    map.column_scale.push_back(1 / real_t<T>(j + 1));
  }
  return map;
}

template <Scalar T>
Matrix<T> formed(const Matrix<T>& A, const AffineMap<T>& map) {
  Matrix<T> B = A.clone();
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      const auto r = static_cast<std::size_t>(i);
      const auto c = static_cast<std::size_t>(j);
      if (!map.column_shift.empty()) B(i, j) -= map.column_shift[c];
      if (!map.row_shift.empty()) B(i, j) -= map.row_shift[r];
      if (!map.row_scale.empty()) B(i, j) *= map.row_scale[r];
      if (!map.column_scale.empty()) B(i, j) *= map.column_scale[c];
    }
  }
  return B;
}

TYPED_TEST(Affine, EveryCombinationOfShiftsAndScalesEqualsTheFormedMatrix) {
  const Matrix<TypeParam> A = gaussian<TypeParam>(m, n);
  const auto op = make_operator<TypeParam>(A.view());
  for (int parts = 0; parts < 16; ++parts) {
    const auto map = map_with<TypeParam>(parts);
    expect_behaves_as(*make_affine(*op, map), formed(A, map), 8);
    EXPECT_EQ(expect_sketches(*make_affine(*op, map), formed(A, map), 8), 1);
  }
}

TYPED_TEST(Affine, StandardisationCentresAndScalesTheColumns) {
  using T = TypeParam;
  Matrix<T> A = gaussian<T>(m, n);
  for (index_t i = 0; i < m; ++i) A(i, 4) = T(real_t<T>(2.5));  // a constant column
  const auto op = make_operator<T>(std::as_const(A).view());
  Context context(1);
  const AffineMap<T> map = standardisation(*op, true, true, context);
  const Matrix<T> B = formed(A, map);
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (index_t j = 0; j < n; ++j) {
    std::complex<double> mean = 0;
    double variance = 0;
    for (index_t i = 0; i < m; ++i) {
      mean += std::complex<double>(B(i, j)) / static_cast<double>(m);
      variance += std::norm(std::complex<double>(B(i, j))) / static_cast<double>(m - 1);
    }
    EXPECT_TRUE(std::abs(mean) <= 20 * eps);
    if (j == 4) {
      EXPECT_EQ(map.column_scale[4], 1);
    } else {
      EXPECT_TRUE(std::abs(variance - 1) <= 100 * eps);
    }
  }
  const AffineMap<T> scale_only = standardisation(*op, false, true, context);
  EXPECT_TRUE(scale_only.column_shift.empty());
  EXPECT_EQ(scale_only.column_scale, map.column_scale);
}

TEST(AffineDouble, AConstantColumnIsFoundWhateverItsLengthAndValue) {
  for (const index_t rows : {7, 1000, 5000}) {
    for (const double value : {0.1, -2.7, 100000.1, 1e-200, 1e300}) {
      Matrix<double> A = gaussian<double>(rows, 2);
      for (index_t i = 0; i < rows; ++i) A(i, 1) = value;
      const auto op = make_operator<double>(std::as_const(A).view());
      Context context(1);
      const AffineMap<double> map = standardisation(*op, true, true, context);
      EXPECT_EQ(map.column_scale[1], 1) << rows << " rows of " << value;
      EXPECT_TRUE(std::abs(map.column_shift[1] - value) <= 4e-16 * std::abs(value));
    }
  }
}

TEST(AffineDouble, AConstantColumnOfMillionsOfRowsIsFoundThoughItsSumIsRounded) {
  Matrix<double> A(3000000, 1);
  for (index_t i = 0; i < A.rows(); ++i) A(i, 0) = 0.1;
  const auto op = make_operator<double>(std::as_const(A).view());
  Context context(1);
  EXPECT_EQ(standardisation(*op, true, true, context).column_scale[0], 1);
}

TEST(AffineDouble, DeviationsNeitherOverflowNorVanish) {
  // (1, 2, 4) has the deviation sqrt(7 / 3).
  for (const double size : {1e200, 1e-200, 1e300, 1e-300}) {
    Matrix<double> A(3, 1);
    A(0, 0) = size;
    A(1, 0) = 2 * size;
    A(2, 0) = 4 * size;
    const auto op = make_operator<double>(std::as_const(A).view());
    Context context(1);
    const AffineMap<double> map = standardisation(*op, true, true, context);
    EXPECT_TRUE(std::abs(map.column_scale[0] * size - std::sqrt(3.0 / 7.0)) <= 1e-14);
  }
}

TEST(AffineDouble, TheRoundingLevelCoversTheErrorOfACentredProduct) {
  // Columns far from zero: the product with A is large and cancels.
  Matrix<double> A = gaussian<double>(1000, 30);
  for (index_t i = 0; i < 30000; ++i) A.data()[i] += 1e8;
  const auto op = make_operator<double>(std::as_const(A).view());
  Context context(1);
  const AffineMap<double> map = standardisation(*op, true, false, context);
  const auto centred = make_affine(*op, map);
  Matrix<double> X = gaussian<double>(30, 1, 7);
  double length = 0;
  for (index_t j = 0; j < 30; ++j) length += X(j, 0) * X(j, 0);
  for (index_t j = 0; j < 30; ++j) X(j, 0) /= std::sqrt(length);
  Matrix<double> Y(1000, 1);
  centred->apply(std::as_const(X).view(), Y.view(), context);
  double error = 0;
  for (index_t i = 0; i < 1000; ++i) {
    long double exact = 0;
    for (index_t j = 0; j < 30; ++j) {
      const long double shift = map.column_shift[static_cast<std::size_t>(j)];
      exact += (static_cast<long double>(A(i, j)) - shift) * X(j, 0);
    }
    const double off = Y(i, 0) - static_cast<double>(exact);
    error += off * off;
  }
  EXPECT_TRUE(std::sqrt(error) <= centred->rounding_level());
  EXPECT_TRUE(std::sqrt(error) >= centred->rounding_level() / 1000) << "the level is too loose";
  EXPECT_EQ(op->rounding_level(), 0);
}

TEST(AffineDouble, RefusesVectorsOfTheWrongLength) {
  const Matrix<double> A = gaussian<double>(m, n);
  const auto op = make_operator<double>(A.view());
  AffineMap<double> map;
  map.column_shift.resize(n + 1);
  try {
    (void)make_affine(*op, map);
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "column_shift has 14 entries; the matrix has 13 columns");
  }
}

}  // namespace
}  // namespace eckart::operators
