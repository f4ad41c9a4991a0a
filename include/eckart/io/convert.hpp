// eckart/io/convert.hpp - a matrix of any size into a file that is read where it is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "eckart/context.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/tiles.hpp"

namespace eckart::io {

struct ConvertOptions {
  Format format = Format::automatic;
  ReadOptions::Missing missing = ReadOptions::Missing::error;

  // A table whose rows are entries: row, column, and value, or without it the value 1; rows and
  // columns are counted from this number. REQUIRES: 0 or 1
  std::optional<index_t> triplets_from = {};
  // The size of their matrix; negative: as far as its entries reach. REQUIRES: both or none
  index_t rows = -1;
  index_t cols = -1;

  // How numbers are written; else double, or single precision where the source has it.
  // REQUIRES: float32 or float64
  std::optional<Element> element = {};

  // For entries on their way; what does not fit is sorted on the disk, beside the target.
  // REQUIRES: >= 1 MiB
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;

  // Called before anything is written, with the bytes of disk space that the conversion takes at
  // most on its way, beside the target, and those of the target; where a table is read, they are
  // not known and nobody is called.
  std::function<void(std::uint64_t scratch_bytes, std::uint64_t target_bytes)> announce = {};
};

struct Conversion {
  index_t rows = 0;
  index_t cols = 0;
  index_t entries = 0;  // stored in the target
  index_t added = 0;    // entries of the source that were added to others at the same place
  bool sparse = false;
  Element element = Element::float64;
};

// Writes the matrix of the source to the target, TARGET.csr (the binary CSR file of
// docs/guides/bigger_than_memory.md) or TARGET.npy (dense, C order), and returns what it wrote.
//
// Source: what read_matrix reads. MatrixMarket files, tables, .npy arrays, and in .npz archives
// sparse matrices and single arrays, all of real numbers, are read from their beginning to their
// end, compressed or not; anything else goes through memory. Entries at the same place are added in
// their order: the matrix has the bits of read_matrix's. Zeros of dense sources are not stored in a
// .csr file; stored zeros of sparse ones are.
//
// Cost: one pass over the source; where the entries do not fit, 24 bytes of disk for each, written
// and read once more (more often beyond 4 memory_bytes^2 / MiB of them). Memory: about
// memory_bytes.
// The target appears complete or not at all; nothing else stays on the disk, however the process
// ends.
//
// Throws IoError naming file and line or byte, also where the disk has too little room;
// InvalidArgument if the target is of another kind or the options break their REQUIRES line or fit
// no such source; MemoryLimit; Cancelled.
Conversion convert_matrix(const std::string& source,
                          const std::string& target,
                          const ConvertOptions& options,
                          Context& context);

}  // namespace eckart::io
