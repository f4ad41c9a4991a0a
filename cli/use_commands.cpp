// The table of the subcommands that put an SVD to use.
#include <CLI/CLI.hpp>

#include "command_line.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

void add_count(CLI::App& command, const char* help, std::optional<index_t>& rank) {
  Group{command, "How many triplets"}.value(
      "-k,--rank", "N", help,
      [&rank](const std::string& text) { rank = parse_count("-k", text, 1); });
}

void add_matrix_target(CLI::App& command, const char* help, std::string& file, bool& force) {
  add_target(command, "OUT.npy", help, file);
  Group{command, "Output"}.flag("--force", "replace OUT.npy if it exists", force);
}

void add_transform(CLI::App& top, TransformOptions& o) {
  CLI::App& command =
      *top.add_subcommand("transform", "coordinates of rows in a saved SVD: T = X V");
  command.footer(
      "eckart transform result -o T.npy            of the rows that were decomposed: U Sigma\n"
      "eckart transform result new.csv -o T.npy    of other rows\n"
      "eckart transform result new.csv -k 2 -o T.npy\n"
      "\n"
      "If the result is of a centred or scaled matrix, its means and divisors serve here too.");
  add_argument(command, "DIR", "a folder that eckart svd -o wrote", o.folder);
  add_argument(command, "FILE", "the rows; none: those that were decomposed", o.run.input, false);
  add_format(command, o.run);
  add_count(command, "the N leading coordinates; all", o.rank);
  add_matrix_target(command, "where the coordinates go", o.file, o.force);
  add_run(command, o.run);
}

void add_inverse(CLI::App& top, TransformOptions& o) {
  CLI::App& command =
      *top.add_subcommand("inverse", "rows from their coordinates in a saved SVD: X = T Vt");
  command.footer(
      "eckart inverse result T.npy -o X.npy\n"
      "\n"
      "T may have fewer columns than the result has triplets: they are the leading coordinates.");
  add_argument(command, "DIR", "a folder that eckart svd -o wrote", o.folder);
  add_argument(command, "FILE", "the coordinates, one row each", o.run.input);
  add_format(command, o.run);
  add_matrix_target(command, "where the rows go", o.file, o.force);
  add_run(command, o.run);
}

void add_energy(CLI::App& top, EnergyOptions& o) {
  CLI::App& command =
      *top.add_subcommand("energy", "what the k leading triplets hold and leave out, for each k");
  command.footer(
      "eckart energy A.npy\n"
      "eckart energy result          from a folder of eckart svd\n"
      "eckart energy big.mtx -k 50   the 50 leading ones only");
  add_input(command, o.run, "a matrix (as for svd), or a folder that eckart svd -o wrote");
  add_count(command, "the N leading ones of a matrix; all", o.rank);
  add_seed(command, o.seed);
  add_run(command, o.run);
}

}  // namespace

void add_uses(CLI::App& top, Options& options) {
  add_transform(top, options.transform);
  add_inverse(top, options.inverse);
  add_energy(top, options.energy);
}

}  // namespace eckart::cli
