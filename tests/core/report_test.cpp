#include "eckart/report.hpp"

#include <gtest/gtest.h>

namespace eckart {
namespace {

TEST(SvdReport, StagesOfTheSameNameAddUp) {
  SvdReport report;
  { auto timer = report.stage("sketch"); }
  { auto timer = report.stage("lift"); }
  { auto timer = report.stage("sketch"); }
  ASSERT_EQ(report.stages.size(), 2U);
  EXPECT_EQ(report.stages[0].name, "sketch");
  EXPECT_TRUE(report.stages[0].seconds >= 0);
}

TEST(SvdReport, EveryStatusAndKindHasAName) {
  EXPECT_STREQ(to_string(Status::converged), "converged");
  EXPECT_STREQ(to_string(Status::iteration_limit), "iteration limit");
  EXPECT_STREQ(to_string(Status::cancelled), "cancelled");
  EXPECT_STREQ(to_string(Status::time_limit), "time limit");
  EXPECT_STREQ(to_string(BoundKind::unknown), "unknown");
  EXPECT_STREQ(to_string(BoundKind::exact), "exact");
  EXPECT_STREQ(to_string(BoundKind::estimated), "estimated");
  EXPECT_STREQ(to_string(BoundKind::probabilistic), "probabilistic");
}

}  // namespace
}  // namespace eckart
