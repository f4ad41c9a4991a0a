// Any bytes as a .gguf file: tensors that lie inside it, or IoError.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "eckart/error.hpp"
#include "io/tensor_readers.hpp"

using namespace eckart;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its own, so that the address sanitizer sees a read beyond the end.
  std::shared_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(size);
  std::copy_n(data, size, buffer.get());
  const io::Input input{"fuzz.gguf", {buffer.get(), size}, buffer, false};
  try {
    const io::TensorFile file = io::read_gguf(input);
    std::size_t bytes = 0;
    for (const io::Tensor& tensor : file.tensors) {
      bytes += tensor.data.size();
      try {
        const AnyMatrix matrix = io::to_matrix(tensor);
        (void)matrix;
      } catch (const IoError&) {  // no numbers
      }
    }
    if (bytes > size) __builtin_trap();
  } catch (const IoError&) {
  }
  return 0;
}
