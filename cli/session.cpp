#include "session.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "eckart/io/spread.hpp"
#include "exit_code.hpp"
#include "parse_value.hpp"
#include "ranks.hpp"

namespace eckart::cli {
namespace {

io::ReadOptions read_options(const RunOptions& options) {
  using Missing = io::ReadOptions::Missing;
  const Missing missing = options.missing == "error"  ? Missing::error
                          : options.missing == "zero" ? Missing::zero
                                                      : Missing::keep;
  return {.format = format_named(options.input_format),
          .missing = missing,
          .max_bytes = options.max_memory_bytes};
}

template <Scalar T>
MatrixFacts facts_of(const DenseMatrix<T>& matrix) {
  const index_t entries = matrix.rows() * matrix.cols();
  return {.source = {},
          .scalar = scalar_name<T>(),
          .sparse = false,
          .rows = matrix.rows(),
          .cols = matrix.cols(),
          .stored_entries = entries,
          .bytes = static_cast<std::uint64_t>(entries) * sizeof(T)};
}

template <Scalar T>
MatrixFacts facts_of(const SparseMatrix<T>& matrix) {
  const auto bytes = matrix.values.size() * (sizeof(T) + sizeof(index_t)) +
                     matrix.offsets.size() * sizeof(index_t);
  return {.source = {},
          .scalar = scalar_name<T>(),
          .sparse = true,
          .rows = matrix.rows,
          .cols = matrix.cols,
          .stored_entries = matrix.stored_entries(),
          .bytes = bytes};
}

}  // namespace

Session::Session(const RunOptions& options)
    : terminal(detect_terminal(options.output.color)),
      progress(options.output.quiet),
      json(options.output.json),
      quiet(options.output.quiet) {
  if (options.threads) context.set_threads(static_cast<int>(*options.threads));
  context.set_memory_cap_bytes(options.max_memory_bytes);
  if (options.max_seconds) context.set_time_limit(*options.max_seconds);
  // Twice as many may be meant; far more is a slip of the finger, and slow.
  constexpr int most_per_cpu = 4;
  if (const int cpus = available_threads(); !quiet && context.threads() > most_per_cpu * cpus) {
    warn(fmt::format("{} threads on {}: they will wait for each other; leave --threads out",
                     grouped(context.threads()), counted(cpus, "CPU")));
  }
  context.on_progress([this](const Progress& now) { progress.update(now); });
}

void refuse_device(const std::string& path) {
  struct stat input {
  }, null{};
  const int found = path == "-" ? fstat(STDIN_FILENO, &input) : stat(path.c_str(), &input);
  if (found != 0 || !S_ISCHR(input.st_mode)) return;
  if (stat("/dev/null", &null) == 0 && input.st_rdev == null.st_rdev) return;
  throw IoError(path == "-" ? "standard input" : path,
                "is a device, which need not end; expected a file or a pipe");
}

AnyMatrix load_matrix(const RunOptions& options) { return load_matrix(options, options.input); }

AnyMatrix load_matrix(const RunOptions& options, const std::string& path) {
  if (path == "-" && isatty(STDIN_FILENO)) {
    throw UsageError(
        "'-' reads the matrix from standard input, which is a keyboard here; "
        "name a file, or pipe one in");
  }
  refuse_device(path);
  return io::read_matrix(path, read_options(options));
}

AnyMatrix read_rows(const RunOptions& options) {
  if (options.input == "-") {
    throw UsageError("'-' is the standard input of one process; name a file that all ranks see");
  }
  refuse_device(options.input);
  return io::read_rows(options.input, read_options(options), *ranks());
}

MatrixFacts facts_of_all(const AnyMatrix& rows, const std::string& source) {
  MatrixFacts facts = facts_of(rows, source);
  std::vector<double> sums = {static_cast<double>(facts.rows),
                              static_cast<double>(facts.stored_entries),
                              static_cast<double>(facts.bytes)};
  ranks()->sum(sums);
  facts.rows = static_cast<index_t>(sums[0]);
  facts.stored_entries = static_cast<index_t>(sums[1]);
  facts.bytes = static_cast<std::uint64_t>(sums[2]);
  return facts;
}

MatrixFacts facts_of(const AnyMatrix& matrix, const std::string& source) {
  MatrixFacts facts = std::visit([](const auto& stored) { return facts_of(stored); }, matrix);
  facts.source = source == "-" ? "standard input" : source;
  return facts;
}

std::string describe(const MatrixFacts& facts) {
  std::string text = fmt::format("{} × {}, {} {}", grouped(facts.rows), grouped(facts.cols),
                                 facts.sparse ? "sparse" : "dense", facts.scalar);
  if (facts.sparse) {
    text += fmt::format(", {} stored entries", grouped(facts.stored_entries));
    const double cells = static_cast<double>(facts.rows) * static_cast<double>(facts.cols);
    if (cells > 0) {
      text += fmt::format(" ({})", percent(static_cast<double>(facts.stored_entries) / cells));
    }
  }
  return text + ", " + format_bytes(facts.bytes);
}

nlohmann::ordered_json to_json(const MatrixFacts& facts) {
  return {{"source", facts.source},
          {"rows", facts.rows},
          {"cols", facts.cols},
          {"scalar", facts.scalar},
          {"storage", facts.sparse ? "sparse" : "dense"},
          {"stored_entries", facts.stored_entries},
          {"bytes", facts.bytes}};
}

std::string json_text(const nlohmann::ordered_json& object) {
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void write_json(const nlohmann::ordered_json& object) { write_stdout(json_text(object) + "\n"); }

std::string grouped(index_t whole) {
  std::string digits = std::to_string(whole);
  for (auto at = static_cast<index_t>(digits.size()) - 3; at > (whole < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string counted(index_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string percent(double share) {
  const double value = 100 * share;
  if (!std::isfinite(value)) return "-";
  // Nearly all is not all; rounding of a full sum is.
  if (value >= 99.995 && share < 1 - 1e-12) return "> 99.99 %";
  if (value == 0 || value >= 0.1) return fmt::format("{:.2f} %", value);
  return fmt::format("{:.2g} %", value);
}

}  // namespace eckart::cli
