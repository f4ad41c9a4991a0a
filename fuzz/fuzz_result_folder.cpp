// Any bytes as a saved result: shapes that fit each other, from which an update goes on and new
// vectors are mapped, or IoError. A length of two bytes, then the content: U.npy, s.npy, Vt.npy,
// mean.npy, scale.npy, report.json.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "eckart/error.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/streaming.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/folder.hpp"

using namespace eckart;
using fuzz::demand;

namespace {

template <Scalar T>
Matrix<T> copy_of(const DenseMatrix<T>& from, bool adjoint) {
  Matrix<T> to(adjoint ? from.cols() : from.rows(), adjoint ? from.rows() : from.cols());
  for (index_t j = 0; j < from.cols(); ++j) {
    for (index_t i = 0; i < from.rows(); ++i) {
      (adjoint ? to(j, i) : to(i, j)) = adjoint ? conjugate(from(i, j)) : from(i, j);
    }
  }
  return to;
}

template <Scalar T>
void check(const io::SavedResult<T>& saved) {
  const auto k = static_cast<index_t>(saved.s.size());
  if (!saved.has_vectors()) return;
  const index_t left = saved.U.cols(), right = saved.Vt.rows();
  demand(left >= k && right >= k, "as many vectors as values");
  // What update does with it, whatever the numbers are.
  if (left != k || right != k || saved.U.rows() > 64 || saved.Vt.cols() > 64) return;
  Context context(1);
  try {
    IncrementalSvd<T> svd(copy_of(saved.U, false), saved.s, copy_of(saved.Vt, true),
                          {.rank = std::max<index_t>(1, k)});
    Matrix<T> row(1, saved.Vt.cols());
    for (index_t j = 0; j < row.cols(); ++j) row(0, j) = T(static_cast<float>(j));
    svd.append_rows(std::as_const(row).view(), context);
    demand(svd.rows() == saved.U.rows() + 1, "a row more");
  } catch (const Error&) {  // a result of NaN
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string path = folder / "result";
  std::filesystem::remove_all(path);
  std::filesystem::create_directory(path);
  for (const char* name : {"U", "s", "Vt", "mean", "scale"}) {
    const std::string_view part = fuzz::take_part(bytes);
    if (!part.empty()) folder.write("result/" + std::string(name) + ".npy", part);
  }
  if (!bytes.empty()) folder.write("result/report.json", bytes);
  try {
    std::visit([](const auto& saved) { check(saved); }, io::read_result(path));
  } catch (const IoError&) {
  }
  return 0;
}
