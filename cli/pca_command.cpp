// eckart pca: principal components of a table, and the model that transform and score use.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "certificate_text.hpp"
#include "convert.hpp"
#include "eckart/apps/pca.hpp"
#include "eckart/apps/pca_comparison.hpp"
#include "eckart/apps/probabilistic_pca.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/io/spread.hpp"
#include "eckart/plot/standard.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "pca_compare.hpp"
#include "pca_missing.hpp"
#include "plot_file.hpp"
#include "ranks.hpp"
#include "request.hpp"
#include "saved.hpp"
#include "session.hpp"
#include "spectrum.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

void check_options(const PcaCommandOptions& o) {
  const int named = o.rank.rank.has_value() + o.rank.energy.has_value() +
                    o.rank.tolerance.has_value() + !o.choice.empty();
  if (named > 1) {
    throw UsageError(
        "-k, --energy, --tolerance and --choose each say how many components; give "
        "one of them");
  }
  if (o.compare && o.no_center) {
    throw UsageError("--compare shows what centring changes; leave --no-center out");
  }
  if (o.run.missing == "em" && !o.weights.empty()) {
    throw UsageError("--missing em counts every row once; leave --weights out, or drop or mean");
  }
  if (!o.plots.empty()) {
    check_target(o.plots + "/scree.png", o.force, true);
    for (const char* name : {"energy", "scores", "biplot"}) {
      check_plot(o.plots + "/" + name + ".png", o.force, {o.run.input});
    }
  }
  if (!o.folder.empty() && speaks()) {
    check_target(o.folder, o.force, true);
    check_not_input(o.folder, {o.run.input, o.weights, o.column_weights});
  }
}

// Returns the numbers of a file, one for each row or column; none if no file is named.
std::vector<double> read_weights(const PcaCommandOptions& o,
                                 const std::string& file,
                                 index_t count,
                                 const char* what,
                                 bool zero_allowed) {
  if (file.empty()) return {};
  const AnyMatrix given = load_matrix(o.run, file);
  const MatrixFacts facts = facts_of(given, file);
  if (complex_valued(given) || facts.rows * facts.cols != count ||
      (facts.cols != 1 && facts.rows != 1)) {
    throw IoError(file, fmt::format("is {} x {}; expected one real number for each of {}",
                                    facts.rows, facts.cols, counted(count, what)));
  }
  const Matrix<double> w = to_dense<double>(given);
  for (index_t i = 0; i < count; ++i) {
    const double weight = w.data()[i];
    if (std::isfinite(weight) && (zero_allowed ? weight >= 0 : weight > 0)) continue;
    throw IoError(file, fmt::format("number {} is {}; the weight of a {} is {}", i + 1, weight,
                                    what, zero_allowed ? "0 or above" : "above 0"));
  }
  return {w.data(), w.data() + count};
}

// Deviations of the prepared columns, from all components.
template <Scalar T>
std::vector<double> column_deviations(const Pca<T>& all) {
  std::vector<double> deviations;
  for (index_t j = 0; j < all.svd.V.rows(); ++j) {
    double variance = 0;
    for (std::size_t i = 0; i < all.explained_variance.size(); ++i) {
      const auto entry = std::abs(all.svd.V(j, static_cast<index_t>(i)));
      variance += all.explained_variance[i] * std::pow(static_cast<double>(entry), 2);
    }
    deviations.push_back(std::sqrt(variance));
  }
  return deviations;
}

// What each rule would choose; of a model with all its components.
template <Scalar T>
ordered_json suggestions(const Pca<T>& all,
                         const PcaOptions& options,
                         index_t rows,
                         Session& session) {
  const index_t cols = all.svd.V.rows();
  const std::vector<real_t<T>>& sigma = all.svd.sigma;
  ordered_json object;
  for (const double level : {0.8, 0.9, 0.95, 0.99}) {
    object[fmt::format("energy {:g} %", 100 * level)] =
        choose_rank<T>({.energy = level}, sigma, rows, cols);
  }
  object["elbow"] = choose_rank<T>({.choice = RankChoice::elbow}, sigma, rows, cols);
  object["gavish-donoho"] =
      choose_rank<T>({.choice = RankChoice::gavish_donoho}, sigma, rows, cols);
  if (is_complex<T> || !options.weights.empty()) return object;
  object["horn"] = parallel_analysis(all.explained_variance, rows, column_deviations(all),
                                     options.center, 20, 0.95, options.seed, session.context)
                       .components;
  if (rows > cols && options.center) {
    object["minka"] = minka_components(all.explained_variance, rows);
  }
  return object;
}

// The rank that the options ask for. Horn's and Minka's rules need all variances first.
template <Scalar T>
RankRule rank_of(const LinearOperator<T>& A,
                 const PcaCommandOptions& o,
                 const PcaOptions& options,
                 Session& session,
                 ordered_json& suggested) {
  RankRule rule = o.rank;
  const bool of_apps = o.choice == "horn" || o.choice == "minka";
  if (of_apps || o.suggest) {
    PcaOptions all = options;
    all.rank = {};
    suggested = suggestions(fit_pca(A, all, session.context), options, A.rows(), session);
  }
  if (o.choice == "gavish-donoho") rule.choice = RankChoice::gavish_donoho;
  if (o.choice == "elbow") rule.choice = RankChoice::elbow;
  if (!of_apps) return rule;
  if (!suggested.contains(o.choice)) {
    throw UsageError(
        fmt::format("--choose {} needs real numbers without --weights{}", o.choice,
                    o.choice == "minka" ? ", centred columns, and more rows than columns" : ""));
  }
  rule.rank = suggested[o.choice].get<index_t>();
  if (*rule.rank == 0) {
    if (!session.quiet) warn("no component stands out from noise; the leading one is kept");
    rule.rank = 1;
  }
  return rule;
}

template <Scalar T>
std::string components_text(const Pca<T>& model) {
  constexpr std::size_t most = 12;
  const std::size_t count = model.explained_variance.size();
  std::string text = fmt::format("  {:>9}  {:>14}  {:>10}  {:>10}\n", "component", "variance",
                                 "share", "cumulative");
  double held = 0;
  for (std::size_t i = 0; i < count; ++i) {
    held += model.explained_variance_ratio[i];
    if (count > most && i >= most - 1 && i + 1 < count) {
      if (i == most - 1) text += fmt::format("  {:>9}\n", "...");
      continue;
    }
    text += fmt::format("  {:>9}  {:>14.7g}  {:>10}  {:>10}\n", i + 1, model.explained_variance[i],
                        percent(model.explained_variance_ratio[i]), percent(std::min(1.0, held)));
  }
  return text;
}

// How many components hold 80, 90 and 95 % of the variance, as far as the components tell.
template <Scalar T>
std::string thresholds_text(const Pca<T>& model) {
  std::string text = "energy   ";
  const char* separator = "";
  for (const double level : {0.8, 0.9, 0.95}) {
    double held = 0;
    std::size_t k = 0;
    while (k < model.explained_variance_ratio.size() && held < level * (1 - 1e-12)) {
      held += model.explained_variance_ratio[k++];
    }
    text += fmt::format("{}{:g} % in {}{}", separator, 100 * level,
                        held < level * (1 - 1e-12) ? "more than " : "", k);
    separator = ", ";
  }
  return text + " components\n";
}

// The likelihood of the rows by the model of maximum likelihood; nothing without noise.
template <Scalar T>
std::string likelihood_text(const Pca<T>& model, const ProbabilisticPca<T>& probable) {
  if (!std::isfinite(probable.log_likelihood)) return "";
  return fmt::format("model    log-likelihood {:.8g}, {:.6g} a row, noise variance {:.6g}\n",
                     probable.log_likelihood, probable.log_likelihood / model.observations,
                     probable.noise_variance);
}

template <Scalar T>
ordered_json pca_json(const Pca<T>& model,
                      const ProbabilisticPca<T>& probable,
                      const Holes& holes,
                      const PcaCommandOptions& o,
                      const ordered_json& suggested) {
  ordered_json object = {{"observations", model.observations},
                         {"explained_variance", model.explained_variance},
                         {"explained_variance_ratio", model.explained_variance_ratio},
                         {"total_variance", model.total_variance},
                         {"noise_variance", model.noise_variance},
                         {"whitened", o.whiten},
                         {"weighted", !o.weights.empty()}};
  // Of a table that was filled in it would count what nobody saw.
  if (std::isfinite(probable.log_likelihood) && !holes.filled) {
    object["maximum_likelihood"] = {{"noise_variance", probable.noise_variance},
                                    {"log_likelihood", probable.log_likelihood}};
  }
  if (!holes.json.is_null()) object["missing"] = holes.json;
  if (!suggested.is_null()) object["suggestions"] = suggested;
  return object;
}

template <Scalar T>
std::string files_text(const PcaCommandOptions& o, const Pca<T>& model, bool filled) {
  std::vector<std::string> names = {"Vt.npy (components)", "scores.npy", "loadings.npy", "U.npy",
                                    "s.npy"};
  if (!model.map.column_shift.empty()) names.push_back("mean.npy");
  if (!model.map.column_scale.empty()) names.push_back("scale.npy");
  if (filled) names.push_back("filled.npy");
  names.push_back("report.json");
  return fmt::format("\nfiles    in {}: {}\n", printable(o.folder), fmt::join(names, "  "));
}

template <Scalar T>
void save(const PcaCommandOptions& o,
          const Pca<T>& model,
          const LinearOperator<T>& A,
          const Matrix<T>& filled,
          const ordered_json& report,
          Session& session) {
  const Matrix<T> scores = pca_scores(model, A, o.whiten, session.context);
  const Matrix<T> loadings = pca_loadings(model);
  const CompanionVectors<T> vectors(model.map);
  std::vector<io::Companion> beside = vectors.list();
  if (ranks()) {
    const Shard rows = A.row_shard(), cols = A.col_shard();
    return io::write_spread_result(
        o.folder, model.svd, rows, cols, o.force, json_text(report), beside,
        {{{"scores", scores.view()}, rows}, {{"loadings", loadings.view()}, cols}});
  }
  beside.push_back({"scores", scores.view()});
  beside.push_back({"loadings", loadings.view()});
  if (!filled.view().empty()) beside.push_back({"filled", filled.view()});
  try {
    io::write_result(o.folder, model.svd, o.force, json_text(report), beside);
  } catch (const Error&) {
    check_free(o.folder, o.force);
    throw;
  }
}

// filled: the table with what --missing filled in, or empty.
// Pictures of the components; of complex ones without the scores, which have no place in a plane.
template <Scalar T>
void draw(const PcaCommandOptions& o,
          const Pca<T>& model,
          const LinearOperator<T>& A,
          Session& session) {
  Matrix<double> scores, components;
  if constexpr (!is_complex<T>) {
    scores = to_dense<double>(own(pca_scores(model, A, false, session.context)));
    components = to_dense<double>(own(model.svd.V.clone()));
  }
  for (const auto& [name, figure] : plot::component_figures(
           model.explained_variance, model.total_variance, scores.view(), components.view())) {
    write_plot(o.plots + "/" + name + ".png", figure, o.force);
  }
}

template <Scalar T>
int analyse(const LinearOperator<T>& A,
            const MatrixFacts& facts,
            const std::vector<double>& weights,
            const Holes& holes,
            const Matrix<T>& filled,
            const PcaCommandOptions& o,
            Session& session) {
  const std::vector<double> column_weights =
      read_weights(o, o.column_weights, A.cols(), "column", false);
  PcaOptions options;
  options.center = !o.no_center;
  options.scale = o.scale;
  options.weights = weights;
  options.column_weights = column_weights;
  options.method = method_named(o.method);
  options.accuracy = o.accuracy;
  options.seed = o.seed;
  ordered_json suggested;
  options.rank = rank_of(A, o, options, session, suggested);
  const Pca<T> model = fit_pca(A, options, session.context);
  const ProbabilisticPca<T> probable = probabilistic_pca(model);
  std::optional<PcaComparison<T>> comparison;
  if (o.compare) comparison = compare_with_svd(model, A, options, session.context);
  session.progress.clear();
  if (speaks()) print_warnings(model.svd.report, session);
  if (!holes.converged && !session.quiet) {
    warn("what was filled in has not settled; see iterations in the report");
  }
  int code = exit_code_of(model.svd.report);
  if (code == exit_met && !holes.converged) code = exit_not_met;

  ordered_json report = ordered_json::parse(io::to_json(model.svd.report));
  report["smallest"] = false;
  report["matrix"] = to_json(facts);
  report["matrix"]["centred"] = options.center;
  report["matrix"]["scaled"] = !model.map.column_scale.empty();
  report["pca"] = pca_json(model, probable, holes, o, suggested);
  if (comparison) report["comparison"] = comparison_json(*comparison);
  if (ranks()) report["ranks"] = traffic_json();
  if (!o.folder.empty()) save(o, model, A, filled, report, session);
  if (!o.plots.empty()) draw(o, model, A, session);
  if (!speaks()) return code;
  const std::vector<double> sigma = as_doubles(model.svd.sigma);
  if (session.json) {
    report["sigma"] = sigma;
    if (!o.folder.empty()) report["folder"] = o.folder;
    write_json(report);
    return code;
  }
  std::string text = fmt::format("matrix   {}: {}\n",
                                 session.terminal.bold(printable(facts.source)), describe(facts));
  text += holes.text;
  text += fmt::format("columns  {}{}{}\n", options.center ? "centred" : "NOT centred",
                      options.scale ? ", divided by their standard deviation (divisor N − 1)" : "",
                      column_weights.empty() ? "" : ", weighted");
  text += run_text(model.svd.report, session);
  text += fmt::format("variance {:.8g} in all, {:.6g} in each direction left out\n",
                      model.total_variance, model.noise_variance);
  text += thresholds_text(model);
  if (!holes.filled) text += likelihood_text(model, probable);
  text += "\n" + components_text(model);
  if (!suggested.is_null()) {
    text += "\n  how many components\n";
    for (const auto& [name, k] : suggested.items()) {
      text += fmt::format("  {:>14}  {}\n", name, k.template get<index_t>());
    }
  }
  if (comparison) text += comparison_text(model, *comparison);
  text = session.terminal.text(text);
  if (const std::string plot = spectrum_plot(sigma, 0, session.terminal); !plot.empty()) {
    text += "\n  singular values, logarithmic\n" + plot;
  }
  text += "\nhow right it is\n" + certificate_text(model.svd.report.certificate, session.terminal);
  if (!o.folder.empty())
    text += session.terminal.text(files_text(o, model, !filled.view().empty()));
  if (!o.plots.empty()) text += "\npictures in " + printable(o.plots) + "\n";
  write_stdout(text);
  return code;
}

// Rows stay where they are read.
int run_pca_over_ranks(const PcaCommandOptions& o, Session& session) {
  const std::string& rule = o.run.missing;
  if (o.compare || o.suggest || o.choice == "horn" || o.choice == "minka" || !o.plots.empty() ||
      rule == "drop" || rule == "mean" || rule == "em") {
    throw UsageError(
        "--compare, --suggest, --choose horn or minka, --plots, and --missing drop, mean or em "
        "need all rows in one process: start pca without mpirun");
  }
  const AnyMatrix rows = read_rows(o.run);
  const MatrixFacts facts = facts_of_all(rows, o.run.input);
  return with_operator(rows, facts.source, session, [&](const auto& here) {
    using T = scalar_of<decltype(here)>;
    const auto A = make_sharded(here, *ranks());
    std::vector<double> weights = read_weights(o, o.weights, A->rows(), "row", true);
    if (!weights.empty()) {
      const auto first = weights.begin() + A->row_shard().first;
      weights = std::vector<double>(first, first + A->row_shard().count);
    }
    return analyse(*A, facts, weights, Holes(), Matrix<T>(), o, session);
  });
}

}  // namespace

int run_pca(const PcaCommandOptions& options) {
  check_options(options);
  Session session(options.run);
  if (ranks()) return run_pca_over_ranks(options, session);
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  const std::string& rule = options.run.missing;
  const bool repaired = rule == "drop" || rule == "mean" || rule == "em";
  return with_operator(matrix, facts.source, session, [&](const auto& A) {
    using T = scalar_of<decltype(A)>;
    std::vector<double> weights = read_weights(options, options.weights, A.rows(), "row", true);
    Holes holes;
    if (!repaired || A.scan(session.context).finite()) {
      return analyse(A, facts, weights, holes, Matrix<T>(), options, session);
    }
    if (facts.sparse) {
      throw UsageError("--missing " + rule + " is for dense tables; " + facts.source +
                       " is sparse: what it does not store is 0");
    }
    Matrix<T> whole = repair(to_dense<T>(matrix), options, weights, session, holes);
    const auto complete = make_operator(std::as_const(whole).view());
    if (holes.filled) return analyse(*complete, facts, weights, holes, whole, options, session);
    return analyse(*complete, facts, weights, holes, Matrix<T>(), options, session);
  });
}

}  // namespace eckart::cli
