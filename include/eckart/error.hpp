// eckart/error.hpp - what the library throws. Numerical outcomes are not errors: see report.hpp.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "eckart/types.hpp"

namespace eckart {

// Base of every exception thrown by the library, other than std::bad_alloc.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A REQUIRES line was broken. The message names the argument, its value and what was expected.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

// The matrix holds a NaN or an infinity. Rows and columns count from 0; the message counts from 1.
class NonFiniteInput : public Error {
 public:
  NonFiniteInput(index_t row, index_t col, double value);
  index_t row() const { return row_; }
  index_t col() const { return col_; }
  double value() const { return value_; }

 private:
  index_t row_;
  index_t col_;
  double value_;
};

// The result is not representable: a singular value exceeds the largest number of its type.
class Overflow : public Error {
 public:
  using Error::Error;
};

// The work would need more memory than the cap allows.
class MemoryLimit : public Error {
 public:
  // A cap of 0 says that there is none, and the machine refused.
  MemoryLimit(const std::string& what, std::uint64_t needed_bytes, std::uint64_t cap_bytes);
  std::uint64_t needed_bytes() const { return needed_bytes_; }
  std::uint64_t cap_bytes() const { return cap_bytes_; }

 private:
  std::uint64_t needed_bytes_;
  std::uint64_t cap_bytes_;
};

// Context::cancel() was called before anything could be certified.
class Cancelled : public Error {
 public:
  Cancelled() : Error("cancelled before a result was available") {}

 protected:
  using Error::Error;
};

// The time limit of the context passed before anything could be certified.
class TimeLimit : public Cancelled {
 public:
  TimeLimit() : Cancelled("the time limit passed before a result was available") {}
};

// A file could not be read or written, or is malformed. The message reads
// "FILE:WHERE: what was wrong; what was expected", where WHERE is a line number or "byte N".
class IoError : public Error {
 public:
  IoError(const std::string& path, const std::string& what);
  IoError(const std::string& path, const std::string& where, const std::string& what);
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Throws InvalidArgument(message) unless condition holds.
inline void require(bool condition, const std::string& message) {
  if (!condition) throw InvalidArgument(message);
}

// Returns a byte count for people: "512 B", "3.2 GiB".
std::string format_bytes(std::uint64_t bytes);

}  // namespace eckart
