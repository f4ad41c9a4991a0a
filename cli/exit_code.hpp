// cli/exit_code.hpp - how the process ends, and the error that means "wrong command line".
#pragma once

#include <stdexcept>

namespace eckart::cli {

enum ExitCode : int {
  exit_met = 0,            // ran, and the accuracy asked for was met
  exit_not_met = 1,        // ran, but the accuracy or the check asked for was not met
  exit_usage = 2,          // the command line makes no sense
  exit_file = 3,           // a file could not be read or written, or is malformed
  exit_budget = 4,         // refused or stopped by a limit: memory, time
  exit_internal = 5,       // a defect of this program
  exit_interrupted = 130,  // Ctrl-C
};

// A mistake in the command line. The message is complete: what was wrong, what was expected.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace eckart::cli
