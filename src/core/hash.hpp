// A hash of bytes: tells contents apart, not for secrets.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace eckart::core {

// Adds bytes to a state of 64 bits by multiplication, eight at a time (the mixing of MurmurHash2,
// Appleby 2008).
inline std::uint64_t hash_bytes(const void* data, std::size_t count, std::uint64_t state = 0) {
  constexpr std::uint64_t factor = 0xc6a4a7935bd1e995;
  const auto* bytes = static_cast<const unsigned char*>(data);
  const auto mix = [&](std::uint64_t word) {
    word *= factor;
    word ^= word >> 47;
    state = (state ^ word * factor) * factor;
  };
  state ^= count * factor;
  for (; count >= 8; count -= 8, bytes += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    mix(word);
  }
  std::uint64_t last = 0;
  if (count > 0) std::memcpy(&last, bytes, count);
  mix(last);
  state ^= state >> 47;
  state *= factor;
  return state ^ state >> 47;
}

}  // namespace eckart::core
