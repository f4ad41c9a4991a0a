#include "saved.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "exit_code.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

// Without a report (numpy.save) the factors are those of a plain matrix.
ordered_json read_report(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return ordered_json::object();
  std::ifstream file(path);
  std::ostringstream text;
  errno = 0;
  if (!(text << file.rdbuf()) && errno != 0) {  // or it is empty
    throw IoError(path, std::string("cannot be read: ") + std::strerror(errno));
  }
  ordered_json report = ordered_json::parse(text.str(), nullptr, false);
  if (!report.is_object()) {
    throw IoError(path, "is not a JSON object; expected the report that eckart svd -o wrote");
  }
  return report;
}

bool is_true(const ordered_json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && *at == true;
}

// Returns the vector beside the factors, with one number for each column.
std::optional<AnyMatrix> read_companion(const RunOptions& options,
                                        const std::string& path,
                                        index_t cols) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  AnyMatrix vector = load_matrix(options, path);
  const MatrixFacts facts = facts_of(vector, path);
  if (facts.rows != cols || facts.cols != 1) {
    throw IoError(path, fmt::format("is {} x {}; with {} expected one number each", facts.rows,
                                    facts.cols, counted(cols, "column")));
  }
  return vector;
}

Bound read_bound(const ordered_json& certificate, const char* name) {
  const auto at = certificate.find(name);
  if (at == certificate.end() || !at->is_object()) return {};
  const auto value = at->find("value");
  if (value == at->end() || !value->is_number()) return {};
  Bound bound{value->get<double>(), BoundKind::unknown};
  const auto kind = at->find("kind");
  for (const BoundKind known : {BoundKind::exact, BoundKind::estimated, BoundKind::probabilistic}) {
    if (kind != at->end() && *kind == to_string(known)) bound.kind = known;
  }
  return bound;
}

}  // namespace

bool SavedFiles::says(const char* key) const {
  const auto matrix = report.find("matrix");
  return matrix != report.end() && matrix->is_object() && is_true(*matrix, key);
}

std::string SavedFiles::transformation() const {
  const bool centred = says("centred"), scaled = says("scaled");
  if (centred && scaled) return "centred and scaled";
  return centred ? "centred" : scaled ? "scaled" : "";
}

bool SavedFiles::model_is(const char* key) const {
  const auto pca = report.find("pca");
  return pca != report.end() && pca->is_object() && is_true(*pca, key);
}

std::vector<double> SavedFiles::whitening() const {
  std::vector<double> deviations;
  if (!model_is("whitened")) return deviations;
  const ordered_json& pca = report.at("pca");
  if (pca.contains("explained_variance") && pca.at("explained_variance").is_array()) {
    for (const ordered_json& variance : pca.at("explained_variance")) {
      deviations.push_back(variance.is_number() ? std::sqrt(variance.get<double>()) : NAN);
    }
  }
  if (static_cast<index_t>(deviations.size()) != rank) {
    throw IoError(folder + "/report.json",
                  fmt::format("says that scores are whitened, but not by what; expected "
                              "explained_variance with {}",
                              counted(rank, "number")));
  }
  return deviations;
}

SavedFiles load_saved(const RunOptions& options, const std::string& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw IoError(folder,
                  std::string(fs::exists(folder, ignored) ? "is not a folder" : "no such folder") +
                      "; expected a folder that eckart svd -o wrote");
  }
  RunOptions npy = options;
  npy.input_format = "auto";
  SavedFiles saved;
  saved.folder = folder;
  saved.report = read_report(folder + "/report.json");
  const bool inner = saved.report.contains("target");
  if (inner || is_true(saved.report, "smallest")) {
    throw UsageError(fmt::format(
        "{} holds the {}; an approximation needs the leading ones: run eckart svd without --{}",
        saved.folder, inner ? "triplets nearest to a target" : "smallest triplets",
        inner ? "target" : "smallest"));
  }
  saved.s = load_matrix(npy, folder + "/s.npy");
  if (!fs::exists(folder + "/U.npy", ignored) && !fs::exists(folder + "/Vt.npy", ignored)) {
    throw IoError(folder,
                  "holds singular values without vectors; run eckart svd without "
                  "--values-only");
  }
  saved.U = load_matrix(npy, folder + "/U.npy");
  saved.Vt = load_matrix(npy, folder + "/Vt.npy");
  const MatrixFacts U = facts_of(saved.U, ""), s = facts_of(saved.s, ""),
                    Vt = facts_of(saved.Vt, "");
  saved.rank = s.rows * s.cols;
  if (complex_valued(saved.s) || (s.rows != 1 && s.cols != 1 && saved.rank > 0) ||
      U.cols < saved.rank || Vt.rows < saved.rank) {
    throw IoError(folder,
                  fmt::format("U.npy ({} x {}), s.npy ({} x {}) and Vt.npy ({} x {}) do not belong "
                              "together; expected a folder that eckart svd -o wrote",
                              U.rows, U.cols, s.rows, s.cols, Vt.rows, Vt.cols));
  }
  saved.mean = read_companion(npy, folder + "/mean.npy", Vt.cols);
  saved.scale = read_companion(npy, folder + "/scale.npy", Vt.cols);
  return saved;
}

void fill_report(const SavedFiles& saved, SvdReport& report) {
  const auto at = saved.report.find("certificate");
  if (at == saved.report.end() || !at->is_object()) return;
  report.certificate.frobenius_norm = read_bound(*at, "frobenius_norm");
  report.certificate.frobenius_error = read_bound(*at, "frobenius_error");
  report.certificate.spectral_error = read_bound(*at, "spectral_error");
}

}  // namespace eckart::cli
