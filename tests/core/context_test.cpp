#include "eckart/context.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/parallel.hpp"
#include "eckart/error.hpp"

namespace eckart {
namespace {

TEST(Context, UsesAtLeastOneThreadAndRefusesNone) {
  EXPECT_GE(Context().threads(), 1);
  EXPECT_EQ(Context(3).threads(), 3);
  EXPECT_THROW(Context(0), InvalidArgument);
}

TEST(Context, CancellationIsSeenAndCanBeCleared) {
  Context context(1);
  EXPECT_FALSE(context.cancelled());
  context.cancel();
  EXPECT_TRUE(context.cancelled());
  context.clear_cancellation();
  EXPECT_FALSE(context.cancelled());
}

TEST(Context, ProgressReachesTheCallback) {
  Context context(1);
  context.report_progress({"nobody listens", 0, -1});
  std::vector<double> fractions;
  context.on_progress([&](const Progress& p) { fractions.push_back(p.fraction); });
  context.report_progress({"stage", 0.25, -1});
  EXPECT_EQ(fractions, std::vector<double>{0.25});
}

TEST(ForEachChunk, VisitsEveryIndexOnceForAnyThreadCount) {
  for (const int threads : {1, 2, 3, 7}) {
    const Context context(threads);
    std::vector<int> visits(1000, 0);
    core::for_each_chunk(1000, 33, context, [&](index_t c, index_t first, index_t last) {
      EXPECT_EQ(first, c * 33);
      for (index_t i = first; i < last; ++i) ++visits[static_cast<std::size_t>(i)];
    });
    EXPECT_EQ(visits, std::vector<int>(1000, 1));
  }
}

TEST(ForEachChunk, RethrowsTheExceptionOfTheFirstChunk) {
  const Context context(2);
  try {
    core::for_each_chunk(10, 1, context, [](index_t c, index_t, index_t) {
      if (c >= 3) throw InvalidArgument("chunk " + std::to_string(c));
    });
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "chunk 3");
  }
}

TEST(ForEachChunk, LeavesACancelledRunOnlyWhereADriverAskedForThat) {
  Context context(2);
  context.cancel();
  int visits = 0;
  core::for_each_chunk(1, 1, context, [&](index_t, index_t, index_t) { ++visits; });
  EXPECT_EQ(visits, 1);
  context.set_stop_at_once(true);
  EXPECT_THROW(core::for_each_chunk(1, 1, context, [&](index_t, index_t, index_t) { ++visits; }),
               Cancelled);
  EXPECT_EQ(visits, 1);
}

TEST(ForEachChunk, DoesNothingForNothing) {
  core::for_each_chunk(0, 8, Context(2), [](index_t, index_t, index_t) { FAIL(); });
}

}  // namespace
}  // namespace eckart
