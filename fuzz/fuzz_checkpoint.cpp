// Any bytes as the files of a checkpoint: a run that goes on from it makes the products that it
// would have made anyway, or refuses the folder (IoError).
//
// An odd first byte: what follows is the file of a product that is wanted, with its header and its
// checksum made right, so that any numbers may come out of it; an even one: it is as it is.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/hash.hpp"
#include "eckart/error.hpp"
#include "eckart/io/checkpoint.hpp"
#include "eckart/operators.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/folder.hpp"

using namespace eckart;
using fuzz::demand;

namespace {

namespace fs = std::filesystem;

constexpr index_t rows = 5, cols = 3;
constexpr std::size_t header_bytes = 56;

Matrix<double> numbers(index_t m, index_t n) {
  Matrix<double> A(m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) A(i, j) = static_cast<double>(i * n + j + 1);
  }
  return A;
}

// The product, kept in the folder or found there.
Matrix<double> product(const std::string& folder, bool* found) {
  static const Matrix<double> A = numbers(rows, cols), X = numbers(cols, 2);
  static const auto op = make_operator<double>(A.view());
  io::Checkpoint checkpoint(folder, "of the fuzzer");
  const auto kept = io::make_checkpointed<double>(*op, checkpoint);
  Context context(1);
  Matrix<double> Y(rows, 2);
  kept->apply(X.view(), Y.view(), context);
  demand(checkpoint.found() + checkpoint.added() == 1, "a product is found, or made and kept");
  *found = checkpoint.found() == 1;
  return Y;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const std::string kept = folder / "kept";
  bool found = false;
  static const Matrix<double> truth = product(kept, &found);
  static const std::string good = content_of(kept + "/000000.product");
  static const std::string identity = content_of(kept + "/identity.txt");
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool sealed = data[0] % 2 == 1;
  bytes.remove_prefix(1);
  fs::remove_all(kept);
  if (sealed) {
    std::string file = good.substr(0, header_bytes) + std::string(bytes);
    file.resize(good.size());
    std::uint64_t hash = core::hash_bytes(file.data(), header_bytes);
    hash = core::hash_bytes(file.data() + header_bytes, file.size() - header_bytes - 8, hash);
    hash = core::hash_bytes(nullptr, 0, hash);
    std::memcpy(file.data() + file.size() - 8, &hash, 8);
    folder.write("kept/000000.product", file);
    folder.write("kept/identity.txt", identity);
  } else {
    // Files in turn: of two products, of the identity unless it is left out, of a name of its own.
    folder.write("kept/000000.product", fuzz::take_part(bytes));
    folder.write("kept/9.product", fuzz::take_part(bytes));
    const std::string_view other = fuzz::take_part(bytes);
    folder.write("kept/identity.txt", other.empty() ? identity : other);
    std::string name(fuzz::take_part(bytes).substr(0, 40));
    for (char& c : name) {
      if (c == '/' || c == '\0') c = '_';
    }
    if (!name.empty() && name != "." && name != "..") folder.write("kept/" + name, bytes);
  }
  try {
    const Matrix<double> Y = product(kept, &found);
    if (sealed) return 0;
    for (index_t j = 0; j < 2; ++j) {
      for (index_t i = 0; i < rows; ++i) demand(Y(i, j) == truth(i, j), "the product is right");
    }
    // What was made is found the next time.
    product(kept, &found);
    demand(found, "a product that was kept is found");
  } catch (const IoError&) {
  }
  return 0;
}
