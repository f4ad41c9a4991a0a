// PNG files made by hand: every kind of them, and what is wrong with some.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace eckart::testing {

inline std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

inline std::string deflated(const std::string& raw) {
  uLongf size = ::compressBound(raw.size());
  std::string packed(size, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                  reinterpret_cast<const Bytef*>(raw.data()), raw.size(), 9) != Z_OK) {
    throw std::runtime_error("deflate failed");
  }
  packed.resize(size);
  return packed;
}

inline std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), uInt(body.size()));
  return big_endian(std::uint32_t(data.size())) + body + big_endian(std::uint32_t(crc));
}

inline const std::string png_signature = "\x89PNG\r\n\x1a\n";

// Rows of filtered bytes: what IDAT holds, uncompressed. kind: 0 grey, 2 RGB, 3 palette, 4 grey and
// alpha, 6 RGB and alpha. before: chunks in front of the samples.
struct MadePng {
  std::uint32_t width = 1, height = 1;
  int bits = 8;
  int kind = 0;
  bool interlaced = false;
  std::string before = {};
  std::string raw = {};

  std::string header() const {
    std::string data = big_endian(width) + big_endian(height);
    data += static_cast<char>(bits);
    data += static_cast<char>(kind);
    data += '\0';
    data += '\0';
    data += interlaced ? '\1' : '\0';
    return png_chunk("IHDR", data);
  }
  std::string bytes() const {
    return png_signature + header() + before + png_chunk("IDAT", deflated(raw)) +
           png_chunk("IEND", "");
  }
};

// Rows of 8-bit samples with filter 0.
inline std::string png_rows(std::size_t row_bytes, const std::string& samples) {
  std::string raw;
  for (std::size_t at = 0; at < samples.size(); at += row_bytes) {
    raw += '\0' + samples.substr(at, row_bytes);
  }
  return raw;
}

// The same in the seven passes of Adam7, one byte to the pixel.
inline std::string adam7(std::size_t width, std::size_t height, const std::string& samples) {
  struct Pass {
    std::size_t row, col, down, right;
  };
  constexpr Pass passes[] = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4},
                             {2, 0, 4, 2}, {0, 1, 2, 2}, {1, 0, 2, 1}};
  std::string raw;
  for (const Pass& pass : passes) {
    if (pass.col >= width) continue;
    for (std::size_t i = pass.row; i < height; i += pass.down) {
      raw += '\0';
      for (std::size_t j = pass.col; j < width; j += pass.right) raw += samples[i * width + j];
    }
  }
  return raw;
}

}  // namespace eckart::testing
