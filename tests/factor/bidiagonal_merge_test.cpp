#include "factor/bidiagonal_merge.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/factor/bidiagonal_testing.hpp"

namespace eckart::factor {
namespace {

// A block whose vectors are identities: a diagonal, and a column of zeros behind it if wide.
struct Diagonal {
  Matrix<double> U;
  Matrix<double> V;
  BidiagonalBlock<double> block;

  Diagonal(const std::vector<double>& values, bool wide)
      : U(identity_matrix<double>(static_cast<index_t>(values.size()))),
        V(identity_matrix<double>(static_cast<index_t>(values.size()) + (wide ? 1 : 0))) {
    block.size = static_cast<index_t>(values.size());
    block.wide = wide;
    block.U = U.view();
    block.V = V.view();
    block.values = values;
  }
};

struct Merged {
  Matrix<double> U;
  Matrix<double> V;
  std::vector<double> values;
  std::vector<index_t> rank;
};

Merged merge(const std::vector<double>& top,
             double alpha,
             double beta,
             const std::vector<double>& bottom,
             bool wide,
             index_t first,
             index_t count) {
  Diagonal upper(top, true);
  Diagonal lower(bottom, wide);
  const auto m = static_cast<index_t>(top.size() + bottom.size()) + 1;
  Merged result{
      Matrix<double>(m, count), Matrix<double>(m + (wide ? 1 : 0), count + (wide ? 1 : 0)), {}, {}};
  BidiagonalBlock<double> whole;
  whole.size = m;
  whole.wide = wide;
  whole.U = result.U.view();
  whole.V = result.V.view();
  result.rank =
      merge_blocks<double>(upper.block, alpha, beta, lower.block, first, count, whole, Context(2));
  result.values = whole.values;
  return result;
}

// [top 0; alpha beta; 0 bottom] as a dense matrix.
Matrix<double> dense(const std::vector<double>& top,
                     double alpha,
                     double beta,
                     const std::vector<double>& bottom,
                     bool wide) {
  const auto m1 = static_cast<index_t>(top.size());
  const auto m2 = static_cast<index_t>(bottom.size());
  Matrix<double> B(m1 + 1 + m2, m1 + 1 + m2 + (wide ? 1 : 0));
  for (index_t i = 0; i < m1; ++i) B(i, i) = top[static_cast<std::size_t>(i)];
  B(m1, m1) = alpha;
  B(m1, m1 + 1) = beta;
  for (index_t i = 0; i < m2; ++i) B(m1 + 1 + i, m1 + 1 + i) = bottom[static_cast<std::size_t>(i)];
  return B;
}

void expect_triplets(const std::vector<double>& top,
                     double alpha,
                     double beta,
                     const std::vector<double>& bottom,
                     bool wide,
                     index_t first,
                     index_t count) {
  const Merged merged = merge(top, alpha, beta, bottom, wide, first, count);
  const Matrix<double> B = dense(top, alpha, beta, bottom, wide);
  const index_t m = B.rows();
  const auto exact = oracles::reference_singular_values<double>(B.view());
  ASSERT_EQ(merged.values.size(), static_cast<std::size_t>(m));
  ASSERT_EQ(static_cast<index_t>(merged.rank.size()), count);
  for (index_t c = 0; c < count; ++c) {
    const index_t rank = merged.rank[static_cast<std::size_t>(c)];
    ASSERT_TRUE(rank >= first && rank < first + count);
    const double value = merged.values[static_cast<std::size_t>(c)];
    EXPECT_TRUE(std::abs(static_cast<long double>(value) - exact[static_cast<std::size_t>(rank)]) <=
                1e-14L);
    for (index_t i = 0; i < m; ++i) {  // B v = s u
      double sum = -value * merged.U(i, c);
      for (index_t j = 0; j < B.cols(); ++j) sum += B(i, j) * merged.V(j, c);
      EXPECT_TRUE(std::abs(sum) <= 1e-14);
    }
    for (index_t j = 0; j < B.cols(); ++j) {  // B^T u = s v
      double sum = -value * merged.V(j, c);
      for (index_t i = 0; i < m; ++i) sum += B(i, j) * merged.U(i, c);
      EXPECT_TRUE(std::abs(sum) <= 1e-14);
    }
  }
  if (wide) {  // B times the last column vanishes
    for (index_t i = 0; i < m; ++i) {
      double sum = 0;
      for (index_t j = 0; j < B.cols(); ++j) sum += B(i, j) * merged.V(j, count);
      EXPECT_TRUE(std::abs(sum) <= 1e-15);
    }
  }
  EXPECT_TRUE(oracles::orthogonality_defect<double>(merged.U.view()) <= 1e-14L);
  EXPECT_TRUE(oracles::orthogonality_defect<double>(merged.V.view()) <= 1e-14L);
}

TEST(BidiagonalMerge, JoinsSquareAndWideBlocks) {
  for (const bool wide : {false, true}) {
    expect_triplets({0.9, 0.4, 0.1}, 0.5, 0.3, {0.8, 0.2}, wide, 0, 6);
    expect_triplets({0.9}, 0.5, -0.3, {0.8, 0.2, 0.7, 0.05}, wide, 0, 6);
  }
}

TEST(BidiagonalMerge, DeflatesEqualValuesOfBothBlocks) {
  for (const bool wide : {false, true}) {
    expect_triplets({0.5, 0.5, 0.1}, 0.5, 0.3, {0.5, 0.1}, wide, 0, 6);
    expect_triplets({0.5, 0.5, 0.5}, 1, 1, {0.5, 0.5, 0.5}, wide, 0, 7);
    expect_triplets({0.5, 0, 0.1}, 0.5, 0.3, {0, 0.1}, wide, 0, 6);
    expect_triplets({0, 0, 0}, 0.5, 0.3, {0, 0}, wide, 0, 6);
  }
}

TEST(BidiagonalMerge, DeflatesBlocksThatARowOfZerosLeavesApart) {
  for (const bool wide : {false, true}) {
    expect_triplets({0.9, 0.4}, 0, 0, {0.8, 0.2}, wide, 0, 5);
    expect_triplets({0.9, 0.4}, 0.7, 0, {0.8, 0.2}, wide, 0, 5);
    expect_triplets({0.9, 0.4}, 0, 0.7, {0.8, 0.2}, wide, 0, 5);
  }
}

TEST(BidiagonalMerge, FindsThePartThatIsWanted) {
  const std::vector<double> top = {0.9, 0.4, 0.1, 0.1};
  const std::vector<double> bottom = {0.8, 0.2, 0.1};
  for (index_t first = 0; first < 8; ++first) {
    for (index_t count = 0; first + count <= 8; ++count) {
      expect_triplets(top, 0.5, 0.3, bottom, false, first, count);
    }
  }
}

}  // namespace
}  // namespace eckart::factor
