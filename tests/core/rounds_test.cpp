#include "core/rounds.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eckart::core {
namespace {

TEST(ForEachInPlace, VisitsEveryPlaceOnceForAnyThreadCount) {
  for (const int threads : {1, 2, 3, 7}) {
    Context context(threads);
    for (const index_t n : {0, 1, 2, 5, 32}) {
      std::vector<int> visits(static_cast<std::size_t>(n));
      for_each_in_place(n, context, [&](index_t c) { ++visits[static_cast<std::size_t>(c)]; });
      EXPECT_EQ(visits, std::vector<int>(static_cast<std::size_t>(n), 1));
    }
  }
}

TEST(ForEachInPlace, RethrowsTheExceptionOfTheLowestPlace) {
  for (const int threads : {1, 2, 3}) {
    Context context(threads);
    try {
      for_each_in_place(16, context, [&](index_t c) {
        if (c % 5 == 3) throw InvalidArgument("place " + std::to_string(c));
      });
      FAIL();
    } catch (const InvalidArgument& error) {
      EXPECT_STREQ(error.what(), "place 3");
    }
  }
}

TEST(ForEachInPlace, StopsAtOnceWhenCancelled) {
  for (const int threads : {1, 2}) {
    Context context(threads);
    context.set_stop_at_once(true);
    context.cancel();
    EXPECT_THROW(for_each_in_place(8, context, [](index_t) {}), Cancelled);
  }
}

}  // namespace
}  // namespace eckart::core
