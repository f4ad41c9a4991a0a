// eckart energy: how much of a matrix its leading triplets hold, and what they leave out.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "eckart/apps/factors.hpp"
#include "eckart/plot/standard.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "plot_file.hpp"
#include "request.hpp"
#include "saved.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// One row of the table: what the k leading triplets hold and leave out.
struct EnergyRow {
  index_t k;
  double sigma, share, held;
  LowRankError error;
};

template <Scalar T>
std::vector<EnergyRow> table_of(const SvdResult<T>& result) {
  const Factors<T> factors(result);
  const std::vector<double> share = factors.explained_variance_ratio(), held = factors.energy();
  const std::vector<double> sigma = as_doubles(result.sigma);
  std::vector<EnergyRow> rows;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    const auto k = static_cast<index_t>(i) + 1;
    rows.push_back({k, sigma[i], share[i], held[i], factors.low_rank_error(k)});
  }
  return rows;
}

std::string error_text(const Bound& error, double norm) {
  if (!error.known()) return "-";
  if (!(norm > 0)) return "0";
  return fmt::format("{}{:.3e}", error.kind == BoundKind::exact ? "" : "≤ ", error.value / norm);
}

// Long tables keep their head, their last row and the first row beyond each round share.
bool is_shown(const std::vector<EnergyRow>& rows, std::size_t i) {
  if (rows.size() <= 20 || i < 10 || i + 1 == rows.size()) return true;
  for (const double level : {0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    if (rows[i].held >= level && rows[i - 1].held < level) return true;
  }
  return false;
}

std::string table_text(const std::vector<EnergyRow>& rows, double norm2, double norm_fro) {
  std::string text = fmt::format("  {:>9}  {:>14}  {:>10}  {:>10}  {:>13}  {:>11}\n", "k", "σ_k",
                                 "σ²/‖A‖²", "E_k/E", "‖A−A_k‖/‖A‖", "2-norm");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!is_shown(rows, i)) continue;
    if (i > 0 && !is_shown(rows, i - 1)) text += fmt::format("  {:>9}\n", "...");
    const EnergyRow& row = rows[i];
    text += fmt::format("  {:>9}  {:>14.7g}  {:>10}  {:>10}  {:>13}  {:>11}\n", row.k, row.sigma,
                        percent(row.share), percent(row.held),
                        error_text(row.error.frobenius, norm_fro),
                        error_text(row.error.spectral, norm2));
  }
  return text;
}

template <Scalar T>
void write_table(const SvdResult<T>& result,
                 const std::string& heading,
                 const EnergyOptions& o,
                 Session& session) {
  const Factors<T> factors(result);
  const std::vector<EnergyRow> rows = table_of(result);
  session.progress.clear();
  if (!o.plot.empty()) {
    write_plot(o.plot, plot::spectrum(as_doubles(result.sigma), factors.norm_fro(), 0), o.force);
  }
  if (!session.json) {
    std::string text =
        session.terminal.text(heading +
                              fmt::format("norms    ‖A‖ Frobenius {:.10g}, 2-norm {:.10g}\n\n",
                                          factors.norm_fro(), factors.norm2()) +
                              table_text(rows, factors.norm2(), factors.norm_fro()));
    if (!o.plot.empty()) text += "\npicture  " + printable(o.plot) + "\n";
    write_stdout(text);
    return;
  }
  ordered_json table = ordered_json::array();
  const auto number = [](const Bound& b) {
    return b.known() ? ordered_json(b.value) : ordered_json();
  };
  for (const EnergyRow& row : rows) {
    table.push_back({{"k", row.k},
                     {"sigma", row.sigma},
                     {"share", row.share},
                     {"energy", row.held},
                     {"frobenius_error", number(row.error.frobenius)},
                     {"spectral_error", number(row.error.spectral)},
                     {"spectral_error_kind", to_string(row.error.spectral.kind)}});
  }
  write_json({{"schema", 1},
              {"frobenius_norm", factors.norm_fro()},
              {"two_norm", factors.norm2()},
              {"complete", factors.complete()},
              {"table", table}});
}

}  // namespace

int run_energy(const EnergyOptions& options) {
  const std::string& input = options.run.input;
  check_plot(options.plot, options.force, {input});
  Session session(options.run);
  std::error_code ignored;
  if (std::filesystem::is_directory(input, ignored)) {
    const SavedFiles saved = load_saved(options.run, input);
    return with_scalar_of(saved, saved.s, [&]<Scalar T>() {
      const SvdResult<T> result = result_of<T>(saved);
      if (!Factors<T>(result).complete() && !result.report.certificate.frobenius_norm.known()) {
        throw IoError(input,
                      "holds some of the triplets and no report.json with the norm of the "
                      "matrix; name the matrix itself");
      }
      const std::string how = saved.transformation();
      write_table(result,
                  fmt::format("from     {}: {}{}\n", session.terminal.bold(printable(input)),
                              counted(saved.rank, "triplet"),
                              how.empty() ? "" : " of the " + how + " matrix"),
                  options, session);
      return static_cast<int>(exit_met);
    });
  }
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, input);
  return with_operator(matrix, facts.source, session, [&](const auto& A) {
    SvdRequest request;
    request.rank.rank = options.rank;
    request.seed = options.seed;
    if (!options.rank) request.vectors = Vectors::none;
    const auto result = svd(A, request, session.context);
    print_warnings(result.report, session);
    write_table(result,
                fmt::format("matrix   {}: {}\n", session.terminal.bold(printable(facts.source)),
                            describe(facts)),
                options, session);
    return exit_code_of(result.report);
  });
}

}  // namespace eckart::cli
