// The array of a .npy file and its conversion to the element types of the library.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/any_matrix.hpp"
#include "io/input.hpp"
#include "io/npy_header.hpp"

namespace eckart::io {

// One array as it lies in its file.
struct NpyArray {
  std::string name;  // for messages
  NpyHeader header;
  std::string_view data;  // count * item_bytes bytes, perhaps not aligned
  std::shared_ptr<const void> owner;
};

// Returns the array that fills the input. Throws IoError on a malformed header, on missing and on
// trailing bytes. Cost: O(header); no element is read.
NpyArray parse_npy(const Input& input);

// Throws IoError saying why unless the elements are numbers that the library can hold.
void require_numbers(const NpyArray& array);

// Calls body.operator()<T>() with the element type that the array becomes: floats and complex
// numbers stay as they are, float16 becomes float, integers and booleans become double.
// REQUIRES: require_numbers(array) passed
template <class Body>
decltype(auto) with_scalar(const NpyHeader& header, Body&& body) {
  const bool single = header.kind == 'f' || header.kind == 'c'
                          ? header.item_bytes / (header.kind == 'c' ? 2 : 1) <= sizeof(float)
                          : false;
  if (header.kind == 'c') {
    return single ? body.template operator()<std::complex<float>>()
                  : body.template operator()<std::complex<double>>();
  }
  return single ? body.template operator()<float>() : body.template operator()<double>();
}

// Returns an m x n matrix from an array of two dimensions, n x 1 from one of n elements.
// Elements of this machine's byte order that are aligned are used where they are; others are
// copied. C order stays row-major. Integers beyond 2^53 are rounded to the nearest double.
// Throws IoError for other numbers of dimensions and for elements that are not numbers;
// MemoryLimit if the copy and the held_bytes that the array itself takes would exceed max_bytes
// (0: the memory of this machine).
AnyMatrix to_matrix(const NpyArray& array, std::uint64_t max_bytes, std::uint64_t held_bytes = 0);

// Returns the elements in file order. REQUIRES: T is the type that with_scalar chooses
template <Scalar T>
std::vector<T> to_values(const NpyArray& array);

// Returns the elements of an array of integers, of any width and sign.
// Throws IoError if the type is another or a value does not fit index_t.
std::vector<index_t> to_integers(const NpyArray& array);

// Returns the text of an array of one string. Throws IoError if it is anything else.
std::string to_text(const NpyArray& array);

// Throws MemoryLimit if needed_bytes exceed max_bytes, or, when that is 0, the memory of this
// machine: a hostile file of a few bytes may claim any size.
void require_memory(const std::string& what, std::uint64_t needed_bytes, std::uint64_t max_bytes);

// The same for one vector as long as the longer side of a matrix of T, the least that any use of
// the matrix takes.
template <Scalar T>
void require_side(const std::string& name, index_t rows, index_t cols, std::uint64_t max_bytes) {
  constexpr std::uint64_t most = UINT64_MAX / sizeof(T);
  const std::uint64_t side = std::min(most, static_cast<std::uint64_t>(std::max(rows, cols)));
  require_memory(fmt::format("{}: a vector for the longer side of {} x {}", name, rows, cols),
                 side * sizeof(T), max_bytes);
}

}  // namespace eckart::io
