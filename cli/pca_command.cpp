// eckart pca, eckart score: principal components, and how likely new rows are under them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "certificate_text.hpp"
#include "convert.hpp"
#include "eckart/apps/missing.hpp"
#include "eckart/apps/pca.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "options.hpp"
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
  if (!o.folder.empty()) {
    check_target(o.folder, o.force, true);
    check_not_input(o.folder, {o.run.input, o.weights});
  }
}

// What became of missing values; a line for people, an object for programs.
struct Holes {
  std::string text;
  ordered_json json;
};

std::vector<double> read_weights(const PcaCommandOptions& o, index_t rows) {
  if (o.weights.empty()) return {};
  const AnyMatrix given = load_matrix(o.run, o.weights);
  const MatrixFacts facts = facts_of(given, o.weights);
  if (complex_valued(given) || facts.rows * facts.cols != rows ||
      (facts.cols != 1 && facts.rows != 1)) {
    throw IoError(o.weights, fmt::format("is {} x {}; expected one real number for each of {}",
                                         facts.rows, facts.cols, counted(rows, "row")));
  }
  const Matrix<double> w = to_dense<double>(given);
  for (index_t i = 0; i < rows; ++i) {
    const double weight = w.data()[i];
    if (weight >= 0 && std::isfinite(weight)) continue;
    throw IoError(o.weights, fmt::format("number {} is {}; a weight is 0 or above", i + 1, weight));
  }
  return {w.data(), w.data() + rows};
}

// Removes or fills what is missing; weights of removed rows go with them.
template <Scalar T>
Matrix<T> repair(Matrix<T> X,
                 const PcaCommandOptions& o,
                 std::vector<double>& weights,
                 Session& session,
                 Holes& holes) {
  holes.json = {{"rule", o.run.missing}};
  if (o.run.missing == "drop") {
    const std::vector<index_t> rows = complete_rows<T>(std::as_const(X).view());
    const auto count = static_cast<index_t>(rows.size());
    if (count < 2) {
      throw IoError(o.run.input, fmt::format("{} without missing values; try --missing mean or em",
                                             counted(count, "row")));
    }
    Matrix<T> some(count, X.cols());
    std::vector<double> some_weights;
    for (index_t i = 0; i < count; ++i) {
      const index_t row = rows[static_cast<std::size_t>(i)];
      for (index_t j = 0; j < X.cols(); ++j) some(i, j) = X(row, j);
      if (!weights.empty()) some_weights.push_back(weights[static_cast<std::size_t>(row)]);
    }
    holes.text =
        fmt::format("missing  {} with missing values left out\n", counted(X.rows() - count, "row"));
    holes.json["rows_dropped"] = X.rows() - count;
    weights = std::move(some_weights);
    return some;
  }
  try {
    if (o.run.missing == "mean") {
      const index_t filled = fill_with_means(X.view());
      holes.text =
          fmt::format("missing  {} replaced by the mean of its column\n", counted(filled, "value"));
      holes.json["values_filled"] = filled;
      return X;
    }
    FillOptions options;
    options.components = o.rank.rank.value_or(2);
    options.scale = o.scale;
    const FillReport report = fill_by_model(X.view(), options, session.context);
    holes.text = fmt::format(
        "missing  {} filled by a model of {} in {}{}\n", counted(report.missing, "value"),
        counted(options.components, "component"), counted(report.iterations, "iteration"),
        report.converged ? "" : "; NOT converged");
    holes.json["values_filled"] = report.missing;
    holes.json["components"] = options.components;
    holes.json["iterations"] = report.iterations;
    holes.json["converged"] = report.converged;
    return X;
  } catch (const InvalidArgument& error) {
    throw IoError(o.run.input, error.what());
  }
}

// What each rule would choose; of a matrix with all its variances.
template <Scalar T>
ordered_json suggestions(const Pca<T>& all,
                         const LinearOperator<T>& A,
                         bool center,
                         bool scale,
                         std::uint64_t seed,
                         Context& context) {
  const std::vector<double>& variance = all.explained_variance;
  const index_t rows = A.rows(), cols = A.cols();
  const std::vector<real_t<T>>& sigma = all.svd.sigma;
  ordered_json object;
  for (const double level : {0.8, 0.9, 0.95, 0.99}) {
    object[fmt::format("energy {:g} %", 100 * level)] =
        choose_rank<T>({.energy = level}, sigma, rows, cols);
  }
  object["elbow"] = choose_rank<T>({.choice = RankChoice::elbow}, sigma, rows, cols);
  object["gavish-donoho"] =
      choose_rank<T>({.choice = RankChoice::gavish_donoho}, sigma, rows, cols);
  std::vector<double> deviations(static_cast<std::size_t>(cols), 1.0);
  if (!scale) {
    const AffineMap<T> map = standardisation(A, true, true, context);
    for (std::size_t j = 0; j < deviations.size(); ++j) {
      deviations[j] = 1 / static_cast<double>(map.column_scale[j]);
    }
    // A constant column, whose divisor is 1, has no noise.
    const std::vector<double> energies = A.column_energies(map, context);
    for (std::size_t j = 0; j < deviations.size(); ++j) {
      if (!(energies[j] > 0.5)) deviations[j] = 0;
    }
  }
  object["horn"] =
      parallel_analysis(variance, rows, deviations, center, 20, 0.95, seed, context).components;
  if (rows > cols && center) object["minka"] = minka_components(variance, rows);
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
    const Pca<T> model = fit_pca(A, all, session.context);
    suggested = suggestions(model, A, options.center, options.scale, o.seed, session.context);
  }
  if (o.choice == "gavish-donoho") rule.choice = RankChoice::gavish_donoho;
  if (o.choice == "elbow") rule.choice = RankChoice::elbow;
  if (!of_apps) return rule;
  if (!suggested.contains(o.choice)) {
    throw UsageError("--choose minka needs centred columns and more rows than columns");
  }
  rule.rank = std::max<index_t>(1, suggested[o.choice].get<index_t>());
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

template <Scalar T>
ordered_json pca_json(const Pca<T>& model, const Holes& holes, const ordered_json& suggested) {
  ordered_json object = {{"observations", model.observations},
                         {"explained_variance", model.explained_variance},
                         {"explained_variance_ratio", model.explained_variance_ratio},
                         {"total_variance", model.total_variance},
                         {"noise_variance", model.noise_variance}};
  if (!holes.json.is_null()) object["missing"] = holes.json;
  if (!suggested.is_null()) object["suggestions"] = suggested;
  return object;
}

template <Scalar T>
void save(const PcaCommandOptions& o,
          const Pca<T>& model,
          const LinearOperator<T>& A,
          const ordered_json& report,
          Session& session) {
  const Matrix<T> scores = pca_scores(model, A, o.whiten, session.context);
  const Matrix<T> loadings = pca_loadings(model);
  const CompanionVectors<T> vectors(model.map);
  std::vector<io::Companion> beside = vectors.list();
  beside.push_back({"scores", scores.view()});
  beside.push_back({"loadings", loadings.view()});
  try {
    io::write_result(o.folder, model.svd, o.force, json_text(report), beside);
  } catch (const Error&) {
    check_free(o.folder, o.force);
    throw;
  }
}

template <Scalar T>
int analyse(const LinearOperator<T>& A,
            const MatrixFacts& facts,
            const std::vector<double>& weights,
            const Holes& holes,
            const PcaCommandOptions& o,
            Session& session) {
  PcaOptions options;
  options.center = !o.no_center;
  options.scale = o.scale;
  options.weights = weights;
  options.method = method_named(o.method);
  options.seed = o.seed;
  ordered_json suggested;
  options.rank = rank_of(A, o, options, session, suggested);
  const Pca<T> model = fit_pca(A, options, session.context);
  session.progress.clear();
  print_warnings(model.svd.report, session);

  ordered_json report = ordered_json::parse(io::to_json(model.svd.report));
  report["smallest"] = false;
  report["matrix"] = to_json(facts);
  report["matrix"]["centred"] = options.center;
  report["matrix"]["scaled"] = options.scale;
  report["pca"] = pca_json(model, holes, suggested);
  if (!o.folder.empty()) save(o, model, A, report, session);
  const std::vector<double> sigma = as_doubles(model.svd.sigma);
  if (session.json) {
    report["sigma"] = sigma;
    if (!o.folder.empty()) report["folder"] = o.folder;
    write_json(report);
    return exit_code_of(model.svd.report);
  }
  std::string text = fmt::format("matrix   {}: {}\n",
                                 session.terminal.bold(printable(facts.source)), describe(facts));
  text += holes.text;
  text += fmt::format("columns  {}{}\n", options.center ? "centred" : "NOT centred",
                      options.scale ? ", divided by their standard deviation (divisor N − 1)" : "");
  text += run_text(model.svd.report, session);
  text += fmt::format("variance {:.8g} in all, {:.6g} in each direction left out\n\n",
                      model.total_variance, model.noise_variance);
  text += components_text(model);
  if (!suggested.is_null()) {
    text += "\n  how many components\n";
    for (const auto& [name, k] : suggested.items()) {
      text += fmt::format("  {:>14}  {}\n", name, k.template get<index_t>());
    }
  }
  text = session.terminal.text(text);
  if (const std::string plot = spectrum_plot(sigma, 0, session.terminal); !plot.empty()) {
    text += "\n  singular values, logarithmic\n" + plot;
  }
  text += "\nhow right it is\n" + certificate_text(model.svd.report.certificate, session.terminal);
  if (!o.folder.empty()) {
    text += session.terminal.text(fmt::format(
        "\nfiles    {0}/Vt.npy (components)  {0}/scores.npy  {0}/loadings.npy\n"
        "         {0}/U.npy  {0}/s.npy{1}{2}  {0}/report.json\n",
        printable(o.folder), options.center ? "  " + printable(o.folder) + "/mean.npy" : "",
        options.scale ? "  " + printable(o.folder) + "/scale.npy" : ""));
  }
  write_stdout(text);
  return exit_code_of(model.svd.report);
}

// The model that eckart pca saved.
template <Scalar T>
Pca<T> model_of(const SavedFiles& saved) {
  Pca<T> model;
  model.svd = result_of<T>(saved);
  model.map = map_of<T>(saved);
  const auto pca = saved.report.find("pca");
  try {
    if (pca == saved.report.end()) throw std::invalid_argument("no pca");
    model.observations = pca->at("observations").template get<double>();
    model.explained_variance = pca->at("explained_variance").template get<std::vector<double>>();
    model.noise_variance = pca->at("noise_variance").template get<double>();
    if (model.explained_variance.size() != model.svd.sigma.size()) {
      throw std::invalid_argument("another number of components");
    }
  } catch (const std::exception&) {
    throw IoError(saved.folder + "/report.json",
                  "holds no model of eckart pca; run eckart pca FILE -o DIR");
  }
  return model;
}

}  // namespace

int run_pca(const PcaCommandOptions& options) {
  check_options(options);
  Session session(options.run);
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  const std::string& rule = options.run.missing;
  const bool repaired = rule == "drop" || rule == "mean" || rule == "em";
  return with_operator(matrix, facts.source, session, [&](const auto& A) {
    using T = scalar_of<decltype(A)>;
    std::vector<double> weights = read_weights(options, A.rows());
    Holes holes;
    if (!repaired || facts.sparse || A.scan(session.context).finite()) {
      return analyse(A, facts, weights, holes, options, session);
    }
    const Matrix<T> whole = repair(to_dense<T>(matrix), options, weights, session, holes);
    return analyse(*make_operator(whole.view()), facts, weights, holes, options, session);
  });
}

int run_score(const ScoreOptions& options) {
  if (!options.file.empty()) {
    if (!options.file.ends_with(".npy")) {
      throw UsageError("--output: '" + options.file +
                       "' will not do; expected a name that ends "
                       "in .npy");
    }
    check_target(options.file, options.force, false);
    check_not_input(options.file, {options.run.input, options.folder + "/U.npy"});
  }
  Session session(options.run);
  const SavedFiles saved = load_saved(options.run, options.folder);
  const AnyMatrix input = load_matrix(options.run);
  return with_scalar_of(saved, input, [&]<Scalar T>() {
    const Pca<T> model = model_of<T>(saved);
    const AnyMatrix rows = with_scalar<T>(input);
    return with_operator(rows, options.run.input, session, [&](const auto& X) {
      if constexpr (std::same_as<scalar_of<decltype(X)>, T>) {
        const EntryScan scan = X.scan(session.context);
        if (!scan.finite()) {
          throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
        }
        if (X.cols() != model.svd.V.rows()) {
          throw IoError(options.run.input,
                        fmt::format("has {}; the model has {}", counted(X.cols(), "column"),
                                    model.svd.V.rows()));
        }
        const std::vector<double> score = pca_log_likelihood(model, X, session.context);
        const auto count = static_cast<index_t>(score.size());
        const double mean =
            count > 0 ? std::accumulate(score.begin(), score.end(), 0.0) / double(count) : 0;
        if (!options.file.empty()) {
          check_free(options.file, options.force);
          io::write_npy(
              options.file,
              MatrixView<const double>{score.data(), count, 1, std::max<index_t>(1, count)}, true);
        }
        session.progress.clear();
        if (session.json) {
          write_json({{"schema", 1}, {"rows", count}, {"mean", mean}, {"log_likelihood", score}});
        } else {
          const auto least = std::min_element(score.begin(), score.end());
          std::string text =
              fmt::format("rows     {}: {}\nscore    {:.10g} log-likelihood of a row, on average\n",
                          printable(options.run.input), counted(count, "row"), mean);
          if (count > 0) {
            text += fmt::format("least    row {} with {:.6g}\n", least - score.begin() + 1, *least);
          }
          write_stdout(session.terminal.text(text));
        }
        return static_cast<int>(exit_met);
      } else {
        return static_cast<int>(exit_internal);  // with_scalar left one scalar
      }
    });
  });
}

}  // namespace eckart::cli
