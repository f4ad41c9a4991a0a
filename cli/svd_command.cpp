// eckart svd: decompose a matrix, say how right the result is, save it.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "certificate_text.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/io/spread.hpp"
#include "eckart/plot/standard.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "out_of_core.hpp"
#include "plot_file.hpp"
#include "rank_iteration.hpp"
#include "ranks.hpp"
#include "request.hpp"
#include "saved.hpp"
#include "session.hpp"
#include "spectrum.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

void check_request(const SvdOptions& o) {
  const int named = o.rank.rank.has_value() + o.rank.energy.has_value() +
                    o.rank.tolerance.has_value() + o.rank.choice.has_value() + o.full + o.thin;
  if (named > 1) {
    throw UsageError(
        "-k, --energy, --tolerance, --choose, --full and --thin each say how many triplets; "
        "give one of them");
  }
  check_noise(o.rank);
  if (o.method != "randomized" &&
      (o.power_iterations || (o.oversampling && o.method != "single-pass"))) {
    throw UsageError(
        "--oversampling and --power-iterations are of the randomized method: add "
        "--method randomized");
  }
  if (o.full && o.values_only) throw UsageError("--full asks for vectors, --values-only for none");
  if (o.hermitian && o.method != "auto") {
    throw UsageError("--hermitian and --method each say what decomposes the matrix; give one");
  }
  if (o.hermitian && o.relative_accuracy) {
    throw UsageError(
        "--accuracy relative needs the jacobi method; --hermitian is accurate relative to the "
        "largest value");
  }
  if (o.out_of_core.max_passes == 1 && !o.rank.rank) {
    throw UsageError("--max-passes 1 needs -k N: one pass finds no rank");
  }
  if (o.smallest && !o.rank.rank) throw UsageError("--smallest needs -k N: how many of them");
  if (!o.plot.empty() && (o.smallest || o.target)) {
    throw UsageError("--plot: the figure is of the leading triplets, not of others");
  }
  if (o.target && !o.rank.rank) throw UsageError("--target needs -k N: how many near it");
  if (o.target && o.smallest) {
    throw UsageError("--smallest and --target each say which triplets; give one of them");
  }
}

bool by_scalapack(const SvdOptions& o) { return o.method == "scalapack"; }

SvdRequest request_of(const SvdOptions& o) {
  SvdRequest request;
  request.rank = o.rank;
  request.vectors = o.values_only ? Vectors::none : o.full ? Vectors::full : Vectors::thin;
  request.smallest = o.smallest;
  request.target = o.target;
  request.method = o.hermitian       ? Method::hermitian
                   : by_scalapack(o) ? Method::dense
                                     : method_named(o.method);
  request.accuracy = o.accuracy;
  request.relative_accuracy = o.relative_accuracy;
  request.oversampling = o.oversampling;
  request.power_iterations = o.power_iterations;
  request.max_passes = o.out_of_core.max_passes;
  request.seed = o.seed;
  return request;
}

// "centred", "scaled", "centred and scaled", or empty.
std::string transformation_text(const SvdOptions& o) {
  if (o.center && o.scale) return "centred and scaled";
  return o.center ? "centred" : o.scale ? "scaled" : "";
}

std::string header_text(const MatrixFacts& facts, const SvdOptions& o, const Session& session) {
  std::string text =
      fmt::format("matrix   {}: {}\n", session.terminal.bold(printable(facts.source)),
                  session.terminal.text(describe(facts)));
  if (const std::string how = transformation_text(o); !how.empty()) {
    text += fmt::format("         columns {} before the decomposition\n", how);
  }
  return text;
}

std::string plan_text(const SvdPlan& plan,
                      const SvdOptions& o,
                      const std::string& source,
                      const Session& session) {
  const std::string method = by_scalapack(o) ? o.method : to_string(plan.method);
  std::string text = fmt::format("method   {}: {}\n", session.terminal.bold(method), plan.why);
  text += fmt::format(
      "passes   {:.3g} over A\nflops    {:.2g}\nmemory   {} beyond the input of {}{}\n",
      plan.passes, plan.flops, format_bytes(static_cast<std::uint64_t>(plan.peak_bytes)),
      format_bytes(static_cast<std::uint64_t>(plan.input_bytes)),
      ranks() ? fmt::format(", on each of {} ranks", ranks()->size()) : "");
  if (plan.read_bytes > 0) {
    text += fmt::format("reading  {}", format_bytes(static_cast<std::uint64_t>(plan.read_bytes)));
    const std::string time = reading_text(source, plan.read_bytes);
    text += (time.empty() ? "" : ": " + time) + "\n";
  }
  for (const std::string& other : plan.rejected) text += "not      " + other + "\n";
  return text + "nothing was computed (--plan)\n";
}

template <Scalar T>
std::string files_text(const SvdOptions& o, const SvdResult<T>& result) {
  std::string text = "files    ";
  const std::string folder = printable(o.folder);
  // Of several ranks each has a part of the rows.
  const auto rows = ranks() ? result.report.rows : result.U.rows();
  const auto cols = ranks() ? result.report.cols : result.V.rows();
  if (rows * result.U.cols() > 0 || cols * result.V.cols() > 0) {
    text += fmt::format("{0}/U.npy ({1} × {2})  {0}/Vt.npy ({3} × {4})\n         ", folder, rows,
                        result.U.cols(), result.V.cols(), cols);
  }
  return text + fmt::format("{0}/s.npy ({1})  {0}/report.json\n", folder, result.sigma.size());
}

// The first eigenvalues, with the signs that singular values lack; empty if there are none.
std::string eigenvalue_text(const std::vector<double>& lambda) {
  constexpr std::size_t most = 10;
  if (lambda.empty()) return "";
  std::string text = "\n  eigenvalues ";
  for (std::size_t i = 0; i < std::min(most, lambda.size()); ++i) {
    text += fmt::format(" {:.6g}", lambda[i]);
  }
  return text + (lambda.size() > most ? " ...\n" : "\n");
}

// Returns the level below which singular values are rounding. With the smallest values alone
// sigma_1 is unknown, and so is that.
template <Scalar T>
double floor_of(const SvdOptions& o, const SvdResult<T>& result) {
  if (o.smallest || o.target || result.sigma.empty()) return 0;
  return rounding_level(result.report.rows, result.report.cols,
                        std::numeric_limits<real_t<T>>::epsilon(),
                        static_cast<double>(result.sigma.front()));
}

template <Scalar T>
std::string result_text(const MatrixFacts& facts,
                        const SvdOptions& o,
                        const SvdResult<T>& result,
                        const Session& session) {
  const SvdReport& report = result.report;
  const std::vector<double> sigma = as_doubles(result.sigma);
  const double floor = floor_of(o, result);
  std::string text = header_text(facts, o, session) + run_text(report, session);
  if (!sigma.empty()) {
    text += "\n" + importance_table(sigma, frobenius_norm_of(report, sigma), session.terminal);
    const std::string plot = spectrum_plot(sigma, floor, session.terminal);
    if (!plot.empty()) text += "\n  singular values, logarithmic\n" + plot;
    text += eigenvalue_text(as_doubles(result.lambda));
  }
  text += "\nhow right it is\n" + certificate_text(report.certificate, session.terminal);
  if (!o.folder.empty()) text += "\n" + session.terminal.text(files_text(o, result));
  if (!o.plot.empty()) text += "picture  " + printable(o.plot) + "\n";
  return text;
}

// The report and what was decomposed: a saved result must say what it is the SVD of.
ordered_json report_json(const MatrixFacts& facts, const SvdOptions& o, const SvdReport& report) {
  ordered_json object = ordered_json::parse(io::to_json(report));
  object["smallest"] = o.smallest;
  if (o.target) object["target"] = *o.target;
  object["matrix"] = to_json(facts);
  object["matrix"]["centred"] = o.center;
  object["matrix"]["scaled"] = o.scale;
  return object;
}

// Another process may have written the folder since check_target looked: the same mistake, and
// the same words.
template <Scalar T>
void save(const SvdOptions& o,
          const LinearOperator<T>& A,
          const AffineMap<T>& map,
          const SvdResult<T>& result,
          const ordered_json& report) {
  const CompanionVectors<T> beside(map);
  if (ranks()) {
    return io::write_spread_result(o.folder, result, A.row_shard(), A.col_shard(), o.force,
                                   json_text(report), beside.list());
  }
  try {
    io::write_result(o.folder, result, o.force, json_text(report), beside.list());
  } catch (const Error&) {
    check_free(o.folder, o.force);
    throw;
  }
}

template <Scalar T>
int plan(const LinearOperator<T>& A,
         const AffineMap<T>&,
         const MatrixFacts& facts,
         const SvdOptions& o,
         Session& session) {
  const SvdPlan plan = by_scalapack(o)
                           ? plan_scalapack(A.rows(), A.cols(), A.row_shard().largest, sizeof(T))
                           : plan_svd(A, request_of(o), session.context);
  if (!speaks()) return exit_met;
  if (session.json) {
    ordered_json object = ordered_json::parse(io::to_json(plan));
    if (by_scalapack(o)) object["method"] = o.method;
    object["matrix"] = to_json(facts);
    write_json(object);
  } else {
    write_stdout(header_text(facts, o, session) +
                 session.terminal.text(plan_text(plan, o, facts.source, session)));
  }
  return exit_met;
}

template <Scalar T>
int decompose(const LinearOperator<T>& A,
              const AffineMap<T>& map,
              const MatrixFacts& facts,
              const SvdOptions& o,
              Session& session) {
  const bool keeps = ranks() && !o.out_of_core.checkpoint.empty();
  const auto solve = [&] {
    if (keeps) {
      return svd_that_is_kept(A, request_of(o), o.out_of_core.checkpoint, facts, session.context);
    }
    if (by_scalapack(o)) return svd_by_scalapack(A, o.accuracy, session.context);
    return svd(A, request_of(o), session.context);
  };
  SvdResult<T> result = solve();
  if (o.values_only) {
    result.U = {};
    result.V = {};
  }
  session.progress.clear();
  ordered_json report = report_json(facts, o, result.report);
  if (o.hermitian) report["lambda"] = as_doubles(result.lambda);
  if (ranks()) report["ranks"] = traffic_json();
  if (!o.folder.empty()) save(o, A, map, result, report);
  if (!o.plot.empty()) {
    const std::vector<double> sigma = as_doubles(result.sigma);
    write_plot(o.plot,
               plot::spectrum(sigma, frobenius_norm_of(result.report, sigma), floor_of(o, result)),
               o.force);
  }
  if (!speaks()) return exit_code_of(result.report);
  const Status status = result.report.status;
  if (keeps && (status == Status::converged || status == Status::iteration_limit)) {
    io::remove_iteration(o.out_of_core.checkpoint);
  }
  print_warnings(result.report, session);
  if (A.bytes_per_read() > 0) report["reads"] = A.reads();
  if (session.json) {
    report["sigma"] = as_doubles(result.sigma);
    if (!o.folder.empty()) report["folder"] = o.folder;
    write_json(report);
  } else {
    write_stdout(result_text(facts, o, result, session));
  }
  return exit_code_of(result.report);
}

// The matrix stays in its file. A checkpoint is removed when the result is there.
int run_out_of_core(const SvdOptions& options, Session& session) {
  const io::FileOperator file =
      open_out_of_core(options.run, options.out_of_core, options.folder, session);
  const MatrixFacts facts = facts_of(file, options.run.input);
  std::unique_ptr<io::Checkpoint> checkpoint;
  if (!options.out_of_core.checkpoint.empty() && !options.plan) {
    checkpoint =
        std::make_unique<io::Checkpoint>(options.out_of_core.checkpoint, identity_of(file));
  }
  const int code = with_operator(file, facts.source, session, [&](const auto& in_file) {
    using T = scalar_of<decltype(in_file)>;
    const auto run = options.plan ? plan<T> : decompose<T>;
    std::unique_ptr<LinearOperator<T>> kept, centred, kept_centred;
    const LinearOperator<T>* A = &in_file;
    if (checkpoint) A = (kept = make_checkpointed<T>(in_file, *checkpoint)).get();
    if (!options.center && !options.scale) return run(*A, {}, facts, options, session);
    const AffineMap<T> map = standardisation<T>(*A, options.center, options.scale, session.context);
    A = (centred = make_affine<T>(in_file, map)).get();
    if (checkpoint) A = (kept_centred = make_checkpointed<T>(*centred, *checkpoint)).get();
    return run(*A, map, facts, options, session);
  });
  if (!checkpoint) return code;
  session.progress.clear();
  if (!session.quiet) {
    for (const std::string& warning : checkpoint->warnings()) warn(warning);
  }
  if (code == exit_met || code == exit_not_met) {
    checkpoint->remove();
  } else if (!session.quiet) {
    warn(
        fmt::format("the run can go on from {}: give the same command, and --force to replace a "
                    "partial result",
                    options.out_of_core.checkpoint));
  }
  return code;
}

// Rows stay where they are read; columns are centred by the means of all rows.
int run_svd_over_ranks(const SvdOptions& o, Session& session) {
  if (o.smallest || o.target || o.full || o.hermitian || !o.plot.empty()) {
    throw UsageError(
        "--smallest, --target, --full, --hermitian and --plot need all rows in one process: start "
        "svd without mpirun");
  }
  const OutOfCoreOptions& file = o.out_of_core;
  if (file.wanted || !file.shape.empty() || !file.element.empty()) {
    throw UsageError(
        "--out-of-core, --shape and --dtype are of one process: start svd without "
        "mpirun; a .npy file is mapped, and each rank reads its own rows of it alone");
  }
  if (by_scalapack(o) && !knows_scalapack()) {
    throw UsageError("--method scalapack: this build has none (libscalapack-openmpi-dev)");
  }
  if (by_scalapack(o) && (!o.rank.all() || !file.checkpoint.empty())) {
    throw UsageError(
        "--method scalapack finds all triplets: leave -k, --energy, --tolerance, --choose and "
        "--checkpoint out, or the method");
  }
  const AnyMatrix rows = read_rows(o.run);
  const MatrixFacts facts = facts_of_all(rows, o.run.input);
  return with_operator(rows, facts.source, session, [&](const auto& here) {
    using T = scalar_of<decltype(here)>;
    const auto run = o.plan ? plan<T> : decompose<T>;
    const auto A = make_sharded(here, *ranks());
    if (!o.center && !o.scale) return run(*A, {}, facts, o, session);
    const AffineMap<T> map = standardisation(*A, o.center, o.scale, session.context);
    return run(*make_affine(*A, map), map, facts, o, session);
  });
}

}  // namespace

int run_svd(const SvdOptions& options) {
  check_request(options);
  if (by_scalapack(options) && !ranks()) {
    throw UsageError(
        "--method scalapack is for several ranks, under mpirun; in one process dense is faster");
  }
  if (options.folder == "-") {
    throw UsageError("-o -: a result is a folder of files; name one, or take --json");
  }
  if (!options.folder.empty() && !options.plan && speaks()) {
    check_target(options.folder, options.force, true);
    check_not_input(options.folder, {options.run.input});
  }
  if (!options.plan) check_plot(options.plot, options.force, {options.run.input});
  Session session(options.run);
  if (ranks()) return run_svd_over_ranks(options, session);
  if (is_out_of_core(options.run, options.out_of_core)) return run_out_of_core(options, session);
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  return with_operator(matrix, facts.source, session, [&](const auto& A) {
    using T = scalar_of<decltype(A)>;
    const auto run = options.plan ? plan<T> : decompose<T>;
    if (!options.center && !options.scale) return run(A, {}, facts, options, session);
    const AffineMap<T> map = standardisation(A, options.center, options.scale, session.context);
    return run(*make_affine(A, map), map, facts, options, session);
  });
}

}  // namespace eckart::cli
