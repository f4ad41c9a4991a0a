// The table of the subcommands with which one learns.
#include <CLI/CLI.hpp>

#include "command_line.hpp"
#include "exit_code.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

void add_eigen(CLI::App& top, EigenOptions& o) {
  CLI::App& command = *top.add_subcommand(
      "eigen", "eigenvalues and eigenvectors of a symmetric or Hermitian matrix");
  command.footer(
      "eckart eigen \"[[2,1],[1,-3]]\"\n"
      "eckart eigen A.npy -k 10 --order modulus -o result\n"
      "eckart eigen covariance.csv --symmetry 1e-12    rounding has made it asymmetric");
  add_input(command, o.run, file_help);
  Group many{command, "How many, and in which order"};
  many.value("-k,--rank", "N", "the N of largest modulus; all",
             [&o](const std::string& text) { o.rank = parse_count("-k", text, 1); });
  many.choice("--order", "falling|rising|modulus",
              "largest, smallest or largest modulus first (falling)", o.order);
  Group{command, "Accuracy"}.value(
      "--symmetry", "T", "asymmetry to average away, of the largest entry; 0",
      [&o](const std::string& text) { o.tolerance = parse_tolerance("--symmetry", text); });
  add_accuracy(command, o.accuracy);
  Group{command, "Output"}.text("-o,--output", "DIR", "write w.npy V.npy report.json into DIR",
                                o.folder);
  Group{command, "Output"}.flag("--force", "replace an earlier result in DIR", o.force);
  add_run(command, o.run);
}

void add_explain(CLI::App& top, ExplainOptions& o) {
  CLI::App& command =
      *top.add_subcommand("explain", "the decomposition of a small matrix, step by step by hand");
  command.footer(
      "eckart explain \"[[3,2],[2,3]]\"\n"
      "eckart explain \"[[3,2,2],[2,3,-2]]\" --format html -o lesson.html\n"
      "eckart explain A.csv --format markdown > lesson.md\n"
      "\n"
      "For real matrices of up to 6 rows and columns. Whole numbers, fractions and short decimals\n"
      "are treated exactly, square roots included, as far as that goes.");
  add_input(command, o.run, file_help);
  Group out{command, "Output"};
  out.choice("--format", "text|markdown|html", "plain text, Markdown with LaTeX, or a web page",
             o.format);
  out.text("-o,--output", "OUT", "write it to this file", o.file);
  out.flag("--force", "replace OUT if it exists", o.force);
  add_output(command, o.run.output);
}

void add_explore(CLI::App& top, ExploreOptions& o) {
  CLI::App& command = *top.add_subcommand(
      "explore", "a page in the browser: see what the decomposition does, on your data");
  command.footer(
      "eckart explore\n"
      "eckart explore A.npy photo.jpg letters.lsa movies.safetensors\n"
      "eckart explore table.csv --no-browser --port 8765     behind 'ssh -L 8765:127.0.0.1:8765'");
  explore::ExplorerOptions& e = o.explorer;
  command
      .add_option_function<std::vector<std::string>>(
          "FILE",
          [&e](const std::vector<std::string>& names) {
            for (const std::string& name : names) {
              e.files.push_back(not_empty("FILE", name.starts_with(" [") ? name.substr(1) : name));
            }
          },
          "matrices (as for svd), pictures, models of lsa and recommend, weights (as for model)")
      ->type_name("")
      ->group("Arguments");
  Group page{command, "Page"};
  page.value("--port", "PORT", "where to serve, on this machine alone (a free one)",
             [&e](const std::string& text) {
               const index_t port = parse_count("--port", text, 1);
               if (port > 65535) throw UsageError("--port: '" + text + "' is more than 65535");
               e.port = static_cast<int>(port);
             });
  page.flag("--no-browser", "print the address, open nothing", o.no_browser);
  page.value(
      "--idle-exit", "TIME", "end after that long without a page, such as 30m",
      [&e](const std::string& text) { e.idle_seconds = parse_seconds("--idle-exit", text); });
  page.text("--web-root", "DIR", "the page's files from DIR: for those who write them", e.web_root);
  Group running{command, "Running"};
  running.value("--threads", "T", "CPUs to use; the result is the same bits for any",
                [&e](const std::string& text) {
                  const index_t count = parse_count("--threads", text, 1);
                  if (count > 4096) throw UsageError("--threads: '" + text + "' is more than 4096");
                  e.threads = static_cast<int>(count);
                });
  running.value(
      "--max-memory", "BYTES", "hard cap of each computation, and of all uploads",
      [&e](const std::string& text) { e.max_memory_bytes = parse_bytes("--max-memory", text); });
  running.value("--max-time", "TIME", "of each computation (10m)", [&e](const std::string& text) {
    e.max_seconds = parse_seconds("--max-time", text);
  });
  add_output(command, o.output);
}

}  // namespace

void add_study(CLI::App& top, Options& options) {
  add_eigen(top, options.eigen);
  add_explain(top, options.explain);
  add_explore(top, options.explore);
}

}  // namespace eckart::cli
