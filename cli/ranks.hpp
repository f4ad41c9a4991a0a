// cli/ranks.hpp - the command line under mpirun, one process for each rank.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "eckart/any_matrix.hpp"
#include "eckart/communicator.hpp"
#include "eckart/svd.hpp"
#include "options.hpp"

namespace eckart::cli {

// Joins the other ranks where a launcher of MPI started several of this process; call it once.
void join_ranks();

// Leaves them; all do.
void leave_ranks();

// The ranks of this run; null for a process on its own, or one built without MPI.
const Communicator* ranks();

// Returns this rank's rows of the matrix that the options name. REQUIRES: ranks()
AnyMatrix read_rows(const RunOptions& options);

// Returns facts_of the rows of all ranks together. Every rank calls it. REQUIRES: ranks()
struct MatrixFacts;
MatrixFacts facts_of_all(const AnyMatrix& rows, const std::string& source);

// Whether all triplets can be found by ScaLAPACK.
bool knows_scalapack();

// What that costs: flops of all ranks together, and bytes of the one with most.
SvdPlan plan_scalapack(index_t rows, index_t cols, index_t rows_here, std::size_t scalar_bytes);

// Returns all singular triplets of A, no part of which is ever whole on one rank.
// Throws NonFiniteInput, MemoryLimit; Error if ScaLAPACK fails. REQUIRES: ranks(),
// knows_scalapack()
template <Scalar T>
SvdResult<T> svd_by_scalapack(const LinearOperator<T>& A, double accuracy, Context& context);

// Whether this process is the one that prints.
bool speaks();

// Ends all ranks after a failure that message describes, which is printed once: where every rank
// fails, the first is the quickest. Returns on a process on its own.
void end_ranks(int code, const std::string& message);

// {"size": 4, "messages": ..., "bytes": ..., "seconds": ...}: what this rank has sent.
nlohmann::ordered_json traffic_json();

}  // namespace eckart::cli
