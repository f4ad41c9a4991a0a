#include "run.hpp"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

namespace eckart::python {
namespace {

struct Event {
  std::string stage;
  double fraction;
  double residual;
  index_t converged;
};

// What the computing thread tells the waiting one.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Event> events;
  std::exception_ptr error;
  bool done = false;

  void post(const Progress& now) {
    const std::lock_guard lock(mutex);
    events.push_back({std::string(now.stage), now.fraction, now.residual, now.converged});
    changed.notify_one();
  }
  void finish(std::exception_ptr what) {
    const std::lock_guard lock(mutex);
    error = std::move(what);
    done = true;
    changed.notify_one();
  }
  // Waits for news, but not for long, and returns the events.
  std::deque<Event> wait() {
    constexpr auto glance = std::chrono::milliseconds(20);
    std::unique_lock lock(mutex);
    changed.wait_for(lock, glance, [&] { return done || !events.empty(); });
    return std::exchange(events, {});
  }
};

void set_up(Context& context, const RunOptions& options) {
  context.set_threads(options.threads > 0 ? options.threads : threads_of_caller());
  context.set_memory_cap_bytes(options.max_memory);
  context.set_stop_at_once(true);  // an interrupted call has nothing to return
}

// Throws what a signal handler or the callback raised.
void attend(const std::deque<Event>& events, const nb::object& progress) {
  for (const Event& event : events) {
    progress(event.stage.c_str(), event.fraction, event.residual, event.converged);
  }
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

}  // namespace

int threads_of_caller() { return std::min(available_threads(), omp_get_max_threads()); }

void run(const RunOptions& options, bool brief, const std::function<void(Context&)>& work) {
  const bool watched = !options.progress.is_none();
  if (brief && options.threads <= 1 && !watched) {
    Context context(1);
    context.set_memory_cap_bytes(options.max_memory);
    const nb::gil_scoped_release unlocked;
    work(context);
    return;
  }
  Context context(1);
  set_up(context, options);
  Mailbox mailbox;
  if (watched) context.on_progress([&](const Progress& now) { mailbox.post(now); });
  std::thread worker([&] {
    std::exception_ptr error;
    try {
      work(context);
    } catch (...) {
      error = std::current_exception();
    }
    mailbox.finish(error);
  });
  std::exception_ptr raised;
  for (bool done = false; !done;) {
    std::deque<Event> events;
    {
      const nb::gil_scoped_release unlocked;
      events = mailbox.wait();
      const std::lock_guard lock(mailbox.mutex);
      done = mailbox.done && mailbox.events.empty();
    }
    if (raised) continue;
    try {
      attend(events, options.progress);
    } catch (...) {
      raised = std::current_exception();
      context.cancel();
    }
  }
  {
    const nb::gil_scoped_release unlocked;
    worker.join();
  }
  if (raised) std::rethrow_exception(raised);
  if (mailbox.error) std::rethrow_exception(mailbox.error);
}

}  // namespace eckart::python
