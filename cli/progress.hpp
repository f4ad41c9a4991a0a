// cli/progress.hpp - one line of progress on standard error, rewritten in place.
#pragma once

#include <chrono>

#include "eckart/context.hpp"

namespace eckart::cli {

// Shows nothing in the first half second, then at most ten times a second. Silent unless
// standard error is a terminal that can rewrite a line, CI is unset and the user is not quiet.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const Progress& progress);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool enabled_ = false;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_;
};

}  // namespace eckart::cli
