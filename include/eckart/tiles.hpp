// eckart/tiles.hpp - a matrix that is read piece by piece, because it does not fit into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "eckart/linear_operator.hpp"
#include "eckart/types.hpp"

namespace eckart {

// How a number is stored outside of the memory.
enum class Element {
  float64,
  float32,
  float16,
  bfloat16,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  boolean,  // a byte; anything but 0 is 1
  complex64,
  complex128,
};

std::size_t element_bytes(Element element);
const char* element_name(Element element);

// A rows x cols piece of a matrix whose upper left entry is (row, col).
struct Tile {
  index_t row = 0;
  index_t col = 0;
  index_t rows = 0;
  index_t cols = 0;
  bool row_major = true;  // of a dense tile
  index_t entries = -1;   // stored ones of a sparse tile, kept by rows; -1: dense

  // Bytes of its numbers; of a sparse tile: rows + 1 offsets of 8 bytes that start at 0, as many
  // columns of 8 bytes as entries, and their values.
  std::size_t bytes(Element element) const;
};

// Where tiles come from. A pass reads every tile once, in order, on one thread at a time.
// INVARIANT: the tiles are disjoint and cover the matrix; a tile comes after those above it and
// after those to its left, and in the same rows or columns as these.
class TileSource {
 public:
  virtual ~TileSource() = default;
  virtual index_t rows() const = 0;
  virtual index_t cols() const = 0;
  virtual Element element() const = 0;
  virtual const std::vector<Tile>& tiles() const = 0;

  // Throws IoError if the matrix is not what it was at the first pass.
  virtual void begin_pass() = 0;
  virtual void end_pass() = 0;
  // Writes the bytes of a tile. Throws IoError naming the place.
  virtual void read(const Tile& tile, std::byte* to) = 0;
};

// Whether elements become numbers of this scalar: floating-point and complex numbers stay as they
// are, float16 and bfloat16 become float32, integers and booleans float64 (beyond 2^53 rounded).
template <Scalar T>
bool becomes(Element element);

// Tiles that are read ahead of the one in use.
inline constexpr index_t tiles_ahead = 2;

// Returns an operator over the tiles. Every product is one pass, and apply_gram one pass where the
// tiles span whole rows (Gram::columns) or whole columns (Gram::rows). The next tiles are read by a
// thread of their own while one is multiplied. What scan, column_energies and column_summaries tell
// takes one pass for all of them together; sums are made in double, across rows of a tile in T.
// Memory: stored_bytes(), and one block of a product for each of its sides.
// Throws InvalidArgument if the elements do not become T; a pass throws what the source throws.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_tiled(std::shared_ptr<TileSource> source);

}  // namespace eckart
