// eckart robust-pca: low rank plus sparse, by principal component pursuit.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "convert.hpp"
#include "eckart/apps/robust_pca.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/plot/standard.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "plot_file.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

struct Shape {
  index_t height = 0, width = 0;
};

Shape parse_shape(const std::string& text) {
  Shape shape;
  const char* end = text.data() + text.size();
  const auto [x, first] = std::from_chars(text.data(), end, shape.height);
  if (first == std::errc() && x != end && *x == 'x') {
    const auto [rest, second] = std::from_chars(x + 1, end, shape.width);
    constexpr index_t most = 20000;
    if (second == std::errc() && rest == end && shape.height >= 1 && shape.width >= 1 &&
        shape.height <= most && shape.width <= most) {
      return shape;
    }
  }
  throw UsageError("--shape: '" + text +
                   "' will not do; expected height and width in pixels, such as 36x64");
}

void check_options(const RobustPcaCommandOptions& o) {
  if (o.folder == "-") {
    throw UsageError("-o -: a result is a folder of files; name one, or take --json");
  }
  if (o.plot.empty() && (o.frame || !o.frame_shape.empty())) {
    throw UsageError("--frame and --shape say what --plot shows: add --plot FILE");
  }
  if (!o.plot.empty() && o.frame_shape.empty()) {
    throw UsageError("--plot needs --shape HxW: how the entries of a row make a picture");
  }
  if (!o.frame_shape.empty()) (void)parse_shape(o.frame_shape);
  check_plot(o.plot, o.force, {o.run.input});
  if (o.folder.empty()) return;
  check_target(o.folder, o.force, true);
  check_not_input(o.folder, {o.run.input});
}

// Where the row of the picture and its shape fit the matrix.
void check_frame(const RobustPcaCommandOptions& o, const MatrixFacts& facts, bool complex) {
  if (o.plot.empty()) return;
  if (complex) throw UsageError("--plot: complex numbers have no grey levels");
  const Shape shape = parse_shape(o.frame_shape);
  if (shape.height * shape.width != facts.cols) {
    throw UsageError(fmt::format("--shape: {} are {} pixels; a row of {} has {}", o.frame_shape,
                                 grouped(shape.height * shape.width), facts.source,
                                 counted(facts.cols, "entry")));
  }
  if (o.frame.value_or(1) > facts.rows) {
    throw UsageError(fmt::format("--frame: there is no row {}; {} has {}", *o.frame, facts.source,
                                 counted(facts.rows, "row")));
  }
}

// One row of A, of L and of S = A - L up to the tolerance, as pictures.
template <Scalar T>
plot::Figure frame_figure(const Matrix<T>& A,
                          const RobustPcaResult<T>& result,
                          const RobustPcaCommandOptions& o) {
  const Shape shape = parse_shape(o.frame_shape);
  const index_t row = o.frame.value_or(1) - 1;
  plot::Image frame{.rows = shape.height, .cols = shape.width};
  plot::Image background = frame, motion = frame;
  double least = std::numeric_limits<double>::infinity(), most = -least, strongest = 0;
  const SvdResult<T>& f = result.low_rank;
  for (index_t j = 0; j < A.cols(); ++j) {
    double l = 0;
    for (std::size_t k = 0; k < f.sigma.size(); ++k) {
      const auto c = static_cast<index_t>(k);
      l += double(std::real(f.U(row, c) * f.sigma[k] * conjugate(f.V(j, c))));
    }
    const double a = std::real(A(row, j)), s = std::real(result.sparse(row, j));
    frame.values.push_back(a);
    background.values.push_back(l);
    motion.values.push_back(s);
    least = std::min(least, a);
    most = std::max(most, a);
    strongest = std::max(strongest, std::abs(s));
  }
  frame.least = background.least = least;
  frame.most = background.most = most;
  motion.least = -strongest;
  motion.most = strongest;
  motion.shades = plot::Image::Shades::diverging;
  return plot::gallery({{fmt::format("row {} of A", row + 1), frame},
                        {fmt::format("L, rank {}", f.sigma.size()), background},
                        {"S, blue below 0, orange above", motion}});
}

template <Scalar T>
ordered_json result_json(const RobustPcaResult<T>& r, const MatrixFacts& facts) {
  ordered_json object = ordered_json::parse(io::to_json(r.low_rank.report));
  object["matrix"] = to_json(facts);
  object["robust_pca"] = {
      {"lambda", r.lambda},         {"rank", r.low_rank.sigma.size()}, {"nonzeros", r.nonzeros},
      {"objective", r.objective},   {"residual", r.residual},          {"gap", r.gap},
      {"iterations", r.iterations}, {"status", to_string(r.status)},   {"met", r.met}};
  return object;
}

template <Scalar T>
std::string result_text(const RobustPcaResult<T>& r,
                        const MatrixFacts& facts,
                        const RobustPcaCommandOptions& o,
                        const Session& session) {
  std::string text = fmt::format("matrix   {}: {}\n",
                                 session.terminal.bold(printable(facts.source)), describe(facts));
  text += fmt::format("method   principal component pursuit, λ {:.4g}\n", r.lambda);
  text += fmt::format("status   {} after {}\n", to_string(r.status),
                      counted(r.iterations, "iteration"));
  const bool stopped = r.status == Status::cancelled || r.status == Status::time_limit;
  const double entries = static_cast<double>(facts.rows) * static_cast<double>(facts.cols);
  text += fmt::format("L        rank {} of {}", r.low_rank.sigma.size(),
                      std::min(facts.rows, facts.cols));
  if (!r.low_rank.sigma.empty()) {
    text +=
        fmt::format(", σ from {:.6g} to {:.6g}", r.low_rank.sigma.front(), r.low_rank.sigma.back());
  }
  text += fmt::format("\nS        {}", counted(r.nonzeros, "nonzero"));
  if (entries > 0) {
    text += fmt::format(" ({} of the entries)", percent(static_cast<double>(r.nonzeros) / entries));
  }
  text += fmt::format("\n\nhow right it is\n  residual   {:.2g}  ‖A−L−S‖/‖A‖\n", r.residual);
  if (!stopped) {
    text += fmt::format(
        "  gap        {:.2g}  the objective {:.7g} is above its minimum by this share at most\n",
        r.gap, r.objective);
  }
  text += "\n" + (r.met ? session.terminal.good("✓") + " residual and gap asked: met\n"
                        : session.terminal.bad("✗") + " NOT met\n");
  for (const std::string& finding : r.low_rank.report.certificate.findings) {
    text += "  " + finding + "\n";
  }
  if (!o.folder.empty()) {
    text += fmt::format(
        "\nfiles    {0}/U.npy  {0}/s.npy  {0}/Vt.npy  {0}/sparse.npy  "
        "{0}/report.json\n",
        printable(o.folder));
  }
  if (!o.plot.empty()) text += "picture  " + printable(o.plot) + "\n";
  return session.terminal.text(text);
}

template <Scalar T>
void save(const RobustPcaCommandOptions& o,
          const RobustPcaResult<T>& result,
          const ordered_json& report) {
  try {
    io::write_result(o.folder, result.low_rank, o.force, json_text(report),
                     {{"sparse", result.sparse.view()}});
  } catch (const Error&) {
    check_free(o.folder, o.force);
    throw;
  }
}

template <Scalar T>
int split(const AnyMatrix& given, const RobustPcaCommandOptions& o, Session& session) {
  const MatrixFacts facts = facts_of(given, o.run.input);
  check_frame(o, facts, is_complex<T>);
  const std::uint64_t cap = session.context.memory_cap_bytes();
  const double copies = 7 * static_cast<double>(checked_bytes(facts.rows, facts.cols, sizeof(T)));
  const auto bytes =
      static_cast<std::uint64_t>(copies + dense_svd_bytes<T>(facts.rows, facts.cols, Vectors::thin,
                                                             std::min(facts.rows, facts.cols)));
  if (cap > 0 && bytes > cap)
    throw MemoryLimit("robust-pca, which copies A as a dense matrix,", bytes, cap);

  RobustPcaOptions options;
  options.lambda = o.lambda;
  options.tolerance = o.tolerance;
  if (o.gap) options.gap = *o.gap;
  if (o.max_iterations) options.max_iterations = *o.max_iterations;
  const Matrix<T> A = to_dense<T>(given);
  const RobustPcaResult<T> result = [&] {
    const InterruptGuard guard(session.context);
    try {
      return robust_pca<T>(A.view(), options, session.context);
    } catch (const NonFiniteInput& error) {
      throw IoError(facts.source, error.what());
    }
  }();
  session.progress.clear();
  ordered_json report = result_json(result, facts);
  if (!o.folder.empty()) save(o, result, report);
  if (!o.plot.empty()) write_plot(o.plot, frame_figure(A, result, o), o.force);
  if (session.json) {
    report["sigma"] = as_doubles(result.low_rank.sigma);
    if (!o.folder.empty()) report["folder"] = o.folder;
    write_json(report);
  } else {
    write_stdout(result_text(result, facts, o, session));
  }
  return exit_code_of(result.low_rank.report);
}

}  // namespace

int run_robust_pca(const RobustPcaCommandOptions& options) {
  check_options(options);
  Session session(options.run);
  const AnyMatrix A = load_matrix(options.run);
  return with_widest_scalar({&A}, [&]<Scalar T>() { return split<T>(A, options, session); });
}

}  // namespace eckart::cli
