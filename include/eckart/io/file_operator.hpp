// eckart/io/file_operator.hpp - a matrix that stays in its file: operators that read it for every
// product.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "eckart/linear_operator.hpp"
#include "eckart/tiles.hpp"

namespace eckart::io {

struct FileOperatorOptions {
  // Of raw binary files, which do not say: rows, columns and element type ("float32", "f4", ...).
  // REQUIRES: all three or none
  index_t rows = -1;
  index_t cols = -1;
  std::string element = {};
  bool fortran_order = false;  // columns after one another

  // A tile takes about so many bytes as numbers in memory, and whole rows or columns where 64 of
  // them take no more than four times that. Bits of results depend on it. REQUIRES: tile_bytes >=
  // 4096
  std::uint64_t tile_bytes = std::uint64_t{16} << 20;
};

using AnyOperator = std::variant<std::unique_ptr<LinearOperator<float>>,
                                 std::unique_ptr<LinearOperator<double>>,
                                 std::unique_ptr<LinearOperator<std::complex<float>>>,
                                 std::unique_ptr<LinearOperator<std::complex<double>>>>;

struct FileOperator {
  AnyOperator A;
  Element element = Element::float64;
  std::uint64_t file_bytes = 0;
  bool sparse = false;
  index_t stored_entries = 0;
  // What identifies the bytes: sizes, times of change and samples of every file, as hexadecimal
  // digits. Equal for the same files in another place.
  std::string fingerprint;
};

// Returns an operator over
//   a .npy file of two dimensions, or of one (a column), in C or Fortran order;
//   a folder of .npy files, taken in the order of their names as blocks of rows (digits in names
//     compare as numbers: block2 before block10), or a text file FILE.list with one path a line,
//     relative to its own folder;
//   a binary CSR file (.csr): compressed sparse rows, as docs/guides/bigger_than_memory.md says;
//   any other file as raw binary, where the options say what it holds.
// Nothing but headers is read. While a pass reads, and after it, the file must be as it was at
// first: a changed size or time of change is an IoError, and so is an end before its time, with the
// byte. A file that was replaced (by rename) meanwhile goes on to be read as it was.
// Throws IoError; InvalidArgument if the options fit no file or break their REQUIRES line.
FileOperator open_file_operator(const std::string& source, const FileOperatorOptions& options = {});

// Returns whether open_file_operator knows what to do with the source, without options.
bool stays_in_file(const std::string& source);

}  // namespace eckart::io
