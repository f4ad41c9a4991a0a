// Numbers that lie in storage of their own, or in that of someone else.
#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "eckart/matrix.hpp"

namespace eckart::core {

// Move-only. Storage of its own is aligned to a cache line, lies on large pages where the system
// has them, and holds nothing until it is written.
template <class X>
requires std::is_trivially_copyable_v<X>
class Array {
 public:
  Array() = default;
  // Throws std::bad_alloc.
  explicit Array(index_t count) : size_(count) {
    const auto bytes = static_cast<std::size_t>(checked_bytes(count, 1, sizeof(X)));
    if (bytes == 0) return;
    own_ = {static_cast<X*>(eckart::detail::allocate(bytes)), Free{bytes}};
    data_ = own_.get();
  }
  // The span must outlive the array.
  static Array borrowed(std::span<const X> span) {
    Array array;
    array.data_ = span.data();
    array.size_ = static_cast<index_t>(span.size());
    return array;
  }

  index_t size() const { return size_; }
  const X* data() const { return data_; }
  const X& operator[](index_t i) const { return data_[i]; }
  // REQUIRES: the storage is its own
  X* writable() { return own_.get(); }

 private:
  struct Free {
    std::size_t bytes = 0;
    void operator()(X* p) const { eckart::detail::release(p, bytes); }
  };
  std::unique_ptr<X[], Free> own_;
  const X* data_ = nullptr;
  index_t size_ = 0;
};

}  // namespace eckart::core
