// eckart/io/checkpoint.hpp - long runs that go on where they were stopped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eckart/linear_operator.hpp"

namespace eckart::io {

// A folder with the products of a run. What a driver computes is a function of the products that A
// gave it: a run that finds the earlier ones here comes to the same bits as one that was never
// stopped, and reads A from there on. Each product is written to a file of its own, with a
// checksum, by way of a temporary one that is synced and renamed; one that was being written when
// the machine stopped is as if it had not been made.
class Checkpoint {
 public:
  // Opens the folder, or creates it. identity says what the products belong to: the file, and the
  // program that made them.
  // Throws IoError if the folder holds products of another identity, or anything else, or is in use
  // by another process, or cannot be written.
  Checkpoint(const std::string& folder, const std::string& identity);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  // Products that were found instead of computed, and those that were added.
  index_t found() const;
  index_t added() const;
  // Sentences about files that were damaged and not used.
  const std::vector<std::string>& warnings() const;

  // Removes the folder: the result is safe elsewhere.
  void remove();

  class Log;
  Log& log() { return *log_; }

 private:
  std::unique_ptr<Log> log_;
};

// Returns A with its products kept in the checkpoint. What a cancelled run computes for its partial
// result is not kept, nor are calls of apply_gram with a step, nor sketches.
// A product is found by what it is of: the operation and a hash of 128 bits of the block.
// A and the checkpoint must outlive it.
// Cost: each product is written once, (m + n) b numbers at most; the folder grows by that.
template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_checkpointed(const LinearOperator<T>& A,
                                                     Checkpoint& checkpoint);

}  // namespace eckart::io
