// GGUF: counts, named values, the places of the tensors, padding, the numbers.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "eckart/error.hpp"
#include "io/tensor_readers.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

// A type of ggml: numbers in blocks of so many bytes.
struct BlockType {
  std::uint32_t code;
  const char* name;
  ElementType type;
  std::uint64_t numbers;  // of a block
  std::uint64_t bytes;    // of a block
};
constexpr std::array<BlockType, 20> block_types{{
    {0, "F32", ElementType::f32, 1, 4},
    {1, "F16", ElementType::f16, 1, 2},
    {2, "Q4_0", ElementType::quantised, 32, 18},
    {3, "Q4_1", ElementType::quantised, 32, 20},
    {6, "Q5_0", ElementType::quantised, 32, 22},
    {7, "Q5_1", ElementType::quantised, 32, 24},
    {8, "Q8_0", ElementType::q8_0, 32, 34},
    {9, "Q8_1", ElementType::quantised, 32, 36},
    {10, "Q2_K", ElementType::quantised, 256, 84},
    {11, "Q3_K", ElementType::quantised, 256, 110},
    {12, "Q4_K", ElementType::quantised, 256, 144},
    {13, "Q5_K", ElementType::quantised, 256, 176},
    {14, "Q6_K", ElementType::quantised, 256, 210},
    {15, "Q8_K", ElementType::quantised, 256, 292},
    {24, "I8", ElementType::i8, 1, 1},
    {25, "I16", ElementType::i16, 1, 2},
    {26, "I32", ElementType::i32, 1, 4},
    {27, "I64", ElementType::i64, 1, 8},
    {28, "F64", ElementType::f64, 1, 8},
    {30, "BF16", ElementType::bf16, 1, 2},
}};

constexpr std::uint32_t string_type = 8, array_type = 9, bool_type = 7, uint32_type = 4;
constexpr int deepest_array = 4;

// Bytes of a value of the type; 0 for strings and arrays.
std::optional<std::uint64_t> value_bytes(std::uint32_t type) {
  constexpr std::array<std::uint64_t, 13> bytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  if (type >= bytes.size()) return std::nullopt;
  return bytes[type];
}

// Reads from the front, never beyond the end.
class Cursor {
 public:
  Cursor(const Input& input) : name_(input.name), bytes_(input.bytes) {}

  template <class Number>
  Number take(const char* what) {
    Number value;
    std::memcpy(&value, take_bytes(sizeof value, what).data(), sizeof value);
    return value;
  }
  std::string_view take_bytes(std::uint64_t count, const char* what) {
    if (count > rest()) {
      fail(fmt::format("{} of {} bytes does not fit the {} that are left", what, count, rest()));
    }
    const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return taken;
  }
  std::string_view take_text(std::uint64_t most, const char* what) {
    const auto length = take<std::uint64_t>(what);
    if (length > most) fail(fmt::format("{} of {} bytes; at most {}", what, length, most));
    return take_bytes(length, what);
  }
  std::uint64_t rest() const { return bytes_.size() - at_; }
  std::size_t at() const { return at_; }
  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(name_, fmt::format("byte {}", at_), what);
  }

 private:
  const std::string& name_;
  std::string_view bytes_;
  std::size_t at_ = 0;
};

// Skips a value; a text is returned.
std::string_view take_value(Cursor& cursor, std::uint32_t type, int depth) {
  if (type == string_type) return cursor.take_text(cursor.rest(), "a text");
  if (type == array_type) {
    if (depth >= deepest_array) cursor.fail("lists nest too deep");
    const auto inner = cursor.take<std::uint32_t>("the type of a list");
    const auto count = cursor.take<std::uint64_t>("the length of a list");
    const auto bytes = value_bytes(inner);
    if (!bytes) cursor.fail(fmt::format("value type {} is not known", inner));
    const std::uint64_t least = *bytes > 0 ? *bytes : inner == string_type ? 8 : 12;
    if (count > cursor.rest() / least) {
      cursor.fail(fmt::format("a list of {} values is longer than the file", count));
    }
    if (*bytes > 0) return cursor.take_bytes(count * *bytes, "a list"), std::string_view();
    for (std::uint64_t i = 0; i < count; ++i) take_value(cursor, inner, depth + 1);
    return {};
  }
  const auto bytes = value_bytes(type);
  if (!bytes) cursor.fail(fmt::format("value type {} is not known", type));
  const std::string_view value = cursor.take_bytes(*bytes, "a value");
  if (type == bool_type && value[0] != 0 && value[0] != 1) {
    cursor.fail("a truth value is neither 0 nor 1");
  }
  return value;
}

struct Place {
  Tensor tensor;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

Place take_place(Cursor& cursor, std::uint64_t alignment) {
  Place place;
  place.tensor.name = cursor.take_text(64, "the name of a tensor");
  const auto fail = [&](const std::string& what) {
    cursor.fail(fmt::format("tensor '{}': {}", printable(place.tensor.name), what));
  };
  const auto rank = cursor.take<std::uint32_t>("a number of dimensions");
  if (rank > 4) fail(fmt::format("{} dimensions; at most 4", rank));
  std::uint64_t count = 1, innermost = 1;
  bool fits = true, empty = false;  // an empty tensor is held to the same limits
  for (std::uint32_t d = 0; d < rank; ++d) {
    const auto n = cursor.take<std::uint64_t>("a dimension");
    if (d == 0) innermost = n;
    empty = empty || n == 0;
    fits = fits && n <= INT64_MAX &&
           !__builtin_mul_overflow(count, std::max<std::uint64_t>(n, 1), &count);
    place.tensor.shape.insert(place.tensor.shape.begin(), static_cast<index_t>(n));
  }
  if (!fits || count > INT64_MAX) fail("more elements than 64 bits can count");
  const auto code = cursor.take<std::uint32_t>("a tensor type");
  const auto type = std::find_if(block_types.begin(), block_types.end(),
                                 [&](const BlockType& t) { return t.code == code; });
  place.offset = cursor.take<std::uint64_t>("an offset");
  if (place.offset % alignment != 0) {
    fail(fmt::format("its offset {} is no multiple of {}", place.offset, alignment));
  }
  if (type == block_types.end()) {  // a kind of blocks that is not read: where it ends is not known
    place.tensor.type = ElementType::quantised;
    return place;
  }
  place.tensor.type = type->type;
  if (innermost % type->numbers != 0) {
    fail(fmt::format("rows of {} do not fill blocks of {}", innermost, type->numbers));
  }
  if (__builtin_mul_overflow(count / type->numbers, type->bytes, &place.bytes)) {
    fail("more bytes than 64 bits can count");
  }
  if (empty) place.bytes = 0;
  return place;
}

}  // namespace

TensorFile read_gguf(const Input& input) {
  Cursor cursor(input);
  if (cursor.take_bytes(4, "the first word") != "GGUF") cursor.fail("expected the word GGUF");
  const auto version = cursor.take<std::uint32_t>("the version");
  if (version != 2 && version != 3) {
    cursor.fail(fmt::format("version {}; expected 3, little-endian", version));
  }
  const auto tensors = cursor.take<std::uint64_t>("the number of tensors");
  const auto values = cursor.take<std::uint64_t>("the number of values");
  constexpr std::uint64_t least_tensor = 24, least_value = 13;
  if (tensors > cursor.rest() / least_tensor || values > cursor.rest() / least_value) {
    cursor.fail(
        fmt::format("{} tensors and {} values are more than the file can hold", tensors, values));
  }
  TensorFile file;
  std::uint64_t alignment = 32;
  for (std::uint64_t i = 0; i < values; ++i) {
    const std::string key(cursor.take_text(65535, "a key"));
    const auto type = cursor.take<std::uint32_t>("a value type");
    const std::string_view value = take_value(cursor, type, 0);
    if (type == string_type && value.size() <= 1024) file.metadata[key] = std::string(value);
    if (key != "general.alignment") continue;
    std::uint32_t given = 0;
    if (type == uint32_type) std::memcpy(&given, value.data(), sizeof given);
    if (given == 0 || given % 8 != 0 || given > (1U << 20)) {
      cursor.fail("general.alignment must be a multiple of 8");
    }
    alignment = given;
  }
  std::vector<Place> places;
  for (std::uint64_t i = 0; i < tensors; ++i) places.push_back(take_place(cursor, alignment));
  const std::uint64_t start = (cursor.at() + alignment - 1) / alignment * alignment;
  const std::uint64_t room = start <= input.bytes.size() ? input.bytes.size() - start : 0;
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.offset < b.offset; });
  std::uint64_t end = 0;
  for (Place& place : places) {
    const std::string name = printable(place.tensor.name);
    if (place.offset > room || place.bytes > room - place.offset) {
      throw IoError(input.name, fmt::format("tensor '{}' ends beyond the file, which has {} bytes; "
                                            "is it cut short?",
                                            name, input.bytes.size()));
    }
    if (place.offset < end) {
      throw IoError(input.name, fmt::format("tensor '{}' overlaps the one before it", name));
    }
    end = place.offset + place.bytes;
    place.tensor.data = input.bytes.substr(static_cast<std::size_t>(start + place.offset),
                                           static_cast<std::size_t>(place.bytes));
    place.tensor.owner = input.owner;
    place.tensor.mapped = input.mapped;
    file.tensors.push_back(std::move(place.tensor));
  }
  sort_by_name(file.tensors, input.name);
  return file;
}

}  // namespace eckart::io
