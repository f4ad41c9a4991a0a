// The numbers of an array, one after the other, as they come from a file or out of an archive.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/npy.hpp"
#include "io/part_file.hpp"
#include "io/zip.hpp"

namespace eckart::io {

// Fills the buffer with the next bytes, and returns how many: less than asked for at the end alone.
using ReadBytes = std::function<std::size_t(char* buffer, std::size_t size)>;

// Bytes of a file. Both must outlive what is returned.
ReadBytes bytes_of(const PartFile& file);
// The content of a member. Reading to its end throws IoError unless size and checksum are those
// that it declares.
ReadBytes bytes_of(const PartFile& file, const Input& archive, const ZipMember& member);

class ArrayStream {
 public:
  // Throws IoError unless the bytes begin as those of a .npy array.
  ArrayStream(std::string name, ReadBytes read);

  const NpyHeader& header() const { return header_; }

  // The next number. REQUIRES: fewer than header().count were taken; the elements are integers of
  // that of index, real numbers for that of value.
  index_t take_index() { return next(indices_); }
  double take_value() { return next(values_); }

  // Throws IoError unless the bytes end with the array. REQUIRES: all numbers were taken
  void expect_end();

 private:
  template <class Number>
  Number next(std::vector<Number>& numbers) {
    if (at_ == numbers.size()) refill(numbers);
    return numbers[at_++];
  }
  template <class Number>
  void refill(std::vector<Number>& numbers);
  std::string take_bytes(std::size_t count);

  std::string name_;
  ReadBytes read_;
  NpyHeader header_;
  std::string start_;        // read with the header, and not used
  std::uint64_t taken_ = 0;  // numbers that were read
  std::vector<index_t> indices_;
  std::vector<double> values_;
  std::size_t at_ = 0;
};

}  // namespace eckart::io
