// Any bytes as a .npz archive: a matrix whose invariants hold, or IoError or MemoryLimit.
//
// Bytes that begin with PK are the archive. No mutation of those gets past the checksums, so
// others are the members of an archive that is then put together with the right ones: one byte,
// odd for deflate, then for each name below a length of two bytes and the content.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "eckart/error.hpp"
#include "io/readers.hpp"
#include "tests/io/made_files.hpp"

using namespace eckart;

namespace {

std::string archive_of(std::string_view bytes) {
  if (bytes.substr(0, 2) == "PK" || bytes.empty()) return std::string(bytes);
  const bool deflated = (bytes[0] & 1) != 0;
  bytes.remove_prefix(1);
  std::vector<io::test::Member> members;
  for (const char* name : {"format", "shape", "data", "indices", "indptr", "row", "col"}) {
    if (bytes.size() < 2) break;
    const auto low = static_cast<unsigned char>(bytes[0]);
    const auto high = static_cast<unsigned char>(bytes[1]);
    const std::string content(bytes.substr(2, low + 256U * high));
    bytes.remove_prefix(2 + content.size());
    if (content.empty()) continue;
    members.push_back(
        {.name = std::string(name) + ".npy", .content = content, .deflated = deflated});
  }
  return io::test::zip_file(members);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string archive = archive_of({reinterpret_cast<const char*>(data), size});
  // A copy of its own, so that the address sanitizer sees a read beyond the end.
  std::shared_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(archive.size());
  std::copy(archive.begin(), archive.end(), buffer.get());
  const io::Input input{"fuzz.npz", {buffer.get(), archive.size()}, buffer, false};
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
            validate(A);  // InvalidArgument is not caught: it would be a finding
          }
        },
        io::read_npz(input, {.max_bytes = max_bytes}));
  } catch (const IoError&) {
  } catch (const MemoryLimit&) {
  }
  return 0;
}
