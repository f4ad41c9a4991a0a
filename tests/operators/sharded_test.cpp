#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/philox.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/oracles/threaded_ranks.hpp"

namespace eckart {
namespace {

using oracles::ThreadedRanks;

template <Scalar T>
Matrix<T> random_matrix(index_t rows, index_t cols, std::uint32_t stream = 0) {
  Matrix<T> A(rows, cols);
  Context context(1);
  core::fill_gaussian(A.view(), 7, stream, 0, context);
  return A;
}

// Rows [first, last) for a rank; the second of several has none.
struct Cut {
  index_t first;
  index_t last;
};
Cut cut(index_t rows, const Communicator& ranks) {
  std::vector<index_t> bounds = even_bounds(rows, std::max(ranks.size() - 1, 1));
  bounds.insert(bounds.begin() + 1, bounds[1]);
  const auto r = static_cast<std::size_t>(ranks.rank());
  return {bounds[r], bounds[r + 1]};
}

template <Scalar T>
class Sharded : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Sharded, Scalars);

TYPED_TEST(Sharded, MakesTheProductsOfTheWholeMatrix) {
  using T = TypeParam;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const Matrix<T> A = random_matrix<T>(23, 9);
  const Matrix<T> X = random_matrix<T>(9, 3, 1);
  const Matrix<T> Y = random_matrix<T>(23, 3, 2);
  Context serial(1);
  const auto whole = make_operator<T>(A.view());
  Matrix<T> AX(23, 3), AHY(9, 3), AHAX(9, 3);
  whole->apply(X.view(), AX.view(), serial);
  whole->apply_adjoint(Y.view(), AHY.view(), serial);
  whole->apply_adjoint(std::as_const(AX).view(), AHAX.view(), serial);
  for (int size = 1; size <= 4; ++size) {
    ThreadedRanks::run(size, [&](const Communicator& ranks) {
      Context context(1);
      const auto [first, last] = cut(23, ranks);
      const auto rows = make_operator<T>(A.view().block(first, 0, last - first, 9));
      const auto B = make_sharded(*rows, ranks);
      EXPECT_EQ(B->rows(), 23);
      EXPECT_EQ(B->row_shard().first, first);
      EXPECT_EQ(B->entries_per_product(), 23 * 9);
      const Shard here = B->col_shard();
      Matrix<T> BX(last - first, 3), BHY(here.count, 3), Z(here.count, 3), image(last - first, 3);
      B->apply(X.view().block(here.first, 0, here.count, 3), BX.view(), context);
      B->apply_adjoint(Y.view().block(first, 0, last - first, 3), BHY.view(), context);
      index_t stepped = 0;
      B->apply_gram(
          Gram::columns, X.view().block(here.first, 0, here.count, 3), image.view(), Z.view(),
          [&](index_t, MatrixView<T> rows_of_Y) { stepped += rows_of_Y.rows; }, context);
      EXPECT_EQ(stepped, last - first);
      for (index_t j = 0; j < 3; ++j) {
        for (index_t i = first; i < last; ++i) {
          EXPECT_TRUE(std::abs(BX(i - first, j) - AX(i, j)) <= 50 * eps);
          EXPECT_TRUE(std::abs(image(i - first, j) - AX(i, j)) <= 50 * eps);
        }
        for (index_t i = 0; i < here.count; ++i) {
          EXPECT_TRUE(std::abs(BHY(i, j) - AHY(here.first + i, j)) <= 100 * eps);
          EXPECT_TRUE(std::abs(Z(i, j) - AHAX(here.first + i, j)) <= 500 * eps);
        }
      }
      // The other Gram product, through the adjoint.
      const auto BH = make_adjoint(*B);
      Matrix<T> through(last - first, 3), back(here.count, 3);
      BH->apply_gram(Gram::columns, Y.view().block(first, 0, last - first, 3), back.view(),
                     through.view(), {}, context);
      for (index_t j = 0; j < 3; ++j) {
        for (index_t i = 0; i < here.count; ++i) {
          EXPECT_TRUE(std::abs(back(i, j) - AHY(here.first + i, j)) <= 100 * eps);
        }
      }
    });
  }
}

TYPED_TEST(Sharded, KnowsTheEntriesOfTheWholeMatrix) {
  using T = TypeParam;
  Matrix<T> A = random_matrix<T>(17, 6);
  for (index_t i = 0; i < 17; ++i) {  // a constant column
    if constexpr (is_complex<T>) {
      A(i, 2) = T(real_t<T>(0.1), real_t<T>(-0.3));
    } else {
      A(i, 2) = T(0.1);
    }
  }
  A(16, 4) = 1000;
  Context serial(1);
  const auto whole = make_operator<T>(std::as_const(A).view());
  const EntryScan expected = whole->scan(serial);
  const auto summaries = whole->column_summaries(serial);
  const auto energies = whole->column_energies({}, serial);
  for (int size = 1; size <= 4; ++size) {
    ThreadedRanks::run(size, [&](const Communicator& ranks) {
      Context context(1);
      const auto [first, last] = cut(17, ranks);
      const auto rows = make_operator<T>(std::as_const(A).view().block(first, 0, last - first, 6));
      const auto B = make_sharded(*rows, ranks);
      const EntryScan scan = B->scan(context);
      EXPECT_EQ(scan.max_abs, expected.max_abs);
      EXPECT_EQ(scan.min_abs, expected.min_abs);
      EXPECT_EQ(scan.nonzeros, expected.nonzeros);
      EXPECT_TRUE(scan.finite());
      const auto seen = B->column_summaries(context);
      const auto sums = B->column_energies({}, context);
      for (std::size_t j = 0; j < 6; ++j) {
        EXPECT_EQ(seen[j].max_abs, summaries[j].max_abs);
        EXPECT_TRUE(std::abs(seen[j].mean - summaries[j].mean) <=
                    10 * std::numeric_limits<real_t<T>>::epsilon() * summaries[j].max_abs);
        EXPECT_TRUE(std::abs(sums[j] - energies[j]) <= 1e-5 * energies[j]);
      }
      EXPECT_EQ(seen[2].mean, A(0, 2));
    });
  }
}

TEST(ShardedScan, NamesTheFirstBadEntryByItsRowOfTheWholeMatrix) {
  Matrix<double> A = random_matrix<double>(12, 3);
  A(7, 1) = -std::numeric_limits<double>::infinity();
  A(11, 0) = std::numeric_limits<double>::quiet_NaN();
  ThreadedRanks::run(3, [&](const Communicator& ranks) {
    Context context(1);
    const Shard shard = Shard::even(ranks, 12);
    const auto rows =
        make_operator<double>(std::as_const(A).view().block(shard.first, 0, shard.count, 3));
    const EntryScan scan = make_sharded(*rows, ranks)->scan(context);
    EXPECT_EQ(scan.nonfinite_row, 7);
    EXPECT_EQ(scan.nonfinite_col, 1);
    EXPECT_EQ(scan.nonfinite_value, -std::numeric_limits<double>::infinity());
  });
}

TEST(ShardedMap, OfTheWholeMapsTheRowsOfEachRank) {
  const Matrix<double> A = random_matrix<double>(8, 5), X = random_matrix<double>(5, 1, 1);
  const AffineMap<double> map{.column_shift = {1, 2, 3, 4, 5},
                              .row_scale = {1, 2, 3, 4, 5, 6, 7, 8},
                              .column_scale = {2, 1, 1, 1, 3}};
  Context serial(1);
  const auto whole = make_operator<double>(A.view());
  Matrix<double> expected(8, 1);
  make_affine<double>(*whole, map)->apply(X.view(), expected.view(), serial);
  ThreadedRanks::run(3, [&](const Communicator& ranks) {
    Context context(1);
    const auto [first, last] = cut(8, ranks);
    const auto rows = make_operator<double>(A.view().block(first, 0, last - first, 5));
    const auto B = make_sharded(*rows, ranks);
    AffineMap<double> mine = map;  // its row vectors are those of the rows here
    mine.row_scale = {map.row_scale.begin() + first, map.row_scale.begin() + last};
    const auto mapped = make_affine<double>(*B, mine);
    const Shard here = mapped->col_shard();
    Matrix<double> Y(last - first, 1);
    mapped->apply(X.view().block(here.first, 0, here.count, 1), Y.view(), context);
    for (index_t i = first; i < last; ++i) {
      EXPECT_TRUE(std::abs(Y(i - first, 0) - expected(i, 0)) <= 1e-13);
    }
  });
}

TEST(ShardedRefuses, RowsOfDifferentLengths) {
  const Matrix<double> A = random_matrix<double>(8, 5);
  EXPECT_THROW(ThreadedRanks::run(3,
                                  [&](const Communicator& ranks) {
                                    const index_t cols = ranks.rank() == 2 ? 4 : 5;
                                    const auto rows =
                                        make_operator<double>(A.view().block(0, 0, 2, cols));
                                    make_sharded(*rows, ranks);
                                  }),
               InvalidArgument);
}

}  // namespace
}  // namespace eckart
