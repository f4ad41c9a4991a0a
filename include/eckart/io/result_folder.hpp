// eckart/io/result_folder.hpp - a saved SVD: DIR/U.npy, s.npy, Vt.npy, report.json.
#pragma once

#include <string>

#include "eckart/any_matrix.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd_result.hpp"

namespace eckart::io {

// Writes U (m x k), s (k) and Vt = V^H (k x n) as C-order .npy files and the report as JSON.
// U and Vt are left out when the result has no vectors. All or nothing: the files are written
// to a temporary folder beside the target, synced, and renamed into place. An existing folder
// is replaced only if overwrite is set and it holds nothing but an earlier result.
// Throws IoError; the old folder is then untouched and the temporary one removed.
template <Scalar T>
void write_result(const std::string& folder, const SvdResult<T>& result, bool overwrite = false);

// Writes one dense matrix (or vector, when cols == 1 and as_vector) as a C-order .npy file,
// atomically. Throws IoError; an existing file is then untouched.
template <Scalar T>
void write_npy(const std::string& path, MatrixView<const T> matrix, bool as_vector = false);

// Writes the text to path, atomically. Throws IoError; an existing file is then untouched.
void write_text(const std::string& path, const std::string& text);

}  // namespace eckart::io
