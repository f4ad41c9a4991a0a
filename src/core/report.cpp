#include "eckart/report.hpp"

#include <algorithm>

namespace eckart {

const char* to_string(Status status) {
  switch (status) {
    case Status::converged:
      return "converged";
    case Status::iteration_limit:
      return "iteration limit";
    case Status::cancelled:
      return "cancelled";
    case Status::time_limit:
      return "time limit";
  }
  return "unknown";
}

const char* to_string(BoundKind kind) {
  switch (kind) {
    case BoundKind::unknown:
      return "unknown";
    case BoundKind::exact:
      return "exact";
    case BoundKind::estimated:
      return "estimated";
    case BoundKind::probabilistic:
      return "probabilistic";
  }
  return "unknown";
}

SvdReport::StageTimer::StageTimer(SvdReport& report, const char* name)
    : report_(report), start_(std::chrono::steady_clock::now()) {
  // The entry is made here, where running out of memory may throw.
  const auto same = std::find_if(report_.stages.begin(), report_.stages.end(),
                                 [&](const Stage& s) { return s.name == name; });
  stage_ = static_cast<std::size_t>(same - report_.stages.begin());
  if (same == report_.stages.end()) report_.stages.push_back({name, 0});
}

SvdReport::StageTimer::~StageTimer() {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  report_.stages[stage_].seconds += spent.count();
}

}  // namespace eckart
