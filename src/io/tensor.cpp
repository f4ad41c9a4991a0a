// Element types of weights and their conversion.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>

#include "core/parallel.hpp"
#include "eckart/error.hpp"
#include "eckart/io/tensors.hpp"
#include "io/zip.hpp"
#include "kernels/packed.hpp"

namespace eckart::io {
namespace {

struct TypeFacts {
  ElementType type;
  const char* name;
  int bits;
  int significant;  // bits of precision; 0: no floating-point number that is read
};

// In the order of the enumeration, which is that of the reference writer.
constexpr std::array<TypeFacts, 24> facts{{
    {ElementType::u64, "U64", 64, 0},
    {ElementType::i64, "I64", 64, 0},
    {ElementType::f64, "F64", 64, 53},
    {ElementType::c64, "C64", 64, 0},
    {ElementType::f32, "F32", 32, 24},
    {ElementType::u32, "U32", 32, 0},
    {ElementType::i32, "I32", 32, 0},
    {ElementType::bf16, "BF16", 16, 8},
    {ElementType::f16, "F16", 16, 11},
    {ElementType::u16, "U16", 16, 0},
    {ElementType::i16, "I16", 16, 0},
    {ElementType::f8_e5m2fnuz, "F8_E5M2FNUZ", 8, 3},
    {ElementType::f8_e4m3fnuz, "F8_E4M3FNUZ", 8, 4},
    {ElementType::f8_e8m0, "F8_E8M0", 8, 1},
    {ElementType::f8_e4m3, "F8_E4M3", 8, 4},
    {ElementType::f8_e5m2, "F8_E5M2", 8, 3},
    {ElementType::i8, "I8", 8, 0},
    {ElementType::u8, "U8", 8, 0},
    {ElementType::f6_e3m2, "F6_E3M2", 6, 0},
    {ElementType::f6_e2m3, "F6_E2M3", 6, 0},
    {ElementType::f4, "F4", 4, 0},
    {ElementType::boolean, "BOOL", 8, 0},
    {ElementType::q8_0, "Q8_0", 0, 8},
    {ElementType::quantised, "quantised", 0, 0},
}};

const TypeFacts& facts_of(ElementType type) { return facts[static_cast<std::size_t>(type)]; }

std::size_t size(index_t n) { return static_cast<std::size_t>(n); }

// A number of 8 bits: sign, exponent, fraction. The fnuz kinds have one NaN, in the place of -0,
// and no infinity; E4M3 has no infinity either.
float small_float(unsigned bits, int fraction_bits, int bias, bool fnuz) {
  const unsigned magnitude = bits & 0x7fU;
  const bool negative = bits >= 0x80U;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  if (fnuz && bits == 0x80U) return nan;
  if (!fnuz && fraction_bits == 3 && magnitude == 0x7fU) return nan;
  const auto exponent = static_cast<int>(magnitude >> fraction_bits);
  const auto fraction = static_cast<float>(magnitude & ((1U << fraction_bits) - 1));
  const float unit = std::ldexp(1.0F, -fraction_bits);
  float value = exponent == 0 ? std::ldexp(fraction * unit, 1 - bias)
                              : std::ldexp(1 + fraction * unit, exponent - bias);
  if (!fnuz && fraction_bits == 2 && exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<float>::infinity() : nan;
  }
  return negative ? -value : value;
}

using Table = std::array<float, 256>;

Table make_table(ElementType type) {
  Table table{};
  for (unsigned b = 0; b < 256; ++b) {
    switch (type) {
      case ElementType::f8_e4m3:
        table[b] = small_float(b, 3, 7, false);
        break;
      case ElementType::f8_e5m2:
        table[b] = small_float(b, 2, 15, false);
        break;
      case ElementType::f8_e4m3fnuz:
        table[b] = small_float(b, 3, 8, true);
        break;
      case ElementType::f8_e5m2fnuz:
        table[b] = small_float(b, 2, 16, true);
        break;
      default:  // E8M0: powers of two
        table[b] = b == 0xff ? std::numeric_limits<float>::quiet_NaN()
                             : std::ldexp(1.0F, static_cast<int>(b) - 127);
    }
  }
  return table;
}

const Table& table_of(ElementType type) {
  static const Table e4m3 = make_table(ElementType::f8_e4m3);
  static const Table e5m2 = make_table(ElementType::f8_e5m2);
  static const Table e4m3fnuz = make_table(ElementType::f8_e4m3fnuz);
  static const Table e5m2fnuz = make_table(ElementType::f8_e5m2fnuz);
  static const Table e8m0 = make_table(ElementType::f8_e8m0);
  if (type == ElementType::f8_e4m3) return e4m3;
  if (type == ElementType::f8_e5m2) return e5m2;
  if (type == ElementType::f8_e4m3fnuz) return e4m3fnuz;
  return type == ElementType::f8_e5m2fnuz ? e5m2fnuz : e8m0;
}

// Blocks of 32 numbers: a scale of 16 bits, then 32 signed bytes.
template <Scalar T>
void unpack_blocks(const Tensor& tensor, index_t first, index_t count, T* to) {
  constexpr index_t numbers = 32, bytes = 34;
  for (index_t i = first; i < first + count; ++i) {
    const char* block = tensor.data.data() + i / numbers * bytes;
    float scale = 0;
    kernels::unpack(kernels::Packed::float16, block, 1, &scale);
    const auto whole = static_cast<signed char>(block[2 + i % numbers]);
    to[i - first] = static_cast<T>(scale * static_cast<float>(whole));
  }
}

template <class Stored, Scalar T>
void widen(const char* from, index_t count, T* to) {
  for (index_t i = 0; i < count; ++i) {
    Stored value;
    std::memcpy(&value, from + i * static_cast<index_t>(sizeof(Stored)), sizeof(Stored));
    to[i] = static_cast<T>(static_cast<real_t<T>>(value));
  }
}

[[noreturn]] void refuse_type(const Tensor& tensor) {
  throw IoError("tensor '" + printable(tensor.name) + "'",
                fmt::format("its elements are of type {}, which cannot be computed with; expected "
                            "floating-point numbers or integers",
                            to_string(tensor.type)));
}

// Before memory is taken: what cannot be read may claim any size.
void require_elements(const Tensor& tensor, index_t rows, index_t cols) {
  if (bits_of(tensor.type) % 8 != 0 || tensor.type == ElementType::quantised) refuse_type(tensor);
  index_t wanted = 0;
  const bool fits = rows >= 0 && cols >= 0 && !__builtin_mul_overflow(rows, cols, &wanted);
  require(fits && wanted == tensor.count(),
          fmt::format("tensor '{}' of shape {} was to be read as {} x {}", printable(tensor.name),
                      format_shape(tensor), rows, cols));
}

// Rounds to the nearest number with `drop` fewer bits below, ties to even.
std::uint32_t round_bits(std::uint32_t bits, int drop) {
  const std::uint32_t half = (1U << (drop - 1)) - 1 + ((bits >> drop) & 1U);
  return (bits + half) >> drop;
}

std::uint16_t to_bfloat(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>(round_bits(bits, 16));
}

std::uint16_t to_half(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000U) {
    half = 0x7e00U;
  } else if (magnitude < 0x38800000U) {  // below 2^-14: a multiple of 2^-24
    half = static_cast<std::uint32_t>(std::nearbyint(std::bit_cast<float>(magnitude) * 0x1p24F));
  } else {
    half = std::min(round_bits(magnitude - 0x38000000U, 13), 0x7c00U);
  }
  return static_cast<std::uint16_t>(sign | half);
}

// Rounding a double to float first and to 16 bits then may err on a tie: the float is made odd
// where it was inexact, which decides the tie as the double would.
float round_to_odd(double x) {
  const auto near = static_cast<float>(x);
  if (static_cast<double>(near) == x || !std::isfinite(near)) return near;
  auto bits = std::bit_cast<std::uint32_t>(near);
  if (bits & 1U) return near;
  const bool outward = std::abs(static_cast<double>(near)) > std::abs(x);
  bits += outward ? -1U : 1U;
  return std::bit_cast<float>(bits);
}
float round_to_odd(float x) { return x; }

template <class Stored, Scalar T, class Convert>
std::shared_ptr<std::string> pack(MatrixView<const T> X, const Convert& convert) {
  auto bytes = std::make_shared<std::string>(size(X.rows * X.cols) * sizeof(Stored), '\0');
  char* to = bytes->data();
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      const Stored value = convert(X(i, j));
      std::memcpy(to, &value, sizeof value);
      to += sizeof value;
    }
  }
  return bytes;
}

constexpr double largest_of(ElementType type) {
  if (type == ElementType::f16) return 65519.996;  // what rounds to 65504
  if (type == ElementType::bf16) return 3.3961775292304957e38;
  if (type == ElementType::f32) return std::numeric_limits<float>::max();
  return std::numeric_limits<double>::max();
}

// How many numbers a thread converts at a time.
constexpr index_t columns_per_chunk(index_t rows) {
  return std::max<index_t>(1, (index_t{1} << 16) / std::max<index_t>(1, rows));
}

}  // namespace

const char* to_string(ElementType type) { return facts_of(type).name; }
int bits_of(ElementType type) { return facts_of(type).bits; }
bool is_weight(ElementType type) { return facts_of(type).significant > 0; }
int significant_bits(ElementType type) { return facts_of(type).significant; }

ElementType element_type(std::string_view name) {
  std::string known;
  for (const TypeFacts& f : facts) {
    if (f.bits > 0 && name == f.name) return f.type;
    if (f.bits > 0) known += (known.empty() ? "" : " ") + std::string(f.name);
  }
  throw InvalidArgument(
      fmt::format("the element type '{}' is not known; known are {}", printable(name), known));
}

index_t Tensor::count() const {
  index_t product = 1;
  for (const index_t n : shape) product *= n;
  return product;
}

std::string format_shape(const Tensor& tensor) {
  return tensor.shape.empty() ? "scalar" : fmt::format("{}", fmt::join(tensor.shape, "x"));
}

void release(const Tensor& tensor) {
  if (!tensor.mapped || tensor.data.empty()) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(tensor.data.data());
  const std::uintptr_t first = start / page * page;
  const std::uintptr_t last = start + tensor.data.size();
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

template <Scalar T>
void unpack(const Tensor& tensor, index_t first, index_t count, T* to) {
  const char* from = tensor.data.data() + first * bits_of(tensor.type) / 8;
  const auto floats = [&](kernels::Packed packed) {
    if constexpr (is_complex<T>) {
      refuse_type(tensor);
    } else {
      kernels::unpack(packed, from, count, to);
    }
  };
  switch (tensor.type) {
    case ElementType::f64:
      return floats(kernels::Packed::float64);
    case ElementType::f32:
      return floats(kernels::Packed::float32);
    case ElementType::f16:
      return floats(kernels::Packed::float16);
    case ElementType::bf16:
      return floats(kernels::Packed::bfloat16);
    case ElementType::f8_e4m3:
    case ElementType::f8_e5m2:
    case ElementType::f8_e4m3fnuz:
    case ElementType::f8_e5m2fnuz:
    case ElementType::f8_e8m0: {
      const Table& table = table_of(tensor.type);
      for (index_t i = 0; i < count; ++i) {
        to[i] = static_cast<T>(table[static_cast<unsigned char>(from[i])]);
      }
      return;
    }
    case ElementType::u64:
      return widen<std::uint64_t>(from, count, to);
    case ElementType::i64:
      return widen<std::int64_t>(from, count, to);
    case ElementType::u32:
      return widen<std::uint32_t>(from, count, to);
    case ElementType::i32:
      return widen<std::int32_t>(from, count, to);
    case ElementType::u16:
      return widen<std::uint16_t>(from, count, to);
    case ElementType::i16:
      return widen<std::int16_t>(from, count, to);
    case ElementType::i8:
      return widen<std::int8_t>(from, count, to);
    case ElementType::u8:
    case ElementType::boolean:
      return widen<std::uint8_t>(from, count, to);
    case ElementType::c64:
      if constexpr (is_complex<T>) {
        for (index_t i = 0; i < count; ++i) {
          float parts[2];
          std::memcpy(parts, from + 8 * i, sizeof parts);
          to[i] = T(parts[0], parts[1]);
        }
        return;
      }
      refuse_type(tensor);
    case ElementType::q8_0:
      return unpack_blocks(tensor, first, count, to);
    case ElementType::f6_e3m2:
    case ElementType::f6_e2m3:
    case ElementType::f4:
    case ElementType::quantised:
      refuse_type(tensor);
  }
}

template <Scalar T>
Matrix<T> to_transposed(const Tensor& tensor, index_t rows, index_t cols, const Context& context) {
  require_elements(tensor, rows, cols);
  Matrix<T> W = Matrix<T>::uninitialized(cols, rows);
  core::for_each_chunk(rows, columns_per_chunk(cols), context,
                       [&](index_t, index_t first, index_t last) {
                         unpack(tensor, first * cols, (last - first) * cols, &W(0, first));
                       });
  return W;
}

template <Scalar T>
Difference<T> transposed_difference(
    const Tensor& left, const Tensor& right, index_t rows, index_t cols, const Context& context) {
  require_elements(left, rows, cols);
  require_elements(right, rows, cols);
  Difference<T> D{Matrix<T>::uninitialized(cols, rows), 0};
  const index_t chunk = columns_per_chunk(cols);
  std::vector<double> energies(size(core::count_chunks(rows, chunk)));
  core::for_each_chunk(rows, chunk, context, [&](index_t c, index_t first, index_t last) {
    constexpr index_t block = 4096;  // stays in the first cache
    std::array<T, static_cast<std::size_t>(block)> buffer;
    const index_t end = last * cols;
    double energy = 0;
    for (index_t at = first * cols; at < end; at += block) {
      const index_t count = std::min(block, end - at);
      T* to = D.transposed.data() + at;
      unpack(left, at, count, to);
      unpack(right, at, count, buffer.data());
      energy += kernels::subtract<T>(count, buffer.data(), to);
    }
    energies[size(c)] = energy;
  });
  for (const double energy : energies) D.energy += energy;
  return D;
}

double rounding_edge(const Tensor& tensor, index_t rows, index_t cols, const Context& context) {
  require_elements(tensor, rows, cols);
  if (!is_weight(tensor.type)) refuse_type(tensor);
  const int digits = significant_bits(tensor.type);
  const index_t chunk = std::max<index_t>(64, core::count_chunks(rows, 64));
  const index_t chunks = core::count_chunks(rows, chunk);
  Matrix<double> columns(cols, chunks);
  std::vector<double> largest(size(chunks));
  core::for_each_chunk(rows, chunk, context, [&](index_t c, index_t first, index_t last) {
    std::vector<double> row(size(cols));
    for (index_t i = first; i < last; ++i) {
      unpack(tensor, i * cols, cols, row.data());
      const double sum =
          kernels::add_rounding_variances(digits, cols, row.data(), columns.view().column(c));
      largest[size(c)] = std::max(largest[size(c)], sum);
    }
  });
  double row = 0, column = 0;
  for (const double sum : largest) row = std::max(row, sum);
  for (index_t j = 0; j < cols; ++j) {
    double sum = 0;
    for (index_t c = 0; c < chunks; ++c) sum += columns(j, c);
    column = std::max(column, sum);
  }
  return std::sqrt(row) + std::sqrt(column);
}

template <Scalar T>
Tensor make_tensor(const std::string& name,
                   ElementType type,
                   std::vector<index_t> shape,
                   MatrixView<const T> transposed) {
  const double largest = largest_of(type);
  for (index_t j = 0; j < transposed.cols; ++j) {
    for (index_t i = 0; i < transposed.rows; ++i) {
      const double x = std::abs(static_cast<double>(transposed(i, j)));
      if (!(x > largest) || std::isinf(x)) continue;
      throw Overflow(fmt::format("tensor '{}': {:.6g} is too large for {}; choose a wider type",
                                 printable(name), x, to_string(type)));
    }
  }
  Tensor tensor{name, type, std::move(shape), {}, {}, false};
  std::shared_ptr<std::string> bytes;
  switch (type) {
    case ElementType::f64:
      bytes = pack<double>(transposed, [](T x) { return static_cast<double>(x); });
      break;
    case ElementType::f32:
      bytes = pack<float>(transposed, [](T x) { return static_cast<float>(x); });
      break;
    case ElementType::f16:
      bytes = pack<std::uint16_t>(transposed, [](T x) { return to_half(round_to_odd(x)); });
      break;
    case ElementType::bf16:
      bytes = pack<std::uint16_t>(transposed, [](T x) { return to_bfloat(round_to_odd(x)); });
      break;
    default:
      throw InvalidArgument(
          fmt::format("weights are written as F64, F32, F16 or BF16, not as {}", to_string(type)));
  }
  require(tensor.count() == transposed.rows * transposed.cols,
          "the shape of tensor '" + printable(name) + "' does not fit its numbers");
  tensor.data = *bytes;
  tensor.owner = bytes;
  return tensor;
}

namespace {

template <Scalar T>
AnyMatrix matrix_of(const Tensor& tensor, index_t rows, index_t cols, bool as_stored) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(tensor.data.data()) % alignof(T) == 0;
  if (as_stored && aligned) {
    const T* values = reinterpret_cast<const T*>(tensor.data.data());
    return DenseMatrix<T>{{values, cols, rows, std::max<index_t>(1, cols)}, true, tensor.owner};
  }
  return own(to_transposed<T>(tensor, rows, cols), true);
}

}  // namespace

AnyMatrix to_matrix(const Tensor& tensor) {
  const index_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
  index_t cols = 1;
  for (std::size_t d = 1; d < tensor.shape.size(); ++d) cols *= tensor.shape[d];
  switch (tensor.type) {
    case ElementType::f32:
      return matrix_of<float>(tensor, rows, cols, true);
    case ElementType::f64:
      return matrix_of<double>(tensor, rows, cols, true);
    case ElementType::c64:
      return matrix_of<std::complex<float>>(tensor, rows, cols, true);
    default:
      break;
  }
  if (is_weight(tensor.type)) return matrix_of<float>(tensor, rows, cols, false);
  return matrix_of<double>(tensor, rows, cols, false);
}

template void unpack(const Tensor&, index_t, index_t, float*);
template void unpack(const Tensor&, index_t, index_t, double*);
template void unpack(const Tensor&, index_t, index_t, std::complex<float>*);
template Matrix<float> to_transposed(const Tensor&, index_t, index_t, const Context&);
template Matrix<double> to_transposed(const Tensor&, index_t, index_t, const Context&);
template Matrix<std::complex<float>> to_transposed(const Tensor&, index_t, index_t, const Context&);
template Difference<float> transposed_difference(
    const Tensor&, const Tensor&, index_t, index_t, const Context&);
template Difference<double> transposed_difference(
    const Tensor&, const Tensor&, index_t, index_t, const Context&);
template Tensor make_tensor(const std::string&,
                            ElementType,
                            std::vector<index_t>,
                            MatrixView<const float>);
template Tensor make_tensor(const std::string&,
                            ElementType,
                            std::vector<index_t>,
                            MatrixView<const double>);

}  // namespace eckart::io
