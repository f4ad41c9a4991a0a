// eckart solve: least squares with what the solution is worth.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "convert.hpp"
#include "eckart/apps/least_squares.hpp"
#include "eckart/gather.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "matrix_text.hpp"
#include "options.hpp"
#include "picard.hpp"
#include "plot_file.hpp"
#include "ranks.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

void check_options(const SolveOptions& o) {
  const int named =
      (o.ridge || !o.ridge_choice.empty()) + o.rcond.has_value() + o.truncate.has_value();
  if (named > 1) throw UsageError("give at most one of --ridge, --rcond and --truncate");
  if (o.polynomial && o.intercept) {
    throw UsageError("--polynomial has its constant term already; leave --intercept out");
  }
  const bool ridge = o.ridge || !o.ridge_choice.empty();
  if (ridge && !o.covariance.empty()) {
    throw UsageError("--covariance: a ridge trades it for a bias; there is none to write");
  }
  if (o.run.input == "-" && o.right == "-") {
    throw UsageError("A and B cannot both come from standard input");
  }
  std::vector<std::string> outputs;
  for (const std::string& file : {o.file, o.residuals, o.covariance}) {
    if (file.empty() || !speaks()) continue;
    if (!file.ends_with(".npy")) {
      throw UsageError("'" + file +
                       "' will not do; matrices are written as NumPy's format, "
                       "expected a name that ends in .npy");
    }
    if (std::find(outputs.begin(), outputs.end(), file) != outputs.end()) {
      throw UsageError(file + " is named twice");
    }
    check_target(file, o.force, false);
    check_not_input(file, {o.run.input, o.right, o.weights});
    outputs.push_back(file);
  }
  check_plot(o.plot, o.force, {o.run.input, o.right, o.weights});
  if (ranks() && (o.right == "-" || !o.plot.empty())) {
    throw UsageError(
        "--plot, and B from standard input, are of one process: start solve without "
        "mpirun");
  }
}

// The rows of a block of all that lie here.
template <Scalar T>
Matrix<T> rows_here(Matrix<T> all, const Shard& rows) {
  if (rows.alone()) return all;
  Matrix<T> here(rows.count, all.cols());
  for (index_t j = 0; j < all.cols(); ++j) {
    std::copy_n(all.view().column(j) + rows.first, rows.count, here.view().column(j));
  }
  return here;
}

// Returns the right-hand sides; a row of as many numbers as A has rows is one of them.
template <Scalar T>
Matrix<T> right_sides(const AnyMatrix& given, index_t rows, const std::string& source) {
  Matrix<T> B = to_dense<T>(given);
  if (B.rows() != rows && B.rows() == 1 && B.cols() == rows) {
    Matrix<T> column(rows, 1);
    for (index_t i = 0; i < rows; ++i) column(i, 0) = B(0, i);
    return column;
  }
  if (B.rows() != rows) {
    throw IoError(source, fmt::format("has {}; A has {}", counted(B.rows(), "row"), rows));
  }
  return B;
}

std::vector<double> read_weights(const SolveOptions& o, index_t rows) {
  if (o.weights.empty()) return {};
  const AnyMatrix given = load_matrix(o.run, o.weights);
  if (complex_valued(given)) throw IoError(o.weights, "holds complex numbers; weights are real");
  const Matrix<double> column = right_sides<double>(given, rows, o.weights);
  if (column.cols() != 1) throw IoError(o.weights, "expected one number for each row of A");
  std::vector<double> weights(column.data(), column.data() + rows);
  for (index_t i = 0; i < rows; ++i) {
    const double w = column(i, 0);
    if (w >= 0 && std::isfinite(w)) continue;
    throw IoError(o.weights, fmt::format("row {} is {}; a weight is 0 or above", i + 1, w));
  }
  return weights;
}

// A and what its entries lack of the model's.
template <Scalar T>
struct Design {
  Matrix<T> A, A_low;
};

template <Scalar T>
Design<T> design_of(const AnyMatrix& given, const SolveOptions& o) {
  Matrix<T> A = to_dense<T>(given);
  if (o.polynomial) {
    if constexpr (std::same_as<T, double>) {
      if (A.cols() != 1 && (A.rows() != 1 || ranks())) {
        throw IoError(o.run.input, fmt::format("has {}; a polynomial is in one predictor",
                                               counted(A.cols(), "column")));
      }
      const std::span x(A.data(), static_cast<std::size_t>(A.rows() * A.cols()));
      PolynomialDesign design = polynomial_design(x, *o.polynomial);
      return {std::move(design.A), std::move(design.A_low)};
    } else {
      throw IoError(o.run.input, "--polynomial needs real numbers");
    }
  }
  if (!o.intercept) return {std::move(A), {}};
  Matrix<T> wider(A.rows(), A.cols() + 1);
  for (index_t i = 0; i < A.rows(); ++i) wider(i, 0) = 1;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) wider(i, j + 1) = A(i, j);
  }
  return {std::move(wider), {}};
}

// What entry j of x multiplies.
std::string entry_name(index_t j, const SolveOptions& o) {
  if (o.polynomial) return j == 0 ? "1" : j == 1 ? "x" : fmt::format("x^{}", j);
  if (o.intercept) return j == 0 ? "intercept" : fmt::format("{}", j);
  return fmt::format("{}", j + 1);
}

template <Scalar T>
std::string solution_text(const LeastSquaresResult<T>& r, const SolveOptions& o) {
  constexpr index_t most_rows = 30, most_sides = 3;
  std::string text;
  const index_t sides = std::min(most_sides, r.X.cols());
  const bool errors = r.standard_errors.rows() > 0 && sides == 1;
  const char* what = o.polynomial || o.intercept ? "of" : "entry";
  text += fmt::format("\n  {:>9}  {:>24}", what, sides == 1 ? "x" : "X");
  text += errors ? fmt::format("  {:>14}\n", "standard error") : "\n";
  for (index_t j = 0; j < std::min(most_rows, r.X.rows()); ++j) {
    text += fmt::format("  {:>9}", entry_name(j, o));
    for (index_t c = 0; c < sides; ++c)
      text +=
          fmt::format("  {:>24}", number_text(r.X(j, c), std::numeric_limits<real_t<T>>::digits10));
    if (errors) text += fmt::format("  {:>14.6g}", r.standard_errors(j, 0));
    text += "\n";
  }
  if (r.X.rows() > most_rows || r.X.cols() > sides) {
    text += fmt::format("  {:>9}  ({} × {} in all; -o writes them)\n", "...", grouped(r.X.rows()),
                        grouped(r.X.cols()));
  }
  return text;
}

std::string condition_text(double condition) {
  return std::isinf(condition) ? "infinite" : fmt::format("{:.3g}", condition);
}

// Digits of x that are left if the entries are right to all digits of the scalar.
template <Scalar T>
int trusted_digits(double amplification) {
  const double unit = std::numeric_limits<real_t<T>>::epsilon() / 2.0;
  return std::max(0, static_cast<int>(std::floor(-std::log10(unit * amplification))));
}

template <Scalar T>
std::string verdict_text(const LeastSquaresResult<T>& r, const SolveOptions& o) {
  std::string text = "trust    condition number " + condition_text(r.condition_number);
  if (!r.scaled_columns) {
    if (r.rank.rank < r.X.rows() && r.ridge == 0) {
      return text + "; the data do not determine x: of all solutions this is the shortest\n";
    }
    if (r.ridge > 0 && !r.sigma.empty()) {
      const double least = std::hypot(r.sigma.back(), std::sqrt(r.ridge));
      text += fmt::format(", {} with the ridge",
                          condition_text(std::hypot(r.sigma[0], std::sqrt(r.ridge)) / least));
    }
    return text + "\n";
  }
  text += fmt::format(" ({} with columns scaled): ", condition_text(r.scaled_condition_number));
  const int lost = std::max(0, static_cast<int>(std::ceil(std::log10(r.amplification))));
  text +=
      fmt::format("entries right to d digits leave about d − {} in x, all {} of them {}\n", lost,
                  std::numeric_limits<real_t<T>>::digits10 + 1, trusted_digits<T>(r.amplification));
  if (o.no_refine) return text;
  if (r.refined) {
    return text + fmt::format(
                      "refined  in {}: of the numbers as given, x is right to the last "
                      "digits\n",
                      counted(r.refinement_steps, "step"));
  }
  return text + "refined  NOT to the end: the columns are too nearly dependent\n";
}

template <Scalar T>
std::string rank_text(const LeastSquaresResult<T>& r) {
  std::string text =
      fmt::format("rank     {} of {}{}; ", r.rank.rank, counted(r.X.rows(), "column"),
                  r.scaled_columns ? ", the columns scaled to one length" : "");
  if (r.ridge > 0) return text + fmt::format("ridge {:.6g}\n", r.ridge);
  text += fmt::format("σ counts above {:.2g}", r.rank.threshold);
  if (r.rank.smallest_kept > 0) text += fmt::format("; the least is {:.3g}", r.rank.smallest_kept);
  if (r.rank.largest_dropped > 0) {
    text += fmt::format("; the largest that does not, {:.3g}", r.rank.largest_dropped);
  }
  return text + "\n";
}

template <Scalar T>
std::string residual_text(const LeastSquaresResult<T>& r) {
  std::string text = "residual ";
  for (std::size_t c = 0; c < std::min<std::size_t>(4, r.residual_norms.size()); ++c) {
    text += fmt::format("{}{:.10g}", c > 0 ? ", " : "", r.residual_norms[c]);
  }
  text += r.residual_norms.size() > 4 ? ", ..." : "";
  text += fmt::format("; {:.6g} degrees of freedom", r.degrees_of_freedom);
  if (r.deviation.size() == 1 && r.degrees_of_freedom > 0) {
    text += fmt::format(", deviation {:.10g}", r.deviation[0]);
  }
  return text + "\n";
}

ordered_json number(double x) { return std::isfinite(x) ? ordered_json(x) : ordered_json(); }

template <Scalar T>
ordered_json result_json(const LeastSquaresResult<T>& r, const MatrixFacts& facts) {
  return {{"schema", 1},
          {"matrix", to_json(facts)},
          {"X", matrix_json<T>(r.X.view())},
          {"standard_errors", matrix_json<double>(r.standard_errors.view())},
          {"residual_norms", r.residual_norms},
          {"degrees_of_freedom", r.degrees_of_freedom},
          {"deviation", r.deviation},
          {"rank", r.rank.rank},
          {"threshold", r.rank.threshold},
          {"smallest_kept", r.rank.smallest_kept},
          {"largest_dropped", r.rank.largest_dropped},
          {"scaled_columns", r.scaled_columns},
          {"condition_number", number(r.condition_number)},
          {"scaled_condition_number", number(r.scaled_condition_number)},
          {"amplification", number(r.amplification)},
          {"trusted_digits",
           r.scaled_columns ? ordered_json(trusted_digits<T>(r.amplification)) : ordered_json()},
          {"ridge", r.ridge},
          {"refined", r.refined},
          {"refinement_steps", r.refinement_steps},
          {"sigma", r.sigma}};
}

template <Scalar T>
void save(const SolveOptions& o, LeastSquaresResult<T>& r) {
  const auto write = [&](const std::string& file, const Matrix<T>& M) {
    if (file.empty()) return;
    check_free(file, o.force);
    io::write_npy(file, M.view());
  };
  if (!o.covariance.empty()) {
    const auto variance = static_cast<real_t<T>>(r.deviation[0] * r.deviation[0]);
    for (index_t i = 0; i < r.covariance.rows() * r.covariance.cols(); ++i) {
      r.covariance.data()[i] *= variance;
    }
  }
  write(o.file, r.X);
  write(o.residuals, r.residuals);
  write(o.covariance, r.covariance);
}

template <Scalar T>
int solve(const AnyMatrix& given, const AnyMatrix& right, const SolveOptions& o, Session& session) {
  const MatrixFacts facts =
      ranks() ? facts_of_all(given, o.run.input) : facts_of(given, o.run.input);
  const Design<T> design = design_of<T>(given, o);
  const Shard rows =
      ranks() ? Shard::counted(*ranks(), design.A.rows()) : Shard::whole(design.A.rows());
  const index_t m = rows.total, n = design.A.cols();
  const Matrix<T> B = rows_here(right_sides<T>(right, m, o.right), rows);
  if (!o.covariance.empty() && (B.cols() != 1 || m <= n)) {
    throw UsageError("--covariance needs one right-hand side and more rows than columns");
  }
  std::vector<double> weights = read_weights(o, m);
  if (!weights.empty()) {
    const auto first = weights.begin() + rows.first;
    weights = std::vector<double>(first, first + rows.count);
  }
  const std::uint64_t cap = session.context.memory_cap_bytes();
  const auto bytes = static_cast<std::uint64_t>(
      5 * static_cast<double>(checked_bytes(rows.largest, n, sizeof(T))) +
      dense_svd_bytes<T>(rows.largest, n, Vectors::thin, std::min(rows.largest, n)));
  if (cap > 0 && bytes > cap)
    throw MemoryLimit("solve, which copies A as a dense matrix,", bytes, cap);

  LeastSquaresOptions<T> options;
  options.ridge = o.ridge;
  if (!o.ridge_choice.empty()) {
    options.choose_ridge = o.ridge_choice == "gcv" ? RidgeChoice::gcv : RidgeChoice::l_curve;
  }
  options.rcond = o.rcond;
  options.truncate = o.truncate;
  options.weights = weights;
  options.A_low = design.A_low.view();
  options.refine = !o.no_refine;
  options.coefficients = o.picard || !o.plot.empty();
  options.covariance = !o.covariance.empty();
  options.ranks = ranks();
  LeastSquaresResult<T> result = [&] {
    const InterruptGuard guard(session.context);
    return least_squares<T>(design.A.view(), B.view(), options, session.context);
  }();
  if (interrupted()) throw Cancelled();
  if (ranks()) result.residuals = gather_rows<T>(result.residuals.view(), rows);
  if (speaks()) save(o, result);
  session.progress.clear();
  const bool met = o.no_refine || !result.scaled_columns || result.refined;
  const std::vector<PicardRow> picard =
      options.coefficients ? picard_rows(result) : std::vector<PicardRow>();
  if (!o.plot.empty()) {
    double residual_norm = 0;
    for (const double norm : result.residual_norms) residual_norm = std::hypot(residual_norm, norm);
    const auto unweighted = std::count(weights.begin(), weights.end(), 0.0);
    write_plot(o.plot, picard_figure(picard, result.ridge, residual_norm, m - unweighted), o.force);
  }
  const int code = met ? exit_met : exit_not_met;
  if (!speaks()) return code;
  if (session.json) {
    ordered_json object = result_json(result, facts);
    if (ranks()) object["ranks"] = traffic_json();
    if (o.picard) object["picard"] = picard_json(picard);
    write_json(object);
  } else {
    std::string text = fmt::format("matrix   {}: {}\n",
                                   session.terminal.bold(printable(facts.source)), describe(facts));
    text += rank_text(result) + residual_text(result) + verdict_text(result, o);
    text += solution_text(result, o);
    if (o.picard) text += picard_text(picard, session.terminal);
    for (const std::string& file : {o.file, o.residuals, o.covariance, o.plot}) {
      if (!file.empty()) text += "\nfile     " + printable(file);
    }
    if (text.back() != '\n') text += "\n";
    write_stdout(session.terminal.text(text));
  }
  return code;
}

}  // namespace

int run_solve(const SolveOptions& options) {
  check_options(options);
  Session session(options.run);
  // Over ranks each has some rows of A, and reads all of B, which is small beside it.
  const AnyMatrix A = ranks() ? read_rows(options.run) : load_matrix(options.run);
  const AnyMatrix B = load_matrix(options.run, options.right);
  const auto check_finite = [&](const AnyMatrix& matrix, const std::string& source) {
    with_operator(matrix, source, session, [&](const auto& op) {
      const bool spread = ranks() && &matrix == &A;
      const EntryScan scan =
          spread ? make_sharded(op, *ranks())->scan(session.context) : op.scan(session.context);
      if (scan.finite()) return;
      throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
    });
  };
  check_finite(A, options.run.input);
  check_finite(B, options.right);
  return with_widest_scalar({&A, &B}, [&]<Scalar T>() { return solve<T>(A, B, options, session); });
}

}  // namespace eckart::cli
