// eckart/io/result_folder.hpp - a saved SVD: DIR/U.npy, s.npy, Vt.npy, report.json.
#pragma once

#include <complex>
#include <string>
#include <variant>
#include <vector>

#include "eckart/any_matrix.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd_result.hpp"

namespace eckart::io {

// An array that belongs to a result and is saved beside it as NAME.npy: "mean" and "scale" (what
// was subtracted from every column before the decomposition, and what it was then divided by),
// "scores", "loadings", "filled" (the table with its missing values filled in), and "sparse" (what
// was taken off before the decomposition).
struct Companion {
  std::string name;
  std::variant<MatrixView<const float>,
               MatrixView<const double>,
               MatrixView<const std::complex<float>>,
               MatrixView<const std::complex<double>>>
      values;
  bool as_vector = false;  // one column, saved as a vector
};

// Writes U (m x k), s (k) and Vt = V^H (k x n) as C-order .npy files and the report as JSON.
// U and Vt are left out when the result has no vectors. All or nothing: the files are written
// to a temporary folder beside the target, synced, and renamed into place. An existing folder
// that is not empty is replaced only if overwrite is set and it holds an earlier result, known by
// its report.json, and nothing else. Cost: one pass over the result, a buffer of 1 MiB.
// The companions are written with them.
// report.json holds report_text if it is not empty (a caller who knows more, such as what the
// matrix was), else to_json(result.report).
// Throws InvalidArgument if a companion has no name of the list, or the folder is occupied and
// overwrite is not set, also when another process put a result there meanwhile; IoError for all
// else. The old folder is then untouched and the temporary one removed.
template <Scalar T>
void write_result(const std::string& folder,
                  const SvdResult<T>& result,
                  bool overwrite = false,
                  const std::string& report_text = "",
                  const std::vector<Companion>& companions = {});

// A saved SVD, read back: A ~= U diag(s) Vt.
template <Scalar T>
struct SavedResult {
  DenseMatrix<T> U;          // m x k; 0 x 0 when only the values were saved
  std::vector<real_t<T>> s;  // k
  DenseMatrix<T> Vt;         // k x n, the conjugate transpose of V; 0 x 0 likewise

  bool has_vectors() const {
    return U.values.rows > 0 || U.values.cols > 0 || Vt.values.rows > 0 || Vt.values.cols > 0;
  }
};
using AnySavedResult = std::variant<SavedResult<float>,
                                    SavedResult<double>,
                                    SavedResult<std::complex<float>>,
                                    SavedResult<std::complex<double>>>;

// Returns the result that write_result (or numpy.save under the same names) left in the folder.
// U and Vt are memory-mapped, in whichever order they were saved. report.json is not read.
// Throws IoError if a file is missing, malformed, or does not fit the others in shape or type.
AnySavedResult read_result(const std::string& folder);

// Writes one dense matrix (or vector, when cols == 1 and as_vector) as a C-order .npy file,
// atomically. Throws IoError; an existing file is then untouched.
template <Scalar T>
void write_npy(const std::string& path, MatrixView<const T> matrix, bool as_vector = false);

// Writes the text to path, atomically. Throws IoError; an existing file is then untouched.
void write_text(const std::string& path, const std::string& text);

}  // namespace eckart::io
