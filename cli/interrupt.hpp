// cli/interrupt.hpp - Ctrl-C: the first asks the run to stop, the second ends the process.
#pragma once

#include "eckart/context.hpp"

namespace eckart::cli {

// While it lives, the first SIGINT or SIGTERM cancels the context and says so on standard
// error. The signal then has its usual effect again. One at a time.
class InterruptGuard {
 public:
  explicit InterruptGuard(Context& context);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

// Returns whether a guard caught a signal: the user was told that the run stops.
bool interrupted();

// Returns 128 + the signal that a guard caught, or 130.
int interrupted_exit_code();

}  // namespace eckart::cli
