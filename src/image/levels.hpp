// Columns of whole numbers as few bytes: byte planes, deflated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eckart::image {

// What a column is made of.
using Levels = std::vector<std::int32_t>;

// Returns how many bytes each number of the column takes, 0 (all are zero) to 4: small numbers of
// either sign are small as 0, -1, 1, -2, ... counted from 0.
int width_of(const Levels& column);

// Returns the bytes of all columns: first the lowest byte of every number, column by column, then
// the second of those columns that have one, and so on. Bytes of one place are alike, and deflate
// makes most of that.
std::string split(const std::vector<Levels>& columns);

// Returns the columns of the given lengths and widths from such bytes.
// REQUIRES: bytes has the size that lengths and widths tell
std::vector<Levels> join(std::string_view bytes,
                         const std::vector<std::size_t>& lengths,
                         const std::vector<int>& widths);

// Returns the bytes in zlib's format, by whichever of its strategies makes least of them.
std::string deflate_best(std::string_view bytes);

// Returns the inflated bytes, or nothing if they are damaged or not of that size. The memory is
// that of the size, whatever the bytes say.
std::optional<std::string> inflate_exactly(std::string_view bytes, std::size_t size);

// A squared error of a sample that rounding it to a whole number takes away again, nearly always:
// the error is then a seventh of a half on average, or less.
inline constexpr double harmless_error = 1.0 / 48;

// No byte inflates to more.
inline constexpr std::uint64_t best_deflation = 1032;

}  // namespace eckart::image
