// cli/saved.hpp - a saved SVD with what is known of the matrix that it belongs to.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "convert.hpp"
#include "eckart/any_matrix.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"
#include "options.hpp"

namespace eckart::cli {

// The means and divisors of an affine map of columns, as arrays to be saved beside a result.
template <Scalar T>
class CompanionVectors {
 public:
  explicit CompanionVectors(const AffineMap<T>& map) : mean_(map.column_shift) {
    for (const real_t<T> factor : map.column_scale) divisor_.push_back(1 / factor);
  }
  // Refers to this object.
  std::vector<io::Companion> list() const {
    std::vector<io::Companion> companions;
    const auto add = [&]<Scalar S>(const char* name, const std::vector<S>& values) {
      const auto n = static_cast<index_t>(values.size());
      if (n == 0) return;
      companions.push_back({name, MatrixView<const S>{values.data(), n, 1, n}, true});
    };
    add("mean", mean_);
    add("scale", divisor_);
    return companions;
  }

 private:
  std::vector<T> mean_;
  std::vector<real_t<T>> divisor_;
};

// The files of a folder that eckart svd or eckart pca wrote, or numpy.save under the same names.
struct SavedFiles {
  std::string folder;
  AnyMatrix U, s, Vt;
  std::optional<AnyMatrix> mean, scale;  // of every column, before the decomposition
  nlohmann::ordered_json report;         // an empty object where there is no report.json
  index_t rank = 0;                      // triplets

  // Whether the columns were centred or scaled, whatever became of means and divisors.
  bool says(const char* key) const;
  // "centred", "scaled", "centred and scaled" or nothing.
  std::string transformation() const;
  // Whether eckart pca said so of its model: "whitened", "weighted".
  bool model_is(const char* key) const;
  // What coordinates are divided by: the deviations of a whitened model. Else empty.
  // Throws IoError if there is not one for each triplet.
  std::vector<double> whitening() const;
};

// Throws IoError if a file is missing, malformed or does not fit the others; UsageError for the
// smallest triplets, which approximate nothing.
SavedFiles load_saved(const RunOptions& options, const std::string& folder);

// Calls f.operator()<T>() with the widest scalar of the factors and of more.
template <class F>
auto with_scalar_of(const SavedFiles& saved, const AnyMatrix& more, const F& f) {
  return with_widest_scalar({&saved.U, &saved.s, &saved.Vt, &more}, f);
}

// Fills the facts of the report that report.json holds.
void fill_report(const SavedFiles& saved, SvdReport& report);

// Returns the k leading triplets, or all.
template <Scalar T>
SvdResult<T> result_of(const SavedFiles& saved, std::optional<index_t> k = {}) {
  const index_t count = k.value_or(saved.rank);
  SvdResult<T> result;
  result.U = to_dense<T>(saved.U);
  result.U.keep_columns(count);
  result.V = adjoint_dense<T>(saved.Vt);
  result.V.keep_columns(count);
  const Matrix<T> s = to_dense<T>(saved.s);
  for (index_t i = 0; i < count; ++i) result.sigma.push_back(std::real(s.data()[i]));
  fill_report(saved, result.report);
  result.report.rows = result.U.rows();
  result.report.cols = result.V.rows();
  result.report.rank = count;
  return result;
}

// Returns what was done to the columns. Throws IoError if the report says that something was and
// the files that say what are not there.
template <Scalar T>
AffineMap<T> map_of(const SavedFiles& saved) {
  const auto need = [&](const std::optional<AnyMatrix>& file, const char* key, const char* name) {
    if (file || !saved.says(key)) return;
    throw IoError(saved.folder, std::string("the columns were ") + key + ", but there is no " +
                                    name + ".npy; run eckart svd again");
  };
  need(saved.mean, "centred", "mean");
  need(saved.scale, "scaled", "scale");
  AffineMap<T> map;
  if (saved.mean) {
    const Matrix<T> mean = to_dense<T>(*saved.mean);
    map.column_shift.assign(mean.data(), mean.data() + mean.rows());
  }
  if (saved.scale) {
    const Matrix<T> scale = to_dense<T>(*saved.scale);
    for (index_t j = 0; j < scale.rows(); ++j) {
      map.column_scale.push_back(1 / std::real(scale(j, 0)));
    }
  }
  return map;
}

}  // namespace eckart::cli
