// The operator over tiles against the one over the same matrix in memory, and its passes counted.
#include <gtest/gtest.h>

#include <atomic>
#include <complex>
#include <memory>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "eckart/tiles.hpp"
#include "tests/operators/operator_testing.hpp"
#include "tests/operators/sketch_testing.hpp"
#include "tests/operators/tiled_testing.hpp"

namespace eckart::operators {
namespace {

template <Scalar T>
std::shared_ptr<MemoryTiles<T>> tiles(
    index_t rows, index_t cols, index_t tile_rows, index_t tile_cols, bool row_major = true) {
  return std::make_shared<MemoryTiles<T>>(gaussian<T>(rows, cols), tile_rows, tile_cols, row_major);
}

template <Scalar T>
double distance(const Matrix<T>& A, const Matrix<T>& B) {
  double worst = 0;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      const double off = std::abs(A(i, j) - B(i, j));
      worst = off <= worst ? worst : off;
    }
  }
  return worst;
}

template <class T>
class Tiled : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<double>>;
TYPED_TEST_SUITE(Tiled, Scalars);

TYPED_TEST(Tiled, MultipliesAsTheMatrixInMemoryDoesWhateverTheTiles) {
  using T = TypeParam;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const Matrix<T> A = gaussian<T>(53, 37);
  const auto in_memory = make_operator(A.view());
  const Matrix<T> X = gaussian<T>(37, 5, 1), Y = gaussian<T>(53, 5, 2);
  Context context(2);
  Matrix<T> AX(53, 5), AHY(37, 5);
  in_memory->apply(X.view(), AX.view(), context);
  in_memory->apply_adjoint(Y.view(), AHY.view(), context);
  for (const bool row_major : {true, false}) {
    for (const auto& [r, c] : {std::pair{53, 37}, {7, 37}, {53, 4}, {10, 10}, {1, 37}}) {
      const auto source = tiles<T>(53, 37, r, c, row_major);
      const auto tiled = make_tiled<T>(source);
      Matrix<T> product(53, 5), adjoint(37, 5), copy(53, 37);
      tiled->apply(X.view(), product.view(), context);
      tiled->apply_adjoint(Y.view(), adjoint.view(), context);
      tiled->copy_to(copy.view(), context);
      EXPECT_TRUE(distance(product, AX) <= 100 * eps);
      EXPECT_TRUE(distance(adjoint, AHY) <= 100 * eps);
      EXPECT_TRUE(distance(copy, A) == 0);
      EXPECT_EQ(source->passes, 3);
      EXPECT_EQ(tiled->reads(), 3);
    }
  }
}

TYPED_TEST(Tiled, MakesBothProductsInOnePassWhereTilesSpanRowsOrColumns) {
  using T = TypeParam;
  const auto by_rows = make_tiled<T>(tiles<T>(90, 40, 8, 40));
  const auto by_cols = make_tiled<T>(tiles<T>(90, 40, 90, 8, false));
  const auto by_both = make_tiled<T>(tiles<T>(90, 40, 20, 20));
  for (const index_t width : {1, 6, 20}) {
    EXPECT_EQ(expect_both_products(*by_rows, Gram::columns, width), 1);
    EXPECT_EQ(expect_both_products(*by_rows, Gram::rows, width), 2);
    EXPECT_EQ(expect_both_products(*by_cols, Gram::columns, width), 2);
    EXPECT_EQ(expect_both_products(*by_cols, Gram::rows, width), 1);
    EXPECT_EQ(expect_both_products(*by_both, Gram::columns, width), 2);
  }
  EXPECT_TRUE(by_rows->reads_once(Gram::columns) && !by_rows->reads_once(Gram::rows));
  EXPECT_TRUE(!by_cols->reads_once(Gram::columns) && by_cols->reads_once(Gram::rows));
}

TYPED_TEST(Tiled, SketchesBothSidesInOnePassWhateverTheTiles) {
  using T = TypeParam;
  for (const bool row_major : {true, false}) {
    for (const auto& [r, c] : {std::pair{90, 140}, {7, 140}, {90, 4}, {25, 75}}) {
      const auto source = tiles<T>(90, 140, r, c, row_major);
      EXPECT_EQ(expect_sketches(*make_tiled<T>(source), gaussian<T>(90, 140), 10), 1);
      EXPECT_EQ(source->passes, 3);
    }
  }
}

TYPED_TEST(Tiled, TellsScanEnergiesAndMeansAfterOnePass) {
  using T = TypeParam;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const Matrix<T> A = gaussian<T>(200, 11);
  const auto in_memory = make_operator(A.view());
  Context context(2);
  for (const bool whole : {true, false}) {
    const auto source = tiles<T>(200, 11, 30, whole ? 11 : 4);
    const auto tiled = make_tiled<T>(source);
    const EntryScan seen = tiled->scan(context), expected = in_memory->scan(context);
    EXPECT_EQ(seen.max_abs, expected.max_abs);
    EXPECT_EQ(seen.nonzeros, expected.nonzeros);
    const auto means = tiled->column_summaries(context);
    const auto exact = in_memory->column_summaries(context);
    AffineMap<T> centred;
    for (std::size_t j = 0; j < 11; ++j) {
      EXPECT_TRUE(std::abs(means[j].mean - exact[j].mean) <= 4 * eps);
      centred.column_shift.push_back(exact[j].mean);
    }
    for (const AffineMap<T>& map : {AffineMap<T>{}, centred}) {
      const auto energies = tiled->column_energies(map, context);
      const auto wanted = in_memory->column_energies(map, context);
      for (std::size_t j = 0; j < 11; ++j) {
        EXPECT_TRUE(std::abs(energies[j] - wanted[j]) <= 200 * eps * wanted[j]);
      }
    }
    EXPECT_EQ(source->passes, 1);
    AffineMap<T> weighted;  // of rows: another pass
    weighted.row_scale.assign(200, real_t<T>{2});
    EXPECT_TRUE(std::abs(tiled->column_energies(weighted, context)[3] -
                         4 * tiled->column_energies({}, context)[3]) <=
                200 * eps * tiled->column_energies(weighted, context)[3]);
    EXPECT_EQ(source->passes, 3);
  }
}

TEST(TiledMeans, KeepTheVarianceOfColumnsFarFromZeroAndOfConstantOnes) {
  // One column drifts away from what the first tile shows, so that its centre there is no guide.
  Matrix<double> A = gaussian<double>(400, 3);
  for (index_t i = 0; i < 400; ++i) {
    A(i, 0) += 1e8;
    A(i, 1) = 0.1;
    A(i, 2) += static_cast<double>(i) * 1e6;
  }
  const auto in_memory = make_operator(std::as_const(A).view());
  const auto tiled =
      make_tiled<double>(std::make_shared<MemoryTiles<double>>(A.clone(), 50, 3, true));
  Context context(2);
  const AffineMap<double> map = standardisation(*tiled, true, true, context);
  const AffineMap<double> wanted = standardisation(*in_memory, true, true, context);
  EXPECT_EQ(map.column_shift[1], 0.1);
  EXPECT_EQ(map.column_scale[1], 1);
  for (const std::size_t j : {0u, 2u}) {
    EXPECT_TRUE(std::abs(map.column_shift[j] / wanted.column_shift[j] - 1) <= 1e-14);
    EXPECT_TRUE(std::abs(map.column_scale[j] / wanted.column_scale[j] - 1) <= 1e-7);
  }
}

TEST(TiledOperator, NamesANanByItsPlaceInTheWholeMatrix) {
  Matrix<double> A = gaussian<double>(40, 9);
  A(33, 7) = std::numeric_limits<double>::quiet_NaN();
  const auto tiled =
      make_tiled<double>(std::make_shared<MemoryTiles<double>>(std::move(A), 10, 4, true));
  Context context(2);
  const EntryScan seen = tiled->scan(context);
  EXPECT_EQ(seen.nonfinite_row, 33);
  EXPECT_EQ(seen.nonfinite_col, 7);
}

TEST(TiledOperator, ThrowsWhatReadingThrewAndWorksAgainAfterwards) {
  const auto source = tiles<double>(64, 8, 4, 8);
  const auto tiled = make_tiled<double>(source);
  const Matrix<double> X = gaussian<double>(8, 2);
  Matrix<double> Y(64, 2);
  Context context(2);
  for (const std::ptrdiff_t tile : {0, 1, 9, 15}) {
    source->failing = tile;
    EXPECT_THROW(tiled->apply(X.view(), Y.view(), context), IoError);
  }
  source->failing = -1;
  tiled->apply(X.view(), Y.view(), context);
  EXPECT_EQ(tiled->reads(), 1);
}

TEST(TiledOperator, StopsWithinAPassWhenThereIsNothingToWaitFor) {
  const auto tiled = make_tiled<double>(tiles<double>(64, 8, 4, 8));
  const Matrix<double> X = gaussian<double>(8, 2);
  Matrix<double> Y(64, 2);
  Context context(2);
  context.cancel();
  tiled->apply(X.view(), Y.view(), context);  // a cancelled run ends between passes
  context.set_stop_at_once(true);
  EXPECT_THROW(tiled->apply(X.view(), Y.view(), context), Cancelled);
}

TEST(TiledOperator, RefusesElementsThatBecomeAnotherScalar) {
  EXPECT_THROW(make_tiled<float>(tiles<double>(4, 4, 2, 4)), InvalidArgument);
  EXPECT_TRUE(becomes<double>(Element::int8) && becomes<float>(Element::bfloat16));
  EXPECT_FALSE(becomes<float>(Element::int8));
}

}  // namespace
}  // namespace eckart::operators
