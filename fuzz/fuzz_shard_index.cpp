// Any bytes as the index of a sharded model: plain file names, or IoError.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "eckart/error.hpp"
#include "io/tensor_readers.hpp"

using namespace eckart;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto places =
        io::parse_shard_index({reinterpret_cast<const char*>(data), size}, "fuzz.index.json");
    for (const auto& [tensor, file] : places) {
      if (file.empty() || file.find('/') != std::string::npos || file == "..") __builtin_trap();
    }
  } catch (const IoError&) {
  }
  return 0;
}
