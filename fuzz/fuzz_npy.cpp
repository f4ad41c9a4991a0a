// Any bytes as a .npy file: a matrix whose every element can be read, or IoError or MemoryLimit.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "eckart/error.hpp"
#include "io/readers.hpp"

using namespace eckart;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its own, so that the address sanitizer sees a read beyond the end.
  std::shared_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(size);
  std::copy_n(data, size, buffer.get());
  const io::Input input{"fuzz.npy", {buffer.get(), size}, buffer, false};
  constexpr std::uint64_t max_bytes = 64 << 20;
  try {
    std::visit(
        []<class M>(const M& A) {
          if constexpr (requires { A.row_major; }) {
            using T = std::remove_cvref_t<decltype(A(0, 0))>;
            if (A.rows() < 0 || A.cols() < 0 || A.values.ld < 1) __builtin_trap();
            T sum(0);
            for (index_t i = 0; A.cols() > 0 && i < A.rows(); ++i) {
              for (index_t j = 0; j < A.cols(); ++j) sum += A(i, j);
            }
            volatile bool used = sum == T(0);
            (void)used;
          } else {
            __builtin_trap();  // a .npy file is dense
          }
        },
        io::read_npy(input, {.max_bytes = max_bytes}));
  } catch (const IoError&) {
  } catch (const MemoryLimit&) {
  }
  return 0;
}
