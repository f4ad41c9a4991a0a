// eckart/io/spread.hpp - matrices and results whose rows are spread over ranks.
#pragma once

#include <string>
#include <vector>

#include "eckart/any_matrix.hpp"
#include "eckart/communicator.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/svd_result.hpp"

namespace eckart::io {

// Returns the rows of this rank, as even a share as can be, of the matrix at source:
//   a folder: its files .npy .npz .mtx (also .gz) .csv .tsv, by name, are blocks of rows; each rank
//     reads its share of the files, which all hold the same type;
//   a .npy file: each rank maps it and keeps to its rows;
//   anything else that read_matrix takes: the first rank reads it and sends the others theirs, one
//     rank at a time.
// Every rank calls it, with the same arguments. Files must be seen by all ranks under that name.
// Throws what read_matrix does, on every rank the same, naming the rank where it happened; IoError
// for a folder without such files, or with blocks of different types.
AnyMatrix read_rows(const std::string& source,
                    const ReadOptions& options,
                    const Communicator& ranks);

// Returns the rows of this rank, as even a share as can be, of the matrix that the first rank
// holds; what the others give has no say. The first sends them, one rank at a time. Every rank
// calls it.
AnyMatrix scatter_rows(AnyMatrix whole, const Communicator& ranks);

// A companion of which each rank holds the rows that the shard says.
struct SpreadCompanion {
  Companion here;
  Shard rows;
};

// write_result for U and V of which each rank holds the rows that the shards say; each writes its
// own, and the first renames the folder into place. Every rank calls it; companions count on the
// first, spread ones on each.
// Throws as write_result, on every rank the same; the old folder is then untouched.
template <Scalar T>
void write_spread_result(const std::string& folder,
                         const SvdResult<T>& result,
                         const Shard& left,
                         const Shard& right,
                         bool overwrite,
                         const std::string& report_text,
                         const std::vector<Companion>& companions = {},
                         const std::vector<SpreadCompanion>& spread = {});

}  // namespace eckart::io
