#include "explore/worker.hpp"

#include <utility>

namespace eckart::explore {
namespace {

Response replaced() { return cancelled("a newer question took the place of this one"); }

}  // namespace

Worker::Worker(Context& context, double max_seconds)
    : context_(context), max_seconds_(max_seconds), thread_([this] { run(); }) {
  context_.set_stop_at_once(true);
}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    context_.cancel();
  }
  changed_.notify_one();
  thread_.join();
}

void Worker::ask(Answer answer, Done done) {
  auto job = std::make_unique<Job>(Job{std::move(answer), std::move(done)});
  {
    const std::lock_guard lock(mutex_);
    std::swap(next_, job);
    if (running_) context_.cancel();
  }
  changed_.notify_one();
  if (job) job->done(replaced());
}

void Worker::cancel() {
  std::unique_ptr<Job> waiting;
  {
    const std::lock_guard lock(mutex_);
    std::swap(next_, waiting);
    if (running_) context_.cancel();
  }
  if (waiting) waiting->done(cancelled("stopped before it began"));
}

bool Worker::busy() const {
  const std::lock_guard lock(mutex_);
  return running_ || next_ != nullptr;
}

void Worker::run() {
  for (;;) {
    std::unique_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      running_ = false;
      changed_.wait(lock, [this] { return ending_ || next_ != nullptr; });
      if (ending_) break;
      std::swap(job, next_);
      running_ = true;
      context_.clear_cancellation();
      context_.set_time_limit(max_seconds_);
    }
    job->done(job->answer(context_));
  }
  if (next_) next_->done(replaced());
}

}  // namespace eckart::explore
