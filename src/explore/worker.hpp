// The one thread that computes.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "eckart/context.hpp"
#include "explore/http.hpp"

namespace eckart::explore {

// Computes one answer at a time. A new question stops the one that is being computed, which is then
// answered by its error: people who move a slider want the last place of it.
class Worker {
 public:
  using Answer = std::function<Response(Context&)>;
  using Done = std::function<void(Response)>;

  // max_seconds is the limit of each answer.
  Worker(Context& context, double max_seconds);
  // Stops what runs and waits for it.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Computes the answer and calls done with it, both on the worker's thread; done is called for
  // every question, with an error where a newer one took its place.
  void ask(Answer answer, Done done);

  // Stops what runs or waits.
  void cancel();
  bool busy() const;

 private:
  struct Job {
    Answer answer;
    Done done;
  };
  void run();

  Context& context_;
  double max_seconds_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Job> next_;
  bool running_ = false;
  bool ending_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace eckart::explore
