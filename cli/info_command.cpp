// eckart info: what a matrix is, by its entries and its singular values.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "eckart/plot/standard.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "plot_file.hpp"
#include "request.hpp"
#include "session.hpp"
#include "spectrum.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::array<double, 6> energy_levels = {0.5, 0.8, 0.9, 0.95, 0.99, 0.999};

// Above this many multiplications the dense route takes longer than a glance should.
constexpr double dense_flops_limit = 4e11;
constexpr index_t leading_values = 50;

// A number that the values at hand determine, bound from below, or leave open; or that does not
// exist (of a zero matrix), or is infinite. It has a value only when equal or at_least.
struct Known {
  double value = 0;
  enum class Kind { open, at_least, equal, infinite, undefined } kind = Kind::open;
};

struct Findings {
  EntryScan scan;
  std::vector<double> sigma;
  bool complete = false;  // sigma holds all min(m, n) values
  double frobenius_norm = 0;
  double rounding = 0;  // max(m, n) eps sigma_1
  Known rank, condition, effective_rank;
  double stable_rank = 0;
  // For each of energy_levels the number of triplets; empty when more than the leading ones.
  std::array<std::optional<index_t>, energy_levels.size()> triplets;
  SvdReport report;
};

// Returns exp(-sum p ln p) with the energy shares p = sigma^2 / sum sigma^2.
double entropy_rank(const std::vector<double>& sigma, double frobenius_norm) {
  double entropy = 0;
  for (const double value : sigma) {
    const double share = std::pow(value / frobenius_norm, 2);
    if (share > 0) entropy -= share * std::log(share);
  }
  return std::exp(entropy);
}

// Returns sigma_1 / sigma_n. A sigma_n below the rounding level has no correct digit: the quotient
// is then only known to exceed that with the level itself.
Known condition_of(const Findings& f, Known::Kind certain) {
  const double largest = f.sigma.front(), smallest = f.sigma.back();
  if (f.complete && smallest == 0) return {0, Known::Kind::infinite};
  if (smallest <= f.rounding) return {largest / f.rounding, Known::Kind::at_least};
  return {largest / smallest, certain};
}

void derive(Findings& f) {
  using Kind = Known::Kind;
  const Kind certain = f.complete ? Kind::equal : Kind::at_least;
  index_t rank = 0;
  for (const double value : f.sigma) rank += value > f.rounding;
  f.rank = {static_cast<double>(rank), certain};
  if (f.sigma.empty() || f.sigma.front() == 0) {
    f.condition.kind = f.effective_rank.kind = Kind::undefined;
    f.triplets.fill(0);  // none already holds all of nothing
    return;
  }
  f.stable_rank = std::pow(f.frobenius_norm / f.sigma.front(), 2);
  f.condition = condition_of(f, certain);
  if (f.complete) f.effective_rank = {entropy_rank(f.sigma, f.frobenius_norm), Kind::equal};
  // A full sum must reach every level, whatever rounding says of ||A||_F.
  double norm = f.frobenius_norm;
  if (f.complete) {
    norm = 0;
    for (const double value : f.sigma) norm = std::hypot(norm, value);
  }
  double held = 0;
  std::size_t level = 0;
  for (std::size_t i = 0; i < f.sigma.size(); ++i) {
    held += std::pow(f.sigma[i] / norm, 2);
    while (level < energy_levels.size() && held >= energy_levels[level]) {
      f.triplets[level++] = static_cast<index_t>(i) + 1;
    }
  }
}

template <Scalar T>
Findings examine(const LinearOperator<T>& A, const InfoOptions& o, Session& session) {
  Findings f;
  f.scan = A.scan(session.context);
  if (!f.scan.finite()) {
    throw NonFiniteInput(f.scan.nonfinite_row, f.scan.nonfinite_col, f.scan.nonfinite_value);
  }
  const auto m = static_cast<double>(A.rows()), n = static_cast<double>(A.cols());
  const std::uint64_t cap = session.context.memory_cap_bytes();
  f.complete =
      4 * m * n * std::min(m, n) <= dense_flops_limit &&
      (cap == 0 || dense_svd_bytes<T>(A.rows(), A.cols(), Vectors::none, 0) <= double(cap));
  SvdRequest request;
  request.vectors = Vectors::none;
  request.seed = o.seed;
  if (f.complete) {
    request.method = Method::dense;
  } else {
    request.rank.rank = std::min(leading_values, std::min(A.rows(), A.cols()));
  }
  const SvdResult<T> result = svd(A, request, session.context);
  f.sigma = as_doubles(result.sigma);
  f.report = result.report;
  f.frobenius_norm = frobenius_norm_of(result.report, f.sigma);
  f.rounding = rounding_level(A.rows(), A.cols(), std::numeric_limits<real_t<T>>::epsilon(),
                              f.sigma.empty() ? 0 : f.sigma.front());
  derive(f);
  return f;
}

std::string known_text(const Known& known, const char* format) {
  switch (known.kind) {
    case Known::Kind::open:
      return "unknown: needs all singular values";
    case Known::Kind::at_least:
      return "at least " + fmt::format(fmt::runtime(format), known.value);
    case Known::Kind::infinite:
      return "infinite";
    case Known::Kind::undefined:
      return "undefined for a zero matrix";
    case Known::Kind::equal:
      break;
  }
  return fmt::format(fmt::runtime(format), known.value);
}

std::string row(const char* label, const std::string& value) {
  return fmt::format("  {:<17}{}\n", label, value);
}

std::string entries_text(const MatrixFacts& facts, const Findings& f) {
  std::string text = row("shape", fmt::format("{} × {}", grouped(facts.rows), grouped(facts.cols)));
  text += row("storage", fmt::format("{} {}, {}", facts.sparse ? "sparse" : "dense", facts.scalar,
                                     format_bytes(facts.bytes)));
  const double cells = static_cast<double>(facts.rows) * static_cast<double>(facts.cols);
  std::string nonzeros = grouped(f.scan.nonzeros);
  if (cells > 0) {
    nonzeros += fmt::format(" ({})", percent(static_cast<double>(f.scan.nonzeros) / cells));
  }
  text += row("stored entries", grouped(facts.stored_entries));
  return text + row("nonzeros", nonzeros);
}

std::string rank_text(const MatrixFacts& facts, const Findings& f) {
  const bool full = static_cast<index_t>(f.rank.value) == std::min(facts.rows, facts.cols);
  return known_text(f.rank, "{:.0f}") + (f.complete ? full ? " (full)" : " (deficient)" : "") +
         fmt::format("   σ > max(m,n)·ε·σ₁ = {:.2g}", f.rounding);
}

std::string info_text(const MatrixFacts& facts, const Findings& f, const Session& session) {
  std::string text = session.terminal.bold(printable(facts.source)) + "\n" + entries_text(facts, f);
  text += row("largest |entry|", fmt::format("{:.7g}", f.scan.max_abs));
  text += row("Frobenius norm", fmt::format("{:.10g}", f.frobenius_norm));
  if (f.sigma.empty()) return session.terminal.text(text);
  text += row("2-norm", fmt::format("{:.10g}", f.sigma.front()));
  text += row("numerical rank", rank_text(facts, f));
  std::string condition = known_text(f.condition, "{:.4g}");
  if (f.complete && f.condition.kind == Known::Kind::at_least) {
    condition += "   the smallest σ is rounding";
  }
  text += row("condition", condition);
  text += row("effective rank", known_text(f.effective_rank, "{:.4g}") +
                                    "   exp of the entropy of the shares σ²/Σσ²");
  text += row("stable rank", fmt::format("{:.4g}   ‖A‖² Frobenius / σ₁²", f.stable_rank));
  text = session.terminal.text(text);

  text += "\n  energy  triplets needed\n";
  for (std::size_t i = 0; i < energy_levels.size(); ++i) {
    text += fmt::format(
        "  {:>5g} %  {}\n", 100 * energy_levels[i],
        f.triplets[i] ? grouped(*f.triplets[i]) : fmt::format("more than {}", f.sigma.size()));
  }
  const std::string plot = spectrum_plot(f.sigma, f.rounding, session.terminal);
  if (!plot.empty()) {
    text += fmt::format("\n  {} singular values, logarithmic\n",
                        f.complete ? "all" : fmt::format("the {} leading", f.sigma.size()));
    text += plot;
  }
  if (!f.complete) {
    text += fmt::format(
        "\n  Too large for all values at once: the {} leading ones were computed "
        "({}).\n  What depends on the others is a bound or unknown.\n",
        f.sigma.size(), f.report.method);
  }
  return text;
}

ordered_json known_json(const Known& known) {
  switch (known.kind) {
    case Known::Kind::equal:
      return {{"value", known.value}, {"kind", "exact"}};
    case Known::Kind::at_least:
      return {{"value", known.value}, {"kind", "lower bound"}};
    case Known::Kind::infinite:
      return {{"value", nullptr}, {"kind", "infinite"}};
    case Known::Kind::undefined:
      return {{"value", nullptr}, {"kind", "undefined"}};
    case Known::Kind::open:
      break;
  }
  return {{"value", nullptr}, {"kind", "unknown"}};
}

ordered_json info_json(const MatrixFacts& facts, const Findings& f) {
  ordered_json object = {{"schema", 1}, {"matrix", to_json(facts)}};
  object["nonzeros"] = f.scan.nonzeros;
  object["max_abs"] = f.scan.max_abs;
  object["frobenius_norm"] = f.frobenius_norm;
  object["two_norm"] = f.sigma.empty() ? ordered_json() : ordered_json(f.sigma.front());
  object["rounding_level"] = f.rounding;
  object["numerical_rank"] = known_json(f.rank);
  object["condition_number"] = known_json(f.condition);
  object["effective_rank"] = known_json(f.effective_rank);
  object["stable_rank"] = f.stable_rank;
  ordered_json table = ordered_json::array();
  for (std::size_t i = 0; i < energy_levels.size(); ++i) {
    table.push_back({{"energy", energy_levels[i]},
                     {"triplets", f.triplets[i] ? ordered_json(*f.triplets[i]) : ordered_json()}});
  }
  object["energy_table"] = table;
  object["complete"] = f.complete;
  object["method"] = f.report.method;
  object["seconds"] = f.report.seconds;
  object["sigma"] = f.sigma;
  return object;
}

}  // namespace

int run_info(const InfoOptions& options) {
  check_plot(options.plot, options.force, {options.run.input});
  Session session(options.run);
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  const Findings findings = with_operator(
      matrix, facts.source, session, [&](const auto& A) { return examine(A, options, session); });
  session.progress.clear();
  print_warnings(findings.report, session);
  if (!options.plot.empty()) {
    write_plot(options.plot,
               plot::spectrum(findings.sigma, findings.frobenius_norm, findings.rounding),
               options.force);
  }
  if (session.json) {
    write_json(info_json(facts, findings));
  } else {
    std::string text = info_text(facts, findings, session);
    if (!options.plot.empty()) text += "\npicture  " + printable(options.plot) + "\n";
    write_stdout(text);
  }
  return exit_code_of(findings.report);
}

}  // namespace eckart::cli
