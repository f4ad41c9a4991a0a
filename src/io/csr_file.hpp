// The binary file of a sparse matrix that is read by rows. All numbers are little-endian:
//   byte  0: the eight characters "ECKCSR1\n"
//   byte  8: rows, columns, stored entries: three integers of 8 bytes
//   byte 32: bytes of a column index, 4 or 8; element type, 1 float64 or 2 float32: of 4 bytes each
//   byte 40: rows + 1 offsets of 8 bytes, from 0 to the number of entries, never falling
//   then:    the column of every entry, counted from 0, rising within a row
//   then:    the value of every entry
// Nothing follows, and nothing lies between.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "eckart/tiles.hpp"
#include "io/atomic_file.hpp"
#include "io/part_file.hpp"

namespace eckart::io {

struct CsrHeader {
  index_t rows = 0;
  index_t cols = 0;
  index_t entries = 0;
  std::uint32_t index_bytes = 4;
  Element element = Element::float64;

  std::uint64_t offsets_at() const { return 40; }
  std::uint64_t columns_at() const {
    return offsets_at() + 8 * (static_cast<std::uint64_t>(rows) + 1);
  }
  std::uint64_t values_at() const {
    return columns_at() + static_cast<std::uint64_t>(entries) * index_bytes;
  }
  std::uint64_t total_bytes() const {
    return values_at() + static_cast<std::uint64_t>(entries) * element_bytes(element);
  }
};

// Returns the 40 bytes of the header.
std::string format_csr_header(const CsrHeader& header);

// Returns the header. Throws IoError if it is none, or the file has another length.
CsrHeader read_csr_header(const PartFile& file);

// Returns the rows as sparse tiles. The offsets are read once and not kept.
// Throws IoError naming the byte of an offset that falls or passes the entries.
std::shared_ptr<TileSource> make_csr_tiles(PartFile file, std::uint64_t tile_bytes);

// Writes such a file from entries that come by row and then by column. The number of entries need
// not be known: what was reserved and not used is taken out of the file in the end.
class CsrWriter {
 public:
  // header.entries: so many at most.
  CsrWriter(const std::string& path, const CsrHeader& header);

  // REQUIRES: behind the entry before, and inside the matrix
  // Throws IoError if the value is beyond float32 in a file of those.
  void add(index_t row, index_t col, double value);

  // Returns the number of entries. Nothing is at the path before, nor without it.
  index_t commit();

 private:
  // Bytes that are written one after the other from a place on.
  struct Part {
    std::uint64_t at = 0;
    std::string bytes = {};
  };
  template <class Number>
  void put(Part& part, Number number);
  void flush(Part& part);
  void end_rows(index_t row);

  std::string path_;
  CsrHeader header_;
  AtomicFile file_;
  Part offsets_, columns_, values_;
  index_t rows_ended_ = 0;
  index_t entries_ = 0;
};

}  // namespace eckart::io
