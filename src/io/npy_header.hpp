// The header of a .npy file: element type, order and shape.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/types.hpp"

namespace eckart::io {

struct NpyHeader {
  char kind = 'f';                // NumPy's letter: b, i, u, f, c are numbers; others are not
  std::uint64_t item_bytes = 8;   // of one element
  bool native = true;             // elements are in the byte order of this machine
  bool fortran_order = false;     // the first index runs fastest
  std::vector<index_t> shape;     // each >= 0
  std::uint64_t count = 1;        // product of shape; count * item_bytes fits 63 bits
  std::uint64_t data_offset = 0;  // where the elements begin

  std::uint64_t total_bytes() const { return data_offset + count * item_bytes; }
};

// No header needs more bytes than this, magic included; NumPy's own limit.
inline constexpr std::uint64_t npy_header_limit = 10000 + 12;

// Returns the header at the start of bytes, format versions 1 to 3. The dictionary is parsed,
// never evaluated, and must have exactly the keys descr, fortran_order and shape.
// Throws IoError naming the byte and what was expected there.
NpyHeader parse_npy_header(std::string_view bytes, const std::string& name);

// Returns the header of a C-order array of this machine's byte order, padded so that the elements
// start at a multiple of 64. type is NumPy's letter with the element size, such as "f8".
std::string format_npy_header(const std::string& type, const std::vector<index_t>& shape);

// Returns NumPy's name of the element type, such as "float64", for messages.
std::string type_name(const NpyHeader& header);

// Returns the shape for messages: "(3, 4)".
std::string format_shape(const std::vector<index_t>& shape);

}  // namespace eckart::io
