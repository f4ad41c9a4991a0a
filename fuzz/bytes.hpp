// What a fuzzer makes of its bytes: choices and numbers, one after the other.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "eckart/types.hpp"

namespace eckart::fuzz {

// Ends the program if the promise is not kept.
inline void demand(bool kept, const std::string& promise) {
  if (kept) return;
  std::fprintf(stderr, "broken: %s\n", promise.c_str());
  std::abort();
}

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint8_t next() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
  index_t below(index_t n) { return next() % n; }

  // A number of a kind that the first byte names: what breaks solvers is seldom drawn at random.
  template <class Real>
  Real real(Real before) {
    using Limits = std::numeric_limits<Real>;
    const std::uint8_t kind = next();
    const int sign = kind & 1 ? -1 : 1;
    switch (kind >> 1 & 7) {
      case 0:
        return Real(sign * (next() % 8));
      case 1:
        return before;
      case 2:
        return std::ldexp(Real(sign), static_cast<int>(next()) - 128);
      case 3:
        return std::ldexp(Real(sign),
                          (static_cast<int>(next()) - 128) * (sizeof(Real) == 8 ? 8 : 1));
      case 4:
        return before * (1 + Real(sign) * Limits::epsilon() * Real(next()));
      case 5:
        return static_cast<Real>(sign) * (Real(next()) / 256 + Real(next()) / 65536);
      case 6: {
        const Real special[] = {
            0, -Real(0), Limits::denorm_min(), Limits::min(), Limits::max(), Limits::epsilon()};
        const std::uint8_t which = next();
        if (which == 254) return Limits::infinity();
        if (which == 255) return Limits::quiet_NaN();
        return static_cast<Real>(sign) * special[which % 6];
      }
      default: {
        std::uint8_t raw[sizeof(Real)];
        for (std::uint8_t& byte : raw) byte = next();
        Real x;
        std::memcpy(&x, raw, sizeof(Real));
        return x;
      }
    }
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

}  // namespace eckart::fuzz
