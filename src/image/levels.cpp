#include "levels.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace eckart::image {
namespace {

std::uint32_t folded(std::int32_t level) {
  return static_cast<std::uint32_t>(level) << 1 ^ static_cast<std::uint32_t>(level >> 31);
}

std::int32_t unfolded(std::uint32_t code) {
  return static_cast<std::int32_t>(code >> 1 ^ (0u - (code & 1)));
}

// zlib counts in 32 bits.
constexpr std::size_t most_at_once = std::size_t{1} << 30;

std::string deflated(std::string_view bytes, int strategy, int memory_level) {
  z_stream stream{};
  if (::deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS, memory_level, strategy) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string packed(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  std::size_t given = 0, taken = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t in = std::min(most_at_once, bytes.size() - given);
    const std::size_t out = std::min(most_at_once, packed.size() - taken);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + given));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(packed.data() + taken);
    stream.avail_out = static_cast<uInt>(out);
    status = ::deflate(&stream, given + in == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    given += in - stream.avail_in;
    taken += out - stream.avail_out;
  }
  ::deflateEnd(&stream);
  packed.resize(taken);
  return packed;
}

}  // namespace

int width_of(const Levels& column) {
  std::uint32_t most = 0;
  for (const std::int32_t level : column) most = std::max(most, folded(level));
  int width = 0;
  for (; most > 0; most >>= 8) ++width;
  return width;
}

std::string split(const std::vector<Levels>& columns) {
  std::string bytes;
  for (int place = 0; place < 4; ++place) {
    for (const Levels& column : columns) {
      if (width_of(column) <= place) continue;
      for (const std::int32_t level : column) {
        bytes += static_cast<char>(folded(level) >> 8 * place & 0xff);
      }
    }
  }
  return bytes;
}

std::vector<Levels> join(std::string_view bytes,
                         const std::vector<std::size_t>& lengths,
                         const std::vector<int>& widths) {
  std::vector<Levels> columns;
  for (const std::size_t length : lengths) columns.emplace_back(length);
  const char* next = bytes.data();
  for (int place = 0; place < 4; ++place) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (widths[c] <= place) continue;
      for (std::int32_t& level : columns[c]) {
        const std::uint32_t byte = static_cast<unsigned char>(*next++);
        level = static_cast<std::int32_t>(static_cast<std::uint32_t>(level) | byte << 8 * place);
      }
    }
  }
  for (Levels& column : columns) {
    for (std::int32_t& level : column) level = unfolded(static_cast<std::uint32_t>(level));
  }
  return columns;
}

std::string deflate_best(std::string_view bytes) {
  // Levels rarely repeat in strings, so codes alone are often best; codes follow a change of the
  // columns faster in small blocks.
  std::string best = deflated(bytes, Z_DEFAULT_STRATEGY, 9);
  for (const int memory_level : {6, 8}) {
    std::string other = deflated(bytes, Z_HUFFMAN_ONLY, memory_level);
    if (other.size() < best.size()) best = std::move(other);
  }
  return best;
}

std::optional<std::string> inflate_exactly(std::string_view bytes, std::size_t size) {
  if (size / best_deflation > bytes.size()) return {};
  std::string raw(size, '\0');
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  std::size_t given = 0, taken = 0;
  char spare = 0;  // shows whether more follows
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t in = std::min(most_at_once, bytes.size() - given);
    const std::size_t out = std::min(most_at_once, raw.size() - taken);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + given));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(out > 0 ? raw.data() + taken : &spare);
    stream.avail_out = static_cast<uInt>(std::max<std::size_t>(out, 1));
    status = ::inflate(&stream, Z_NO_FLUSH);
    given += in - stream.avail_in;
    taken += std::max<std::size_t>(out, 1) - stream.avail_out;
    if (taken > size) break;
  }
  ::inflateEnd(&stream);
  if (status != Z_STREAM_END || taken != size || given != bytes.size()) return {};
  return raw;
}

}  // namespace eckart::image
