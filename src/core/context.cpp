#include "eckart/context.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "eckart/error.hpp"

namespace eckart {
namespace {

// CPUs in the affinity mask of this process; 0 when it cannot be read.
int affinity_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 0;
  return CPU_COUNT(&set);
}

// CPUs that the control group's quota amounts to, rounded up; 0 when there is no quota.
int quota_cpus() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");  // version 2: "QUOTA PERIOD" or "max PERIOD"
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  double used = 0;
  for (const char c : quota) {
    if (c < '0' || c > '9') return 0;
    used = 10 * used + (c - '0');
  }
  return static_cast<int>(std::clamp(std::ceil(used / period), 1.0, 1e6));
}

// The process is a forked child of one that had loaded the library.
std::atomic<bool> forked{false};
const int watching_forks =
    pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });

}  // namespace

int available_threads() {
  int cpus = affinity_cpus();
  if (cpus == 0) cpus = static_cast<int>(std::thread::hardware_concurrency());
  if (const int quota = quota_cpus(); quota > 0) cpus = std::min(cpus, quota);
  return std::max(cpus, 1);
}

Context::Context() : threads_(available_threads()) {}

Context::Context(int threads) { set_threads(threads); }

int Context::threads() const {
  return forked.load(std::memory_order_relaxed) || watching_forks != 0 ? 1 : threads_;
}

void Context::set_threads(int threads) {
  require(threads >= 1, "threads must be >= 1, got " + std::to_string(threads));
  threads_ = threads;
}

void Context::set_time_limit(double seconds, std::function<double()> clock) {
  require(seconds >= 0, "the time limit must be >= 0 seconds, got " + std::to_string(seconds));
  clock_ = clock ? std::move(clock) : [] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
  };
  deadline_ = clock_() + seconds;
}

Context& default_context() {
  thread_local Context context;
  return context;
}

}  // namespace eckart
