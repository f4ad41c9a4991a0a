// An .npz archive in memory, as numpy.load reads it.
#pragma once

#include <cstdint>
#include <string>

#include "eckart/matrix.hpp"

namespace eckart::explore {

// Collects arrays, then gives the archive.
class Archive {
 public:
  // Adds an array of C order, of one dimension if as_vector. REQUIRES: the name was not used
  template <Scalar T>
  void add(const std::string& name, MatrixView<const T> array, bool as_vector = false);

  // Returns the archive: members stored as they are, in the order in which they came.
  // Throws InvalidArgument if it would exceed the 4 GiB of a plain zip file.
  std::string finish() &&;

 private:
  void add_member(const std::string& name, const std::string& content);

  std::string bytes_;
  std::string directory_;
  std::uint16_t members_ = 0;
};

}  // namespace eckart::explore
