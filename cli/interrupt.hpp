// cli/interrupt.hpp - Ctrl-C: the first asks the run to stop, the second ends the process.
#pragma once

#include "eckart/context.hpp"

namespace eckart::cli {

// While it lives, the first SIGINT or SIGTERM cancels the context. The signal then has its
// usual effect again. One at a time.
class InterruptGuard {
 public:
  explicit InterruptGuard(Context& context);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

// Returns 128 + the signal that a guard caught, or 130.
int interrupted_exit_code();

}  // namespace eckart::cli
