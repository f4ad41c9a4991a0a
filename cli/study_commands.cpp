// The table of the subcommands with which one learns.
#include <CLI/CLI.hpp>

#include "command_line.hpp"
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

}  // namespace

void add_study(CLI::App& top, Options& options) {
  add_eigen(top, options.eigen);
  add_explain(top, options.explain);
}

}  // namespace eckart::cli
