// eckart/context.hpp - how to run: threads, memory cap, progress, cancellation.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "eckart/types.hpp"

namespace eckart {

// One report of progress. Called on the thread that called the driver, between passes over A.
struct Progress {
  std::string_view stage;  // "sketch", "expand basis", ...
  double fraction = 0;     // 0..1, a lower bound of the work done; negative when unknown
  double residual = -1;    // worst residual so far relative to sigma_1; negative when unknown
  index_t converged = -1;  // leading triplets that have reached the accuracy; negative when unknown
};

// Travels by reference through every driver. Not copyable; one run at a time per context.
class Context {
 public:
  // Uses every CPU this process may use (affinity and control-group quota).
  Context();
  // REQUIRES: threads >= 1
  explicit Context(int threads);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Changes speed only: results are bit-identical for any number. 1 in a forked child, whatever was
  // set: the threads of the parent are gone there, and GNU OpenMP would wait for them for ever.
  int threads() const;
  void set_threads(int threads);

  // Upper limit for what a driver allocates, in bytes, beyond its input; 0 means no limit.
  std::uint64_t memory_cap_bytes() const { return memory_cap_bytes_; }
  void set_memory_cap_bytes(std::uint64_t bytes) { memory_cap_bytes_ = bytes; }

  void on_progress(std::function<void(const Progress&)> callback) {
    progress_ = std::move(callback);
  }
  void report_progress(const Progress& progress) const {
    if (progress_) progress_(progress);
  }

  // Asks the running driver to stop at its next look, between passes over A. It then returns
  // what it has, certified, with Status::cancelled. Lock-free: safe in a signal handler.
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  void clear_cancellation() noexcept { cancelled_.store(false, std::memory_order_relaxed); }

  // Asks for the same once seconds have passed from this call, with Status::time_limit: the one
  // setting that makes a result depend on the speed of the machine. clock returns seconds, never
  // falls, and may be called from any thread; empty: the steady clock.
  // REQUIRES: seconds >= 0
  void set_time_limit(double seconds, std::function<double()> clock = {});
  void clear_time_limit() { clock_ = {}; }
  bool out_of_time() const { return clock_ && clock_() >= deadline_; }

  // Whether the running driver is to stop, for either reason.
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed) || out_of_time(); }
  // Which of the two it is, for a run that stopped.
  bool stopped_by_time() const {
    return !cancelled_.load(std::memory_order_relaxed) && out_of_time();
  }

  // For drivers that have nothing to return before their end: while set, a cancelled run is left
  // by the exception Cancelled at its next step instead of at its next pass.
  void set_stop_at_once(bool stop) { stop_at_once_ = stop; }
  bool stop_at_once() const { return stop_at_once_; }
  bool must_stop() const { return stop_at_once_ && cancelled(); }

 private:
  int threads_ = 1;
  std::uint64_t memory_cap_bytes_ = 0;
  std::function<void(const Progress&)> progress_;
  std::atomic<bool> cancelled_{false};
  std::function<double()> clock_;  // set while there is a time limit
  double deadline_ = 0;
  bool stop_at_once_ = false;
};

// A context of the calling thread with the defaults.
Context& default_context();

// The number of CPUs this process may use: affinity mask and control-group quota, at least 1.
int available_threads();

}  // namespace eckart
