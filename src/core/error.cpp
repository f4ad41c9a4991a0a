#include "eckart/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "eckart/matrix.hpp"

namespace eckart {
namespace {

const char* name_of(double value) {
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "+infinity" : "-infinity";
}

}  // namespace

NonFiniteInput::NonFiniteInput(index_t row, index_t col, double value)
    : Error(fmt::format("the matrix holds {} at row {}, column {} (counted from 1); "
                        "a singular value decomposition needs finite entries",
                        name_of(value),
                        row + 1,
                        col + 1)),
      row_(row),
      col_(col),
      value_(value) {}

MemoryLimit::MemoryLimit(const std::string& what,
                         std::uint64_t needed_bytes,
                         std::uint64_t cap_bytes)
    : Error(fmt::format("{} needs {} of memory; {}",
                        what,
                        format_bytes(needed_bytes),
                        cap_bytes > 0 ? "the cap is " + format_bytes(cap_bytes)
                                      : "the machine has not got it to give")),
      needed_bytes_(needed_bytes),
      cap_bytes_(cap_bytes) {}

IoError::IoError(const std::string& path, const std::string& what)
    : Error(path + ": " + what), path_(path) {}

IoError::IoError(const std::string& path, const std::string& where, const std::string& what)
    : Error(path + ": " + where + ": " + what), path_(path) {}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

index_t checked_bytes(index_t rows, index_t cols, index_t size_bytes) {
  require(rows >= 0 && cols >= 0,
          fmt::format("a matrix cannot have {} rows and {} columns", rows, cols));
  index_t entries = 0;
  index_t bytes = 0;
  if (__builtin_mul_overflow(rows, cols, &entries) ||
      __builtin_mul_overflow(entries, size_bytes, &bytes)) {
    throw InvalidArgument(fmt::format(
        "a {} x {} matrix of {}-byte entries is larger than any memory", rows, cols, size_bytes));
  }
  return bytes;
}

}  // namespace eckart
