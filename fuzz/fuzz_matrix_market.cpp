#include "fuzz/check_matrix.hpp"
#include "io/readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  fuzz::run(
      [&] { return io::read_matrix_market(fuzz::input_of(data, size), {.max_bytes = 64 << 20}); });
  return 0;
}
