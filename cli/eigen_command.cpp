// eckart eigen: the spectral decomposition of a symmetric or Hermitian matrix.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "certificate_text.hpp"
#include "eckart/apps/spectral.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

SpectralOptions request_of(const EigenOptions& o) {
  return {.order = o.order == "rising"    ? EigenvalueOrder::rising
                   : o.order == "modulus" ? EigenvalueOrder::modulus
                                          : EigenvalueOrder::falling,
          .count = o.rank,
          .tolerance = o.tolerance,
          .accuracy = o.accuracy};
}

bool holds_an_earlier_result(const std::string& folder) {
  const std::set<std::string> ours{"w.npy", "V.npy", "report.json"};
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!ours.contains(entry.path().filename().string())) return false;
  }
  return true;
}

void check_folder(const EigenOptions& o) {
  if (o.folder == "-") {
    throw UsageError("-o -: a result is a folder of files; name one, or take --json");
  }
  check_target(o.folder, o.force, true);
  check_not_input(o.folder, {o.run.input});
  std::error_code ignored;
  if (!fs::exists(o.folder, ignored)) return;
  if (!fs::is_directory(o.folder, ignored) || !holds_an_earlier_result(o.folder)) {
    throw UsageError(o.folder +
                     " holds more than an earlier result of eckart eigen; --force replaces nothing "
                     "else, choose another name");
  }
}

// The files appear together: they are written beside the folder, which then changes places.
template <Scalar T>
void save(const EigenOptions& o,
          const SpectralDecomposition<T>& result,
          const std::string& report) {
  fs::path target = fs::absolute(o.folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  const fs::path fresh = target.string() + ".new", old = target.string() + ".old";
  std::error_code error;
  if (!fs::create_directory(fresh, error)) {
    throw IoError(fresh.string(), error ? "cannot be created: " + error.message()
                                        : "exists already: another run is writing, or one was "
                                          "broken off; remove it");
  }
  try {
    const auto k = static_cast<index_t>(result.lambda.size());
    io::write_npy<real_t<T>>((fresh / "w.npy").string(),
                             {result.lambda.data(), k, 1, std::max<index_t>(1, k)}, true);
    io::write_npy<T>((fresh / "V.npy").string(), result.V.view());
    io::write_text((fresh / "report.json").string(), report);
    check_free(o.folder, o.force);
    const bool replaces = fs::exists(target);
    if (replaces) fs::rename(target, old);
    fs::rename(fresh, target);
    if (replaces) fs::remove_all(old);
  } catch (const fs::filesystem_error& failure) {
    fs::remove_all(fresh, error);
    throw IoError(o.folder, "cannot be written: " + failure.code().message());
  } catch (...) {
    fs::remove_all(fresh, error);
    throw;
  }
}

std::string table(const std::vector<double>& lambda) {
  constexpr std::size_t most = 20;
  std::string text = fmt::format("  {:>9}  {:>22}  {:>22}    {}\n", "component", "eigenvalue λ",
                                 "singular value σ = |λ|", "left vector");
  for (std::size_t i = 0; i < std::min(most, lambda.size()); ++i) {
    text += fmt::format("  {:>9}  {:>22.12g}  {:>22.12g}    u = {}\n", i + 1, lambda[i],
                        std::abs(lambda[i]), lambda[i] < 0 ? "−v" : "v");
  }
  if (lambda.size() > most) {
    text += fmt::format("  {:>9}  ({} more)\n", "...", lambda.size() - most);
  }
  return text;
}

template <Scalar T>
int decompose(const LinearOperator<T>& A,
              const MatrixFacts& facts,
              const EigenOptions& o,
              Session& session) {
  const SpectralDecomposition<T> result = spectral_decomposition(A, request_of(o), session.context);
  session.progress.clear();
  const std::vector<double> lambda = as_doubles(result.lambda);
  ordered_json report = ordered_json::parse(io::to_json(result.report));
  report["matrix"] = to_json(facts);
  report["asymmetry"] = result.asymmetry;
  report["order"] = o.order;
  report["lambda"] = lambda;
  for (const double value : lambda) report["sigma"].push_back(std::abs(value));
  if (!o.folder.empty()) save(o, result, json_text(report));
  print_warnings(result.report, session);
  if (session.json) {
    if (!o.folder.empty()) report["folder"] = o.folder;
    write_json(report);
  } else {
    std::string text = fmt::format("matrix   {}: {}\n",
                                   session.terminal.bold(printable(facts.source)), describe(facts));
    if (result.asymmetry > 0) {
      text += fmt::format("         not quite {}: differences up to {:.3g} averaged away\n",
                          is_complex<T> ? "Hermitian" : "symmetric", result.asymmetry);
    }
    text += run_text(result.report, session) + "\n" + table(lambda);
    text +=
        "\n  A = V Λ Vᴴ; as a singular value decomposition: σ = |λ|, the largest first,\n"
        "  and u = v, or −v where λ < 0.\n\nhow right it is\n";
    text =
        session.terminal.text(text) + certificate_text(result.report.certificate, session.terminal);
    if (!o.folder.empty()) {
      text += session.terminal.text(
          fmt::format("\nfiles    {0}/w.npy ({1})  {0}/V.npy ({2} × {1})  {0}/report.json\n",
                      printable(o.folder), lambda.size(), A.rows()));
    }
    write_stdout(text);
  }
  return exit_code_of(result.report);
}

}  // namespace

int run_eigen(const EigenOptions& o) {
  if (!o.folder.empty()) {
    check_folder(o);
  } else if (o.force) {
    throw UsageError("--force is for -o: it says that DIR may be replaced");
  }
  Session session(o.run);
  const AnyMatrix matrix = load_matrix(o.run);
  const MatrixFacts facts = facts_of(matrix, o.run.input);
  return with_operator(matrix, facts.source, session,
                       [&](const auto& A) { return decompose(A, facts, o, session); });
}

}  // namespace eckart::cli
