// safetensors files made by hand, well formed or not.
#pragma once

#include <cstdint>
#include <string>

#include "io/tensor_readers.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io::test {

// Returns a file whose header is the text as it stands.
inline std::string made_tensors(const std::string& header, const std::string& buffer) {
  return little(header.size(), 8) + header + buffer;
}

inline TensorFile read_tensors(const std::string& bytes) {
  return read_safetensors(input_of(bytes, "made.safetensors"));
}

inline std::string refusal(const std::string& header, const std::string& buffer) {
  return io_error_of([&] { read_tensors(made_tensors(header, buffer)); });
}

}  // namespace eckart::io::test
