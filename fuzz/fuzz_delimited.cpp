#include "fuzz/check_matrix.hpp"
#include "io/readers.hpp"

// The first byte chooses the options, the rest is the table.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  if (size == 0) return 0;
  const char delimiter = (data[0] & 1) != 0 ? '\t' : '\0';
  const bool zero = (data[0] & 2) != 0;
  const io::ReadOptions options{
      .missing = zero ? io::ReadOptions::Missing::zero : io::ReadOptions::Missing::error,
      .max_bytes = 64 << 20};
  fuzz::run(
      [&] { return io::read_delimited(fuzz::input_of(data + 1, size - 1), delimiter, options); });
  return 0;
}
