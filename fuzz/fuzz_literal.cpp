#include <string>

#include "fuzz/check_matrix.hpp"
#include "io/readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  fuzz::run(
      [&] { return io::read_literal(std::string(reinterpret_cast<const char*>(data), size)); });
  return 0;
}
