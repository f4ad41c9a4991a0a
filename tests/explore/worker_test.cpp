#include "explore/worker.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace eckart::explore {
namespace {

// Asks, and gives the answer when it is there.
std::future<Response> ask(Worker& worker, Worker::Answer answer) {
  const auto promise = std::make_shared<std::promise<Response>>();
  worker.ask(std::move(answer), [promise](Response response) { promise->set_value(response); });
  return promise->get_future();
}

// Runs until it is told to stop, as a driver does between its passes.
Worker::Answer endless(std::promise<void>& begun) {
  return [&begun](Context& context) {
    begun.set_value();
    while (!context.cancelled()) std::this_thread::yield();
    return failure(503, "stopped", context.stopped_by_time() ? "by time" : "by hand");
  };
}

TEST(Worker, AnswersOneQuestionAfterTheOther) {
  Context context(1);
  Worker worker(context, 100);
  for (int i = 0; i < 3; ++i) {
    auto answer = ask(worker, [i](Context&) { return Response{.status = 200 + i, .body = ""}; });
    EXPECT_EQ(answer.get().status, 200 + i);
  }
}

TEST(Worker, ANewQuestionStopsTheOneThatRunsAndIsNotStoppedItself) {
  Context context(1);
  Worker worker(context, 100);
  std::promise<void> begun;
  auto first = ask(worker, endless(begun));
  begun.get_future().wait();
  EXPECT_TRUE(worker.busy());
  auto second = ask(worker, [](Context& running) {
    return Response{.status = running.cancelled() ? 503 : 200, .body = ""};
  });
  EXPECT_EQ(first.get().status, 503);
  EXPECT_EQ(second.get().status, 200);
}

TEST(Worker, OfQuestionsThatWaitOnlyTheLastIsComputed) {
  Context context(1);
  Worker worker(context, 100);
  std::promise<void> begun, release;
  const auto gate = release.get_future().share();
  auto first = ask(worker, [&](Context&) {
    begun.set_value();
    gate.wait();
    return Response{.body = "first"};
  });
  begun.get_future().wait();
  bool computed = false;
  auto second = ask(worker, [&](Context&) {
    computed = true;
    return Response{.body = "second"};
  });
  auto third = ask(worker, [](Context&) { return Response{.body = "third"}; });
  EXPECT_EQ(second.get().headers, (Headers{{"X-Cancelled", "1"}}));
  release.set_value();
  EXPECT_EQ(first.get().body, "first");
  EXPECT_EQ(third.get().body, "third");
  EXPECT_FALSE(computed);
}

TEST(Worker, CancelStopsWhatRunsAndAnswersWhatWaits) {
  Context context(1);
  Worker worker(context, 100);
  std::promise<void> begun;
  auto running = ask(worker, endless(begun));
  begun.get_future().wait();
  worker.cancel();
  EXPECT_EQ(running.get().status, 503);
  auto next = ask(worker, [](Context& now) {
    return Response{.status = now.cancelled() ? 503 : 200, .body = ""};
  });
  EXPECT_EQ(next.get().status, 200);
}

TEST(Worker, EndsAComputationWhenItsTimeIsOver) {
  Context context(1);
  Worker worker(context, 0.05);
  std::promise<void> begun;
  auto answer = ask(worker, endless(begun));
  EXPECT_NE(answer.get().body.find("by time"), std::string::npos);
}

TEST(Worker, StopsWhatRunsWhenItGoesAway) {
  Context context(1);
  std::promise<void> begun;
  std::future<Response> answer;
  {
    Worker worker(context, 100);
    answer = ask(worker, endless(begun));
    begun.get_future().wait();
  }
  EXPECT_EQ(answer.get().status, 503);
}

}  // namespace
}  // namespace eckart::explore
