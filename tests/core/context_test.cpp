#include "eckart/context.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <limits>
#include <numeric>
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

TEST(Context, AForkedChildRunsOnOneThreadAndDoesNotWaitForThoseOfItsParent) {
  Context context(3);
  const auto sum = [&] {
    std::vector<index_t> seen(64);
    core::for_each_chunk(64, 1, context, [&](index_t c, index_t, index_t) {
      seen[static_cast<std::size_t>(c)] = c;
    });
    return std::accumulate(seen.begin(), seen.end(), index_t{0});
  };
  EXPECT_EQ(sum(), 2016);  // the parent has threads now
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(context.threads() == 1 && sum() == 2016 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(context.threads(), 3);
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

TEST(Context, ATimeLimitCountsFromTheCallByItsClock) {
  Context context(1);
  double now = 100;
  EXPECT_FALSE(context.out_of_time());
  context.set_time_limit(5, [&] { return now; });
  now = 104.9;
  EXPECT_FALSE(context.cancelled() || context.out_of_time() || context.stopped_by_time());
  now = 105;
  EXPECT_TRUE(context.cancelled() && context.out_of_time() && context.stopped_by_time());
  context.cancel();
  EXPECT_TRUE(context.cancelled());
  EXPECT_FALSE(context.stopped_by_time()) << "a caller's wish comes first";
  context.clear_time_limit();
  EXPECT_FALSE(context.out_of_time());
  context.clear_cancellation();
  EXPECT_FALSE(context.cancelled());
  EXPECT_THROW(context.set_time_limit(-1), InvalidArgument);
  EXPECT_THROW(context.set_time_limit(std::numeric_limits<double>::quiet_NaN()), InvalidArgument);
  context.set_time_limit(0);
  EXPECT_TRUE(context.cancelled()) << "by the steady clock";
}

TEST(ForEachChunk, SaysWhetherItWasTheTimeLimitThatStoppedIt) {
  Context context(2);
  context.set_stop_at_once(true);
  context.set_time_limit(0);
  const auto nothing = [](index_t, index_t, index_t) {};
  EXPECT_THROW(core::for_each_chunk(1, 1, context, nothing), TimeLimit);
  context.cancel();
  try {
    core::for_each_chunk(1, 1, context, nothing);
    FAIL() << "nothing was thrown";
  } catch (const TimeLimit&) {
    FAIL() << "it was cancelled";
  } catch (const Cancelled&) {
  }
}

TEST(ForEachChunk, DoesNothingForNothing) {
  core::for_each_chunk(0, 8, Context(2), [](index_t, index_t, index_t) { FAIL(); });
}

}  // namespace
}  // namespace eckart
