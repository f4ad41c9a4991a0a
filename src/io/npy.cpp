// .npy arrays: checked against the bytes that are there, used in place where they can be.

#include "io/npy.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "eckart/error.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

// An IEEE 754 half-precision number; g++ has no portable type for it.
struct Half {
  std::uint16_t bits;

  explicit operator float() const {
    const int sign = bits >> 15;
    const int exponent = bits >> 10 & 0x1f;
    const int fraction = bits & 0x3ff;
    const float magnitude = exponent == 31 ? (fraction == 0 ? HUGE_VALF : NAN)
                            : exponent == 0
                                ? std::ldexp(static_cast<float>(fraction), -24)
                                : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
    return sign == 0 ? magnitude : -magnitude;
  }
};

// A byte of a boolean array: anything but 0 is true.
struct Boolean {
  unsigned char byte;
  explicit operator double() const { return byte == 0 ? 0.0 : 1.0; }
};

// The element type of the library that a type in the file becomes.
template <class Source>
struct Becomes {
  using type = double;
};
template <>
struct Becomes<Half> {
  using type = float;
};
template <>
struct Becomes<float> {
  using type = float;
};
template <>
struct Becomes<std::complex<float>> {
  using type = std::complex<float>;
};
template <>
struct Becomes<std::complex<double>> {
  using type = std::complex<double>;
};

template <class Part>
void reverse_bytes(Part& part) {
  unsigned char bytes[sizeof(Part)];
  std::memcpy(bytes, &part, sizeof(Part));
  std::reverse(bytes, bytes + sizeof(Part));
  std::memcpy(&part, bytes, sizeof(Part));
}

template <class Source>
Source load(const char* address, bool native) {
  Source value;
  std::memcpy(&value, address, sizeof(Source));
  if (native) return value;
  if constexpr (std::is_same_v<Source, std::complex<float>> ||
                std::is_same_v<Source, std::complex<double>>) {
    auto re = value.real();
    auto im = value.imag();
    reverse_bytes(re);
    reverse_bytes(im);
    return {re, im};
  } else {
    reverse_bytes(value);
    return value;
  }
}

// Calls body.operator()<Source>() with the type of the elements in the file.
// REQUIRES: the elements are numbers (require_numbers)
template <class Body>
void with_source(const NpyHeader& header, Body&& body) {
  const std::uint64_t size = header.item_bytes;
  switch (header.kind) {
    case 'b':
      return body.template operator()<Boolean>();
    case 'i':
      return size == 1   ? body.template operator()<std::int8_t>()
             : size == 2 ? body.template operator()<std::int16_t>()
             : size == 4 ? body.template operator()<std::int32_t>()
                         : body.template operator()<std::int64_t>();
    case 'u':
      return size == 1   ? body.template operator()<std::uint8_t>()
             : size == 2 ? body.template operator()<std::uint16_t>()
             : size == 4 ? body.template operator()<std::uint32_t>()
                         : body.template operator()<std::uint64_t>();
    case 'c':
      return size == 8 ? body.template operator()<std::complex<float>>()
                       : body.template operator()<std::complex<double>>();
    default:
      return size == 2   ? body.template operator()<Half>()
             : size == 4 ? body.template operator()<float>()
                         : body.template operator()<double>();
  }
}

template <Scalar T>
void convert(const NpyArray& array, T* out) {
  with_source(array.header, [&]<class Source>() {
    if constexpr (std::is_same_v<typename Becomes<Source>::type, T>) {
      const char* address = array.data.data();
      for (std::uint64_t i = 0; i < array.header.count; ++i, address += sizeof(Source)) {
        out[i] = static_cast<T>(load<Source>(address, array.header.native));
      }
    }
  });
}

template <Scalar T>
bool usable_in_place(const NpyArray& array) {
  const bool same_type = array.header.item_bytes == sizeof(T) &&
                         (array.header.kind == 'f' || array.header.kind == 'c');
  return same_type && array.header.native &&
         reinterpret_cast<std::uintptr_t>(array.data.data()) % alignof(T) == 0;
}

[[noreturn]] void fail_at_header(const NpyArray& array, const std::string& what) {
  throw IoError(array.name, "byte 0", what);
}

}  // namespace

void require_memory(const std::string& what, std::uint64_t needed_bytes, std::uint64_t max_bytes) {
  if (max_bytes == 0) {
    max_bytes = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  if (needed_bytes > max_bytes) throw MemoryLimit(what, needed_bytes, max_bytes);
}

NpyArray parse_npy(const Input& input) {
  NpyArray array{input.name, parse_npy_header(input.bytes, input.name), {}, input.owner};
  const NpyHeader& header = array.header;
  const std::uint64_t total = header.total_bytes();
  const std::uint64_t available = input.bytes.size();
  if (available < total) {
    throw IoError(input.name, fmt::format("byte {}", available),
                  fmt::format("the file is truncated; its header, shape {} of {}, needs {} bytes "
                              "and {} are there",
                              format_shape(header.shape), type_name(header), total, available));
  }
  if (available > total) {
    throw IoError(input.name, fmt::format("byte {}", total),
                  fmt::format("{} bytes follow the array; expected the end of the file after "
                              "shape {} of {}",
                              available - total, format_shape(header.shape), type_name(header)));
  }
  array.data = input.bytes.substr(header.data_offset);
  return array;
}

void require_numbers(const NpyArray& array) {
  const NpyHeader& header = array.header;
  const std::uint64_t size = header.item_bytes;
  const bool integer_size = size == 1 || size == 2 || size == 4 || size == 8;
  switch (header.kind) {
    case 'b':
      if (size == 1) return;
      break;
    case 'i':
    case 'u':
      if (integer_size) return;
      break;
    case 'f':
      if (size == 2 || size == 4 || size == 8) return;
      break;
    case 'c':
      if (size == 8 || size == 16) return;
      break;
    default:
      break;
  }
  const char* target = header.kind == 'c' ? "complex128" : "float64";
  fail_at_header(array, fmt::format("the elements are of type {}; expected numbers of at most 64 "
                                    "bits a part; convert with a.astype('{}')",
                                    type_name(header), target));
}

AnyMatrix to_matrix(const NpyArray& array, std::uint64_t max_bytes, std::uint64_t held_bytes) {
  const NpyHeader& header = array.header;
  require_numbers(array);
  const std::size_t dimensions = header.shape.size();
  if (dimensions < 1 || dimensions > 2) {
    fail_at_header(array, fmt::format("the array has {} dimensions, shape {}; expected a matrix "
                                      "or a vector; reshape it, a.reshape(rows, columns)",
                                      dimensions, format_shape(header.shape)));
  }
  const index_t rows = header.shape[0];
  const index_t cols = dimensions == 2 ? header.shape[1] : 1;
  const bool row_major = dimensions == 2 && !header.fortran_order;
  const index_t view_rows = row_major ? cols : rows;
  const index_t view_cols = row_major ? rows : cols;

  return with_scalar(header, [&]<Scalar T>() -> AnyMatrix {
    // No byte of the file stands behind the lengths of an empty matrix.
    if (header.count == 0) require_side<T>(array.name, rows, cols, max_bytes);
    if (usable_in_place<T>(array)) {
      const auto* elements = reinterpret_cast<const T*>(array.data.data());
      const index_t ld = std::max<index_t>(1, view_rows);
      return DenseMatrix<T>{{elements, view_rows, view_cols, ld}, row_major, array.owner};
    }
    // The header's bytes fit the file, elements grow at most eightfold: far below 2^64.
    require_memory(array.name + " as " + scalar_name<T>(), header.count * sizeof(T) + held_bytes,
                   max_bytes);
    Matrix<T> matrix(view_rows, view_cols);
    convert(array, matrix.data());
    return own(std::move(matrix), row_major);
  });
}

template <Scalar T>
std::vector<T> to_values(const NpyArray& array) {
  std::vector<T> values(array.header.count);
  convert(array, values.data());
  return values;
}
template std::vector<float> to_values(const NpyArray&);
template std::vector<double> to_values(const NpyArray&);
template std::vector<std::complex<float>> to_values(const NpyArray&);
template std::vector<std::complex<double>> to_values(const NpyArray&);

std::vector<index_t> to_integers(const NpyArray& array) {
  const NpyHeader& header = array.header;
  if (header.kind != 'i' && header.kind != 'u') {
    fail_at_header(
        array, fmt::format("the elements are of type {}; expected integers", type_name(header)));
  }
  require_numbers(array);
  std::vector<index_t> values(header.count);
  with_source(header, [&]<class Source>() {
    if constexpr (std::is_integral_v<Source>) {
      for (std::uint64_t i = 0; i < header.count; ++i) {
        const Source value = load<Source>(array.data.data() + i * sizeof(Source), header.native);
        if (!std::in_range<index_t>(value)) {
          throw IoError(array.name, fmt::format("byte {}", header.data_offset + i * sizeof(Source)),
                        fmt::format("the value {}; expected less than 2^63", value));
        }
        values[i] = static_cast<index_t>(value);
      }
    }
  });
  return values;
}

std::string to_text(const NpyArray& array) {
  const NpyHeader& header = array.header;
  if ((header.kind != 'S' && header.kind != 'U') || header.count != 1) {
    fail_at_header(array, fmt::format("shape {} of {}; expected one string",
                                      format_shape(header.shape), type_name(header)));
  }
  const std::size_t step = header.kind == 'U' ? 4 : 1;  // U holds code points of 4 bytes
  std::string text;
  for (std::size_t i = 0; i < array.data.size(); i += step) {
    const std::string_view unit = array.data.substr(i, step);
    const auto is_set = [](char c) { return c != '\0'; };
    const auto c = std::find_if(unit.begin(), unit.end(), is_set);
    if (c != unit.end()) text += *c;  // ASCII; padding is zero
  }
  return text;
}

AnyMatrix read_npy(const Input& input, const ReadOptions& options) {
  return to_matrix(parse_npy(input), options.max_bytes);
}

}  // namespace eckart::io
