// Ranks that are threads of the test: what a communicator does, without processes.
#pragma once

#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "eckart/communicator.hpp"

namespace eckart::oracles {

class ThreadedRanks {
 public:
  // Calls body(ranks) in a thread for each of that many ranks, and rethrows what the first of them
  // threw that no other's end had caused.
  template <class Body>
  static void run(int size, const Body& body) {
    ThreadedRanks world;
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          const Rank ranks(world, size, rank);
          body(static_cast<const Communicator&>(ranks));
        } catch (...) {
          world.end(std::current_exception());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (world.error_) std::rethrow_exception(world.error_);
  }

 private:
  class Rank final : public Communicator {
   public:
    Rank(ThreadedRanks& world, int size, int rank) : world_(world), size_(size), rank_(rank) {}
    int size() const override { return size_; }
    int rank() const override { return rank_; }
    void exchange(int to,
                  std::span<const std::byte> sent,
                  int from,
                  std::span<std::byte> received) const override {
      if (!sent.empty()) world_.put(rank_, to, sent);
      if (!received.empty()) world_.take(from, rank_, received);
    }

   private:
    ThreadedRanks& world_;
    int size_;
    int rank_;
  };

  void put(int from, int to, std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    messages_[{from, to}].emplace_back(bytes.begin(), bytes.end());
    arrived_.notify_all();
  }

  void take(int from, int to, std::span<std::byte> bytes) {
    std::unique_lock lock(mutex_);
    auto& queue = messages_[{from, to}];
    arrived_.wait(lock, [&] { return error_ || !queue.empty(); });
    if (queue.empty()) throw std::runtime_error("another rank ended early");
    if (queue.front().size() != bytes.size()) {
      throw std::logic_error("a message of another size than expected");
    }
    std::memcpy(bytes.data(), queue.front().data(), bytes.size());
    queue.pop_front();
  }

  void end(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    arrived_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::pair<int, int>, std::deque<std::vector<std::byte>>> messages_;
  std::exception_ptr error_;
};

}  // namespace eckart::oracles
