#include "eckart/gather.hpp"

#include <gtest/gtest.h>

#include <complex>

#include "tests/oracles/threaded_ranks.hpp"

namespace eckart {
namespace {

TEST(Gather, BringsUnevenAndEmptySharesTogetherOnEveryRank) {
  using T = std::complex<double>;
  for (int size = 1; size <= 4; ++size) {
    oracles::ThreadedRanks::run(size, [&](const Communicator& ranks) {
      // Rank 0 has 5 rows, rank 1 none, the others 2.
      const index_t counts[] = {5, 0, 2, 2};
      const Shard shard = Shard::counted(ranks, counts[ranks.rank()]);
      Matrix<T> here(shard.count, 3);
      for (index_t j = 0; j < 3; ++j) {
        for (index_t i = 0; i < shard.count; ++i) {
          here(i, j) = T(static_cast<double>(shard.first + i), static_cast<double>(j));
        }
      }
      const Matrix<T> all = gather_rows<T>(here.view(), shard);
      ASSERT_EQ(all.rows(), shard.total);
      for (index_t j = 0; j < 3; ++j) {
        for (index_t i = 0; i < shard.total; ++i) {
          EXPECT_EQ(all(i, j), T(static_cast<double>(i), static_cast<double>(j)));
        }
      }
    });
  }
}

}  // namespace
}  // namespace eckart
