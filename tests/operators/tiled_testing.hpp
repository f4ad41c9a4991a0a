// A matrix in memory that pretends to lie in tiles elsewhere.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "eckart/error.hpp"
#include "eckart/matrix.hpp"
#include "eckart/tiles.hpp"

namespace eckart::operators {

template <Scalar T>
class MemoryTiles final : public TileSource {
 public:
  // Tiles of at most tile_rows x tile_cols.
  MemoryTiles(Matrix<T> A, index_t tile_rows, index_t tile_cols, bool row_major)
      : A_(std::move(A)) {
    for (index_t i = 0; i < A_.rows(); i += tile_rows) {
      for (index_t j = 0; j < A_.cols(); j += tile_cols) {
        tiles_.push_back({i, j, std::min(tile_rows, A_.rows() - i),
                          std::min(tile_cols, A_.cols() - j), row_major});
      }
    }
  }

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Element element() const override {
    return std::same_as<T, float>                 ? Element::float32
           : std::same_as<T, double>              ? Element::float64
           : std::same_as<T, std::complex<float>> ? Element::complex64
                                                  : Element::complex128;
  }
  const std::vector<Tile>& tiles() const override { return tiles_; }
  void begin_pass() override { ++passes; }
  void end_pass() override {}
  void read(const Tile& tile, std::byte* to) override {
    if (&tile - tiles_.data() == failing) throw IoError("made", "byte 7", "cannot be read");
    T* next = reinterpret_cast<T*>(to);
    const index_t lines = tile.row_major ? tile.rows : tile.cols;
    const index_t length = tile.row_major ? tile.cols : tile.rows;
    for (index_t line = 0; line < lines; ++line) {
      for (index_t i = 0; i < length; ++i) {
        *next++ =
            tile.row_major ? A_(tile.row + line, tile.col + i) : A_(tile.row + i, tile.col + line);
      }
    }
  }

  int passes = 0;
  std::ptrdiff_t failing = -1;  // the number of a tile

 private:
  Matrix<T> A_;
  std::vector<Tile> tiles_;
};

}  // namespace eckart::operators
