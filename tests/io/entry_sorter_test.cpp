#include "io/entry_sorter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "eckart/error.hpp"
#include "eckart/sparse_matrix.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

std::vector<Triplet<double>> some_triplets(std::size_t count) {
  std::mt19937 random(3);
  std::vector<Triplet<double>> triplets;
  for (std::size_t e = 0; e < count; ++e) {
    triplets.push_back({index_t(random() % 60), index_t(random() % 40),
                        std::ldexp(double(random()), int(e % 50))});
  }
  return triplets;
}

TEST(EntrySorter, AddsEntriesOfAPlaceInTheirOrderHoweverManyRunsThereAre) {
  const test::TemporaryDirectory folder;
  for (const std::size_t count : {0u, 1u, 113u, 114u, 500u, 20000u}) {
    const auto triplets = some_triplets(count);
    // 113 entries a run, four runs merged at once: up to four levels.
    EntrySorter sorter(folder / "out", 4096);
    for (const auto& t : triplets) sorter.add({t.row, t.col, t.value});
    EXPECT_EQ(sorter.added(), static_cast<index_t>(count));
    std::vector<Entry> got;
    sorter.drain([&](const Entry& entry) { got.push_back(entry); }, default_context());

    const SparseMatrix<double> A = from_triplets(60, 40, triplets);
    ASSERT_EQ(got.size(), A.values.size());
    std::size_t e = 0;
    for (index_t i = 0; i < A.rows; ++i) {
      for (auto p = std::size_t(A.offsets[std::size_t(i)]);
           p < std::size_t(A.offsets[std::size_t(i) + 1]); ++p, ++e) {
        ASSERT_EQ(got[e].row, i);
        ASSERT_EQ(got[e].col, A.columns[p]);
        ASSERT_EQ(got[e].value, A.values[p]);  // the same bits
      }
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder / ""));
}

TEST(EntrySorter, TellsHowMuchDiskItTakes) {
  EXPECT_EQ(EntrySorter::scratch_bytes(113, 4096), 0u);
  EXPECT_EQ(EntrySorter::scratch_bytes(1000, 4096), 24000u);
}

TEST(EntrySorter, StopsWhenAskedTo) {
  const test::TemporaryDirectory folder;
  EntrySorter sorter(folder / "out", 4096);
  for (const auto& t : some_triplets(1000)) sorter.add({t.row, t.col, t.value});
  Context context;
  context.cancel();
  EXPECT_THROW(sorter.drain([](const Entry&) {}, context), Cancelled);
}

}  // namespace
}  // namespace eckart::io
