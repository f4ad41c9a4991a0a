// cli/factor_files.hpp - factors of a matrix from files that any tool may have written.
#pragma once

#include <string>
#include <vector>

#include "convert.hpp"
#include "eckart/any_matrix.hpp"
#include "eckart/matrix.hpp"
#include "options.hpp"
#include "session.hpp"

namespace eckart::cli {

// A ~= U diag(s) Vt, or U V' with no values in between (W H).
struct FactorFiles {
  std::string u, s, right;  // s empty: there are no values
  bool right_is_v = false;  // V, n x k; else Vt, k x n

  std::string names() const { return s.empty() ? u + ", " + right : u + ", " + s + ", " + right; }
};

// Returns the files U, s and Vt (or V) of a folder, as .npy, .mtx, .csv or .tsv.
// Throws IoError if one is missing.
FactorFiles factor_files_in(const std::string& folder);

struct LoadedFactors {
  FactorFiles files;
  AnyMatrix U, s, right;
  index_t rows = 0, cols = 0, triplets = 0;
  bool extra_columns = false;  // U or Vt holds more than there are values, as with full_matrices

  bool single() const;
  // "leading 20 of ..." where there is more, else nothing.
  std::string extra_note() const;
};

// Throws IoError if a file cannot be read or the factors do not fit one another, or A if it is
// given.
LoadedFactors load_factors(const RunOptions& options,
                           const FactorFiles& files,
                           const MatrixFacts* A = nullptr);

template <Scalar T>
struct FactorTriplets {
  Matrix<T> U;  // m x k
  std::vector<real_t<T>> sigma;
  Matrix<T> V;  // n x k
};

// Returns the factors as triplets in scalar T; of a product W H those of its own decomposition.
// Throws IoError on singular values that are not real numbers.
template <Scalar T>
FactorTriplets<T> triplets_of(const LoadedFactors& factors, Context& context);

}  // namespace eckart::cli
