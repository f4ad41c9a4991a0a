// eckart/io/iteration.hpp - a Lanczos iteration in a folder, to go on from over any number of
// ranks.
#pragma once

#include <string>

#include "eckart/any_matrix.hpp"
#include "eckart/lanczos_svd.hpp"

namespace eckart::io {

// A state that was read, with the memory that it lies in.
template <Scalar T>
struct KeptIteration {
  Matrix<T> basis, B, K;
  double norm = 0;
  std::uint32_t stream = 0;

  LanczosState<T> state() const { return {basis.view(), B.view(), K.view(), norm, stream}; }
};

// Replaces what the folder holds by the state, of whose basis each rank writes the rows that the
// shard names: basis.npy, recurrence.npy ([B; K]), report.json. All or nothing, as write_result:
// a rank that dies leaves the state before. problem tells what it belongs to. Every rank calls it.
// Throws IoError, on every rank the same.
template <Scalar T>
void write_iteration(const std::string& folder,
                     const LanczosState<T>& state,
                     const Shard& rows,
                     const std::string& problem);

// Returns the state in the folder with this rank's rows; an empty one if there is no folder, or it
// is empty. Throws IoError if it holds anything else, or the state of another problem. Every rank
// calls it.
template <Scalar T>
KeptIteration<T> read_iteration(const std::string& folder,
                                const Shard& rows,
                                const std::string& problem);

// Removes the folder with the state in it: the result is safe elsewhere. One rank calls it.
void remove_iteration(const std::string& folder);

}  // namespace eckart::io
