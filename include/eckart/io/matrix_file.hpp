// eckart/io/matrix_file.hpp - one call that reads a matrix from any supported source.
#pragma once

#include <cstdint>
#include <string>

#include "eckart/any_matrix.hpp"

namespace eckart::io {

enum class Format { automatic, npy, npz, matrix_market, csv, tsv, safetensors };

struct ReadOptions {
  // automatic: by extension (.npy .npz .mtx .csv .tsv .safetensors, in any case, also with
  // .gz), then by the
  // first bytes.
  Format format = Format::automatic;

  // What a missing value of a table means: an empty field, NA, N/A, #N/A, NaN or null.
  // error: IoError naming line and column; keep: NaN.
  enum class Missing { error, zero, keep } missing = Missing::error;

  // Refuse (MemoryLimit) before allocating more than this for the bytes of a file that cannot be
  // mapped, or for the matrix and what building it takes; 0: no limit. A memory-mapped .npy counts
  // as nothing.
  std::uint64_t max_bytes = 0;
};

// Returns the matrix at source: a path, "-" for standard input, or an inline literal such as
// "[[3,2],[2,3]]". A file whose name starts with [ is reached as "./[name".
//
// .npy (dense float and complex types) is memory-mapped; row-major stays row-major.
// Integers, booleans become float64 (beyond 2^53 rounded); float16 becomes float32; other byte
// orders are swapped. A vector of n elements becomes an n x 1 column.
// .npz holds one array, or a SciPy sparse matrix (csr, csc, coo).
//
// A tensor of a model: "FILE.safetensors#NAME", likewise of an index.json or a folder; the name may
// be left out where there is one tensor. One of several dimensions is read as the first x all
// others. F32 and F64 are used in place; F16, BF16 and F8 become float32, integers float64.
//
// MatrixMarket: coordinate files become sparse, array files dense, float64 or complex128.
// Symmetric, skew-symmetric, Hermitian and pattern headers are expanded; duplicates are added;
// stored zeros stay stored; nan and inf are read as such. Without max_bytes, a file whose sizes
// need gigabytes for empty rows and columns is refused.
//
// Tables (.csv, .tsv, any text) are dense float64, one row per line, blank lines skipped.
//   Fields: separated by tabs in a .tsv; elsewhere by tabs, semicolons, commas or blanks, whichever
//   the first two lines agree on. Decimal points only, in every locale; inf is a value.
//   Comments: lines that start with # in front of the table are skipped.
//   Header: a first line of names is skipped, and so is scikit-learn's "rows,columns,...". Numbers
//   among the names must be in quotes; a line of names and other numbers is refused, never skipped.
//   Row names: a first column that holds text in every row is skipped, and so is any first column
//   whose header is empty (as R and pandas write it). What looks like a number gone wrong (1e400,
//   1,5, 1_000) is refused wherever a name may stand, save under an empty header.
//
// Literals: [[1,2],[3,4]] is 2 x 2, [1,2,3] one row, [[]] is 1 x 0, [] is 0 x 0. An entry such as
// 1+2j or 2j (or with i) makes the matrix complex128; otherwise it is float64.
//
// Throws InvalidArgument if source is empty; IoError naming file, line or byte offset, what was
// wrong and what was expected; MemoryLimit.
AnyMatrix read_matrix(const std::string& source, const ReadOptions& options = {});

}  // namespace eckart::io
