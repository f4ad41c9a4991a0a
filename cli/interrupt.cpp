#include "interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "ranks.hpp"

namespace eckart::cli {
namespace {

std::atomic<Context*> running{nullptr};
std::atomic<int> caught{0};

// Only async-signal-safe calls in here.
void on_signal(int number) {
  caught.store(number, std::memory_order_relaxed);
  if (Context* context = running.load(std::memory_order_relaxed)) context->cancel();
  // Who started the ranks has said why they end.
  if (ranks()) return;
  // On a terminal the line of progress makes room.
  constexpr char message[] =
      "\r\033[Keckart: stopping at the next possible point; Ctrl-C again to quit at once\n";
  constexpr std::size_t erasure = 4;
  const std::size_t skipped = isatty(STDERR_FILENO) ? 0 : erasure;
  const int error = errno;
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, message + skipped, sizeof message - 1 - skipped);
  errno = error;
}

}  // namespace

InterruptGuard::InterruptGuard(Context& context) {
  running.store(&context, std::memory_order_relaxed);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    sigaction(number, nullptr, &before);
    // Ignored from outside (nohup, a background job): it stays ignored.
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    sigaction(number, nullptr, &now);
    if (now.sa_handler == on_signal) signal(number, SIG_DFL);
  }
  running.store(nullptr, std::memory_order_relaxed);
}

bool interrupted() { return caught.load(std::memory_order_relaxed) != 0; }

int interrupted_exit_code() {
  const int number = caught.load(std::memory_order_relaxed);
  return 128 + (number ? number : SIGINT);
}

}  // namespace eckart::cli
