#include "factor/over_ranks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/philox.hpp"
#include "factor/tall_qr.hpp"
#include "tests/oracles/threaded_ranks.hpp"

namespace eckart::factor {
namespace {

using oracles::ThreadedRanks;

template <Scalar T>
Matrix<T> gaussian(index_t rows, index_t cols, std::uint32_t stream) {
  Matrix<T> A(rows, cols);
  Context context(1);
  core::fill_gaussian(A.view(), 3, stream, 0, context);
  return A;
}

template <Scalar T>
class OverRanks : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(OverRanks, Scalars);

TYPED_TEST(OverRanks, ProductsAndLengthsAreThoseOfAllRows) {
  using T = TypeParam;
  const Matrix<T> X = gaussian<T>(19, 3, 0);
  const Matrix<T> Y = gaussian<T>(19, 2, 1);
  const double slack = 100 * std::numeric_limits<real_t<T>>::epsilon();
  for (int size = 1; size <= 4; ++size) {
    ThreadedRanks::run(size, [&](const Communicator& ranks) {
      Context context(1);
      // The last rank has none.
      const index_t count = ranks.rank() + 1 < size ? 5 : size == 4 ? 4 : 0;
      const Shard shard = Shard::counted(
          ranks, ranks.rank() == 0 ? 19 - 5 * std::max(size - 2, 0) - (size == 4 ? 4 : 0) : count);
      ASSERT_EQ(shard.total, 19);
      const auto rows = [&](const Matrix<T>& Z) {
        return Z.view().block(shard.first, 0, shard.count, Z.cols());
      };
      Matrix<T> G(3, 2);
      inner_products<T>(rows(X), rows(Y), G.view(), shard, context);
      for (index_t i = 0; i < 3; ++i) {
        for (index_t j = 0; j < 2; ++j) {
          std::complex<double> sum = 0;
          for (index_t r = 0; r < 19; ++r) {
            sum += std::conj(std::complex<double>(X(r, i))) * std::complex<double>(Y(r, j));
          }
          EXPECT_TRUE(std::abs(sum - std::complex<double>(G(i, j))) <= slack);
        }
      }
      double longest = 0;
      const std::vector<double> lengths = column_lengths<T>(rows(X), shard);
      for (index_t j = 0; j < 3; ++j) {
        double sum = 0;
        for (index_t r = 0; r < 19; ++r) sum += std::norm(std::complex<double>(X(r, j)));
        EXPECT_TRUE(std::abs(lengths[static_cast<std::size_t>(j)] - std::sqrt(sum)) <= slack);
        longest = std::max(longest, std::sqrt(sum));
      }
      EXPECT_TRUE(std::abs(longest_column<T>(rows(X), shard) - longest) <= slack);
    });
  }
}

// The QR factorization over ranks: independent columns, nearly dependent ones, a column of zeros,
// and fewer rows than columns on a rank.
TYPED_TEST(OverRanks, FactorTallBlocks) {
  using T = TypeParam;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  constexpr index_t m = 60, n = 6;
  for (const char* kind : {"independent", "nearly dependent", "zero"}) {
    Matrix<T> X = gaussian<T>(m, n, 4);
    for (index_t i = 0; i < m && *kind == 'n'; ++i) {
      X(i, 4) = X(i, 1) + static_cast<real_t<T>>(eps) * X(i, 4);
    }
    for (index_t i = 0; i < m && *kind == 'z'; ++i) X(i, 3) = 0;
    for (const index_t tail : {index_t{20}, index_t{2}, index_t{0}}) {
      SCOPED_TRACE(testing::Message() << kind << ", " << tail << " rows on the last rank");
      Matrix<T> Q = X.clone();
      Matrix<T> R(n, n);
      ThreadedRanks::run(3, [&](const Communicator& ranks) {
        Context context(1);
        const index_t rest = m - tail;
        const Shard shard = Shard::counted(ranks, ranks.rank() == 2   ? tail
                                                  : ranks.rank() == 0 ? rest / 2
                                                                      : rest - rest / 2);
        Matrix<T> own(n, n);
        tall_qr(Q.view().block(shard.first, 0, shard.count, n), own.view(), context, shard);
        if (ranks.rank() == 1) R = std::move(own);
      });
      for (index_t j = 0; j < n; ++j) {
        for (index_t i = 0; i <= j; ++i) {
          std::complex<double> inner = 0;
          for (index_t r = 0; r < m; ++r) {
            inner += std::conj(std::complex<double>(Q(r, i))) * std::complex<double>(Q(r, j));
          }
          EXPECT_TRUE(std::abs(inner - (i == j ? 1.0 : 0.0)) <= 100 * eps);
        }
        for (index_t r = 0; r < m; ++r) {
          std::complex<double> sum = 0;
          for (index_t i = 0; i <= j; ++i) {
            sum += std::complex<double>(Q(r, i)) * std::complex<double>(R(i, j));
          }
          EXPECT_TRUE(std::abs(sum - std::complex<double>(X(r, j))) <= 200 * eps);
        }
      }
    }
  }
}

}  // namespace
}  // namespace eckart::factor
