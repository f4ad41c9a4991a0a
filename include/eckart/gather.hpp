// eckart/gather.hpp - blocks whose rows are spread over ranks, brought together.
#pragma once

#include "eckart/communicator.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// Returns all rows of a block of which each rank holds those that its shard names, on every rank.
// Every rank calls it. Cost: as Communicator::gather_pieces, and the block twice in memory.
// REQUIRES: X.rows = shard.count, as many columns on each rank
template <Scalar T>
Matrix<T> gather_rows(MatrixView<const T> X, const Shard& shard);

}  // namespace eckart
