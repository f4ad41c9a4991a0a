// Dense matrices in one or more files, as tiles.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eckart/io/file_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/tiles.hpp"
#include "io/part_file.hpp"

namespace eckart::io {

// A dense matrix in a file: numbers one after another from an offset.
struct DensePart {
  PartFile file;
  std::uint64_t offset = 0;
  index_t rows = 0;
  index_t cols = 0;
  bool row_major = true;
  Element element = Element::float64;
};

// Returns the matrix in a .npy file. Throws IoError if it holds anything else, or has not the
// length that its header claims.
DensePart open_npy_part(const std::string& path);

// Returns a raw file as the options describe it.
DensePart open_raw_part(const std::string& path, const FileOperatorOptions& options);

// Returns the element type of that name ("float32", or NumPy's "f4").
// Throws InvalidArgument naming the known ones.
Element element_from_string(const std::string& name);

// Returns the parts as blocks of rows of one matrix.
// Throws IoError if their columns or element types differ.
std::shared_ptr<TileSource> make_dense_tiles(std::vector<DensePart> parts,
                                             std::uint64_t tile_bytes);

}  // namespace eckart::io
