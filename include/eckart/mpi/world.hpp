// eckart/mpi/world.hpp - the ranks of an MPI program.
#pragma once

#include <cstdint>
#include <memory>

#include "eckart/communicator.hpp"

namespace eckart::mpi {

// Returns whether a launcher of MPI, such as mpirun, started this process.
bool launched();

// What this rank has sent so far.
struct Traffic {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  double seconds = 0;  // in exchanges, waiting for the others included
};

// MPI from its first call to its last: one at a time, once in a process.
class World {
 public:
  // Throws Error if MPI does not start.
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const Communicator& ranks() const;
  Traffic traffic() const;

  // Ends all ranks with the given code.
  [[noreturn]] void abort(int code) const;

 private:
  class Ranks;
  std::unique_ptr<Ranks> ranks_;
};

}  // namespace eckart::mpi
