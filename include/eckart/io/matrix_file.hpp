// eckart/io/matrix_file.hpp - one call that reads a matrix from any supported source.
#pragma once

#include <cstdint>
#include <string>

#include "eckart/any_matrix.hpp"

namespace eckart::io {

enum class Format { automatic, npy, npz, matrix_market, csv, tsv };

struct ReadOptions {
  // automatic: by extension (.npy .npz .mtx .csv .tsv, each but npz also with .gz), then by the
  // first bytes.
  Format format = Format::automatic;

  // What an empty or NA field of a CSV/TSV file means. error: IoError naming line and column.
  enum class Missing { error, zero } missing = Missing::error;

  // Refuse (MemoryLimit) before allocating more than this for the matrix; 0: no limit. A
  // memory-mapped .npy counts as nothing.
  std::uint64_t max_bytes = 0;
};

// Returns the matrix at source: a path, "-" for standard input, or an inline literal such as
// "[[3,2],[2,3]]" (complex entries as 1+2j).
//
// .npy (dense float and complex types) is memory-mapped; row-major stays row-major.
// Integers, booleans become float64; float16 becomes float32; other byte orders are swapped.
// .npz holds one array, or a SciPy sparse matrix (csr, csc, coo). MatrixMarket: coordinate files
// become sparse, array files dense; symmetric, skew-symmetric, Hermitian and pattern headers are
// expanded; duplicates are added. CSV and TSV are dense; a header line is recognised and skipped.
//
// Throws IoError naming file, line or byte offset, what was wrong and what was expected;
// MemoryLimit.
AnyMatrix read_matrix(const std::string& source, const ReadOptions& options = {});

}  // namespace eckart::io
