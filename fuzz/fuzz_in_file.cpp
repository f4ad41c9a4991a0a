// Any bytes as a file whose matrix stays in it (.csr, .npy, raw, or a list of two .npy blocks): an
// operator that is linear, whose adjoint is its adjoint, and which has the entries that the reader
// in memory finds; or IoError or InvalidArgument.

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "eckart/error.hpp"
#include "eckart/io/file_operator.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/folder.hpp"
#include "io/input.hpp"
#include "io/readers.hpp"

using namespace eckart;
using fuzz::demand;

namespace {

constexpr index_t most = 4096;  // of both sides, so that no product takes long

template <Scalar T>
Matrix<T> block(index_t rows, index_t cols) {
  Matrix<T> X(rows, cols);
  for (index_t j = 0; j < cols; ++j) {
    for (index_t i = 0; i < rows; ++i) X(i, j) = T(static_cast<float>((i * 7 + j * 3) % 5 - 2));
  }
  return X;
}

// The file is small, but a wide row may make the numbers large: sums are compared by their size.
template <Scalar T>
void check(const LinearOperator<T>& A, const std::string& path) {
  if (A.rows() > most || A.cols() > most) return;
  Context context(1);
  const EntryScan scan = A.scan(context);
  if (!scan.finite()) return;
  const Matrix<T> X = block<T>(A.cols(), 2), Y = block<T>(A.rows(), 2);
  Matrix<T> AX(A.rows(), 2), AY(A.cols(), 2);
  A.apply(X.view(), AX.view(), context);
  A.apply_adjoint(Y.view(), AY.view(), context);
  std::complex<double> left = 0, right = 0;
  double size = 0;
  const auto add = [&](std::complex<double>& sum, T a, T b) {
    const std::complex<double> term = std::conj(std::complex<double>(a)) * std::complex<double>(b);
    sum += term;
    size += std::abs(term);
  };
  for (index_t i = 0; i < A.rows(); ++i) add(left, Y(i, 0), AX(i, 0));
  for (index_t j = 0; j < A.cols(); ++j) add(right, AY(j, 0), X(j, 0));
  const auto n = static_cast<double>(A.rows() + A.cols());
  const double eps = static_cast<double>(std::numeric_limits<real_t<T>>::epsilon());
  const double largest = scan.max_abs * n * 8;
  const bool ordinary = largest < static_cast<double>(std::numeric_limits<real_t<T>>::max()) / n;
  const double tiny = static_cast<double>(std::numeric_limits<real_t<T>>::min()) * n;
  demand(!ordinary || std::abs(left - right) <= 100 * n * (eps * (size + largest * n) + tiny),
         "the adjoint is the adjoint");

  // The reader in memory: what it finds, where it takes the file at all.
  if (!path.ends_with(".npy")) return;
  AnyMatrix matrix;
  try {
    matrix = io::read_npy(io::Input::open(path, 0), {});
  } catch (const Error&) {
    return;
  }
  const auto* dense = std::get_if<DenseMatrix<T>>(&matrix);
  demand(dense != nullptr, "both readers make the same numbers of a file");
  demand(dense->rows() == A.rows() && dense->cols() == A.cols(), "both find the same shape");
  Matrix<T> copied(A.rows(), A.cols());
  A.copy_to(copied.view(), context);
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      demand(copied(i, j) == (*dense)(i, j), "both find the same entries");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const int kind = data[0] % 8;
  bytes.remove_prefix(1);
  io::FileOperatorOptions options{.tile_bytes = 4096};
  std::string path;
  if (kind < 4) {
    path = folder.write("a.csr", bytes);
  } else if (kind < 6) {
    path = folder.write("a.npy", bytes);
  } else if (kind == 6) {
    static constexpr const char* elements[] = {"f4", "bf16", "i1", "u2", "b1", "c8", "f2", "i8"};
    if (bytes.size() < 3) return 0;
    options.rows = static_cast<unsigned char>(bytes[0]);
    options.cols = static_cast<unsigned char>(bytes[1]);
    options.element = elements[static_cast<unsigned char>(bytes[2]) % 8];
    options.fortran_order = (static_cast<unsigned char>(bytes[2]) & 8) != 0;
    path = folder.write("a.raw", bytes.substr(3));
  } else {
    folder.write("b1.npy", fuzz::take_part(bytes));
    folder.write("b2.npy", fuzz::take_part(bytes));
    path = folder.write("a.list", bytes.empty() ? "b1.npy\nb2.npy\n" : bytes);
  }
  try {
    const io::FileOperator file = io::open_file_operator(path, options);
    std::visit([&](const auto& A) { check(*A, path); }, file.A);
  } catch (const IoError&) {
  } catch (const InvalidArgument&) {
  }
  return 0;
}
