// Matrices that are read from their beginning to their end, and never held.
#pragma once

#include <functional>
#include <span>

#include "eckart/io/matrix_file.hpp"
#include "eckart/types.hpp"
#include "io/text_stream.hpp"

namespace eckart::io {

// Gets the entries of a matrix in the order of its source.
class EntryStream {
 public:
  virtual ~EntryStream() = default;
  // Before the first entry. most_entries: of which some may be at the same place.
  virtual void begin(index_t rows, index_t cols, double most_entries) = 0;
  virtual void entry(index_t row, index_t col, double value) = 0;
};

// Reads a MatrixMarket file as read_matrix_market does, with what it throws. Stored zeros of
// coordinates are entries, those of an array are not. Returns false if it is complex: nothing was
// passed on.
bool stream_matrix_market(TextStream& text, EntryStream& to);

// Reads a table as read_delimited does, with what it throws, one row at a time. Returns the number
// of its columns. Memory: memory_bytes at most, or 1 MiB; throws IoError naming the line of a row
// longer than half of it.
index_t stream_delimited(TextStream& text,
                         char delimiter,
                         ReadOptions::Missing missing,
                         std::uint64_t memory_bytes,
                         const std::function<void(std::span<const double>)>& take);

}  // namespace eckart::io
