#include "eckart/io/iteration.hpp"

#include <complex>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <variant>

#include "eckart/error.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/io/spread.hpp"
#include "io/together.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

template <Scalar T>
Matrix<T> rows_of(const DenseMatrix<T>& A, index_t first, index_t count) {
  Matrix<T> rows(count, A.cols());
  for (index_t i = 0; i < count; ++i) {
    for (index_t j = 0; j < A.cols(); ++j) rows(i, j) = A(first + i, j);
  }
  return rows;
}

template <Scalar T>
DenseMatrix<T> read_array(const std::string& path) {
  const AnyMatrix read = read_matrix(path, {});
  if (const auto* A = std::get_if<DenseMatrix<T>>(&read)) return *A;
  throw IoError(path, "holds numbers of another type than the matrix");
}

template <Scalar T>
KeptIteration<T> read_here(const std::string& folder,
                           const Shard& rows,
                           const std::string& problem) {
  KeptIteration<T> kept;
  std::error_code error;
  if (!fs::exists(folder) || fs::is_empty(folder, error)) return kept;
  std::ifstream file(folder + "/report.json");
  const auto report = nlohmann::json::parse(file, nullptr, false);
  if (!report.is_object() || !report.contains("iteration")) {
    throw IoError(folder, "holds no kept iteration; name a folder of its own, or a new one");
  }
  const auto& about = report["iteration"];
  if (about.value("problem", "") != problem) {
    throw IoError(folder,
                  "holds the iteration over another matrix, or of another version of the program; "
                  "name another folder, or remove this one to start anew");
  }
  const DenseMatrix<T> basis = read_array<T>(folder + "/basis.npy");
  const DenseMatrix<T> recurrence = read_array<T>(folder + "/recurrence.npy");
  const index_t c = recurrence.cols(), w = recurrence.rows() - c;
  if (basis.rows() != rows.total || w < 1 || basis.cols() != c + w) {
    throw IoError(folder, "its files do not fit each other; remove it to start anew");
  }
  kept.basis = rows_of(basis, rows.first, rows.count);
  kept.B = rows_of(recurrence, 0, c);
  kept.K = rows_of(recurrence, c, w);
  kept.norm = about.value("norm", 0.0);
  kept.stream = about.value("stream", std::uint32_t{0});
  return kept;
}

}  // namespace

template <Scalar T>
void write_iteration(const std::string& folder,
                     const LanczosState<T>& state,
                     const Shard& rows,
                     const std::string& problem) {
  const index_t c = state.B.cols, w = state.K.rows;
  Matrix<T> recurrence(c + w, c);
  for (index_t j = 0; j < c; ++j) {
    for (index_t i = 0; i < c; ++i) recurrence(i, j) = state.B(i, j);
    for (index_t i = 0; i < w; ++i) recurrence(c + i, j) = state.K(i, j);
  }
  const nlohmann::ordered_json report = {
      {"schema", 1},
      {"iteration", {{"problem", problem}, {"norm", state.norm}, {"stream", state.stream}}}};
  write_spread_result<T>(folder, {}, rows, rows, true, report.dump(2),
                         {{"recurrence", std::as_const(recurrence).view()}},
                         {{{"basis", state.basis}, rows}});
}

template <Scalar T>
KeptIteration<T> read_iteration(const std::string& folder,
                                const Shard& rows,
                                const std::string& problem) {
  KeptIteration<T> kept;
  together(*rows.ranks, [&] { kept = read_here<T>(folder, rows, problem); });
  return kept;
}

void remove_iteration(const std::string& folder) {
  std::error_code error;
  for (const char* name : {"basis.npy", "recurrence.npy", "s.npy", "report.json"}) {
    fs::remove(fs::path(folder) / name, error);
  }
  fs::remove(folder, error);  // unless someone else put something there
}

template void write_iteration(const std::string&,
                              const LanczosState<float>&,
                              const Shard&,
                              const std::string&);
template void write_iteration(const std::string&,
                              const LanczosState<double>&,
                              const Shard&,
                              const std::string&);
template void write_iteration(const std::string&,
                              const LanczosState<std::complex<float>>&,
                              const Shard&,
                              const std::string&);
template void write_iteration(const std::string&,
                              const LanczosState<std::complex<double>>&,
                              const Shard&,
                              const std::string&);
template KeptIteration<float> read_iteration(const std::string&, const Shard&, const std::string&);
template KeptIteration<double> read_iteration(const std::string&, const Shard&, const std::string&);
template KeptIteration<std::complex<float>> read_iteration(const std::string&,
                                                           const Shard&,
                                                           const std::string&);
template KeptIteration<std::complex<double>> read_iteration(const std::string&,
                                                            const Shard&,
                                                            const std::string&);

}  // namespace eckart::io
