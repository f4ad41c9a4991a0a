#include "eckart/communicator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "tests/oracles/threaded_ranks.hpp"

namespace eckart {
namespace {

using oracles::ThreadedRanks;

// A number of the given place on a rank, of many digits.
double number(int rank, std::size_t i) {
  return std::sin(1.0 + 3.7 * rank + 0.1 * static_cast<double>(i)) * std::exp2(rank % 3);
}

std::vector<double> numbers(int rank, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = number(rank, i);
  return values;
}

double sum_of(int ranks, std::size_t i) {
  long double sum = 0;
  for (int r = 0; r < ranks; ++r) sum += static_cast<long double>(number(r, i));
  return static_cast<double>(sum);
}

class Ranks : public testing::TestWithParam<int> {};

TEST_P(Ranks, SumToTheSameBitsOnEachAndInEveryRun) {
  const int size = GetParam();
  constexpr std::size_t count = 37;
  std::vector<std::vector<double>> sums;
  std::mutex mutex;
  for (int run = 0; run < 2; ++run) {
    ThreadedRanks::run(size, [&](const Communicator& ranks) {
      std::vector<double> values = numbers(ranks.rank(), count);
      ranks.sum(values);
      const std::lock_guard lock(mutex);
      sums.push_back(values);
    });
  }
  for (const std::vector<double>& sum : sums) EXPECT_EQ(sum, sums.front());
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_TRUE(std::abs(sums[0][i] - sum_of(size, i)) <= 1e-15 * 8 * size);
  }
}

TEST_P(Ranks, FindTheLargest) {
  const int size = GetParam();
  ThreadedRanks::run(size, [&](const Communicator& ranks) {
    std::vector<double> values = {static_cast<double>(ranks.rank()),
                                  -static_cast<double>(ranks.rank()), 5};
    ranks.max(values);
    EXPECT_EQ(values, (std::vector<double>{static_cast<double>(size - 1), 0, 5}));
  });
}

TEST_P(Ranks, SumPiecesOfAnySize) {
  const int size = GetParam();
  // Empty pieces, long ones, and short ones.
  std::vector<index_t> bounds = {0};
  for (index_t r = 0; r < size; ++r) bounds.push_back(bounds.back() + (r * 5) % 7);
  const auto count = static_cast<std::size_t>(bounds.back());
  ThreadedRanks::run(size, [&](const Communicator& ranks) {
    std::vector<double> values = numbers(ranks.rank(), count);
    ranks.sum_pieces(values, bounds);
    const auto r = static_cast<std::size_t>(ranks.rank());
    for (auto i = static_cast<std::size_t>(bounds[r]); i < static_cast<std::size_t>(bounds[r + 1]);
         ++i) {
      EXPECT_TRUE(std::abs(values[i] - sum_of(size, i)) <= 1e-15 * 8 * size) << r << " " << i;
    }
  });
}

TEST_P(Ranks, GatherPiecesOfAnySize) {
  const int size = GetParam();
  std::vector<index_t> bounds = {0};
  for (index_t r = 0; r < size; ++r) bounds.push_back(bounds.back() + (r * 3 + 1) % 4);
  ThreadedRanks::run(size, [&](const Communicator& ranks) {
    std::vector<float> values(static_cast<std::size_t>(bounds.back()), -1);
    const auto r = static_cast<std::size_t>(ranks.rank());
    for (index_t i = bounds[r]; i < bounds[r + 1]; ++i) {
      values[static_cast<std::size_t>(i)] = static_cast<float>(i);
    }
    ranks.gather_pieces(values, bounds);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], static_cast<float>(i));
  });
}

TEST_P(Ranks, HearWhatTheFirstSays) {
  ThreadedRanks::run(GetParam(), [&](const Communicator& ranks) {
    std::vector<double> values(3, ranks.rank() == 0 ? 7.5 : 0);
    ranks.broadcast(std::as_writable_bytes(std::span(values)));
    EXPECT_EQ(values, std::vector<double>(3, 7.5));
  });
}

TEST_P(Ranks, CountTheRowsBeforeThem) {
  const int size = GetParam();
  ThreadedRanks::run(size, [&](const Communicator& ranks) {
    const auto rows = [](index_t r) { return r == 1 ? index_t{0} : 3 + r; };
    index_t before = 0;
    index_t total = 0;
    for (index_t r = 0; r < size; ++r) {
      if (r < ranks.rank()) before += rows(r);
      total += rows(r);
    }
    const Shard shard = Shard::counted(ranks, rows(ranks.rank()));
    EXPECT_EQ(shard.first, before);
    EXPECT_EQ(shard.total, total);
    EXPECT_EQ(shard.largest, rows(size == 2 ? 0 : size - 1));
    EXPECT_EQ(shard.any(ranks.rank() == size - 1), true);
    EXPECT_EQ(shard.any(false), false);
  });
}

INSTANTIATE_TEST_SUITE_P(Communicator, Ranks, testing::Values(1, 2, 3, 4, 5, 6, 7, 8));

// Counts what one rank of many would send, with nobody there.
class CountedRank final : public Communicator {
 public:
  CountedRank(int size, int rank) : size_(size), rank_(rank) {}
  int size() const override { return size_; }
  int rank() const override { return rank_; }
  void exchange(int to,
                std::span<const std::byte> sent,
                int from,
                std::span<std::byte> received) const override {
    EXPECT_TRUE(sent.empty() || (to >= 0 && to < size_ && to != rank_));
    EXPECT_TRUE(received.empty() || (from >= 0 && from < size_ && from != rank_));
    messages += !sent.empty();
    bytes += sent.size();
  }
  mutable std::size_t messages = 0;
  mutable std::size_t bytes = 0;

 private:
  int size_;
  int rank_;
};

// docs/guides/distributed.md predicts from these counts.
TEST(CountedPattern, OfTenThousandRanksSendsAsOftenAndAsMuchAsTheModelSays) {
  constexpr int size = 10000;
  constexpr std::size_t rows = 1 << 16;
  const std::vector<index_t> bounds = even_bounds(rows, size);
  for (const int rank : {0, 1, 2, 3616, 3617, 5000, 9999}) {
    const CountedRank sum(size, rank), scatter(size, rank), gather(size, rank);
    std::vector<double> few(100), many(rows);
    sum.sum(few);
    scatter.sum_pieces(many, bounds);
    gather.gather_pieces(many, bounds);
    EXPECT_TRUE(sum.messages <= 14);
    EXPECT_TRUE(sum.bytes <= 14 * 800);
    // A power of two would send all but its own piece; a pair also sends for its other rank.
    EXPECT_TRUE(scatter.messages <= 14);
    EXPECT_TRUE(scatter.bytes <= 8 * rows + 64);
    EXPECT_TRUE(gather.messages <= 14);
    EXPECT_TRUE(gather.bytes <= 3 * 8 * rows);
  }
}

TEST(CountedPattern, OfAPowerOfTwoSendsAllButItsOwnPieceOnce) {
  constexpr int size = 1024;
  constexpr std::size_t rows = 1 << 14;
  const std::vector<index_t> bounds = even_bounds(rows, size);
  for (const int rank : {0, 511, 1023}) {
    const CountedRank scatter(size, rank), gather(size, rank);
    std::vector<double> values(rows);
    scatter.sum_pieces(values, bounds);
    gather.gather_pieces(values, bounds);
    EXPECT_EQ(scatter.messages, 10U);
    EXPECT_EQ(scatter.bytes, 8 * (rows - rows / size));
    EXPECT_EQ(gather.messages, 10U);
    EXPECT_EQ(gather.bytes, 8 * (rows - rows / size));
  }
}

TEST(EvenBounds, ShareOutEveryRowWithoutOverflow) {
  const index_t rows = std::numeric_limits<index_t>::max();
  const std::vector<index_t> bounds = even_bounds(rows, 10000);
  EXPECT_EQ(bounds.front(), 0);
  EXPECT_EQ(bounds.back(), rows);
  for (std::size_t r = 0; r + 1 < bounds.size(); ++r) {
    const index_t share = bounds[r + 1] - bounds[r];
    EXPECT_TRUE(share >= rows / 10000 && share <= rows / 10000 + 1);
  }
  EXPECT_EQ(even_bounds(3, 5), (std::vector<index_t>{0, 0, 1, 1, 2, 3}));
}

}  // namespace
}  // namespace eckart
