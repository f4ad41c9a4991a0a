// eckart lowrank: the best rank-k approximation, as a matrix.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "certificate_text.hpp"
#include "eckart/apps/factors.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "saved.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// Throws MemoryLimit if the m x n result would not fit under the cap.
template <Scalar T>
void check_output_fits(index_t rows, index_t cols, const Session& session) {
  const auto bytes = static_cast<std::uint64_t>(checked_bytes(rows, cols, sizeof(T)));
  const std::uint64_t cap = session.context.memory_cap_bytes();
  if (cap > 0 && bytes > cap) {
    throw MemoryLimit(fmt::format("the {} x {} approximation is dense", rows, cols), bytes, cap);
  }
}

// How many numbers and bytes A has and how many the factors need.
struct Sizes {
  index_t rows, cols, rank;
  std::uint64_t matrix_bytes;  // as it is stored
  std::uint64_t number_bytes;  // of one number of U and V
  std::uint64_t value_bytes;   // of one singular value

  index_t full() const { return rows * cols; }
  index_t factored() const { return rank * (rows + cols + 1); }
  std::uint64_t factor_bytes() const {
    return static_cast<std::uint64_t>(rank) *
           (static_cast<std::uint64_t>(rows + cols) * number_bytes + value_bytes);
  }
  double ratio() const {
    return factor_bytes() > 0 ? double(matrix_bytes) / double(factor_bytes()) : 0;
  }

  std::string text() const {
    const double share = full() > 0 ? double(factored()) / double(full()) : 0;
    std::string words = fmt::format(
        "{} numbers ({} × {}) become {}: {} in U and V, {} in σ; {}\n", grouped(full()),
        grouped(rows), grouped(cols), grouped(factored()), grouped(rank * (rows + cols)), rank,
        share < 1 ? percent(share) + " of the size" : "no saving at this rank");
    return words + fmt::format("         {} become {}: ratio {:.3g}\n", format_bytes(matrix_bytes),
                               format_bytes(factor_bytes()), ratio());
  }
  ordered_json json() const {
    return {{"matrix_numbers", full()},
            {"factor_numbers", factored()},
            {"matrix_bytes", matrix_bytes},
            {"factor_bytes", factor_bytes()},
            {"ratio", ratio()}};
  }
};

template <Scalar T>
Sizes sizes_of(index_t rows, index_t cols, index_t rank, std::uint64_t matrix_bytes) {
  return {rows, cols, rank, matrix_bytes, sizeof(T), sizeof(real_t<T>)};
}

// The errors of the approximation, each beside the least that rank k allows.
struct Errors {
  std::optional<double> measured;  // ||A - B||_F from A and what was written
  LowRankError least;              // Eckart and Young
  double norm_fro = 0, norm2 = 0;

  static std::string number(const Bound& bound, double norm) {
    if (!bound.known()) return "unknown";
    if (!(norm > 0)) return "0";
    return fmt::format("{}{:.6g} ({:.4g} of ‖A‖)", bound.kind == BoundKind::exact ? "" : "≤ ",
                       bound.value, bound.value / norm);
  }
  std::string text() const {
    std::string words = "error    ";
    if (measured) words += fmt::format("‖A−B‖ Frobenius {:.6g}; ", *measured);
    words += "the least at this rank (Eckart, Young): Frobenius ";
    words += number(least.frobenius, norm_fro);
    return words + ",\n         2-norm " + number(least.spectral, norm2) + "\n";
  }
  ordered_json json() const {
    const auto value = [](const Bound& b) -> ordered_json {
      return {{"value", b.known() ? ordered_json(b.value) : ordered_json()},
              {"kind", to_string(b.kind)}};
    };
    return {{"frobenius_measured", measured ? ordered_json(*measured) : ordered_json()},
            {"frobenius_least", value(least.frobenius)},
            {"spectral_least", value(least.spectral)}};
  }
};

// Returns ||A - B||_F by blocks of columns of A; nothing where that would read A too often.
template <Scalar T>
std::optional<double> distance(const LinearOperator<T>& A, const Matrix<T>& B, Session& session) {
  constexpr index_t block = 512, most_blocks = 8;
  const index_t n = A.cols();
  if (n > block * most_blocks || B.view().empty()) return {};
  Matrix<T> columns(A.rows(), std::min(block, n));
  double norm = 0;
  for (index_t first = 0; first < n; first += block) {
    const index_t count = std::min(block, n - first);
    Matrix<T> unit(n, count);
    for (index_t j = 0; j < count; ++j) unit(first + j, j) = 1;
    A.apply(std::as_const(unit).view(), columns.view().columns(0, count), session.context);
    for (index_t j = 0; j < count; ++j) {
      for (index_t i = 0; i < A.rows(); ++i) {
        columns(i, j) -= B(i, first + j);
      }
    }
    for (index_t j = 0; j < count; ++j) {
      double largest = 0, sum = 0;
      for (index_t i = 0; i < A.rows(); ++i) {
        largest = std::max(largest, double(std::abs(columns(i, j))));
      }
      if (!(largest > 0)) continue;
      for (index_t i = 0; i < A.rows(); ++i) {
        sum += std::pow(double(std::abs(columns(i, j))) / largest, 2);
      }
      norm = std::hypot(norm, largest * std::sqrt(sum));
    }
  }
  return norm;
}

void check_request(const LowrankOptions& o) {
  const int named = o.rank.rank.has_value() + o.rank.energy.has_value() +
                    o.rank.tolerance.has_value() + o.rank.choice.has_value();
  if (!o.file.ends_with(".npy")) {
    throw UsageError("--output: '" + o.file +
                     "' will not do; the approximation is written as NumPy's "
                     "format, expected a name that ends in .npy");
  }
  if (named != 1) {
    throw UsageError("give one of -k N, --energy P, --tolerance E and --choose: how close to come");
  }
  check_noise(o.rank);
}

// Another process may have written the file since check_target looked.
template <Scalar T>
void save(const LowrankOptions& o, const Matrix<T>& product) {
  check_free(o.file, o.force);
  io::write_npy(o.file, product.view());
}

template <Scalar T>
int approximate(const LinearOperator<T>& A,
                const MatrixFacts& facts,
                const LowrankOptions& o,
                Session& session) {
  check_output_fits<T>(A.rows(), A.cols(), session);
  SvdRequest request;
  request.rank = o.rank;
  request.method = method_named(o.method);
  request.accuracy = o.accuracy;
  request.seed = o.seed;
  const SvdResult<T> result = svd(A, request, session.context);
  const Factors<T> factors(result);
  const Matrix<T> product = factors.low_rank(factors.count(), session.context);
  save(o, product);
  const Errors errors{distance(A, product, session), factors.low_rank_error(factors.count()),
                      factors.norm_fro(), factors.norm2()};
  session.progress.clear();
  print_warnings(result.report, session);

  const Certificate& c = result.report.certificate;
  const Sizes sizes = sizes_of<T>(A.rows(), A.cols(), result.report.rank, facts.bytes);
  if (session.json) {
    ordered_json object = ordered_json::parse(io::to_json(result.report));
    object["matrix"] = to_json(facts);
    object["sizes"] = sizes.json();
    object["errors"] = errors.json();
    object["sigma"] = as_doubles(result.sigma);
    object["file"] = o.file;
    write_json(object);
    return exit_code_of(result.report);
  }
  std::string text = fmt::format("matrix   {}: {}\n",
                                 session.terminal.bold(printable(facts.source)), describe(facts));
  text += run_text(result.report, session);
  text += "size     " + sizes.text() + errors.text();
  text += fmt::format("file     {} ({} × {}, {})\n", printable(o.file), grouped(A.rows()),
                      grouped(A.cols()), scalar_name<T>());
  text = session.terminal.text(text + "\nhow right it is\n");
  write_stdout(text + certificate_text(c, session.terminal));
  return exit_code_of(result.report);
}

// Returns the rank that the rule gives for the saved triplets.
// Throws UsageError if they do not reach it.
template <Scalar T>
index_t rank_of(const Factors<T>& factors, const RankRule& rule, const SavedFiles& saved) {
  const index_t held = factors.count();
  if (rule.rank) {
    if (*rule.rank <= held) return *rule.rank;
    throw UsageError(
        fmt::format("-k {}: {} holds {}", *rule.rank, saved.folder, counted(held, "triplet")));
  }
  const bool known =
      factors.complete() || factors.result().report.certificate.frobenius_norm.known();
  if (rule.choice || !known) {
    throw UsageError(rule.choice ? "--choose needs all singular values: name the matrix itself"
                                 : saved.folder +
                                       " does not hold the norm of its matrix: give -k "
                                       "N, or the matrix itself");
  }
  if (factors.complete()) {
    return choose_rank<T>(rule, factors.result().sigma, factors.rows(), factors.cols());
  }
  const double norm = factors.norm_fro();
  const std::vector<double> energy = factors.energy();
  for (index_t k = 0; k <= held; ++k) {
    const double part = k > 0 ? energy[static_cast<std::size_t>(k - 1)] : 0;
    const bool enough = rule.energy
                            ? k > 0 && part >= *rule.energy
                            : factors.low_rank_error(k).frobenius.value <= *rule.tolerance * norm;
    if (enough) return k;
  }
  throw UsageError(fmt::format("{} holds {}, {} of the energy: too few; name the matrix itself",
                               saved.folder, counted(held, "triplet"),
                               percent(energy.empty() ? 0 : energy.back())));
}

// The approximation from a saved result: nothing is decomposed again.
template <Scalar T>
int multiply_saved(const SavedFiles& saved, const LowrankOptions& o, Session& session) {
  const SvdResult<T> result = result_of<T>(saved);
  const Factors<T> factors(result);
  const index_t k = rank_of(factors, o.rank, saved);
  check_output_fits<T>(factors.rows(), factors.cols(), session);
  const Matrix<T> product = factors.low_rank(k, session.context);
  save(o, product);
  const auto dense_bytes =
      static_cast<std::uint64_t>(checked_bytes(factors.rows(), factors.cols(), sizeof(T)));
  const Sizes sizes = sizes_of<T>(factors.rows(), factors.cols(), k, dense_bytes);
  const bool known = factors.complete() || result.report.certificate.frobenius_norm.known();
  const Errors errors{{},
                      known ? factors.low_rank_error(k) : LowRankError{},
                      known ? factors.norm_fro() : 0,
                      factors.norm2()};
  const std::string how = saved.transformation();
  if (session.json) {
    ordered_json object = {{"schema", 1}, {"source", saved.folder}, {"rank", k}};
    object["centred"] = saved.says("centred");
    object["scaled"] = saved.says("scaled");
    object["sizes"] = sizes.json();
    object["errors"] = errors.json();
    object["file"] = o.file;
    write_json(object);
  } else {
    const std::string note =
        how.empty()
            ? ""
            : fmt::format("note     its columns were {0}: this approximates the {0} matrix\n", how);
    write_stdout(session.terminal.text(
        fmt::format("from     {}: the {} leading of {}\n{}size     {}{}"
                    "file     {} ({} × {}, {})\n",
                    session.terminal.bold(printable(saved.folder)), k,
                    counted(saved.rank, "triplet"), note, sizes.text(), known ? errors.text() : "",
                    printable(o.file), factors.rows(), factors.cols(), scalar_name<T>())));
  }
  return exit_met;
}

}  // namespace

int run_lowrank(const LowrankOptions& options) {
  check_request(options);
  check_target(options.file, options.force, false);
  const std::string& input = options.run.input;
  check_not_input(options.file, {input, input + "/U.npy", input + "/s.npy", input + "/Vt.npy"});
  Session session(options.run);
  std::error_code ignored;
  if (std::filesystem::is_directory(options.run.input, ignored)) {
    const SavedFiles saved = load_saved(options.run, input);
    return with_scalar_of(saved, saved.s,
                          [&]<Scalar T>() { return multiply_saved<T>(saved, options, session); });
  }
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  return with_operator(matrix, facts.source, session,
                       [&](const auto& A) { return approximate(A, facts, options, session); });
}

}  // namespace eckart::cli
