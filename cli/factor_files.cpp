#include "factor_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "eckart/dense_svd.hpp"
#include "eckart/operators.hpp"

namespace eckart::cli {
namespace {

namespace fs = std::filesystem;

// Returns folder/name with the first extension that is there, or nothing.
std::string find_file(const std::string& folder, const char* name) {
  std::error_code ignored;
  for (const char* extension : {".npy", ".mtx", ".mtx.gz", ".csv", ".csv.gz", ".tsv"}) {
    std::string path = folder + "/" + name + extension;
    if (fs::exists(path, ignored)) return path;
  }
  return {};
}

void check_shapes(const LoadedFactors& f,
                  const MatrixFacts& U,
                  const MatrixFacts& right,
                  const MatrixFacts* A) {
  const index_t k = f.triplets;
  const index_t right_count = f.files.right_is_v ? right.cols : right.rows;
  const std::string values = f.files.s.empty() ? counted(k, "column") + " of the left factor"
                                               : counted(k, "singular value");
  if ((A && f.rows != A->rows) || U.cols < k) {
    throw IoError(f.files.u, fmt::format("is {} x {}; with a matrix of {} and {} expected {} x {}",
                                         U.rows, U.cols, counted(A ? A->rows : f.rows, "row"),
                                         values, A ? A->rows : f.rows, k));
  }
  if ((A && f.cols != A->cols) || right_count < k || (f.files.s.empty() && right_count != k)) {
    const index_t n = A ? A->cols : f.cols;
    const bool turned = A && right.rows * right.cols == n * k && right_count == n && f.cols == k;
    const char* hint = !turned              ? ""
                       : f.files.right_is_v ? ": this looks like Vt, give it as --vt"
                                            : ": this looks like V, transpose it or give it as --v";
    throw IoError(f.files.right,
                  fmt::format("is {} x {}; with a matrix of {} and {} expected {} x {}{}",
                              right.rows, right.cols, counted(n, "column"), values,
                              f.files.right_is_v ? n : k, f.files.right_is_v ? k : n, hint));
  }
}

template <Scalar T>
Matrix<T> right_vectors(const LoadedFactors& f) {
  return f.files.right_is_v ? to_dense<T>(f.right) : adjoint_dense<T>(f.right);
}

template <Scalar T>
Matrix<T> product(const Matrix<T>& X, const Matrix<T>& Y, Context& context) {
  Matrix<T> XY(X.rows(), Y.cols());
  if (!XY.view().empty()) make_operator(X.view())->apply(Y.view(), XY.view(), context);
  return XY;
}

// W Hᵀ with W = Q S Pᴴ: what is left to decompose is as small as W is narrow.
template <Scalar T>
FactorTriplets<T> decompose_product(const Matrix<T>& W, const Matrix<T>& H, Context& context) {
  const SvdResult<T> left = dense_svd(*make_operator(W.view()), {.certify = false}, context);
  Matrix<T> core = product(H, left.V, context);  // H P S, n x r: the adjoint of what is left
  for (index_t j = 0; j < core.cols(); ++j) {
    for (index_t i = 0; i < core.rows(); ++i) {
      core(i, j) *= left.sigma[static_cast<std::size_t>(j)];
    }
  }
  SvdResult<T> rest =
      dense_svd(*make_operator(std::as_const(core).view()), {.certify = false}, context);
  return {product(left.U, rest.V, context), std::move(rest.sigma), std::move(rest.U)};
}

}  // namespace

FactorFiles factor_files_in(const std::string& folder) {
  std::error_code ignored;
  const std::string expected =
      "expected one with U.npy, s.npy and Vt.npy, or --u, --s and --vt with a file each";
  if (!fs::is_directory(folder, ignored)) {
    throw IoError(folder,
                  std::string(fs::exists(folder, ignored) ? "is not a folder" : "no such folder") +
                      "; " + expected);
  }
  FactorFiles files{find_file(folder, "U"), find_file(folder, "s"), find_file(folder, "Vt")};
  if (files.right.empty()) {
    files.right = find_file(folder, "V");
    files.right_is_v = !files.right.empty();
  }
  for (const auto& [path, name] :
       {std::pair{&files.u, "U"}, std::pair{&files.s, "s"}, std::pair{&files.right, "Vt"}}) {
    if (path->empty()) {
      throw IoError(folder + "/" + name + ".npy",
                    std::string("no such file, nor as .mtx, .csv or .tsv; ") + expected);
    }
  }
  return files;
}

bool LoadedFactors::single() const {
  return single_precision(U) || single_precision(right) ||
         (!files.s.empty() && single_precision(s));
}

std::string LoadedFactors::extra_note() const {
  if (!extra_columns) return {};
  const MatrixFacts left = facts_of(U, ""), other = facts_of(right, "");
  return fmt::format("U has {} and {} {}; the leading {} of each are checked",
                     counted(left.cols, "column"), files.right_is_v ? "V" : "Vt",
                     files.right_is_v ? counted(other.cols, "column") : counted(other.rows, "row"),
                     triplets);
}

LoadedFactors load_factors(const RunOptions& options,
                           const FactorFiles& files,
                           const MatrixFacts* A) {
  RunOptions by_name = options;
  by_name.input_format = "auto";
  LoadedFactors f{files, load_matrix(by_name, files.u), {}, load_matrix(by_name, files.right)};
  const MatrixFacts U = facts_of(f.U, files.u), right = facts_of(f.right, files.right);
  f.rows = U.rows;
  f.cols = files.right_is_v ? right.rows : right.cols;
  f.triplets = U.cols;
  if (!files.s.empty()) {
    f.s = load_matrix(by_name, files.s);
    const MatrixFacts s = facts_of(f.s, files.s);
    if (s.rows != 1 && s.cols != 1) {
      throw IoError(files.s, fmt::format("holds {} x {} numbers; expected the singular values as a "
                                         "vector",
                                         s.rows, s.cols));
    }
    f.triplets = std::max(s.rows, s.cols) * std::min<index_t>(1, std::min(s.rows, s.cols));
    if (complex_valued(f.s)) {
      throw IoError(files.s, "holds complex numbers; singular values are real");
    }
  }
  check_shapes(f, U, right, A);
  f.extra_columns =
      U.cols > f.triplets || (files.right_is_v ? right.cols : right.rows) > f.triplets;
  return f;
}

template <Scalar T>
FactorTriplets<T> triplets_of(const LoadedFactors& f, Context& context) {
  FactorTriplets<T> t{to_dense<T>(f.U), {}, right_vectors<T>(f)};
  if (f.files.s.empty()) return decompose_product(t.U, t.V, context);
  const Matrix<T> s = to_dense<T>(f.s);
  for (index_t i = 0; i < f.triplets; ++i) t.sigma.push_back(std::real(s.data()[i]));
  t.U.keep_columns(f.triplets);
  t.V.keep_columns(f.triplets);
  return t;
}

template FactorTriplets<float> triplets_of(const LoadedFactors&, Context&);
template FactorTriplets<double> triplets_of(const LoadedFactors&, Context&);
template FactorTriplets<std::complex<float>> triplets_of(const LoadedFactors&, Context&);
template FactorTriplets<std::complex<double>> triplets_of(const LoadedFactors&, Context&);

}  // namespace eckart::cli
