// Reads tiles on a thread of its own, ahead of their use.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "eckart/tiles.hpp"

namespace eckart::operators {

// Buffers for tiles, kept from pass to pass. Aligned to pages.
class TileBuffers {
 public:
  TileBuffers(std::size_t count, std::size_t bytes) {
    for (std::size_t i = 0; i < count; ++i) {
      buffers_.emplace_back(static_cast<std::byte*>(::operator new(bytes, page)));
    }
  }
  std::size_t count() const { return buffers_.size(); }
  std::byte* at(std::size_t i) const { return buffers_[i].get(); }

 private:
  static constexpr std::align_val_t page{4096};
  struct Free {
    void operator()(std::byte* buffer) const { ::operator delete(buffer, page); }
  };
  std::vector<std::unique_ptr<std::byte, Free>> buffers_;
};

// One pass. The tiles come in order; the reader waits where all buffers are full.
class TileReader {
 public:
  TileReader(TileSource& source, const TileBuffers& buffers)
      : source_(source), buffers_(buffers), thread_([this] { read_all(); }) {}
  ~TileReader() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  TileReader(const TileReader&) = delete;
  TileReader& operator=(const TileReader&) = delete;

  // Returns the bytes of the next tile; they stay until the next call. Throws what reading threw.
  const std::byte* next() {
    std::unique_lock lock(mutex_);
    released_ = taken_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return read_ > taken_ || error_; });
    if (read_ == taken_) std::rethrow_exception(error_);
    return buffers_.at(taken_++ % buffers_.count());
  }

 private:
  void read_all() {
    const std::vector<Tile>& tiles = source_.tiles();
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || i - released_ < buffers_.count(); });
        if (stopped_) return;
      }
      std::exception_ptr error;
      try {
        source_.read(tiles[i], buffers_.at(i % buffers_.count()));
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      if (error) {
        error_ = error;
      } else {
        ++read_;
      }
      changed_.notify_all();
      if (error) return;
    }
  }

  TileSource& source_;
  const TileBuffers& buffers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t read_ = 0;      // tiles that are in buffers, or were
  std::size_t taken_ = 0;     // of these handed out
  std::size_t released_ = 0;  // of these no longer in use
  bool stopped_ = false;
  std::exception_ptr error_;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace eckart::operators
